"""Where things lie in a picture: patient's right on its left, head on top, whatever the scan's own axes."""

from dataclasses import replace

import numpy as np
import pytest

from calcidect.geometry import Grid, Volume
from calcidect.materials import Concentrations
from calcidect.report import draw_pictures, draw_thumbnail
from calcidect.report._axes import box_of, in_patient_axes
from calcidect.report._colours import MATERIAL_COLOURS
from calcidect.report._panel import AXIAL, CORONAL, SAGITTAL
from calcidect.report._pictures import _edges
from calcidect.report._plane import draw_plane
from calcidect.report._slices import THUMBNAIL_PX
from calcidect.report._surface import View, first_surface, from_behind, sample, shade, smooth_solid
from calcidect.report._wording import load_wording
from calcidect.report._write import _few_shades
from support.results import hand_point, make_scene, small_result, small_scene

COLOURS = np.array([[0, 0, 0], [0.9, 0.9, 0.8], [0.8, 0.4, 0.0]], np.float32)


def coloured(image, material):
    """Return (x, y) of the middle of a material's colour, in fractions of the picture, or None."""
    rgb = np.asarray(image).astype(float)
    hue = np.array(MATERIAL_COLOURS[material], float)
    along = rgb @ hue / (np.linalg.norm(rgb, axis=-1) * np.linalg.norm(hue) + 1e-6)
    rows, columns = np.nonzero((along > 0.985) & (rgb.sum(axis=-1) > 120))
    if not rows.size:
        return None
    return columns.mean() / rgb.shape[1], rows.mean() / rgb.shape[0]


def pictures_of(result, low):
    return {picture.name: picture.image for picture in draw_pictures(result, low)}


@pytest.fixture(scope="module")
def pictures():
    return pictures_of(small_result(), small_scene().study.low)


def as_stored(result, low, order, flips):
    """Return result and scan as a scanner with other axes would have stored them; patient space is the same."""

    def turn(volume):
        grid, array = volume.grid, volume.array.T.transpose(order)
        array = array[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]
        corner = np.zeros(3)
        for axis, flip in zip(order, flips, strict=True):
            corner[axis] = grid.size[axis] - 1 if flip else 0
        signs = np.where(flips, -1.0, 1.0)
        turned = Grid(
            array.shape,
            tuple(grid.spacing_mm[a] for a in order),
            tuple(grid.point_of(corner)),
            grid.direction[:, list(order)] * signs,
        )
        return Volume(array.T, turned)

    findings = replace(result.findings, deposit_labels=turn(result.deposit_map))
    bone_map, ha = turn(result.bone_map), turn(result.hydroxyapatite)
    held = np.flatnonzero(ha.array)
    none = np.zeros(len(held), np.float32)
    concentrations = Concentrations(ha.grid, held, ha.array.reshape(-1)[held], none, none, none)
    return replace(result, findings=findings, bone_map=bone_map, concentrations=concentrations), turn(low)


def test_every_direction_is_written_at_its_edge():
    assert (AXIAL.left, AXIAL.right, AXIAL.top, AXIAL.bottom) == ("R", "L", "A", "P")
    assert (CORONAL.left, CORONAL.right, CORONAL.top, CORONAL.bottom) == ("R", "L", "H", "F")
    assert (SAGITTAL.left, SAGITTAL.right, SAGITTAL.top, SAGITTAL.bottom) == ("A", "P", "H", "F")


def test_coronal_picture_has_right_on_the_left_and_head_on_top(pictures):
    """The urate deposit lies to the patient's left in the right hand, and below the fingertip deposits."""
    urate_x, urate_y = coloured(pictures["coronal_right"], "urate")
    _, apatite_y = coloured(pictures["coronal_right"], "hydroxyapatite")
    assert urate_x > 0.6
    assert 0.3 < urate_y < 0.7
    assert apatite_y != pytest.approx(urate_y, abs=0.05)


def test_deposit_lies_at_its_position_in_millimetres(pictures):
    """On the coronal picture of the left hand, the small pink deposit is alone in its colour."""
    deposit = small_result().findings.deposits[6]
    image = pictures["coronal_left"]
    grid = small_scene().study.low.grid
    left_hand = [label for label, meaning in small_result().bone_labels.items() if meaning.side == "left"]
    drawn = np.isin(small_result().bone_map.array, left_hand) | (small_result().deposit_map.array >= 5)
    (i, _, k), (_, _, nk) = box_of(drawn)
    first_x = max(grid.point_of((i, 0, 0))[0] - 10.4, grid.point_of((0, 0, 0))[0])
    last_z = min(grid.point_of((0, 0, k + nk - 1))[2] + 10.4, grid.point_of((0, 0, grid.size[2] - 1))[2])
    x, y = coloured(image, "indeterminate")
    assert x * image.width * 0.25 + first_x == pytest.approx(deposit.centroid_x_mm, abs=1.2)
    assert last_z - y * image.height * 0.25 == pytest.approx(deposit.centroid_z_mm, abs=1.2)


