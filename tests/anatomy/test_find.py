"""Hands, sides and bones of simulated hands, however they lie."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from calcidect.anatomy import HandAnatomy, find_hands
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
    assert 2 * (truth & found).sum() / (truth.sum() + found.sum()) > 0.88
    deposits = Volume.from_nifti(nibabel.load(quick_case / "truth/deposits.nii.gz")).array > 0
    assert (found & deposits).sum() < 0.05 * deposits.sum(), "no deposit is taken for bone"


def test_the_thumbs_sesamoids_are_no_deposit(quick_case: Path, anatomy: HandAnatomy) -> None:
    truth = json.loads((quick_case / "truth/truth.json").read_text())
    labels = Volume.from_nifti(nibabel.load(quick_case / "truth/bones.nii.gz")).array
    pair = [int(n) for n, meaning in truth["bones"].items() if meaning["bone"].startswith("sesamoid_mcp_1")]
    assert len(pair) == 2
    assert not anatomy.deposit_mineral.array[np.isin(labels, pair)].any()


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
