"""The image at a third energy, predicted from two."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcidect.errors import InputRefusedError
from calcidect.materials import sensitivity, virtual_monoenergetic
from calcidect.materials._sensitivity import hydroxyapatite_hu_per_mg
from calcidect.study import Energy, Pair

VMI = Pair(Energy("kev", 50), Energy("kev", 100))
KV = Pair(Energy("kv", 80), Energy("kv", 150, filter="Sn"))


@given(kev=st.floats(40, 200), ha=st.floats(0, 2000), water=st.floats(0.3, 1.0))
def test_every_mixture_of_water_and_hydroxyapatite_is_predicted_exactly(kev: float, ha: float, water: float) -> None:
    def hu(energy: Energy) -> float:
        return 1000 * water - 1000 + ha * hydroxyapatite_hu_per_mg(energy)

    predicted = virtual_monoenergetic(hu(VMI.low), hu(VMI.high), VMI, kev)
    assert predicted == pytest.approx(hu(Energy("kev", kev)), abs=0.01)


@pytest.mark.parametrize("kev", [50.0, 100.0])
def test_the_energies_in_hand_come_back(kev: float) -> None:
    low, high = np.random.default_rng(1).normal(0, 300, (2, 4, 5, 6)).astype(np.float32)
    expected = low if kev == 50 else high
    assert virtual_monoenergetic(low, high, VMI, kev) == pytest.approx(expected, abs=1e-3)


def test_whole_numbers_become_floats_of_the_same_shape() -> None:
    low, high = np.full((2, 3, 4), 500, np.int16), np.full((2, 3, 4), 200, np.int16)
    image = virtual_monoenergetic(low, high, VMI, 70)
    assert (image.dtype, image.shape) == (np.float32, (2, 3, 4))
    assert 200 < image.min() <= image.max() < 500


def test_tube_voltages_predict_by_the_beam_behind_the_water_path() -> None:
    k = sensitivity(KV, 6.0)
    image = virtual_monoenergetic(300 * k.ha_low, 300 * k.ha_high, KV, 60, path_cm=6.0)
    assert image == pytest.approx(300 * hydroxyapatite_hu_per_mg(Energy("kev", 60)), rel=1e-5)


def test_tissues_are_predicted_from_50_and_150_kev_within_half_a_hu() -> None:
    # HU at 50, 100 and 150 keV of the phantom's tissues (docs/method/materials.md, section 7).
    pair = Pair(Energy("kev", 50), Energy("kev", 150))
    for low, true, high in ((-111.2, -60.5, -53.9), (46.9, 41.3, 40.6), (111.0, 125.4, 127.2)):
        assert virtual_monoenergetic(low, high, pair, 100) == pytest.approx(true, abs=0.5)


@pytest.mark.parametrize("kev", [20.0, 250.0])
def test_an_energy_without_a_table_is_refused(kev: float) -> None:
    with pytest.raises(InputRefusedError):
        virtual_monoenergetic(0.0, 0.0, VMI, kev)
