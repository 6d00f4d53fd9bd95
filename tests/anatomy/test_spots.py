"""Bodies of 1 mm are found; what is long, or of soft tissue's ratio, is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calcidect.anatomy._spots import find_spots
from calcidect.materials import HostLine
from support.maps import FAT_HU, MUSCLE_HU, SENSITIVITY

SPACING_MM = (0.4, 0.4, 0.5)
SHAPE = (40, 50, 50)
SIGMA = np.array([0.45, 0.42, 0.42]) / np.array(SPACING_MM[::-1])
BETA = (MUSCLE_HU[1] - FAT_HU[1]) / (MUSCLE_HU[0] - FAT_HU[0])
LINE = HostLine(MUSCLE_HU[1] - BETA * MUSCLE_HU[0], BETA)
K = (SENSITIVITY.ha_low, SENSITIVITY.ha_high)
TISSUE = (MUSCLE_HU[0] - FAT_HU[0], MUSCLE_HU[1] - FAT_HU[1])


def ball(diameter_mm: float) -> np.ndarray:
    z, y, x = (n * s for n, s in zip(np.indices(SHAPE) - np.array(SHAPE).reshape(3, 1, 1, 1) / 2, SPACING_MM[::-1],
                                     strict=True))  # fmt: skip
    return (np.sqrt(x**2 + y**2 + z**2) < diameter_mm / 2).astype(float)


def rod(diameter_mm: float) -> np.ndarray:
    _, y, x = (n * s for n, s in zip(np.indices(SHAPE) - np.array(SHAPE).reshape(3, 1, 1, 1) / 2, SPACING_MM[::-1],
                                     strict=True))  # fmt: skip
    return (np.hypot(x, y) < diameter_mm / 2).astype(float)


def spots(shape: np.ndarray, signal_hu: tuple[float, float], host_hu: tuple[float, float], noise_hu: float = 20.0,
          deep: bool = True) -> np.ndarray:  # fmt: skip
    """Return what is found of a shape in a host, with noise as correlated as the image is blurred."""
    images = []
    for n, (signal, host) in enumerate(zip(signal_hu, host_hu, strict=True)):
        noise = gaussian_filter(np.random.default_rng([5, n]).standard_normal(SHAPE), SIGMA)
        blurred = gaussian_filter(shape, SIGMA) * signal + host + noise * (noise_hu * (1 - 0.25 * n) / noise.std())
        images.append(gaussian_filter(blurred, 0.5 / np.array(SPACING_MM[::-1])).astype(np.float32))
    everywhere = np.ones(SHAPE, bool)
    return find_spots(
        images[0], images[1], everywhere, everywhere, everywhere & deep, SPACING_MM, LINE, SENSITIVITY
    )  # fmt: skip


@pytest.mark.parametrize("host", [FAT_HU, MUSCLE_HU], ids=["fat", "muscle"])
def test_a_body_of_1_mm_is_found_where_it_is(host: tuple[float, float]) -> None:
    found = spots(ball(1.0), (500 * K[0], 500 * K[1]), host)
    assert found.any()
    away = np.linalg.norm((np.argwhere(found) - np.array(SHAPE) / 2) * SPACING_MM[::-1], axis=1)
    assert away.max() < 1.5


def test_noise_alone_has_no_spots() -> None:
    assert not spots(np.zeros(SHAPE), (0.0, 0.0), MUSCLE_HU, noise_hu=35.0).any()


def test_a_lobule_of_muscle_in_fat_is_none() -> None:
    assert not spots(ball(2.0), TISSUE, FAT_HU, noise_hu=10.0).any()


def test_a_vessel_wall_along_the_slices_is_none() -> None:
    assert not spots(rod(1.0), (300 * K[0], 300 * K[1]), MUSCLE_HU, noise_hu=10.0).any()


def test_what_is_brighter_than_any_soft_tissue_counts_only_below_nail_and_skin() -> None:
    nail_like = (700.0, 650.0)  # a nail's ratio
    assert spots(ball(1.5), nail_like, MUSCLE_HU, noise_hu=10.0).any()
    assert not spots(ball(1.5), nail_like, MUSCLE_HU, noise_hu=10.0, deep=False).any()
