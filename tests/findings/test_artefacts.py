"""What is dense near the skin is listed, and what a deposit may be instead is flagged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from calcidect.anatomy import Hand
from calcidect.findings import Artefact
from calcidect.findings._artefacts import artefact_flags, is_nail, nail, other_artefacts, surface_artefacts
from calcidect.findings._gather import distance_mm
from calcidect.findings._region import amounts
from calcidect.geometry import Grid
from calcidect.phantom._scenario import parse_pair
from calcidect.settings import FindingsSettings
from support.deposits import block

GRID = Grid((40, 40, 30), (0.5, 0.5, 0.5))
J = np.indices(GRID.shape)[1] * 0.5  # mm from the back of the finger to its pulp


def box(depth_mm: tuple[float, float]) -> NDArray[np.bool_]:
    inside = np.zeros(GRID.shape, bool)
    inside[8:22, :, 14:26] = True
    return inside & (depth_mm[0] <= J) & (depth_mm[1] > J)


def listed(dense: NDArray[np.bool_], deposits: NDArray[np.bool_] | None = None) -> tuple[Artefact, ...]:
    """Finger with its skin at 2 and 18 mm, bone in the middle."""
    body = (J >= 2.0) & (J < 18.0)
    bone = box((8.0, 12.0))
    low = np.where(body, np.where(dense, 267.0, 50.0), -1000.0).astype(np.float32)
    hand = Hand(
        "left", 1.0, (0, 0, 0), GRID.size, body, *(np.array(v, float) for v in ([0, 0, 1], [0, -1, 0], [1, 0, 0]))
    )
    points = GRID.point_of(np.stack(np.nonzero(bone), -1)[:, ::-1])
    return surface_artefacts(
        hand, GRID, low, np.where(dense, 260.0, low).astype(np.float32), distance_mm(~body, GRID.spacing_mm),
        distance_mm(bone, GRID.spacing_mm), points, np.zeros(GRID.shape, bool) if deposits is None else deposits, 1.0,
    )  # fmt: skip


@pytest.mark.parametrize(("place_mm", "kind"), [((2.0, 3.5), "nail"), ((16.5, 18.0), "skin")])
def test_a_dense_body_at_the_surface_is_listed_by_the_side_of_the_finger(
    place_mm: tuple[float, float], kind: str
) -> None:
    (artefact,) = listed(box(place_mm))
    assert artefact.kind == kind
    assert artefact.reason
    assert artefact.volume_mm3 > 10
    assert artefact.mean_hu_low > 175
    assert artefact.centroid_y_mm == pytest.approx(sum(place_mm) / 2, abs=1.0)


def test_other_mineral_is_listed_by_its_kind_and_stretches_with_small_gaps_are_one_body() -> None:
    body = np.ones(GRID.shape, bool)
    hand = Hand("left", 1.0, (0, 0, 0), GRID.size, body, *np.eye(3))
    other = np.zeros(GRID.shape, np.uint8)
    other[8:12, 10:12, 10:12] = other[14:18, 10:12, 10:12] = 1
    other[20:24, 30:34, 20:24] = 3
    low = np.where(other > 0, 700.0, 50.0).astype(np.float32)
    artery, object_ = other_artefacts(hand, GRID, low, None, other, 2.0, 0.5)
    assert (artery.kind, object_.kind) == ("vascular", "surface")
    assert artery.volume_mm3 == pytest.approx(32 * 0.125)
    assert artery.centroid_z_mm == pytest.approx(12.5 * 0.5)
    assert (artery.mean_hu_low, artery.mean_hu_high) == (700.0, None)
    assert artery.reason
    assert object_.reason != artery.reason


def test_what_lies_deeper_or_is_a_deposit_is_not_listed() -> None:
    assert listed(box((4.5, 6.0))) == ()
    assert listed(box((2.0, 3.5)), deposits=box((2.0, 3.5))) == ()


@pytest.mark.parametrize(("depth_mm", "dorsal", "flags"), [
    (1.0, True, ("nail",)), (1.0, False, ("skin",)), (8.0, True, ()),
])  # fmt: skip
def test_urate_near_the_skin_may_be_nail_or_skin(depth_mm: float, dorsal: bool, flags: tuple[str, ...]) -> None:
    one = block(parse_pair("80/Sn150"), 4.0, msu=800.0)
    around = replace(one.around, depth_mm=np.full_like(one.around.low, depth_mm))
    found = amounts(one.around, one.line, one.sensitivity, one.tissue, FindingsSettings())
    assert artefact_flags(around, found, one.sensitivity, dorsal) == flags


def test_urate_hardly_denser_than_tendon_may_be_tendon() -> None:
    one = block(parse_pair("80/Sn150"), 6.0, msu=420.0, noise_hu=(8.0, 6.0), mask_hu=120.0)
    found = amounts(one.around, one.line, one.sensitivity, one.tissue, FindingsSettings())
    assert artefact_flags(one.around, found, one.sensitivity, False) == ("tendon_like",)


def test_calcium_has_no_such_flag_and_metal_has() -> None:
    one = block(parse_pair("80/140"), 4.0, ha=600.0)
    shallow = replace(one.around, depth_mm=np.full_like(one.around.low, 1.0))
    found = amounts(one.around, one.line, one.sensitivity, one.tissue, FindingsSettings())
    assert artefact_flags(shallow, found, one.sensitivity, True) == ()
    assert one.around.high is not None
    bright = replace(one.around, high=np.where(one.around.mask, 9000.0, one.around.high).astype(np.float32))
    assert artefact_flags(bright, found, one.sensitivity, False) == ("metal",)
    assert artefact_flags(bright, found, None, False) == ()


def under_the_skin(skin_hu: float, *, depth_mm: float = 1.0, ha: float = 0.0, msu: float = 650.0) -> bool:
    """Tell whether a ball, cut off 1.5 mm below the back of a finger, counts as nail, with that above it."""
    one = block(parse_pair("80/140"), 4.0, ha=ha, msu=msu, mask_hu=120.0)
    found = amounts(one.around, one.line, one.sensitivity, one.tissue, FindingsSettings())
    rows = np.arange(one.around.low.shape[1])[None, :, None] * 0.4
    depth = np.broadcast_to(np.maximum(rows - rows.mean() + depth_mm, 0), one.around.low.shape).astype(np.float32)
    low = np.where((depth > 0) & (depth < 1.5), skin_hu, one.around.low).astype(np.float32)
    mask = one.around.mask & (depth > 1.5)
    around = replace(one.around, low=low, depth_mm=depth, mask=mask, away_mm=distance_mm(mask, one.around.spacing_mm))
    return is_nail(around, found, True)


def test_a_thick_nail_reaches_the_air_and_a_deposit_has_skin_over_it() -> None:
    assert under_the_skin(265.0)
    assert not under_the_skin(70.0)
    assert not under_the_skin(265.0, depth_mm=5.0)
    assert not under_the_skin(265.0, msu=1200.0), "denser than nail"
    assert not under_the_skin(265.0, ha=100.0, msu=0.0)


def test_a_thick_nail_is_listed_as_such() -> None:
    one = block(parse_pair("80/140"), 4.0, msu=650.0)
    hand = Hand("left", 1.0, (0, 0, 0), GRID.size, np.ones(GRID.shape, bool), *np.eye(3))
    listed_as = nail(hand, one.around, np.array([1.0, 2.0, 3.0]))
    assert (listed_as.kind, listed_as.side, listed_as.centroid_z_mm) == ("nail", "left", 3.0)
    assert listed_as.volume_mm3 == pytest.approx(one.around.mask.sum() * one.around.voxel_mm3)
    assert listed_as.mean_hu_high is not None
