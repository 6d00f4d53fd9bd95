"""Local extents of drawn bodies."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.findings._extents import local_extents_mm
from calcidect.findings._gather import distance_mm
from calcidect.findings._inside import Inside
from support.shapes import SPACING_MM, ball, points


def extents(sdf: np.ndarray, reach_mm: float) -> np.ndarray:
    return local_extents_mm(Inside(distance_mm(sdf >= 0, SPACING_MM), SPACING_MM, (1, 1, 1)), reach_mm)


def test_a_box_has_its_own_sides() -> None:
    x, y, z = np.moveaxis(points(), -1, 0)
    box = np.maximum.reduce([np.abs(x) - 6, np.abs(y) - 3, np.abs(z) - 1.6])
    assert extents(box, 99.0) == pytest.approx([12, 6, 3.2], abs=0.6)


def test_a_ball_is_as_long_as_wide_as_thick() -> None:
    length, _, thickness = extents(ball(0, 7.0), 14.0)
    assert length == pytest.approx(thickness, rel=0.05)


@pytest.mark.parametrize("curvature_per_mm", [0.0, 0.04])
def test_the_middle_of_a_bent_rod_is_as_thick_as_wide(curvature_per_mm: float) -> None:
    x, y, z = np.moveaxis(points(), -1, 0)
    rod = np.maximum(np.hypot(y - curvature_per_mm * x**2 / 2, z) - 1.2, np.abs(x) - 9)
    length, width, thickness = extents(rod, 6.0)
    assert width / thickness < 1.3
    assert length / width > 3


def test_one_cell_is_a_cell() -> None:
    depth = np.zeros((3, 3, 3), np.float32)
    depth[1, 1, 1] = 0.5
    assert local_extents_mm(Inside(depth, SPACING_MM, (1, 1, 1)), 2.0) == pytest.approx([0.6, 0.5, 0.5])
