from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calcidect.materials import in_host, sensitivity
from calcidect.materials._ray import distance_sd
from calcidect.materials._solve import Excess, Rays, both_crystals, bounded, one_ray, solve_mineral
from materials.blocks import KV140, SN150


def rays(pair=SN150, host=(0.0, 0.0)) -> Rays:
    k = sensitivity(pair, 3.0)
    in_water = Rays(k.ha_low, k.ha_high, k.msu_low, k.msu_high)
    return Rays.in_hosts(in_water, *(np.array([hu]) for hu in host))


def excess(low, high, noise_hu=(25.0, 20.0), both_hu2=0.0) -> Excess:
    low, high = np.atleast_1d(np.asarray(low, float)), np.atleast_1d(np.asarray(high, float))
    one = np.ones_like(low)
    return Excess(low, high, noise_hu[0] ** 2 * one, noise_hu[1] ** 2 * one, both_hu2 * one)


def test_rays_in_a_host_are_those_of_a_region() -> None:
    k, region = rays(KV140, (111.0, 118.0)), in_host(sensitivity(KV140, 3.0), 111.0, 118.0)
    for name in ("ha_low", "ha_high", "msu_low", "msu_high"):
        assert getattr(k, name)[0] == pytest.approx(getattr(region, name))


@given(ha=st.floats(150, 800), msu=st.floats(400, 1200))
def test_a_mixture_far_from_both_crystals_is_solved_exactly(ha: float, msu: float) -> None:
    k = rays(host=(47.0, 42.0))
    low, high = k.ha_low * ha + k.msu_low * msu, k.ha_high * ha + k.msu_high * msu
    off = [float(distance_sd(low, high, r, (1.0, 1.0, 0.0))[0]) for r in (k.mixed(1.0), k.mixed(0.0))]
    assume(min(off) > 3.001)
    here = excess(low, high, (1.0, 1.0))
    found = solve_mineral(here, here, k)
    assert (found[0][0], found[2][0]) == pytest.approx((ha, msu), rel=1e-6)


@given(amount=st.floats(1, 1500), ha_share=st.sampled_from([0.0, 1.0]))
def test_one_crystal_alone_is_found_alone(amount: float, ha_share: float) -> None:
    k = rays()
    here = excess(*(component * amount for component in k.mixed(ha_share)))
    ha, ha_sd, msu, msu_sd = (value[0] for value in solve_mineral(here, here, k))
    assert (ha, msu) == pytest.approx((ha_share * amount, (1 - ha_share) * amount))
    assert (ha_sd > 0, msu_sd > 0) == (ha_share == 1, ha_share == 0)


def test_the_neighbourhood_decides_where_a_voxel_is_an_outlier() -> None:
    k = rays()
    outlier, around = excess(*k.mixed(0.0)), excess(*k.mixed(1.0), noise_hu=(0.5, 0.5))
    scaled = replace(around, low=300 * around.low, high=300 * around.high)
    assert solve_mineral(replace(outlier, low=300 * outlier.low, high=300 * outlier.high), scaled, k)[2][0] == 0.0


@pytest.mark.parametrize("both_hu2", [0.0, 300.0, -300.0])
@pytest.mark.parametrize("ha_share", [0.0, 0.4, 1.0])
def test_the_deviation_along_one_ray_is_what_noise_makes_of_it(ha_share: float, both_hu2: float) -> None:
    noise = np.random.default_rng(1).multivariate_normal([0, 0], [[625, both_hu2], [both_hu2, 400]], 20_000).T
    k_low, k_high = rays().mixed(ha_share)
    amount, sd = one_ray(excess(300 * k_low + noise[0], 300 * k_high + noise[1], both_hu2=both_hu2), (k_low, k_high))
    assert np.sqrt(np.mean(sd**2)) == pytest.approx(amount.std(), rel=0.03)
    assert amount.mean() == pytest.approx(300.0, rel=0.02)


def test_the_deviation_of_two_crystals_is_what_noise_makes_of_them() -> None:
    noise = np.random.default_rng(2).multivariate_normal([0, 0], [[625, 200], [200, 400]], 20_000).T
    ha, ha_sd, msu, msu_sd = both_crystals(excess(*noise, both_hu2=200.0), rays())
    assert ha_sd[0] == pytest.approx(ha.std(), rel=0.03)
    assert msu_sd[0] == pytest.approx(msu.std(), rel=0.03)


@given(ha=st.floats(-500, 9000), msu=st.floats(-500, 9000))
def test_no_concentration_is_negative_and_both_fit_into_the_voxel(ha: float, msu: float) -> None:
    ha, msu = bounded(np.array(ha), np.array(msu))
    assert ha >= 0
    assert msu >= 0
    assert ha / 3160 + msu / 1720 <= 1 + 1e-9
