"""Deposits near metal, or at an edge where the energies do not coincide, are flagged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.findings._nearby import hand_misfit_mm, nearby_flags
from calcidect.phantom._scenario import parse_pair
from calcidect.study import Motion
from support.deposits import block

NO_METAL = np.zeros((0, 3))
POINTS = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0]])
BALL = block(parse_pair("80/Sn150"), 4.0, ha=400.0).around


@pytest.mark.parametrize(("metal_mm", "flags"), [(12.5, ("metal_near",)), (13.5, ())])
def test_metal_within_10_mm_of_any_voxel_is_told(metal_mm: float, flags: tuple[str, ...]) -> None:
    assert nearby_flags(BALL, POINTS, np.array([[metal_mm, 0.0, 0.0], [90.0, 0.0, 0.0]]), 0.0) == flags


@pytest.mark.parametrize("edge", ["bone_mm", "depth_mm"])
@pytest.mark.parametrize(("left_mm", "from_edge_mm", "told"), [
    (0.6, 1.2, True), (0.6, 2.5, False), (2.0, 2.5, True), (0.0, 0.1, False),
])  # fmt: skip
def test_a_deposit_at_an_edge_of_a_hand_that_moved_is_told(
    edge: str, left_mm: float, from_edge_mm: float, told: bool
) -> None:
    around = replace(BALL, **{edge: np.full_like(BALL.low, from_edge_mm)})
    assert nearby_flags(around, POINTS, NO_METAL, left_mm) == ("motion_edge",) * told


def test_what_is_left_is_that_of_the_nearest_hand_if_it_matters() -> None:
    still = Motion((-80.0, 0.0, 0.0), residual_mm=0.05, remainder_mm=0.2)
    moved = Motion((80.0, 0.0, 0.0), residual_mm=0.3, remainder_mm=0.9)
    turned = replace(moved, remainder_mm=0.2)
    hands = (still, moved)
    assert hand_misfit_mm(hands, np.array([-60.0, 5.0, 9.0]), 0.1) == 0.0
    assert hand_misfit_mm(hands, np.array([60.0, 5.0, 9.0]), 0.1) == 0.9
    assert hand_misfit_mm((turned,), np.zeros(3), 0.1) == 0.3
    assert hand_misfit_mm((turned,), np.zeros(3), 0.5) == 0.0
    assert hand_misfit_mm((Motion((0.0, 0.0, 0.0)),), np.zeros(3), 0.1) == 0.0
    assert hand_misfit_mm((), np.zeros(3), 0.1) == 0.0
