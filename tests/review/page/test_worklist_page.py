"""The work list with a registry: whose scan each result is, and what was recorded but not given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calcidect.registry import AddOptions, add_result, create_database, open_database
from calcidect.review._case import Case
from calcidect.review._worklist import recorded_scans
from support.results import small_result
from support.review import write_small_result
from support.review_page import Reader, running

HEADINGS = ["Picture", "Subject", "Person, visit", "State", "Deposits", "HA mass, mg", "Volume, mm\u00b3"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return three results of three people; the second has fewer deposits, the third is in the registry alone."""
    place, source = tmp_path_factory.mktemp("many"), small_result()
    few = source.findings.deposits[:2]
    burden = {side: replace(one, number=2, ha_mass_mg=7.5) for side, one in source.findings.burden.items()}
    labels = source.deposit_map
    findings = replace(
        source.findings, deposits=few, burden=burden, bone_destruction=(),
        deposit_labels=labels.like((labels.array <= 2) * labels.array),
    )  # fmt: skip
    people = [source, replace(source, findings=findings), source]
    return [
        write_small_result(place / name, replace(one, study=replace(one.study, study_uid_hash=uid, subject_id=name)))
        for name, uid, one in zip(("P01", "P02", "P03"), ("ab" * 32, "cd" * 32, "ef" * 32), people, strict=True)
    ]


@pytest.fixture
def page(context, folders, tmp_path, without_viewer):
    database = str(tmp_path / "registry.db")
    create_database(database)
    for folder in folders[1:]:
        add_result(open_database(database), folder, folder.name, "R1", AddOptions(create=True))
    cases = {f"r{n}": Case(f"r{n}", folder, "R1") for n, folder in enumerate(folders[:2], start=1)}
    with running(cases, recorded=recorded_scans(database)) as server:
        reader = Reader(context, server)
        yield reader.page
        assert reader.errors == []


def column(page, title: str) -> list[str]:
    """Return a column as it is read, from top to bottom; a state that can be chosen as the one that is."""
    place = HEADINGS.index(title) + 1
    script = "cells => cells.map(cell => cell.querySelector('select')?.value ?? cell.innerText.trim())"
    return page.eval_on_selector_all(f"#worklist tbody td:nth-child({place})", script)


def press(page, title: str) -> None:
    page.click(f"#worklist th button:has-text('{title}')")


def test_each_row_says_whose_it_is_where_it_stands_and_what_it_holds(page) -> None:
    assert [text.strip(" \u25be\u25b4") for text in page.locator("#worklist th").all_inner_texts()] == HEADINGS
    whole = small_result().findings.burden["all"]
    assert column(page, "Subject") == ["P01", "P02", "\u2013"]
    assert column(page, "Person, visit") == ["\u2013", "P02, 1", "P03, 1"]
    assert column(page, "State") == ["new", "new", "no folder"]
    assert column(page, "Deposits") == [str(whole.number), "2", str(whole.number)]
    assert column(page, "HA mass, mg") == [f"{whole.ha_mass_mg:,.1f}", "7.5", f"{whole.ha_mass_mg:,.1f}"]
    assert page.locator("#worklist tbody a").all_inner_texts() == ["P01", "P02"]  # the third can't be opened


def test_rows_are_sorted_by_each_heading_and_those_without_come_last(page) -> None:
    press(page, "Person, visit")
    assert column(page, "Person, visit") == ["P02, 1", "P03, 1", "\u2013"]
    press(page, "Person, visit")
    assert column(page, "Person, visit") == ["P03, 1", "P02, 1", "\u2013"]
    press(page, "HA mass")
    assert column(page, "HA mass, mg")[0] == "7.5"
    press(page, "HA mass")
    assert column(page, "HA mass, mg")[-1] == "7.5"
    press(page, "Deposits")
    assert column(page, "Deposits")[0] == "2"
    assert page.get_attribute("#worklist th:has-text('Deposits')", "aria-sort") == "ascending"


def test_rows_are_filtered_by_state_and_by_person(page) -> None:
    page.fill("#worklist-find", "p03")
    assert column(page, "Person, visit") == ["P03, 1"]
    assert page.inner_text("#worklist-count") == "1 of 3"
    page.fill("#worklist-find", "")
    with page.expect_response("**/r2/state"):
        page.select_option("#worklist tbody tr:nth-child(2) select", "reviewed")
    page.select_option("#worklist-state", "reviewed")
    assert column(page, "Person, visit") == ["P02, 1"]
    page.select_option("#worklist-state", "")
    press(page, "State")
    assert column(page, "State") == ["new", "no folder", "reviewed"]


def test_the_picture_of_a_result_does_not_move_its_link_when_it_comes(context, server, without_viewer) -> None:
    held = []
    context.route("**/overview.png", lambda route: held.append(route))
    reader = Reader(context, server)
    while not held:
        reader.page.wait_for_timeout(100)
    link, picture = reader.page.locator("#worklist tbody a"), reader.page.locator("#worklist tbody img")
    before = link.bounding_box()
    with reader.page.expect_response("**/overview.png"):
        held[0].continue_()
    picture.evaluate("async image => await image.decode()")
    assert picture.evaluate("image => image.naturalWidth") > 0
    assert link.bounding_box() == before
