"""Images on the page: what is shown when, and what is said to lie under the cursor."""

from __future__ import annotations

import pytest

from calcidect.review._case import Case
from support.results import small_scene
from support.review_images import on_screen, readout, select, viewer
from support.review_page import Reader, running


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


def test_what_unpacks_volumes_is_asked_for_again_when_it_did_not_come(context, server) -> None:
    context.route("**/unpacker.js", lambda route: route.abort())
    reader = Reader(context, server).open("SSC-0042", images=False)
    reader.page.wait_for_selector("#loading:has-text('choose the image again to retry')")
    context.unroute("**/unpacker.js")
    reader.page.select_option("#view-grid", "coarse")
    reader.wait_for_images("coarse")


def test_the_page_answers_while_volumes_are_put_on_the_graphics_card(reader) -> None:
    """Each volume in a task of its own; until all are there, planes of another grid take no click."""
    watch = """{
      const done = (window.done = []);
      const put = v.planes.refreshLayers.bind(v.planes);
      v.planes.refreshLayers = (volume, layer) => {
        done.push(`layer ${layer}`);
        setTimeout(() => done.push(`clicks: ${v.planesCanvas.style.pointerEvents}`));
        put(volume, layer);
      };
      const draw = v.planes.drawSceneCore.bind(v.planes);
      v.planes.drawSceneCore = () => (done.push("drawn"), draw());
    }"""
    viewer(reader, f"(() => {watch})()")
    select(reader, 3)
    reader.page.evaluate("window.done.length = 0")
    reader.page.select_option("#view-grid", "right")
    reader.wait_for_images("right")
    done = reader.page.evaluate("window.done")
    assert done[:7] == ["layer 0", "clicks: none", "layer 1", "clicks: none", "layer 2", "clicks: none", "drawn"]
    assert viewer(reader, "v.planesCanvas.style.pointerEvents") == ""


def test_an_image_that_is_there_is_left_there(reader) -> None:
    watch = "v.planes.refreshLayers = (volume, layer) => window.layers.push(layer)"
    viewer(reader, f"(window.layers = [], {watch}, v.redraw().then(() => window.layers))")
    assert reader.page.evaluate("window.layers") == [1, 2]
    reader.page.select_option("#view-window", index=2)
    reader.page.wait_for_function("() => window.layers.length === 5")
    assert reader.page.evaluate("window.layers") == [1, 2, 0, 1, 2]


def test_what_is_drawn_over_the_image_is_what_was_shown_last(reader) -> None:
    """An orange deposit, on the coarse grid and in full; pale once it is rejected, orange again when that is undone."""
    reader.page.fill("#view-deposits", "1")
    select(reader, 3)
    wait_for_colour(reader, is_orange=True)
    reader.page.select_option("#view-grid", "right")
    reader.wait_for_images("right")
    wait_for_colour(reader, is_orange=True)
    reader.key("r")
    reader.answer()
    wait_for_colour(reader, is_orange=False)
    reader.key("u")
    wait_for_colour(reader, is_orange=True)


def wait_for_colour(reader: Reader, *, is_orange: bool) -> None:
    """Wait until a pixel beside the cursor, where its lines leave a gap, is orange or is not."""
    pixel = """(async () => {
      await v.planes.drawn;
      const [gl, at] = [v.planes.gl, v.place(v.cursor, "coronal")];
      v.planes.drawScene();
      const [x, y] = [Math.round(at.x) + 2, gl.drawingBufferHeight - Math.round(at.y) - 2];
      const pixel = new Uint8Array(4);
      gl.readPixels(x, y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
      return pixel[0] > pixel[2] + 100;
    })()"""
    for _ in range(60):
        if viewer(reader, pixel) is is_orange:
            return
        reader.page.wait_for_timeout(500)
    raise AssertionError(f"The deposit never was {'' if is_orange else 'un'}coloured.")
