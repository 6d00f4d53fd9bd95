"""The line through a deposit's voxels, whatever the host."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from calcidect.geometry import FloatArray
from calcidect.materials import Scatter, classify, scatter_of, sensitivity
from calcidect.materials._noise_covariance import NoiseCovariance
from materials.blocks import SN150

SPACING_MM = (0.5, 0.5, 0.5)
SHAPE = (18, 18, 18)
NONE = np.zeros((2, 2))


def ball(slope: float, host_hu: tuple[float, float], noise_hu: float, seed: int) -> tuple[Scatter, FloatArray]:
    axes = np.indices(SHAPE) - 8.5
    shape = gaussian_filter((np.linalg.norm(axes, axis=0) < 3.5).astype(float), 0.8)
    rng = np.random.default_rng(seed)
    high = host_hu[1] + 100.0 * shape + rng.normal(0, noise_hu, SHAPE)
    low = host_hu[0] + 100.0 * slope * shape + rng.normal(0, noise_hu, SHAPE)
    noise = NoiseCovariance.independent((noise_hu, noise_hu))
    found = scatter_of(low, high, shape > 0.02, noise, NONE, SPACING_MM)
    assert found is not None
    return found, shape


@pytest.mark.parametrize("slope", [1.05, 2.37])
def test_noise_in_both_axes_bends_no_slope_and_its_deviation_is_fair(slope: float) -> None:
    found = [ball(slope, (50.0, 45.0), 30.0, seed)[0] for seed in range(60)]
    slopes = np.array([one.slope for one in found])
    stated = np.mean([one.slope_sd for one in found])
    assert slopes.mean() == pytest.approx(slope, abs=3 * slopes.std() / np.sqrt(60))
    assert 0.8 < stated / slopes.std() < 1.8  # it also holds a tenth of error of the noise


@settings(max_examples=20, deadline=None)
@given(low=st.floats(-200, 200), high=st.floats(-200, 200))
def test_the_host_does_not_matter(low: float, high: float) -> None:
    here, there = ball(2.0, (0.0, 0.0), 10.0, 3)[0], ball(2.0, (low, high), 10.0, 3)[0]
    assert there.slope == pytest.approx(here.slope, rel=1e-6)
    assert there.slope_sd == pytest.approx(here.slope_sd, rel=1e-4)


def test_correlated_voxels_count_less() -> None:
    rng, voxels = np.random.default_rng(4), np.ones(SHAPE, bool)
    high = 100 * rng.standard_normal(SHAPE)
    alone, sharing = (NoiseCovariance.independent((5.0, 5.0), n) for n in (1.0, 4.0))
    one, four = (scatter_of(2 * high, high, voxels, noise, NONE, SPACING_MM) for noise in (alone, sharing))
    assert one is not None
    assert four is not None
    assert four.slope_sd == pytest.approx(2 * one.slope_sd, rel=0.2)


def test_an_uneven_host_makes_the_slope_less_sure() -> None:
    rng, voxels = np.random.default_rng(4), np.ones(SHAPE, bool)
    high = gaussian_filter(1000 * rng.standard_normal(SHAPE), 2.0)
    noise = NoiseCovariance.independent((5.0, 5.0))
    even, uneven = (scatter_of(2 * high, high, voxels, noise, c, SPACING_MM) for c in (NONE, np.diag([900.0, 400.0])))
    assert even is not None
    assert uneven is not None
    assert uneven.slope_sd > 1.5 * even.slope_sd


def test_noise_alone_and_a_few_voxels_tell_nothing() -> None:
    noise = NoiseCovariance.independent((20.0, 20.0))
    rng, voxels = np.random.default_rng(5), np.ones(SHAPE, bool)
    low, high = (10.0 * rng.standard_normal(SHAPE) for _ in (0, 1))  # less than the noise is said to be
    assert scatter_of(low, high, voxels, noise, NONE, SPACING_MM) is None
    few = np.zeros(SHAPE, bool)
    few[0, 0, :5] = True
    assert scatter_of(100 * low, 100 * high, few, noise, NONE, SPACING_MM) is None


def test_the_scatter_decides_where_the_host_is_not_known() -> None:
    s = sensitivity(SN150, 3.0)
    excess = 1000 * s.ha_low, 1000 * s.ha_high
    unsure = np.diag([1000.0**2, 1000.0**2])
    assert classify(*excess, unsure, s, prior_hydroxyapatite=0.5).material == "indeterminate"
    along = Scatter(1e6 * s.ha_low, 1e6 * s.ha_high, np.diag([3e4**2, 3e4**2]))
    assert classify(*excess, unsure, s, prior_hydroxyapatite=0.5, scatter=along).material == "hydroxyapatite"


def test_integrals_and_scatter_that_contradict_each_other_are_indeterminate() -> None:
    s, small = sensitivity(SN150, 3.0), np.diag([10.0, 10.0])
    urate = Scatter(1e6 * s.msu_low, 1e6 * s.msu_high, np.diag([1e4**2, 1e4**2]))
    assert classify(1000 * s.ha_low, 1000 * s.ha_high, small, s, scatter=urate).material == "indeterminate"


@pytest.mark.parametrize(
    ("ratio_share", "flags"),
    [(1.0, ()), (0.95, ()), (0.75, ("other_calcium",)), (1.45, ("iodine_like",))],
    ids=["hydroxyapatite", "CPPD", "between", "iodine"],
)
def test_a_ratio_that_fits_neither_crystal_is_flagged(ratio_share: float, flags: tuple[str, ...]) -> None:
    """Of CPPD (5 % below) nothing is said: spectra are not known better."""
    s, small = sensitivity(SN150, 3.0), np.diag([10.0, 10.0])
    found = classify(1000 * s.ha_low * ratio_share, 1000 * s.ha_high, small, s)
    assert found.flags == flags
    assert (found.material == "hydroxyapatite") == (not flags)


def test_urate_is_no_other_calcium() -> None:
    s, small = sensitivity(SN150, 3.0), np.diag([10.0, 10.0])
    assert classify(1000 * s.msu_low, 1000 * s.msu_high, small, s).flags == ()
