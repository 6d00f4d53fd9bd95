"""The phantom's tissues, against recorded values (docs/method/materials.md)."""

import json
from importlib.resources import files

import numpy as np
import pytest

from calcidect.errors import InputRefusedError
from calcidect.phantom._attenuation import Tissue, TissueAttenuation, known_beams, load_attenuation
from calcidect.study import Energy

FINGER_CM = 3.0


def beam(name: str) -> TissueAttenuation:
    return load_attenuation(Energy("kv", float(name.removeprefix("Sn")), filter="Sn" if name.startswith("Sn") else ""))


def hu(name: str, tissue: Tissue, ha_mg_per_cm3: float = 0.0) -> float:
    return float(beam(name).hu(tissue, FINGER_CM, ha_mg_per_cm3))


def test_tissue_labels_and_table_rows_are_in_the_same_order() -> None:
    table = json.loads((files("calcidect.phantom") / "data" / "tissues.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in table["tissues"]] == [tissue.name.lower() for tissue in Tissue]


def test_every_composition_is_complete() -> None:
    table = json.loads((files("calcidect.phantom") / "data" / "tissues.json").read_text(encoding="utf-8"))
    for row in table["tissues"]:
        assert sum(row["mass_fractions"].values()) == pytest.approx(1.0, abs=0.0021), row["name"]


@pytest.mark.parametrize("name", known_beams())
def test_water_is_zero_and_air_is_minus_thousand_behind_every_path(name: str) -> None:
    table = beam(name).host_hu
    np.testing.assert_allclose(table[:, Tissue.WATER], 0.0, atol=0.01)
    np.testing.assert_allclose(table[:, Tissue.AIR], -999.0, atol=0.5)


@pytest.mark.parametrize(
    ("pair", "muscle", "fat", "skin"),
    [
        ("80/140", 1.06, 1.31, 0.95), ("80/135", 1.06, 1.29, 0.95), ("80/Sn140", 1.11, 1.64, 0.92),
        ("100/Sn140", 1.08, 1.44, 0.94), ("70/Sn150", 1.15, 1.93, 0.89), ("80/Sn150", 1.12, 1.75, 0.91),
        ("100/Sn150", 1.09, 1.53, 0.94),
    ],
)  # fmt: skip
def test_ratios_of_soft_tissue_are_the_recorded(pair: str, muscle: float, fat: float, skin: float) -> None:
    low, high = pair.split("/")
    for tissue, recorded in ((Tissue.MUSCLE, muscle), (Tissue.FAT, fat), (Tissue.SKIN, skin)):
        assert hu(low, tissue) / hu(high, tissue) == pytest.approx(recorded, rel=0.03), tissue.name


@pytest.mark.parametrize(
    ("pair", "tendon", "nail"),
    [
        ("80/140", 0.94, 1.04), ("80/135", 0.95, 1.03), ("80/Sn140", 0.91, 1.06), ("100/Sn140", 0.94, 1.04),
        ("70/Sn150", 0.88, 1.08), ("80/Sn150", 0.90, 1.07), ("100/Sn150", 0.93, 1.05),
    ],
)  # fmt: skip
def test_ratios_of_tendon_and_nail_are_the_recorded(pair: str, tendon: float, nail: float) -> None:
    low, high = pair.split("/")
    for tissue, recorded in ((Tissue.TENDON, tendon), (Tissue.NAIL, nail)):
        assert hu(low, tissue) / hu(high, tissue) == pytest.approx(recorded, rel=0.03), tissue.name


def test_nail_is_as_bright_as_recorded_and_like_urate_at_both_energies() -> None:
    assert (hu("80", Tissue.NAIL), hu("140", Tissue.NAIL)) == pytest.approx((260, 250), abs=15)


def test_yellow_marrow_has_the_hu_measured_in_patients() -> None:
    """Low energy -130 to -105, Sn150 -82 to -80, 140 kV -98 (Eur Radiol Exp 2019, 10.1186/s41747-019-0125-2)."""
    assert -130 <= hu("80", Tissue.MARROW) <= -105
    assert -82 <= hu("Sn150", Tissue.MARROW) <= -80
    assert hu("140", Tissue.MARROW) == pytest.approx(-98, abs=5)


@pytest.mark.parametrize(
    ("pair", "ratio"),
    [
        ("80/140", 1.42), ("80/135", 1.40), ("80/Sn140", 1.98), ("100/Sn140", 1.67), ("70/Sn150", 2.47),
        ("80/Sn150", 2.18), ("100/Sn150", 1.84),
    ],
)  # fmt: skip
def test_cortex_of_1100_mg_in_matrix_has_the_ratio_of_cortical_bone(pair: str, ratio: float) -> None:
    low, high = (hu(name, Tissue.MATRIX, 1100.0) for name in pair.split("/"))
    assert low / high == pytest.approx(ratio, rel=0.02)


@pytest.mark.parametrize(("ha", "ratio"), [(100, 1.23), (200, 1.31), (400, 1.38)])
def test_dilute_hydroxyapatite_in_tendon_falls_under_the_usual_gout_line(ha: float, ratio: float) -> None:
    raw = hu("80", Tissue.TENDON, ha) / hu("140", Tissue.TENDON, ha)
    assert raw == pytest.approx(ratio, rel=0.03)
    assert raw < 1.4


@pytest.mark.parametrize(("ha", "ratio"), [(50, 1.79), (100, 2.00), (200, 2.16), (400, 2.26), (800, 2.32)])
def test_hydroxyapatite_in_muscle_approaches_its_own_ratio(ha: float, ratio: float) -> None:
    raw = hu("80", Tissue.MUSCLE, ha) / hu("Sn150", Tissue.MUSCLE, ha)
    assert raw == pytest.approx(ratio, rel=0.03)


def test_crystals_displace_their_host() -> None:
    a = beam("80")
    solid = float(a.hu(Tissue.MUSCLE, FINGER_CM, 1000 * a.ha_g_per_cm3))
    assert solid == pytest.approx(1000 * a.ha_g_per_cm3 * a.ha[a.bin_of(FINGER_CM)] - 1000, rel=1e-6)


@pytest.mark.parametrize(("kev", "hu_100"), [(40, 336), (50, 227), (70, 131), (100, 87), (140, 70), (190, 64)])
def test_monoenergetic_hydroxyapatite_in_water(kev: float, hu_100: float) -> None:
    a = load_attenuation(Energy("kev", kev))
    assert float(a.hu(Tissue.WATER, FINGER_CM, 100.0)) == pytest.approx(hu_100, abs=0.6)


def test_monoenergetic_images_do_not_harden() -> None:
    a = load_attenuation(Energy("kev", 60))
    np.testing.assert_array_equal(a.host_hu[0], a.host_hu[-1])


def test_polychromatic_hydroxyapatite_hardens() -> None:
    a = beam("80")
    assert (np.diff(a.ha) < 0).all()


def test_the_table_is_looked_up_by_bins_of_a_millimetre() -> None:
    a = beam("80")
    assert a.host_hu.shape == (201, len(Tissue))
    np.testing.assert_array_equal(a.bin_of([0.0, 3.04, 3.06, 99.0]), [0, 30, 31, 200])


def test_the_tables_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        beam("80").host_hu[0, 0] = 1.0


@pytest.mark.parametrize("energy", [Energy("kv", 85), Energy("kv", 80, filter="Sn"), Energy("kev", 30)], ids=str)
def test_an_energy_without_a_table_is_refused(energy: Energy) -> None:
    with pytest.raises(InputRefusedError, match="no table"):
        load_attenuation(energy)
