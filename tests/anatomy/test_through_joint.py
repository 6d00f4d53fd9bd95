"""Solid bodies at two bones: what goes through their joint is a deposit, what lies beside it or within one is not."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy._hand_model import load_hand_model
from calcidect.anatomy._through_joint import through_joints
from calcidect.anatomy._types import BONES

VOXEL_MM3 = 0.5
PROXIMAL, MIDDLE, OTHER = (
    BONES.index(f"{name}_phalanx_{ray}") for name, ray in (("proximal", 2), ("middle", 2), ("middle", 3))
)


def found(low_mm: float, high_mm: float, bones: tuple[int, int], share: float = 0.5) -> bool:
    """Tell whether a body counts whose voxels lie from one distance to the other, that share in the first bone."""
    bodies = np.zeros((6, 10, 10), bool)
    bodies[1:5, 2:8, 2:8] = True
    distance, bone = np.full(bodies.shape, np.inf), np.full(bodies.shape, -1)
    count = int(bodies.sum())
    distance[bodies] = np.tile([low_mm, high_mm], count // 2)
    bone[bodies] = np.where(np.arange(count) < share * count, *bones)
    through = through_joints(bodies, bone, distance, load_hand_model(), VOXEL_MM3)
    assert through[bodies].all() == through.any()
    return bool(through.any())


def test_what_goes_through_a_joint_is_told() -> None:
    assert found(-1.0, 1.0, (PROXIMAL, MIDDLE))


@pytest.mark.parametrize(
    "distances_mm", [(0.6, 1.0), (-1.0, -0.6), (-0.2, 0.2)], ids=["beside", "within", "on the surface"]
)
def test_what_lies_on_one_side_of_the_surface_is_not(distances_mm: tuple[float, float]) -> None:
    assert not found(*distances_mm, (PROXIMAL, MIDDLE))


def test_two_bones_that_form_no_joint_are_none() -> None:
    assert not found(-1.0, 1.0, (MIDDLE, OTHER))


def test_a_body_of_one_bone_that_only_meets_the_other_is_not() -> None:
    assert not found(-1.0, 1.0, (PROXIMAL, MIDDLE), share=0.97)
