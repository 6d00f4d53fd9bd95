"""Whether the page can be used by all: axe-core finds nothing serious, and the keyboard reaches everything."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from support.review_page import Reader

SERIOUS = ("serious", "critical")


def faults(page) -> list[str]:
    """Return what axe-core finds that matters: rule, element."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]}" for rule in found if rule["impact"] in SERIOUS for node in rule["nodes"]
    ]


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


@pytest.mark.parametrize("key", ["r", "l", "?"])
def test_forms(reader, key) -> None:
    reader.key(key)
    reader.page.wait_for_selector("#dialog[open]")
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
