"""What a reader draws on the images: splits, paint, bones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from calcidect.result import read_result
from calcidect.review._case import Case
from support.accessible import faults
from support.review_images import centroid, on_screen, row_of, said_at, select, use_on, viewer
from support.review_page import Reader, made_up_scan, running


def test_a_whole_review(context, server, case) -> None:
    """Reject, relabel, split, paint, erase, undo; save; open again: state and tables are what the reader made."""
    source = case.folder
    before = {path.name: path.read_bytes() for path in source.rglob("*") if path.is_file()}
    reader = Reader(context, server).open("SSC-0042")
    select(reader, 2)
    reader.key("r")
    reader.answer(why="vessel wall")
    reader.wait_for_history("rejected deposit 2")
    select(reader, 1)
    reader.key("l")
    reader.answer(pattern="punctate")
    reader.wait_for_history("relabelled deposit 1")

    select(reader, 3)
    reader.page.select_option("#view-grid", "right")
    reader.wait_for_images("right")
    x, y, z = centroid(case, 3)
    reader.key("s")
    reader.page.mouse.click(*on_screen(reader, (x, y, z + 5), "coronal"))
    reader.page.mouse.click(*on_screen(reader, (x, y, z - 5), "coronal"))
    reader.page.wait_for_selector("#dialog[open] h2:has-text('Split deposit 3')")
    assert faults(reader.page) == []
    reader.answer(why="two bodies")
    reader.wait_for_history("split deposit 3")
    assert set(reader.states()) == set(range(1, 9))
    assert row_of(case, 3)["volume_mm3"] == pytest.approx(row_of(case, 8)["volume_mm3"], rel=0.1)

    select(reader, 1)
    paint(reader, "b", centroid(case, 1), length_mm=8)
    reader.wait_for_history("painted deposit 1")
    painted = row_of(case, 1)["volume_mm3"]
    paint(reader, "b", centroid(case, 1), length_mm=-8)
    reader.wait_for_history("painted deposit 1")
    reader.page.wait_for_selector("#history li[value='5']")
    assert row_of(case, 1)["volume_mm3"] > painted
    reader.key("u")
    reader.wait_for_history("undid edit 5")
    assert row_of(case, 1)["volume_mm3"] == painted

    reader.page.click("text=Save a reviewed version")
    reader.page.wait_for_selector("text=Report of version 001")
    assert reader.errors == []
    saved = read_result(source.with_name("one.review") / "versions" / "001")
    deposits = {d.deposit_id: d for d in saved.findings.deposits}
    assert set(deposits) == {1, 3, 4, 5, 6, 7, 8}
    assert deposits[1].pattern == "punctate"
    assert deposits[1].ha_mass_mg is not None
    assert {path.name: path.read_bytes() for path in source.rglob("*") if path.is_file()} == before

    with running({"r1": Case("r1", source, "R1", scan=made_up_scan())}) as again:
        reopened = Reader(context, again).open("SSC-0042", images=False)
        assert reopened.states()[2] == "rejected"
        assert set(reopened.states()) == set(range(1, 9))
        reopened.page.wait_for_selector("text=Report of version 001")


def paint(reader: Reader, key: str, start: list[float], length_mm: float) -> None:
    """Draw one stroke along the hand in the coronal plane."""
    viewer(reader, "v.moveTo(given[0])", start)
    reader.key(key)
    reader.page.mouse.move(*on_screen(reader, start, "coronal"))
    reader.page.mouse.down()
    reader.page.mouse.move(*on_screen(reader, (start[0], start[1], start[2] + length_mm), "coronal"), steps=4)
    reader.page.mouse.up()
    reader.key("Escape")


def test_a_bone_is_painted_erased_and_given_back_by_undo(reader, case) -> None:
    bone = next(b for b in case.described()["bones"] if (b["side"], b["bone"]) == ("right", "capitate"))
    before = bone_volume(case, bone["label"])
    select(reader, 3)
    reader.page.select_option("#view-grid", "right")
    reader.wait_for_images("right")
    point = beside(case, bone["label"])
    assert said_at(reader, point)["Bone"] == "\u2013"
    use_on(reader, "b", f"bone {bone['label']}")
    reader.wait_for_history(f"painted bone label {bone['label']}")
    painted = bone_volume(case, bone["label"])
    assert painted > before
    reader.page.wait_for_function("() => document.querySelector('#readout').innerText.includes('right capitate')")

    use_on(reader, "e", "bone 0")
    reader.wait_for_history("painted bone label 0")
    assert bone_volume(case, bone["label"]) < painted
    reader.page.wait_for_function("() => !document.querySelector('#readout').innerText.includes('right capitate')")
    for undone in (2, 1):
        reader.key("u")
        reader.wait_for_history(f"undid edit {undone}")
    assert bone_volume(case, bone["label"]) == before


def bone_volume(case: Case, label: int) -> int:
    """Return the voxels of a bone as readers left it."""
    return int((case.bones(case.history.state()[1]).array == label).sum())


def beside(case: Case, label: int) -> list[float]:
    """Return an LPS point in soft tissue, a voxel from a bone's surface."""
    bones, deposits = case.found.bone_map(), case.found.deposits().dense(case.found.grid.shape)
    ring = binary_dilation(bones.array == label) & (bones.array == 0) & (deposits == 0)
    k, j, i = np.argwhere(ring)[0]
    return bones.grid.point_of([i, j, k]).tolist()