@pytest.mark.parametrize(
    ("order", "flips"),
    [
        ((0, 1, 2), (True, False, False)),
        ((0, 2, 1), (False, False, True)),  # a coronal stack
        ((1, 2, 0), (True, False, True)),  # a sagittal stack
    ],
)
def test_pictures_do_not_depend_on_how_the_scan_was_stored(pictures, order, flips):
    result, low = as_stored(small_result(), small_scene().study.low, order, flips)
    stored = pictures_of(result, low)
    for name, image in pictures.items():
        difference = np.abs(np.asarray(image).astype(int) - np.asarray(stored[name]).astype(int))
        assert difference.mean() < 0.1, name


def test_patient_axes_keep_every_voxel_in_place():
    grid = Grid((3, 4, 5), (1.0, 2.0, 3.0), (7.0, -8.0, 9.0), np.array([[0, 0, -1.0], [1, 0, 0], [0, -1, 0]]))
    volume = Volume(np.arange(60).reshape(grid.shape), grid)
    turned = in_patient_axes(volume)
    assert (np.diag(turned.grid.direction) > 0.9).all()
    for index in ((0, 0, 0), (2, 3, 4), (1, 0, 3)):
        i, j, k = np.rint(turned.grid.index_of(grid.point_of(index))).astype(int)
        assert turned.array[k, j, i] == volume.array[index[::-1]]


def test_slices_through_a_deposit_show_it_in_the_middle(pictures):
    image = pictures["deposit_3"]
    third = image.width // 3
    for n in range(3):
        x, y = coloured(image.crop((n * third, 0, (n + 1) * third, image.height)), "hydroxyapatite")
        assert (x, y) == (pytest.approx(0.5, abs=0.06), pytest.approx(0.5, abs=0.06))


def halves(image):
    """Return how bright left, right, top and bottom halves are, without what is written at the edges."""
    grey = np.asarray(image.convert("L")).astype(float)[50:-50, 50:-50]
    rows, columns = (n // 2 for n in grey.shape)
    return grey[:, :columns].mean(), grey[:, columns:].mean(), grey[:rows].mean(), grey[rows:].mean()


def test_slices_of_a_fingertip_deposit_have_bone_where_it_is(pictures):
    """Deposit 1 is palmar, hence anterior, of the right index's tip; the other fingers lie to its right."""
    image = pictures["deposit_1"]
    third = image.width // 3
    axial, coronal, sagittal = (image.crop((n * third, 0, (n + 1) * third, image.height)) for n in range(3))
    left, right, top, bottom = halves(axial)
    assert bottom > top  # bone is posterior
    assert left > right  # the middle finger is to the patient's right
    left, right, top, bottom = halves(coronal)
    assert bottom > top  # the hand is towards the feet
    assert left > right
    left, right, top, bottom = halves(sagittal)
    assert right > left  # bone is posterior
    assert bottom > top


def test_voxels_that_are_not_cubes_keep_their_proportions():
    codes = np.zeros((10, 40), int)
    codes[4:6, 16:24] = 2
    rgb = draw_plane(np.zeros((10, 40)), codes, COLOURS, (2.0, 0.5), 0.25)
    assert rgb.shape == (80, 80, 3)
    rows, columns = np.nonzero(rgb[..., 0] > rgb[..., 2] + 20)
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=3)  # 4 mm by 4 mm


def blob_volume():
    """Return a bar of bone along z, with a deposit in front of it (anterior) at the patient's left end."""
    grid = Grid((40, 40, 40), (1.0, 1.0, 1.0), (-20.0, -20.0, -20.0))
    array = np.zeros(grid.shape, np.int32)
    array[5:35, 18:24, 10:30] = 1
    array[28:32, 13:18, 24:30] = 2
    return Volume(array, grid)


def seen(codes, rays):
    surface = first_surface(codes, rays)
    rows, columns = np.nonzero(surface.code == 2)
    return surface, (rows.mean() / surface.code.shape[0], columns.mean() / surface.code.shape[1]) if rows.size else None


