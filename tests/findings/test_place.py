"""Nearest bone, level and digit of deposits, by the joint lines of a straight ray."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.anatomy import BoneFrame, Hand
from calcidect.findings._place import Place, place_of

UP = np.array([0.0, 0.0, 1.0])
PALM = np.array([0.0, -1.0, 0.0])


def frame(height_mm: float) -> BoneFrame:
    return BoneFrame(np.array([0.0, 0.0, height_mm]), UP, PALM, 1.0, 1.0)


HAND = Hand(
    "right", 1.0, (0, 0, 0), (1, 1, 1), np.ones((1, 1, 1), bool), UP, -PALM, np.array([1.0, 0, 0]), -20.0,
    {"capitate": frame(-10), "metacarpal_3": frame(0), "proximal_phalanx_3": frame(60), "middle_phalanx_3": frame(100),
     "distal_phalanx_3": frame(130)},
)  # fmt: skip


@pytest.mark.parametrize(
    ("nearest", "height_mm", "expected"),
    [
        ("proximal_phalanx_3", 80, Place("proximal_phalanx_3", "proximal_phalanx", 3)),
        ("proximal_phalanx_3", 103, Place("proximal_phalanx_3", "middle_phalanx", 3)),
        ("distal_phalanx_3", 128, Place("distal_phalanx_3", "middle_phalanx", 3)),
        ("metacarpal_3", 30, Place("metacarpal_3", "metacarpal", 3)),
        ("metacarpal_3", -2, Place("metacarpal_3", "carpus", None)),
        ("capitate", -5, Place("capitate", "carpus", None)),
        ("capitate", -25, Place("capitate", "forearm", None)),
        ("unnamed", 30, Place(None, None, None)),
    ],
)
def test_a_deposit_lies_between_joint_lines(nearest: str, height_mm: float, expected: Place) -> None:
    assert place_of(HAND, nearest, np.array([3.0, 2.0, height_mm])) == expected


def test_without_a_fitted_hand_only_the_forearm_is_told() -> None:
    hand = replace(HAND, bones={})
    assert place_of(hand, "unnamed", np.array([0, 0, 50.0])) == Place(None, None, None)
    assert place_of(hand, "unnamed", np.array([0, 0, -50.0])).level == "forearm"