def test_painting_and_erasing_by_keys(reader, case) -> None:
    select(reader, 5)
    before = row_of(case, 5)["volume_mm3"]
    reader.key("e")
    reader.page.focus("#planes")
    reader.key("Space")
    reader.wait_for_history("erased deposit 5")
    assert row_of(case, 5)["volume_mm3"] < before
    reader.key("Escape")
    reader.key("u")
    reader.wait_for_history("undid edit 1")
    assert row_of(case, 5)["volume_mm3"] == before

    reader.key("b")
    reader.page.select_option("#tool [name=where]", "deposit new")
    reader.page.focus("#planes")
    reader.key("Shift+ArrowRight")
    reader.key("Space")
    reader.wait_for_history("painted deposit new")
    first = row_of(case, 8)["volume_mm3"]
    reader.key("ArrowRight")
    reader.key("Space")
    reader.wait_for_history("painted deposit 8")  # goes on with what the first dab made
    assert row_of(case, 8)["volume_mm3"] > first
    assert len(case.described()["deposits"]) == 8


def test_bone_under_a_deposit_that_a_reader_drew_is_shown_again_when_that_is_rejected(reader, case) -> None:
    label = next(b["label"] for b in case.described()["bones"] if (b["side"], b["bone"]) == ("right", "capitate"))
    bones = case.found.bone_map()
    inside = np.argwhere(bones.array == label)
    k, j, i = inside[len(inside) // 2]
    point = bones.grid.point_of([i, j, k]).tolist()
    select(reader, 3)
    reader.page.select_option("#view-grid", "right")
    reader.wait_for_images("right")
    assert said_at(reader, point)["Bone"] == "right capitate"
    use_on(reader, "b", "deposit new")
    reader.wait_for_history("painted deposit new")
    wait_for_bone(reader, "\u2013")
    select(reader, 8)
    reader.key("r")
    reader.answer()
    reader.wait_for_history("rejected deposit 8")
    said_at(reader, point)
    wait_for_bone(reader, "right capitate")
    reader.key("u")
    reader.wait_for_history("undid edit 2")
    wait_for_bone(reader, "\u2013")


def wait_for_bone(reader: Reader, name: str) -> None:
    """Wait until a bone is said to lie under the cursor; a dash is none."""
    said = (
        "name => [...document.querySelectorAll('#readout dt')]"
        ".find(dt => dt.innerText === 'Bone').nextElementSibling.innerText === name"
    )
    reader.page.wait_for_function(said, arg=name)
