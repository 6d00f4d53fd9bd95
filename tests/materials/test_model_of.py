"""What virtual monoenergetic images (VMI) share of the errors of the two images that they are made of."""

import numpy as np
import pytest

from calcidect.materials import MODEL, crystal_mass, decompose, model_of, sensitivity
from calcidect.study import Energy, Pair
from materials.blocks import KV140, SN150, VMI, cylinder

IMAGES_FRACTION2 = 0.011**2 * np.eye(2) + 0.02**2
NOISE = np.diag([300.0**2, 250.0**2])


def mass_of_virtual(kev: tuple[float, float], excess: np.ndarray) -> tuple[float, float]:
    """Return the mass told from the VMI of two images, whose noise goes with them."""
    pair = Pair(Energy("kev", kev[0]), Energy("kev", kev[1]))
    images, k = sensitivity(KV140, 3.0), sensitivity(pair, 3.0)
    share = (np.array([k.ha_low, k.ha_high]) - images.ha_high) / (images.ha_low - images.ha_high)
    mixture = np.stack([share, 1 - share], -1)
    low, high = mixture @ excess
    known = model_of(pair).covariance_fraction2("hydroxyapatite")
    return crystal_mass((low, high), mixture @ NOISE @ mixture.T, (k.ha_low, k.ha_high), known)


@pytest.mark.parametrize("kev", [(50.0, 100.0), (40.0, 140.0), (60.0, 190.0)])
@pytest.mark.parametrize("mg", [0.5, 5.0, 500.0])
def test_a_mass_is_the_same_from_two_images_and_from_any_vmi_of_them(kev: tuple[float, float], mg: float) -> None:
    k = sensitivity(KV140, 3.0)
    excess = 1000 * mg * np.array([k.ha_low * 1.01, k.ha_high * 0.99])
    expected = crystal_mass((excess[0], excess[1]), NOISE, (k.ha_low, k.ha_high), IMAGES_FRACTION2)
    assert mass_of_virtual(kev, excess) == pytest.approx(expected, rel=1e-6)


def test_an_amount_told_from_vmi_alone_is_off_by_what_is_published() -> None:
    """Van Hamersvelt et al., Eur Radiol 2017: 4.0 %, of the difference of two VMI, in which water drops out."""
    pair = Pair(Energy("kev", 90), Energy("kev", 200))
    k = sensitivity(pair, 3.0)
    per_fraction = np.array([k.ha_low, -k.ha_high]) / (k.ha_low - k.ha_high)
    own = model_of(pair).covariance_fraction2("hydroxyapatite") - 0.02**2
    assert np.sqrt(per_fraction @ own @ per_fraction) == pytest.approx(0.040, abs=0.002)


@pytest.mark.parametrize("pair", [KV140, SN150])
def test_tube_voltages_have_the_errors_of_the_model(pair: Pair) -> None:
    assert model_of(pair) == MODEL


def test_maps_of_vmi_know_what_their_images_are_off_by() -> None:
    maps = decompose(cylinder(VMI))
    assert maps.calibration == model_of(VMI) != MODEL
