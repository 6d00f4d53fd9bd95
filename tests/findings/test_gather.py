"""What belongs to one deposit."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.findings._gather import distance_mm, gather

SPACING_MM = (0.5, 0.5, 1.0)


def two_blocks(gap_voxels: int, axis: int) -> np.ndarray:
    mask = np.zeros((40, 40, 40), bool)
    first = [slice(10, 14)] * 3
    second = list(first)
    second[axis] = slice(14 + gap_voxels, 18 + gap_voxels)
    mask[tuple(first)] = mask[tuple(second)] = True
    return mask


@pytest.mark.parametrize(("gap_voxels", "axis", "expected"), [(2, 2, 1), (3, 2, 1), (7, 2, 2), (1, 0, 1), (4, 0, 2)])
def test_parts_closer_than_the_gap_are_one(gap_voxels: int, axis: int, expected: int) -> None:
    """Axis 2 has voxels of 0.5 mm, axis 0 of 1 mm; the gap allowed is 2 mm."""
    _, count = gather(two_blocks(gap_voxels, axis), SPACING_MM, 2.0, 1.0)
    assert count == expected


def test_largest_comes_first_and_crumbs_are_dropped() -> None:
    mask = np.zeros((40, 40, 40), bool)
    mask[5:7, 5:9, 5:9] = mask[20:30, 20:30, 20:30] = True
    mask[2, 35, 35] = True
    labels, count = gather(mask, SPACING_MM, 2.0, 1.0)
    assert count == 2
    assert labels[25, 25, 25] == 1
    assert labels[5, 5, 5] == 2
    assert labels[2, 35, 35] == 0
    assert not labels[~mask].any()


def test_nothing_gives_nothing() -> None:
    labels, count = gather(np.zeros((5, 5, 5), bool), SPACING_MM, 2.0, 1.0)
    assert count == 0
    assert not labels.any()


def test_distance_is_zero_inside_and_in_mm_outside() -> None:
    mask = np.zeros((20, 20, 20), bool)
    mask[10, 10, 10] = True
    distance = distance_mm(mask, SPACING_MM)
    assert distance[10, 10, 10] == 0
    half = np.mean(SPACING_MM) / 2
    assert distance[10, 10, 14] == pytest.approx(2.0 - half)
    assert distance[13, 10, 10] == pytest.approx(3.0 - half)
    assert np.isinf(distance_mm(np.zeros((3, 3, 3), bool), SPACING_MM)).all()
