"""Thirds of voxels are what scipy's zoom and Gaussian give, in less time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, zoom

from calcidect.findings._thirds import blurred_voxels, cubic_thirds, linear_thirds, repeated_thirds

IMAGE = np.random.default_rng(3).normal(0, 300, (7, 9, 8)).astype(np.float32)


@pytest.mark.parametrize(("order", "thirds"), [(3, cubic_thirds), (1, linear_thirds)])
def test_thirds_are_those_of_zoom(order: int, thirds) -> None:
    expected = zoom(IMAGE, 3, order=order, mode="nearest", grid_mode=True)
    assert thirds(IMAGE) == pytest.approx(expected, abs=1e-3)
    assert thirds(IMAGE).dtype == np.float32


def test_masks_are_repeated() -> None:
    expected = zoom((IMAGE > 0).view(np.uint8), 3, order=0, mode="nearest", grid_mode=True) > 0
    assert (repeated_thirds(IMAGE > 0) == expected).all()


@pytest.mark.parametrize("parts", [1, 3])
def test_blurred_voxels_are_the_middles_of_a_blurred_image(parts: int) -> None:
    sigma = np.array([2.0, 1.3, 1.3])
    middle = slice(parts // 2, None, parts)
    expected = gaussian_filter(cubic_thirds(IMAGE), sigma, mode="constant", truncate=3.5)[middle, middle, middle]
    assert blurred_voxels(cubic_thirds(IMAGE), sigma, parts) == pytest.approx(expected, abs=1e-3)
