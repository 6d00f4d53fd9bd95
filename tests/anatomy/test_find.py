"""Hands, sides and bones of simulated hands, however they lie."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from calcidect.anatomy import BONES, BoneLabel, HandAnatomy, find_hands
from calcidect.anatomy._body import find_bodies
from calcidect.anatomy._bones import split_mineral
from calcidect.anatomy._mineral import MineralImage, mineral_image_of_one_energy
from calcidect.anatomy._sort_mineral import sort_mineral
from calcidect.errors import StudyRefusedError
from calcidect.geometry import Grid, Volume
from calcidect.materials import MaterialMaps, decompose
from calcidect.study import read_study
from support.maps import maps_of


@pytest.fixture(scope="module")
def maps(quick_case: Path) -> MaterialMaps:
    return decompose(read_study(quick_case / "dicom"))


@pytest.fixture(scope="module")
def anatomy(maps: MaterialMaps) -> HandAnatomy:
    return find_hands(maps)


def true_side(case: Path) -> str:
    return str(json.loads((case / "truth/truth.json").read_text())["hands"][0])


def placed(maps: MaterialMaps, direction: np.ndarray) -> MaterialMaps:
    """Return the same voxels in a scan whose axes point elsewhere."""
    grid = maps.low.grid
    other = Grid(grid.size, grid.spacing_mm, grid.origin_mm, direction @ grid.direction)
    return maps_of(maps.low.array, maps.high.array, other)


def test_finds_the_hand_and_its_axes(quick_case: Path, anatomy: HandAnatomy) -> None:
    truth = json.loads((quick_case / "truth/truth.json").read_text())
    (hand,) = anatomy.hands
    assert hand.side == truth["hands"][0]
    for name in ("distal", "dorsal", "radial"):
        assert getattr(hand, name) @ np.array(truth["axes"][0][name]) > 0.9, name


def test_a_mirrored_scan_shows_the_other_hand(quick_case: Path, maps: MaterialMaps) -> None:
    (hand,) = find_hands(placed(maps, np.diag([-1.0, 1, 1]))).hands
    assert hand.side != true_side(quick_case)


@pytest.mark.parametrize(
    "direction",
    [np.diag([-1.0, -1, 1]), np.diag([1.0, -1, -1]), np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])],
    ids=["supine", "feet first", "sagittal"],
)
def test_the_side_does_not_depend_on_how_the_hand_lies(
    quick_case: Path, maps: MaterialMaps, direction: np.ndarray
) -> None:
    (hand,) = find_hands(placed(maps, direction)).hands
    assert hand.side == true_side(quick_case)


def test_bones_are_bones(quick_case: Path, anatomy: HandAnatomy) -> None:
    truth = Volume.from_nifti(nibabel.load(quick_case / "truth/bones.nii.gz")).array > 0
    found = anatomy.bones.array > 0
    assert 2 * (truth & found).sum() / (truth.sum() + found.sum()) > 0.94
    deposits = Volume.from_nifti(nibabel.load(quick_case / "truth/deposits.nii.gz")).array > 0
    assert (found & deposits).sum() < 0.05 * deposits.sum(), "no deposit is taken for bone"


def test_every_bone_bears_its_name(quick_case: Path, anatomy: HandAnatomy) -> None:
    truth = json.loads((quick_case / "truth/truth.json").read_text())
    labels = Volume.from_nifti(nibabel.load(quick_case / "truth/bones.nii.gz")).array
    for number, meaning in truth["bones"].items():
        if meaning["bone"] in BONES:
            found = np.bincount(anatomy.bones.array[labels == int(number)], minlength=256)
            found[0] = 0
            assert anatomy.bone_labels[int(found.argmax())] == BoneLabel(meaning["side"], meaning["bone"])


def test_the_thumbs_sesamoids_bear_its_joints_name_and_are_no_deposit(quick_case: Path, anatomy: HandAnatomy) -> None:
    truth = json.loads((quick_case / "truth/truth.json").read_text())
    labels = Volume.from_nifti(nibabel.load(quick_case / "truth/bones.nii.gz")).array
    pair = [int(n) for n, meaning in truth["bones"].items() if meaning["bone"].startswith("sesamoid_mcp_1")]
    assert len(pair) == 2
    assert not anatomy.deposit_mineral.array[np.isin(labels, pair)].any()
    (named,) = (label for label, bone in anatomy.bone_labels.items() if bone.bone == "sesamoid_mcp_1")
    for one in pair:
        assert (anatomy.bones.array[labels == one] == named).mean() > 0.9


def test_a_scan_without_a_hand_is_refused() -> None:
    grid = Grid((60, 60, 40), (1.0, 1.0, 1.0))
    air = np.full(grid.shape, -1000, np.int16)
    with pytest.raises(StudyRefusedError, match="hand"):
        find_hands(maps_of(air, air, grid))
    water = air.copy()
    water[5:35, 10:50, 10:50] = 0
    with pytest.raises(StudyRefusedError, match="hand"):
        find_hands(maps_of(water, water, grid))


def test_a_table_under_the_hand_is_no_part_of_it(maps: MaterialMaps, anatomy: HandAnatomy) -> None:
    """A plate of 2.4 mm that touches the hand's lowest voxels, as a table top would."""
    low, high = maps.low.array.copy(), maps.high.array.copy()
    rows = np.nonzero((low > -400).any((0, 2)))[0]
    plate = (slice(None), slice(rows[0] - 3, rows[0] + 1))
    assert rows[0] > 4
    for image in (low, high):
        image[plate] = np.maximum(image[plate], 40)
    (hand,) = find_hands(maps_of(low, high, maps.low.grid)).hands
    (bare,) = anatomy.hands
    assert hand.side == bare.side
    assert hand.body.sum() == pytest.approx(bare.body.sum(), rel=0.03)


