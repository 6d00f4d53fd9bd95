"""A real Chromium, a server, and readers before its page."""

from __future__ import annotations

import shutil

import pytest

from calcidect.report import write_report
from calcidect.result import write_result
from calcidect.review._case import Case
from support.browser import WEBGL_IN_SOFTWARE, find_browser, why_missing
from support.results import small_result, small_scene
from support.review_page import Reader, made_up_scan, running


@pytest.fixture(scope="session")
def browser():
    """Return Chromium; without it the tests of the page are skipped."""
    reason = why_missing()
    if reason is not None:
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=WEBGL_IN_SOFTWARE)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser):
    """Return a window without cookies."""
    context = browser.new_context(viewport={"width": 1500, "height": 900})
    yield context
    context.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Return a result folder with its report and pictures; no test changes it."""
    place = tmp_path_factory.mktemp("results") / "one"
    write_result(small_result(), place)
    write_report(small_result(), small_scene().study.low, place)
    return place


@pytest.fixture
def case(folder, tmp_path):
    """Return a fresh review of the result."""
    shutil.copytree(folder, tmp_path / "one")
    return Case("r1", tmp_path / "one", "R1")


@pytest.fixture
def server(case):
    with running({"r1": case}) as server:
        yield server


@pytest.fixture
def without_viewer(context):
    """Keep NiiVue from the page, as where it was not built: drawing in software takes most of a test's time."""
    context.route("**/niivue.js", lambda route: route.fulfill(status=404))


@pytest.fixture
def reader(context, server, without_viewer):
    """Return a reader before the result, without its images; the page must have no fault at the end."""
    reader = Reader(context, server).open("SSC-0042", images=False)
    yield reader
    assert reader.errors == []


@pytest.fixture
def scanned(context, case, without_viewer):
    """Return a reader before the result and its scan, without its images."""
    case.scan = made_up_scan()
    with running({"r1": case}) as server:
        reader = Reader(context, server).open("SSC-0042", images=False)
        yield reader
        assert reader.errors == []