def test_surface_seen_from_the_front_shows_the_deposit_up_and_on_the_right():
    codes = blob_volume()
    view = View.along(np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    assert np.allclose(view.right, (1, 0, 0))
    surface, (y, x) = seen(codes, sample(smooth_solid(codes), view))
    assert y < 0.4
    assert x > 0.5
    depth_mm = [np.median(surface.depth_mm[surface.code == code]) for code in (1, 2)]
    assert depth_mm[0] - depth_mm[1] == pytest.approx(5.0, abs=0.5)  # the front of the deposit, and of the bar


def test_surface_faces_the_viewer():
    codes = blob_volume()
    view = View.along(np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    surface = first_surface(codes, sample(smooth_solid(codes), view))
    middle = tuple(n // 2 for n in surface.code.shape)
    assert surface.code[middle] == 1
    assert np.allclose(surface.normal[middle], (0, 0, 1), atol=0.05)
    assert shade(surface, COLOURS)[middle].min() > 120


def test_surface_from_behind_is_the_view_of_the_opposite_direction():
    codes = blob_volume()
    front = View.along(np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    back = View.along(np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    solid = smooth_solid(codes)
    turned, direct = from_behind(sample(solid, front)), sample(solid, back)
    assert seen(codes, turned)[1] is None  # bone hides the deposit
    assert np.allclose(turned.grid.direction, direct.grid.direction)
    assert (first_surface(codes, turned).code > 0).sum() == pytest.approx(
        (first_surface(codes, direct).code > 0).sum(), rel=0.03
    )


def test_scan_of_another_grid_is_refused():
    other = make_scene(sides=("left",)).study.low
    moved = replace(other, grid=Grid(other.grid.size, other.grid.spacing_mm, (0.0, 0.0, 0.0)))
    with pytest.raises(ValueError, match="grid"):
        list(draw_pictures(small_result(), moved))


def test_place_of_hand_points():
    """The support's own frame: thumbs to the midline, fingers to the head."""
    assert hand_point("right", (10, 0, 0))[0] > hand_point("right", (0, 0, 0))[0]
    assert hand_point("left", (10, 0, 0))[0] < hand_point("left", (0, 0, 0))[0]


def test_thumbnails_show_a_deposit_in_the_middle_without_and_with_overlay(pictures):
    """A row of four squares: axial without and with, coronal without and with."""
    row = pictures["thumbnail_3"]
    side = row.height
    squares = [row.crop((n * (side + 6), 0, n * (side + 6) + side, side)) for n in range(4)]
    assert row.width == 4 * side + 3 * 6
    for bare, covered in (squares[:2], squares[2:]):
        assert coloured(bare, "hydroxyapatite") is None
        x, y = coloured(covered, "hydroxyapatite")
        assert (x, y) == (pytest.approx(0.5, abs=0.06), pytest.approx(0.5, abs=0.06))


@pytest.mark.parametrize("orientation", ["axial", "coronal", "sagittal"])
def test_a_single_thumbnail_is_that_of_the_row(pictures, orientation):
    result, low = small_result(), small_scene().study.low
    covered = draw_thumbnail(result, low, 3, orientation, overlay=True)
    assert covered.size == (THUMBNAIL_PX, THUMBNAIL_PX)
    if orientation != "sagittal":
        at = (2 * ("axial", "coronal").index(orientation) + 1) * (THUMBNAIL_PX + 6)
        in_row = pictures["thumbnail_3"].crop((at, 0, at + THUMBNAIL_PX, THUMBNAIL_PX))
        assert np.array_equal(np.asarray(covered), np.asarray(in_row))
    bare = draw_thumbnail(result, low, 3, orientation, overlay=False, pixels=64)
    assert bare.size == (64, 64)
    assert coloured(bare, "hydroxyapatite") is None


def test_a_deposit_at_the_edge_of_the_scan_is_shown_against_nothing():
    """What lies outside the scan is drawn as air, so that the deposit stays in the middle."""
    result, low = small_result(), small_scene().study.low
    deposits = tuple(replace(d, max_diameter_mm=40.0) for d in result.findings.deposits)  # a field of 56 mm
    wide = replace(result, findings=replace(result.findings, deposits=deposits))
    forearm = draw_thumbnail(wide, low, 6, "coronal")  # 20 mm above the last slice
    rows = np.asarray(forearm).max(axis=(1, 2))
    assert rows[-15:].max() == 0
    assert rows[-25:-20].min() > 40
    x, y = coloured(forearm, "hydroxyapatite")
    assert (x, y) == (pytest.approx(0.5, abs=0.06), pytest.approx(0.5, abs=0.06))


def test_an_unknown_deposit_has_no_thumbnail():
    with pytest.raises(KeyError):
        draw_thumbnail(small_result(), small_scene().study.low, 99)


def test_the_three_sides_of_a_hand_name_what_lies_at_their_edges():
    hand = small_result().hands[0]  # right, seen from its palm: the thumb is on the right of the picture
    dorsal, distal, radial = (np.array(axis) for axis in (hand.dorsal, hand.distal, hand.radial))
    say = load_wording()
    views = [View.along(axis, distal) for axis in (dorsal, -radial, -dorsal)]
    edges = [(e.left, e.right, e.top, e.bottom) for e in (_edges(view, hand, say) for view in views)]
    assert hand.side == "right"
    assert edges == [
        ("ulnar", "radial", "distal", "proximal"),
        ("palmar", "dorsal", "distal", "proximal"),
        ("radial", "ulnar", "distal", "proximal"),
    ]


def test_few_shades_keep_the_colour_of_every_deposit(pictures):
    """Also of a small one of another material beside large ones."""
    for name in ("thumbnail_3", "thumbnail_4", "thumbnail_7"):  # hydroxyapatite, urate, indeterminate
        few = np.asarray(_few_shades(pictures[name]).convert("RGB")).astype(int)
        assert np.abs(few - np.asarray(pictures[name]).astype(int)).max() <= 8
