import numpy as np
import pytest

from calcidect.materials import crystal_mass, sensitivity
from calcidect.study import Energy, Pair

SN150 = sensitivity(Pair(Energy("kv", 80), Energy("kv", 150, filter="Sn")), 3.0)
HA = (SN150.ha_low, SN150.ha_high)
COVARIANCE = np.diag([400.0**2, 300.0**2])


def excess(mg: float, k: tuple[float, float] = HA) -> tuple[float, float]:
    return 1000 * k[0] * mg, 1000 * k[1] * mg


@pytest.mark.parametrize("k", [HA, (SN150.msu_low, SN150.msu_high)], ids=["hydroxyapatite", "urate"])
def test_a_cubic_centimetre_of_100_mg_is_100_mg(k: tuple[float, float]) -> None:
    low_hu, high_hu = 100 * k[0], 100 * k[1]
    assert crystal_mass((1000 * low_hu, 1000 * high_hu), COVARIANCE, k)[0] == pytest.approx(100.0)


def test_the_mass_is_unbiased_and_its_spread_is_stated() -> None:
    rng = np.random.default_rng(1)
    draws = rng.multivariate_normal(excess(5.0), COVARIANCE, 20_000)
    found = np.array([crystal_mass(tuple(e), COVARIANCE, HA, np.zeros((2, 2))) for e in draws])
    assert found[:, 0].mean() == pytest.approx(5.0, rel=0.005)
    assert found[:, 0].std() == pytest.approx(found[0, 1], rel=0.03)


def test_an_unknown_mixture_of_host_does_not_move_the_mass() -> None:
    """The host's error lies along the line from fat to muscle: what counts is the distance from that line."""
    along = np.array([1.0, 0.67])
    unsure = COVARIANCE + 1e5**2 * np.outer(along, along)
    low, high = excess(5.0)
    for host_error in (-5000.0, 5000.0):
        moved = (low + host_error * along[0], high + host_error * along[1])
        assert crystal_mass(moved, unsure, HA, np.zeros((2, 2)))[0] == pytest.approx(5.0, rel=0.02)


def test_the_calibration_is_part_of_the_uncertainty_of_a_large_mass() -> None:
    """Independent errors of 2.3 % at two energies that count alike, and 2 % that both share."""
    mass, sd = crystal_mass(excess(1000.0), COVARIANCE, HA)
    assert sd / mass == pytest.approx(np.hypot(0.023 / np.sqrt(2), 0.02), rel=0.02)
