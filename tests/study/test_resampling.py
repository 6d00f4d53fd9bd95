"""Interpolation keeps what is measured: values at samples, sums, and edges as far as they can be kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from calcidect.study._grids import AxisRelation
from calcidect.study._resample import resampled, straightened
from calcidect.study._spline import along, spline_weights


@settings(deadline=None)
@given(st.integers(2, 60), st.floats(0.5, 2.0), st.floats(-0.4, 0.4), st.integers(0, 2**31))
def test_weights_are_those_of_the_cubic_spline(count: int, scale: float, offset: float, seed: int) -> None:
    positions = np.arange(count) * scale + offset
    positions = positions[(positions >= -0.5) & (positions <= count - 0.5)]
    samples = np.random.default_rng(seed).normal(0, 1, count)
    expected = map_coordinates(samples, [positions], order=3, mode="mirror")
    np.testing.assert_allclose(spline_weights(positions, count) @ samples, expected, atol=2e-5)


def test_whole_positions_give_the_samples_themselves() -> None:
    samples = np.random.default_rng(1).integers(-1024, 3071, (9, 5, 4))
    weights = spline_weights(np.arange(2, 7) - 1e-12, 9)
    assert weights.nnz == 5
    np.testing.assert_array_equal(along(weights, samples, 0), samples[2:7])


def test_beyond_half_a_sample_outside_there_is_nothing() -> None:
    weights = spline_weights(np.array([-0.6, -0.4, 8.4, 8.6]), 9)
    np.testing.assert_allclose(np.asarray(weights.sum(axis=1)).ravel(), [0, 1, 1, 0], atol=1e-6)


def test_axes_that_fall_on_voxels_are_cut_and_only_the_others_interpolated() -> None:
    hu = np.random.default_rng(2).integers(-1000, 2000, (20, 12, 14)).astype(np.int16)
    i, j, k = AxisRelation(2, 9, 1.0, 1.0), AxisRelation(0, 12, 1.0, 0.0), AxisRelation(0, 19, 1.0, 0.5)
    made = resampled(hu, (i, j, k))
    expected = along(spline_weights(k.positions, 20), hu[:, :, 3:12], 0)
    assert made.dtype == np.int16
    np.testing.assert_array_equal(made, np.rint(expected))


def test_values_beyond_16_bits_are_held_back_not_wrapped_around() -> None:
    hu = np.where(np.arange(40) < 20, -1000, 32767).astype(np.int16) * np.ones((8, 8, 1), np.int16)
    half = AxisRelation(0, 39, 1.0, 0.5)
    made = resampled(hu, (half, AxisRelation(0, 8, 1.0, 0.0), AxisRelation(0, 8, 1.0, 0.0)))
    assert made[:, :, 21:30].min() > 30000
    assert made[:, :, :18].max() < 0


@pytest.mark.parametrize("kind", [np.int16, np.float32])
def test_a_straightened_stack_holds_each_slice_whole(kind: type) -> None:
    hu = np.full((9, 16, 12), -1000, kind)
    hu[:, 6:10, 4:8] = 500
    made, start = straightened(hu, np.array([0.0, -1.25]))
    assert made.dtype == kind
    assert (made.shape, start) == ((9, 26, 12), (0, -10))
    sums = (np.where(made == -1024, -1000, made).astype(float) + 1000).sum(axis=(1, 2))
    np.testing.assert_allclose(sums, 16 * 1500, rtol=1e-3)
    np.testing.assert_array_equal(made[4, 5:21], hu[4])  # a slide of whole voxels
    assert (made[8, 16:] == -1024).all()
