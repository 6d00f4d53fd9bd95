"""The shipped table, against recorded and published values (docs/method/materials.md). No spectrum is computed here."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcidect.errors import InputRefusedError
from calcidect.geometry import Grid, Volume
from calcidect.materials import in_host, sensitivity, sensitivity_at
from calcidect.materials._beams import table_of
from calcidect.settings import BeamSettings
from calcidect.study import Energy, Pair
from support.maps import SENSITIVITY, maps_of

FINGER_CM, BODY_CM = 3.0, 20.0


def energy(name: str) -> Energy:
    return Energy("kv", float(name.removeprefix("Sn")), filter="Sn" if name.startswith("Sn") else "")


def kv(name: str) -> Pair:
    low, high = name.split("/")
    return Pair(energy(low), energy(high))


def kev(low: float, high: float) -> Pair:
    return Pair(Energy("kev", low), Energy("kev", high))


@pytest.mark.parametrize(
    ("pair", "low", "high"),
    [
        ("70/Sn140", 2.59, 1.07), ("80/140", 2.27, 1.55), ("80/135", 2.27, 1.58),
        ("90/Sn150", 2.05, 0.96), ("100/Sn150", 1.89, 0.96),
    ],
)  # fmt: skip
def test_hu_per_mg_of_hydroxyapatite_in_a_finger(pair: str, low: float, high: float) -> None:
    s = sensitivity(kv(pair), FINGER_CM)
    assert (s.ha_low, s.ha_high) == pytest.approx((low, high), rel=0.01)


@pytest.mark.parametrize(
    ("pair", "ha", "msu"),
    [
        ("80/140", 1.46, 1.02), ("80/135", 1.44, 1.02), ("80/Sn140", 2.12, 1.03), ("100/Sn140", 1.77, 1.02),
        ("70/Sn150", 2.70, 1.04), ("80/Sn150", 2.37, 1.04), ("100/Sn150", 1.97, 1.03),
    ],
)  # fmt: skip
def test_ratios_in_a_finger_are_within_three_percent_of_the_recorded(pair: str, ha: float, msu: float) -> None:
    s = sensitivity(kv(pair), FINGER_CM)
    assert s.ha_ratio == pytest.approx(ha, rel=0.03)
    assert s.msu_ratio == pytest.approx(msu, rel=0.03)


@pytest.mark.parametrize(
    ("pair", "published"),
    [("70/Sn150", 2.27), ("80/Sn150", 1.99), ("90/Sn150", 1.81), ("100/Sn150", 1.67), ("80/140", 1.47)],
)
def test_calcium_ratios_of_a_body_phantom_are_within_five_percent_of_the_published(pair: str, published: float) -> None:
    assert sensitivity(kv(pair), BODY_CM).ha_ratio == pytest.approx(published, rel=0.05)


def test_hardening_lowers_the_sensitivity_of_80_kv_by_18_percent_from_finger_to_body() -> None:
    finger, body = (sensitivity(kv("80/Sn150"), path) for path in (FINGER_CM, BODY_CM))
    assert 1 - body.ha_low / finger.ha_low == pytest.approx(0.18, abs=0.01)


def test_the_ratio_at_one_centimetre_is_the_recorded() -> None:
    assert sensitivity(kv("80/Sn150"), 1.0).ha_ratio == pytest.approx(2.43, rel=0.02)


@pytest.mark.parametrize(
    ("low", "high", "hu_per_100_mg"),
    [(40, 100, (336, 87)), (50, 120, (227, 76)), (60, 140, (166, 70)), (70, 190, (131, 64)), (80, 190, (109, 64))],
)
def test_monoenergetic_hu_of_hydroxyapatite(low: float, high: float, hu_per_100_mg: tuple[float, float]) -> None:
    s = sensitivity(kev(low, high), 5.0)
    assert (100 * s.ha_low, 100 * s.ha_high) == pytest.approx(hu_per_100_mg, abs=0.6)


def test_monoenergetic_hu_of_urate_is_flat() -> None:
    s = sensitivity(kev(40, 190), 5.0)
    assert (600 * s.msu_low, 600 * s.msu_high) == pytest.approx((217, 202), abs=1)


def test_monoenergetic_images_do_not_depend_on_the_path() -> None:
    assert sensitivity(kev(50, 100), 1.0) == sensitivity(kev(50, 100), 15.0)


def test_the_path_is_interpolated() -> None:
    below, between, above = (sensitivity(kv("80/140"), path).ha_low for path in (3.0, 3.2, 3.5))
    assert above < between < below


def test_a_path_beyond_the_table_takes_its_end() -> None:
    assert sensitivity(kv("80/140"), 25.0).ha_low == sensitivity(kv("80/140"), 20.0).ha_low


def test_a_negative_path_is_an_error() -> None:
    with pytest.raises(ValueError, match="negative"):
        sensitivity(kv("80/140"), -1.0)


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        (kv("80/145"), "beam_unknown"),
        (Pair(Energy("kv", 120, "Au"), Energy("kv", 120, "Sn")), "beam_unknown"),  # the halves of a split beam
        (kv("85/Sn150"), "beam_unknown"),
        (kv("140/80"), "energies_too_close"),
        (kv("135/140"), "energies_too_close"),
        (kev(30, 100), "kev_out_of_range"),
        (Pair(Energy("kv", 80), Energy("kev", 140)), "energies_mixed"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_pair_without_a_sensitivity_is_refused_with_what_to_do(pair: Pair, code: str) -> None:
    with pytest.raises(InputRefusedError) as refused:
        sensitivity(pair, FINGER_CM)
    assert refused.value.code == code
    assert "monoenergetic" in refused.value.remedy


def test_in_water_the_host_changes_nothing() -> None:
    s = sensitivity(kv("80/140"), FINGER_CM)
    assert in_host(s, 0.0, 0.0).ha_low == s.ha_low


def test_urate_loses_a_fifth_of_its_signal_in_tendon() -> None:
    s = sensitivity(kv("80/140"), FINGER_CM)
    assert in_host(s, 111.0, 118.0).msu_low / s.msu_low == pytest.approx(0.82, abs=0.01)


def test_a_deposit_takes_the_path_where_it_lies() -> None:
    grid = Grid((2, 2, 1), (10.0, 10.0, 2.0))
    path = Volume(np.array([[[1.0, 5.0], [1.0, 5.0]]], np.float32), grid)
    maps = replace(maps_of(np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), grid), pair=kv("80/140"), path_cm=path)
    assert sensitivity_at(maps, [0.0, 0.0, 0.0]) == sensitivity(kv("80/140"), 1.0)
    assert sensitivity_at(maps, [[0.0, 0.0, 0.0], [10.0, 0.0, 0.0]]) == sensitivity(kv("80/140"), 3.0)


def test_where_no_path_is_known_the_typical_sensitivity_stands() -> None:
    grid = Grid((2, 2, 1), (10.0, 10.0, 2.0))
    assert sensitivity_at(maps_of(np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), grid), [0.0, 0.0, 0.0]) is SENSITIVITY


SN100 = {"Sn100": BeamSettings(tube_kv=100, tin_mm=0.4)}


def test_a_beam_of_the_settings_joins_the_built_in_ones() -> None:
    """Tin takes the soft photons: at 100 kV, too, calcium is less bright behind it."""
    pair = Pair(energy("70"), energy("Sn100"))
    s = sensitivity(pair, FINGER_CM, SN100)
    assert sensitivity(kv("70/140"), FINGER_CM).ha_low == s.ha_low
    assert sensitivity(kv("80/Sn140"), FINGER_CM).ha_high < s.ha_high < sensitivity(kv("70/120"), FINGER_CM).ha_high
    assert "Sn100 by the settings" in s.source


def test_a_beam_of_the_settings_takes_the_place_of_a_built_in_one() -> None:
    harder = {"80": BeamSettings(tube_kv=80, aluminium_mm=6.0)}
    plain, filtered = (sensitivity(kv("80/140"), FINGER_CM, beams) for beams in ({}, harder))
    assert 0.90 < filtered.ha_low / plain.ha_low < 0.98
    assert filtered.ha_high == plain.ha_high


def test_a_beam_of_the_settings_that_is_spelt_out_like_a_built_in_one_is_the_same() -> None:
    spelt = {"Sn150": BeamSettings(tube_kv=150, aluminium_mm=3.0, titanium_mm=0.9, tin_mm=0.6)}
    given, built_in = (sensitivity(kv("80/Sn150"), 5.0, beams) for beams in (spelt, {}))
    assert (given.ha_high, given.msu_high) == (built_in.ha_high, built_in.msu_high)


def test_a_split_beam_has_the_recorded_ratio() -> None:
    """TwinBeam: 0.05 mm of gold, 0.6 mm of tin."""
    halves = {"Au120": BeamSettings(tube_kv=120, gold_mm=0.05), "Sn120": BeamSettings(tube_kv=120, tin_mm=0.6)}
    pair = Pair(Energy("kv", 120, "Au"), Energy("kv", 120, "Sn"))
    assert sensitivity(pair, FINGER_CM, halves).ha_ratio == pytest.approx(1.42, rel=0.01)


@given(
    st.sampled_from(range(60, 151, 5)),
    st.builds(
        dict, **{f"{m}_mm": st.floats(0, 2) for m in ("aluminium", "titanium", "copper", "silver", "tin", "gold")}
    ),
    st.floats(0, 20),
)
def test_any_beam_has_a_sensitivity_between_those_of_the_softest_and_the_hardest_photons(
    tube_kv: int, filters_mm: dict[str, float], path_cm: float
) -> None:
    ha, msu = table_of(BeamSettings(tube_kv=tube_kv, **filters_mm)).at(path_cm)
    assert 0.5 < ha < 15
    assert 0.3 < msu < 0.5
