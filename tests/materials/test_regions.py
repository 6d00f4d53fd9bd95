import numpy as np
import pytest

from calcidect.materials import (
    Sensitivity,
    excess_covariance,
    hydroxyapatite_mass,
    region_mass_covariance,
    region_masses,
    sensitivity,
)
from calcidect.study import Energy, Pair

SN150 = sensitivity(Pair(Energy("kv", 80), Energy("kv", 150, tin=True)), 3.0)
COVARIANCE = np.diag([400.0**2, 300.0**2])


def excess(ha_mg: float, msu_mg: float, s: Sensitivity = SN150) -> tuple[float, float]:
    return 1000 * (s.ha_low * ha_mg + s.msu_low * msu_mg), 1000 * (s.ha_high * ha_mg + s.msu_high * msu_mg)


@pytest.mark.parametrize(("ha", "msu"), [(12.0, 0.0), (0.0, 30.0), (0.4, 2.0)])
def test_masses_come_back(ha: float, msu: float) -> None:
    assert region_masses(*excess(ha, msu), SN150) == pytest.approx((ha, msu), abs=1e-9)


def test_a_cubic_centimetre_of_100_mg_is_100_mg() -> None:
    low, high = 100 * SN150.ha_low, 100 * SN150.ha_high  # HU
    assert region_masses(1000 * low, 1000 * high, SN150)[0] == pytest.approx(100.0)


def test_the_covariance_of_the_masses_is_what_repeated_noise_gives() -> None:
    rng = np.random.default_rng(0)
    low, high = excess(5.0, 1.0)
    draws = rng.multivariate_normal([low, high], COVARIANCE, 20_000)
    masses = np.array([region_masses(a, b, SN150) for a, b in draws])
    np.testing.assert_allclose(np.cov(masses.T), region_mass_covariance(COVARIANCE, SN150), rtol=0.05)


def test_hydroxyapatite_alone_is_unbiased_and_its_spread_is_stated() -> None:
    rng = np.random.default_rng(1)
    draws = rng.multivariate_normal(excess(5.0, 0.0), COVARIANCE, 20_000)
    found = np.array([hydroxyapatite_mass(a, b, COVARIANCE, SN150, calibration_sd_fraction=0.0) for a, b in draws])
    assert found[:, 0].mean() == pytest.approx(5.0, rel=0.005)
    assert found[:, 0].std() == pytest.approx(found[0, 1], rel=0.03)


def test_knowing_that_it_is_hydroxyapatite_makes_the_mass_surer() -> None:
    _, alone = hydroxyapatite_mass(*excess(5.0, 0.0), COVARIANCE, SN150, calibration_sd_fraction=0.0)
    assert alone < 0.5 * np.sqrt(region_mass_covariance(COVARIANCE, SN150)[0, 0])


def test_the_calibration_is_part_of_the_uncertainty_of_a_large_mass() -> None:
    mass, sd = hydroxyapatite_mass(*excess(1000.0, 0.0), COVARIANCE, SN150)
    assert sd / mass == pytest.approx(0.033, rel=0.01)


def test_noise_adds_by_voxels_and_the_hosts_error_by_their_square() -> None:
    noise_only = excess_covariance(100, 0.125, (25.0, 20.0), 1.0, (0.0, 0.0))
    assert np.sqrt(noise_only[0, 0]) == pytest.approx(0.125 * 10 * 25.0)
    assert excess_covariance(100, 0.125, (25.0, 20.0), 4.0, (0.0, 0.0))[1, 1] == pytest.approx(4 * noise_only[1, 1])
    host_only = excess_covariance(100, 0.125, (0.0, 0.0), 1.0, (3.0, 2.0))
    assert np.sqrt(host_only[0, 0]) == pytest.approx(0.125 * 100 * 3.0)
    assert noise_only[0, 1] == 0.0
