"""Which way soft tissue runs, as an image shows it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calcidect.findings._flow import flow_of
from calcidect.findings._gather import distance_mm
from calcidect.findings._surroundings import Blur, Surroundings

SIZE, SPACING_MM = (40, 36, 36), (0.5, 0.5, 0.6)


def around(low: np.ndarray, course: tuple[float, ...], deposit_hu: float = 900.0) -> Surroundings:
    mask = np.zeros(SIZE, bool)
    mask[14:26, 15:21, 15:21] = True
    far = np.full(SIZE, 30.0, np.float32)
    return Surroundings(
        np.where(mask, deposit_hu, low).astype(np.float32), None, mask, distance_mm(mask, SPACING_MM), far, far, far,
        SPACING_MM, Blur(0.9, 0.8), course=np.array(course),
    )  # fmt: skip


def tissue(slope_j: float, slope_i: float) -> np.ndarray:
    """Tendons in fat that go to the side by so many mm for each along, in noise of 20 HU."""
    k, j, i = (n * s for n, s in zip(np.indices(SIZE), SPACING_MM[::-1], strict=True))
    middle = 0.5 * SIZE[0] * SPACING_MM[2]
    y, x = j - slope_j * (k - middle), i - slope_i * (k - middle)
    tendons = np.where(np.sin(x / 1.2) * np.sin(y / 1.2) > 0.2, 110.0, -110.0)
    noise = np.random.default_rng(3).normal(size=SIZE)
    return np.asarray(gaussian_filter(tendons, 0.8) + 20 * noise)


@pytest.mark.parametrize("slope", [(0.0, 0.0), (0.3, -0.2), (-0.4, 0.1)])
def test_the_image_tells_where_tissue_goes(slope: tuple[float, float]) -> None:
    flow = flow_of(around(tissue(*slope), (1.0, 0.0, 0.0)))
    assert flow.axis == 0
    planes = np.arange(SIZE[0]) - SIZE[0] // 2
    expected = planes[:, None] * SPACING_MM[2] * np.array(slope) / SPACING_MM[1]
    assert np.abs(flow.across_voxels - expected)[8:-8].max() < 1.5


def test_where_tissue_is_even_the_expected_direction_rules() -> None:
    course = np.array([0.1, 0.9, 0.3])
    flow = flow_of(around(np.full(SIZE, -110.0), tuple(course / np.linalg.norm(course)), -110.0))
    assert flow.axes == (1, 0, 2)
    slope = np.diff(flow.across_voxels[[0, -1]], axis=0)[0] / (SIZE[1] - 1) * np.array([0.6, 0.5]) / 0.5
    assert slope == pytest.approx([1 / 9, 1 / 3], abs=0.03)
