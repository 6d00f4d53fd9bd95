"""What sums over voxels are uncertain by, against the scatter of simulated noise."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.geometry import Grid, Volume
from calcidect.materials import measure_soft_tissue
from calcidect.materials._noise_covariance import NoiseCovariance
from calcidect.phantom._noise import correlated_noise

SPACING_MM = (0.5, 0.5, 0.75)
SIGMA_VOXELS = (0.8, 0.57)


def two_energies(shape: tuple[int, int, int], seed: int, shared: float) -> list[np.ndarray]:
    """Noise of 25 and 18 HU as filtered back projection makes it, of which both energies share a part."""
    common, low, high = (correlated_noise(shape, SIGMA_VOXELS, np.random.default_rng([seed, n])) for n in range(3))
    own = np.sqrt(1 - shared**2)
    return [25.0 * low, 18.0 * (own * high - shared * low)] if shared else [25.0 * common, 18.0 * high]


def measured(shared: float) -> NoiseCovariance:
    shape = (60, 110, 110)
    row, column = np.indices(shape[1:]) - 55
    limb = np.hypot(row, column) * SPACING_MM[0] < 22.0
    grid = Grid((110, 110, 60), SPACING_MM)
    images = [
        Volume(np.rint(np.where(limb, 50.0, -1000.0) + noise).astype(np.int16), grid)
        for noise in two_energies(shape, 3, shared)
    ]
    return measure_soft_tissue(*images).covariance


def window() -> np.ndarray:
    """A ball of 3 mm with its halo, less the mean of the shell around it."""
    k, j, i = np.indices((16, 24, 24)) - np.array([8, 12, 12]).reshape(3, 1, 1, 1)
    radius_mm = np.sqrt((0.75 * k) ** 2 + (0.5 * j) ** 2 + (0.5 * i) ** 2)
    inside, ring = radius_mm < 2.5, (radius_mm > 2.5) & (radius_mm < 4.0)
    return inside - ring * (inside.sum() / ring.sum())


@pytest.mark.parametrize("shared", [0.0, 0.8])
def test_the_covariance_of_sums_is_what_noise_scatters_by(shared: float) -> None:
    weights = window()
    stated = measured(shared).of_sums(weights)
    sums = np.array([[(weights * n).sum() for n in two_energies(weights.shape, 100 + s, shared)] for s in range(300)])
    true = np.cov(sums.T)
    assert np.sqrt(np.diag(stated)) == pytest.approx(np.sqrt(np.diag(true)), rel=0.25)
    correlation = stated[0, 1] / np.sqrt(stated[0, 0] * stated[1, 1])
    assert correlation == pytest.approx(-shared, abs=0.2)


def test_independent_voxels_add_their_variances() -> None:
    stated = NoiseCovariance.independent((20.0, 10.0)).of_sums(np.ones((3, 4, 5)))
    assert stated == pytest.approx(np.diag([60 * 400.0, 60 * 100.0]))


def test_the_covariance_of_one_voxel_is_its_noise() -> None:
    low, high = np.sqrt(np.diag(measured(0.0).of_voxel))
    assert (low, high) == pytest.approx((25.0, 18.0), rel=0.06)