def test_the_tip_of_a_slender_finger_belongs_to_the_hand() -> None:
    """A plate and a finger of 5 mm stand out of a palm; only the finger has bone in it."""
    grid = Grid((60, 60, 70), (1.0, 1.0, 1.0))
    low = np.full(grid.shape, -1000, np.int16)
    low[5:35, 5:55, 10:50] = 40
    low[12:28, 12:48, 20:40] = 500
    low[35:60, 20:25, 20:25] = 40
    low[35:58, 22, 22] = 800
    low[2:68, 52:55, 2:58] = 40
    (body,) = find_bodies(Volume(low, grid), -400.0, 300.0)
    inside = np.zeros(grid.shape, bool)
    inside[body.box] = body.mask
    assert inside[57, 22, 22]
    assert not inside[62:, 53].any()


def test_two_hands_that_a_thin_bridge_joins_are_two() -> None:
    """Fingers alone: no core is deep enough for the flooding that parts palms."""
    grid = Grid((90, 40, 60), (1.6, 1.6, 1.6))
    low = np.full(grid.shape, -1000, np.int16)
    for first in (4, 48):
        low[5:55, 14:22, first : first + 38] = 40
        low[10:50, 16:20, first + 8 : first + 30] = 900
    low[30, 17, 42:48] = 40
    assert len(find_bodies(Volume(low, grid), -400.0, 300.0)) == 2


def test_a_fingertip_beyond_a_thin_joint_belongs_to_the_hand() -> None:
    grid = Grid((60, 60, 96), (1.6, 1.6, 1.6), (0, 0, 0), np.eye(3))
    z, y, x = np.meshgrid(*(np.arange(n) * 1.6 for n in grid.shape), indexing="ij")
    radius_mm = np.select([z < 60, z < 90, z < 96, z < 116, z < 136], [0.0, 3.0, 3.0, 5.2, 3.6], -1.0)
    finger = np.hypot(y - 48, x - 48) < radius_mm
    palm = ((x - 48) / 44) ** 2 + ((z - 44) / 40) ** 2 + np.abs(y - 48) / 10 < 1  # its sharp edge runs into the finger
    low = np.full(grid.shape, -1000, np.int16)
    low[finger | palm] = 40
    low[(np.hypot(y - 48, x - 48) < 2) & (z > 20) & (z < 132)] = 900
    low[(np.abs(y - 48) < 6) & (np.abs(x - 48) < 12) & (z > 20) & (z < 70)] = 900
    (body,) = find_bodies(Volume(low, grid), -400.0, 300.0)
    inside = np.zeros(grid.shape, bool)
    inside[body.box] = body.mask
    assert inside[low == 900].all()


