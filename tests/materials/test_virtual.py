"""Images predicted from two energies: at a third, and without calcium."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcidect.errors import InputRefusedError
from calcidect.geometry import Grid, Volume
from calcidect.materials import sensitivity, virtual_images, virtual_monoenergetic, virtual_non_calcium
from calcidect.materials._sensitivity import hydroxyapatite_hu_per_mg
from calcidect.phantom._attenuation import Tissue, load_attenuation
from calcidect.settings import MaterialsSettings
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


@pytest.mark.parametrize(("pair", "path_cm"), [(VMI, 3.0), (KV, 1.0), (KV, 6.0)])
def test_hydroxyapatite_in_water_leaves_water(pair: Pair, path_cm: float) -> None:
    k = sensitivity(pair, path_cm)
    left = virtual_non_calcium(400 * k.ha_low, 400 * k.ha_high, pair, path_cm)
    assert left == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(
    ("tissue", "expected_hu"), [(Tissue.FAT, -29), (Tissue.MUSCLE, 38), (Tissue.TENDON, 134)], ids=lambda t: str(t)
)
def test_tissues_without_calcium_keep_their_order(tissue: Tissue, expected_hu: float) -> None:
    low, high = (float(load_attenuation(energy).hu(tissue, 3.0)) for energy in (KV.low, KV.high))
    assert virtual_non_calcium(low, high, KV) == pytest.approx(expected_hu, abs=3)


def test_calcium_leaves_its_host_in_the_image() -> None:
    hu = [load_attenuation(energy).hu(Tissue.MUSCLE, 3.0, np.array([0.0, 150.0])) for energy in (KV.low, KV.high)]
    without, dilute = virtual_non_calcium(*hu, KV)
    assert dilute == pytest.approx(without, abs=4)  # the two tables differ by a few parts in a thousand


def slices_of(settings: MaterialsSettings) -> dict[str, np.ndarray]:
    grid = Grid((4, 3, 2), (0.5, 0.5, 1.0))
    low = Volume(np.full(grid.shape, 500, np.int16), grid)
    high = Volume(np.full(grid.shape, 200, np.int16), grid)
    images = virtual_images(low, high, KV, (2.0, 6.0), settings)
    return {name: np.stack(list(slices)) for name, slices in images.items()}


def test_no_image_is_made_unless_asked_for() -> None:
    assert slices_of(MaterialsSettings()) == {}


def test_images_asked_for_follow_each_slices_path() -> None:
    images = slices_of(MaterialsSettings(monoenergetic_kev=(70, 62.5), virtual_non_calcium=True))
    assert list(images) == ["monoenergetic_70_kev", "monoenergetic_62.5_kev", "virtual_non_calcium"]
    for k, path_cm in enumerate((2.0, 6.0)):
        for name, expected in (
            ("monoenergetic_70_kev", virtual_monoenergetic(500, 200, KV, 70, path_cm)),
            ("virtual_non_calcium", virtual_non_calcium(500, 200, KV, path_cm)),
        ):
            assert images[name].dtype == np.int16
            assert (images[name][k] == np.rint(expected)).all()


def test_metal_beyond_16_bits_is_cut_there() -> None:
    grid = Grid((1, 1, 1), (1.0, 1.0, 1.0))
    low, high = (Volume(np.full(grid.shape, hu, np.int32), grid) for hu in (60000, 10000))
    (image,) = virtual_images(low, high, KV, (3.0,), MaterialsSettings(monoenergetic_kev=(40,))).values()
    assert next(image).item() == 32767
