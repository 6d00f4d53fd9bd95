"""Images on the page, and what is drawn on them: a made-up scan, NiiVue in software."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from calcidect.result import read_result
from calcidect.review._case import Case
from support.accessible import faults
from support.results import small_scene
from support.review_page import Reader, made_up_scan, running

VIEWER = Path(__file__).parents[3] / "src/calcidect/review/static/niivue/niivue.js"
pytestmark = pytest.mark.skipif(not VIEWER.exists(), reason="NiiVue was not fetched when the package was installed")


@pytest.fixture
def case(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "one")
    return Case("r1", tmp_path / "one", "R1", scan=made_up_scan())


@pytest.fixture
def reader(context, server):
    """Return a reader before the result and all its coarse images."""
    reader = Reader(context, server).open("SSC-0042")
    yield reader
    assert reader.errors == []


def viewer(reader: Reader, script: str, *given):
    """Run a script on the page's viewer ``v``."""
    whole = f"async (given) => {{ const v = (await import('/static/js/app.js')).now().viewer; return ({script}); }}"
    return reader.page.evaluate(whole, list(given))


def on_screen(reader: Reader, point, plane: str) -> tuple[float, float]:
    """Return where an LPS point lies on the screen in a plane."""
    place = viewer(reader, "v.place(given[0], given[1])", [float(p) for p in point], plane)
    box = reader.page.locator("#planes").bounding_box()
    return box["x"] + place["x"], box["y"] + place["y"]


def centroid(case: Case, deposit: int) -> list[float]:
    """Return the LPS centroid of a deposit as the server has it now."""
    return [row_of(case, deposit)[f"centroid_{axis}_mm"] for axis in "xyz"]


def row_of(case: Case, deposit: int) -> dict:
    return next(row for row in case.described()["deposits"] if row["deposit_id"] == deposit)


def readout(reader: Reader) -> dict[str, str]:
    """Return what is said to lie under the cursor."""
    names, values = (reader.page.locator(f"#readout {tag}").all_inner_texts() for tag in ("dt", "dd"))
    return dict(zip(names, values, strict=True))


def select(reader: Reader, deposit: int) -> None:
    reader.page.click(f"#deposits tr[data-deposit='{deposit}'] button")


def test_cursor_goes_to_the_deposit_and_tells_what_is_there(reader) -> None:
    select(reader, 3)
    said = readout(reader)
    assert said["Deposit"] == "3"
    assert float(said["HA"].split()[0]) == pytest.approx(520, abs=60)  # coarse: blocks of voxels by their mean
    assert said["Low"].endswith("HU")
    reader.page.select_option("#view-grid", "right")
    reader.wait_for_images("right")
    said = readout(reader)
    assert float(said["HA"].split()[0]) == pytest.approx(520, abs=1)
    assert float(said["Low"].split()[0].replace(",", "")) == pytest.approx(50 + 520 * 2.2, abs=50)  # noise of 12 HU
    assert float(said["Low / high"]) == pytest.approx(1.6, abs=0.01)


def test_a_click_on_a_plane_moves_all_planes_there(reader) -> None:
    scene = small_scene()
    label, bone = next(
        (n, b) for n, b in scene.anatomy.bone_labels.items() if (b.side, b.bone) == ("right", "capitate")
    )
    k, j, i = (axis.mean() for axis in (scene.anatomy.bones.array == label).nonzero())
    point = scene.study.low.grid.point_of([i, j, k])
    select(reader, 3)
    near = [point[0], centroid_y(reader), point[2]]
    reader.page.mouse.click(*on_screen(reader, near, "coronal"))
    cursor = viewer(reader, "v.cursor")
    assert cursor == pytest.approx(near, abs=1.6)  # a coarse voxel
    viewer(reader, "v.moveTo(given[0])", [float(p) for p in point])
    assert readout(reader)["Bone"] == f"right {bone.bone}"


def centroid_y(reader: Reader) -> float:
    return viewer(reader, "v.cursor")[1]


def test_every_voxel_of_the_selected_hand_comes_by_itself_unless_a_grid_was_chosen(context, server) -> None:
    reader = Reader(context, server).open("SSC-0042", images=False)
    reader.wait_for_images("right")
    assert reader.page.input_value("#view-grid") == "right"
    assert readout(reader)["Deposit"] == "1"
    select(reader, 2)
    reader.page.select_option("#view-grid", "coarse")
    reader.wait_for_images("coarse")
    reader.page.wait_for_timeout(3000)  # longer than the full grid took
    assert reader.page.get_attribute("#images", "data-loaded") == "coarse"


def test_other_images_windows_and_views_are_shown(reader) -> None:
    for image in ("high", "hydroxyapatite", "urate", "low"):
        reader.page.select_option("#view-image", image)
        reader.page.wait_for_selector(f'#images[data-shown="{image} coarse"]')
        assert viewer(reader, "v.planes.volumes[0].colormap") == ("gray" if image in ("low", "high") else "inferno")
    for view in ("axial", "coronal", "sagittal", "3d", "three"):
        reader.page.select_option("#view-layout", view)
    reader.page.select_option("#view-window", index=2)
    window = [float(n) for n in reader.page.input_value("#view-window").split()]
    assert viewer(reader, "[v.planes.volumes[0].cal_min, v.planes.volumes[0].cal_max]") == window


def test_all_is_drawn_anew_only_when_it_looks_otherwise(reader) -> None:
    count = "v.drawn = 0, v.redraw = () => v.drawn++, 0"
    viewer(reader, count)
    reader.key("a")
    reader.wait_for_history("accepted deposit 1")
    assert viewer(reader, "v.drawn") == 0
    reader.key("r")
    reader.answer()
    reader.wait_for_history("rejected deposit 1")  # grey from now on
    assert viewer(reader, "v.drawn") == 1


def test_images_of_a_result_that_was_left_are_not_shown_with_the_next(context, case) -> None:
    held = []
    with running({"r1": case, "r2": Case("r2", case.folder, "R1", read_only=True)}) as server:
        reader = Reader(context, server)
        reader.page.route("**/r1/volumes/deposits?*", lambda route: held.append(route))
        with reader.page.expect_request("**/r1/volumes/deposits?*"):
            reader.page.evaluate("location.hash = 'r1'")
        reader.page.evaluate("location.hash = ''")
        reader.page.wait_for_selector("#worklist-page")
        reader.page.evaluate("location.hash = 'r2'")
        reader.page.wait_for_selector("#images[data-shown]")
        reader.page.select_option("#view-grid", "coarse")
        reader.wait_for_images("coarse")
        shown = viewer(reader, "(v.planes.volumes[2].marked = true)")
        with reader.page.expect_response("**/r1/volumes/deposits?*"):
            held[0].continue_()
        reader.page.wait_for_timeout(2000)
        assert shown
        assert viewer(reader, "v.planes.volumes[2].marked === true")
        assert "Read only" in reader.page.inner_text("#who")
        assert reader.errors == []


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


def said_at(reader: Reader, point: list[float]) -> dict[str, str]:
    viewer(reader, "v.moveTo(given[0])", point)
    return readout(reader)


def use_on(reader: Reader, key: str, where: str) -> None:
    """Use a brush once at the cursor."""
    reader.key(key)
    reader.page.select_option("#tool [name=where]", where)
    reader.page.focus("#planes")
    reader.key("Space")
    reader.key("Escape")


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
