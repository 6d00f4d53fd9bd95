"""Whether the page can be used by all: axe-core finds nothing serious, and the keyboard reaches everything."""

from __future__ import annotations

import uuid

import pytest

from calcidect.review._bodies import EventBody
from support.accessible import faults
from support.review_page import Reader


def test_the_check_itself_finds_a_field_without_a_name(context, server) -> None:
    page = Reader(context, server).page
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert [fault.split(":")[0] for fault in faults(page)] == ["label"]


def test_work_list(context, server) -> None:
    assert faults(Reader(context, server).page) == []


def test_result(reader) -> None:
    reader.key("a")
    reader.wait_for_history("accepted deposit 1")
    assert faults(reader.page) == []


@pytest.mark.parametrize("key", ["r", "l", "o", "?"])
def test_forms(reader, key) -> None:
    reader.key(key)
    reader.page.wait_for_selector("#dialog[open]")
    assert faults(reader.page) == []


def test_form_of_merging(scanned) -> None:
    for deposit in (1, 2):
        scanned.page.check(f"#deposits tr[data-deposit='{deposit}'] input")
    scanned.key("m")
    scanned.page.wait_for_selector("#dialog[open] h2:has-text('Merge')")
    assert faults(scanned.page) == []


def test_form_of_a_conflict(reader, case) -> None:
    reader.page.route("**/events?*", lambda route: route.abort())  # so that the page does not see it in time
    case.history.add(EventBody(id=uuid.uuid4(), base_seq=0, kind="reject", target=1, why="bone"), "R2", "another")
    reader.key("a")
    reader.page.wait_for_selector("#dialog[open] h2:has-text('Two edits')")
    assert "R2: rejected deposit 1" in reader.page.inner_text("#dialog")
    assert faults(reader.page) == []


def test_focus_returns_from_a_form_and_escape_leaves_it(reader) -> None:
    reader.page.focus("#deposit button >> text=Reject")
    reader.key("Enter")
    reader.page.wait_for_selector("#dialog[open] input:focus")
    reader.key("Escape")
    assert reader.page.evaluate("document.activeElement.textContent").startswith("Reject")


def test_keys_typed_into_a_field_are_text(reader) -> None:
    reader.page.focus("#deposits-find")
    reader.key("a")
    reader.key("r")
    assert reader.page.input_value("#deposits-find") == "ar"
    assert set(reader.states().values()) <= {"unreviewed"}
