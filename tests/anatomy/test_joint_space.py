"""Cartilage is thin mineral between the bones of a joint; beside a joint it is none."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy._joint_space import find_cartilage
from support.fitted import blob, parts, rest_hand, surface

HAND = rest_hand()


def between(first: str, second: str) -> np.ndarray:
    """Return the middle of the narrowest gap of two bones."""
    from scipy.spatial import cKDTree

    one, other = surface(first), surface(second)
    away, index = cKDTree(other).query(one)
    nearest = np.argsort(away)[:5]
    return np.asarray((0.5 * (one[nearest] + other[index[nearest]])).mean(0))


@pytest.mark.parametrize(("first", "second"), [
    ("ulna", "lunate"), ("ulna", "triquetrum"), ("radius", "lunate"), ("metacarpal_2", "proximal_phalanx_2"),
])  # fmt: skip
def test_a_thin_plate_between_two_bones_is_cartilage(first: str, second: str) -> None:
    assert len(find_cartilage(parts(blob(HAND.space, between(first, second), (2.2, 0.8, 2.2))), HAND)) == 1


def test_mineral_beside_a_joint_or_between_fingers_is_none() -> None:
    beside = between("metacarpal_2", "proximal_phalanx_2") - (0, 0, 12)
    fingers = between("proximal_phalanx_2", "proximal_phalanx_3")
    for place in (beside, fingers):
        assert find_cartilage(parts(blob(HAND.space, place, (2.2, 0.8, 2.2))), HAND) == []


def test_a_thick_body_is_none() -> None:
    assert find_cartilage(parts(blob(HAND.space, between("ulna", "triquetrum"), 3.0)), HAND) == []