def test_without_a_fitted_hand_a_small_dense_piece_beside_bone_is_a_deposit() -> None:
    spacing = (0.5, 0.5, 0.5)
    z, y, x = np.meshgrid(*(np.arange(n) * 0.5 for n in (60, 60, 80)), indexing="ij")

    def from_axis(at_y: float, at_x: float) -> np.ndarray:
        return np.hypot(y - at_y, x - at_x)

    def ball(at_x: float) -> np.ndarray:
        return np.sqrt((z - 15) ** 2 + (y - 15) ** 2 + (x - at_x) ** 2) < 1.8

    bone = from_axis(15, 15) < 5
    mg_per_cm3 = np.where(bone, np.where(from_axis(15, 15) < 3.5, 100.0, 900.0), 0.0)
    mg_per_cm3[ball(23.0) | ball(7.0)] = 700.0
    depth = np.minimum(x - 4.0, 36.0 - x).clip(0).astype(np.float32)  # skin at x = 4 and 36 mm
    low = (2.27 * mg_per_cm3 + 40).astype(np.float32)
    image = MineralImage(low, low, mg_per_cm3.astype(np.float32), low > 150, depth)
    labels, pieces = split_mineral(image, spacing)
    kinds = {p.label: p.kind for p in pieces}
    mineral = np.isin(labels, [label for label, kind in kinds.items() if kind == "deposit"])
    found = sort_mineral(mineral, np.zeros_like(mineral), labels, image, bone, depth > 0, None, spacing)
    assert kinds[int(labels[30, 30, 21])] == "bone"
    assert not found.small_bones
    assert found.deposits[30, 30, [14, 46]].all()


class TestOneEnergy:
    SPACING_MM = (0.5, 0.5, 0.5)

    def mineral(
        self, hu: float, depth_mm: float, noise_hu: float = 0.0, brightness: float = 1.0, thick_mm: float = 4.0
    ) -> MineralImage:
        """Return what is told of a plate of 4 x 4 mm, so deep below the skin of a block of muscle."""
        shape = (48, 48, 48)
        image = np.random.default_rng(2).normal(50, noise_hu, shape)
        body = np.ones(shape, bool)
        body[:4], image[:4] = False, -1000
        first = 4 + round(depth_mm / 0.5)
        self.cube = (slice(first, first + round(thick_mm / 0.5)), slice(20, 28), slice(20, 28))
        image[self.cube] = hu
        return mineral_image_of_one_energy(image, body, self.SPACING_MM, brightness)

    @pytest.mark.parametrize(
        ("hu", "depth_mm", "thick_mm", "is_mineral"),
        [
            (400.0, 5.0, 4.0, True),
            (250.0, 5.0, 4.0, True),
            (150.0, 5.0, 4.0, False),  # no denser than tendon by noise
            (270.0, 0.0, 1.0, False),  # nail
            (500.0, 0.0, 4.0, True),
        ],
    )
    def test_mineral_is_told_by_brightness_and_depth(
        self, hu: float, depth_mm: float, thick_mm: float, is_mineral: bool
    ) -> None:
        assert self.mineral(hu, depth_mm, thick_mm=thick_mm).mask[self.cube].any() == is_mineral

    def test_noise_alone_is_no_mineral(self) -> None:
        image = self.mineral(50.0, 5.0, noise_hu=60.0)
        assert image.mask.sum() < 1e-4 * image.mask.size

    def test_mineral_is_shown_as_bright_as_at_80_kv_and_soft_tissue_as_it_is(self) -> None:
        image = self.mineral(450.0, 5.0, brightness=1.5)
        assert image.low_hu[self.cube] == pytest.approx(650.0)
        assert image.low_hu[-1, 0, 0] == pytest.approx(50.0, abs=0.1)
        assert image.low_hu[0].max() == -1000


class TestWhatIsNoHand:
    def scan(self, radius_mm: float, bone: float) -> Volume:
        """Return a ball of muscle with a core of bone that is a share of its volume."""
        n, step = 48, 3.0
        grid = Grid((n, n, n), (step, step, step))
        centre = np.mgrid[:n, :n, :n] - (n - 1) / 2
        distance = np.sqrt((centre**2).sum(0)) * step
        hu = np.where(distance < radius_mm, 50.0, -1000.0)
        hu[distance < radius_mm * bone ** (1 / 3)] = 800.0
        return Volume(hu.astype(np.int16), grid)

    def test_a_hand_sized_part_with_some_bone_is_one(self) -> None:
        assert len(find_bodies(self.scan(40.0, 0.2), -400, 300)) == 1

    @pytest.mark.parametrize(("radius_mm", "bone"), [(60.0, 0.2), (40.0, 0.8), (40.0, 0.0), (15.0, 0.2)],
                             ids=["as thick as a head", "a dry bone", "no bone", "too small"])  # fmt: skip
    def test_other_parts_are_refused(self, radius_mm: float, bone: float) -> None:
        with pytest.raises(StudyRefusedError) as caught:
            find_bodies(self.scan(radius_mm, bone), -400, 300)
        assert caught.value.code == "no_hand"
        assert ("cm thick" in caught.value.found) == (radius_mm == 60)
