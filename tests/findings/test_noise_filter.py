"""The noise as a filter, and the weights that heed it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calcidect.findings._flow import Flow
from calcidect.findings._integral import integral_of
from calcidect.findings._noise_filter import WHITE_SHARE, NoiseFilter
from calcidect.findings._ring import Ring
from calcidect.materials import NoiseCovariance
from calcidect.phantom._noise import correlated_noise
from support.deposits import covariance_of_noise

SPACING_MM = (0.4, 0.4, 0.6)
COVARIANCE = covariance_of_noise((20.0, 15.0), (0.3, 0.4, 0.4), SPACING_MM)
SIZE = (24, 40, 40)
STRAIGHT = Flow(0, np.zeros((SIZE[0], 2), np.int64))


def noise(seed: int) -> np.ndarray:
    return correlated_noise(SIZE, (1.0, 0.5), np.random.default_rng(seed))


def test_whitened_noise_of_its_spectrum_is_white() -> None:
    here = NoiseFilter.of(COVARIANCE, SIZE)
    both = noise(1) + np.sqrt(WHITE_SHARE) * np.random.default_rng(2).normal(size=SIZE)
    white = here.whitened(both).reshape(here.padded)[2:-6, 4:-8, 4:-8]
    raw = noise(1)
    of_neighbours = [np.corrcoef(i[:, :, 1:].ravel(), i[:, :, :-1].ravel())[0, 1] for i in (raw, white)]
    assert of_neighbours[0] > 0.5
    assert abs(of_neighbours[1]) < 0.1
    assert white.std() == pytest.approx(1.0, abs=0.1)


def test_what_is_correlated_is_the_measured_correlation_around_a_point() -> None:
    point = np.zeros(SIZE)
    point[12, 20, 20] = 1.0
    spread = NoiseFilter.of(COVARIANCE, SIZE).correlated(point)
    middle = COVARIANCE.in_plane.shape[1] // 2
    expected = COVARIANCE.in_plane[0, middle, middle : middle + 3] / COVARIANCE.of_voxel[0, 0]
    assert spread[12, 20, 21:23] == pytest.approx(expected[1:], abs=0.03)


def test_a_known_shape_is_measured_with_less_noise() -> None:
    inside = np.zeros(SIZE, np.float32)
    inside[10:14, 17:23, 17:23] = 1
    filled = gaussian_filter(inside, (0.5, 1.0, 1.0))
    everywhere = np.ones(SIZE, bool)
    nowhere = Ring(~everywhere, np.ones(3), STRAIGHT, 1.0)
    deviations = []
    for known in (None, COVARIANCE):
        integral = integral_of(filled, filled, everywhere, nowhere, known)
        of_draws = [integral.excess_hu_voxels(noise(seed), 0.0) for seed in range(40)]
        stated = np.sqrt(NoiseCovariance.of_sums(COVARIANCE, integral.weights)[0, 0]) / integral.share / 20.0
        assert np.std(of_draws) == pytest.approx(stated, rel=0.4)
        deviations.append(stated)
        assert integral.excess_hu_voxels(300 * filled, 0.0) == pytest.approx(300 * filled.sum(), rel=1e-3)
    assert deviations[1] < 0.95 * deviations[0]


def test_of_a_tiny_known_shape_nothing_is_lost() -> None:
    inside = np.zeros(SIZE, np.float32)
    inside[11:13, 19:21, 19:21] = 1
    filled = gaussian_filter(inside, (0.7, 1.0, 1.0))
    everywhere = np.ones(SIZE, bool)
    integral = integral_of(filled, filled, everywhere, Ring(~everywhere, np.ones(3), STRAIGHT, 1.0), COVARIANCE)
    assert integral.excess_hu_voxels(300 * filled, 0.0) == pytest.approx(300 * filled.sum(), rel=1e-3)
