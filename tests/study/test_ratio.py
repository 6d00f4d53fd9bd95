"""The ratio of dense calcium: measured away from edges, and compared with what the stated pair gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcidect.errors import StudyRefusedError
from calcidect.materials._sensitivity import sensitivity
from calcidect.phantom._scenario import parse_pair
from calcidect.settings import StudySettings
from calcidect.study._ratio import bone_ratio, confirm_energies, hydroxyapatite_ratio

SETTINGS = StudySettings()
NO_LIMIT = 3071.0, 3071.0
PAIRS = ("80/140", "80/135", "80/Sn140", "100/Sn140", "70/Sn150", "80/Sn150", "100/Sn150", "50/100keV", "40/140keV")


@pytest.mark.parametrize("name", PAIRS)
def test_the_small_table_agrees_with_the_materials_room(name: str) -> None:
    pair = parse_pair(name)
    model = sensitivity(pair, 3.0)
    assert hydroxyapatite_ratio(pair) == pytest.approx(model.ha_low / model.ha_high, rel=0.01)


def test_the_ratios_published_for_the_split_beam_and_unknown_beams() -> None:
    assert hydroxyapatite_ratio(parse_pair("Au120/Sn120")) == 1.42
    assert hydroxyapatite_ratio(parse_pair("65/Sn150")) is None
    assert hydroxyapatite_ratio(parse_pair("50/200keV")) is None


@pytest.mark.parametrize("name", [*PAIRS, "Au120/Sn120"])
@given(deviation=st.floats(0.82, 1.22))
def test_what_the_stated_pair_gives_is_confirmed(name: str, deviation: float) -> None:
    pair = parse_pair(name)
    ratio = max(1.2, 0.91 * (hydroxyapatite_ratio(pair) or 0) * deviation)
    assert confirm_energies(pair, ratio, SETTINGS) == (pair, ())


@pytest.mark.parametrize(
    ("stated", "ratio", "taken", "code"),
    [
        ("80/140", 2.0, "80/Sn140", "tin_from_pixels"),
        ("80/150", 2.1, "80/Sn150", "tin_from_pixels"),
        ("100/140", 1.6, "100/Sn140", "tin_from_pixels"),
        ("80/140", 1.38, "80/140", ""),
        ("80/Sn150", 1.4, "80/Sn150", "ratio_unexpected"),
        ("100/Sn140", 1.21, "100/Sn140", "ratio_unexpected"),
        ("80/140", 3.0, "80/140", "ratio_unexpected"),  # no filter gives that
        ("80/135", 2.0, "80/135", "ratio_unexpected"),  # 135 kV is not used with tin
        ("50/100keV", 1.5, "50/100keV", "ratio_unexpected"),
        ("65/Sn150", 1.4, "65/Sn150", ""),  # a voltage of which nothing is known
    ],
)
def test_what_bone_contradicts_is_told(stated: str, ratio: float, taken: str, code: str) -> None:
    pair, notices = confirm_energies(parse_pair(stated), ratio, SETTINGS)
    assert (pair.name, [notice.code for notice in notices]) == (taken, [code] if code else [])


def test_the_notice_says_which_pair_would_fit() -> None:
    _, (notice,) = confirm_energies(parse_pair("80/Sn150"), 1.4, SETTINGS)
    assert notice.message == "Bone has a ratio of 1.40; 80/Sn150 gives about 2.17. It fits 80/150."


@given(ratio=st.floats(0.05, 1.199))
def test_no_ratio_below_the_least_is_accepted(ratio: float) -> None:
    with pytest.raises(StudyRefusedError) as caught:
        confirm_energies(parse_pair("80/140"), ratio, SETTINGS)
    assert caught.value.code == ("energies_swapped" if ratio <= 1 / 1.2 else "bone_ratio_low")


def slab(ratio: float) -> tuple[np.ndarray, np.ndarray]:
    low = np.full((3, 20, 20), 60.0)
    low[:, 5:15, 5:15] = 1000.0
    return low, np.where(low > 500, low / ratio, 60.0)


def test_motion_by_a_voxel_leaves_the_ratio_as_it_is() -> None:
    low, high = slab(2.0)
    assert bone_ratio(low, np.roll(high, 1, axis=2), NO_LIMIT) == pytest.approx(2.0)


def test_thin_bone_is_measured_with_its_edges() -> None:
    low, high = slab(2.0)
    thin = np.zeros(low.shape, bool)
    thin[:, 5:15, ::4] = True  # bars one voxel thick
    low, high = np.where(thin, 1000.0, 60.0), np.where(thin, 500.0, 60.0)
    assert bone_ratio(low, high, NO_LIMIT) == pytest.approx(2.0)


def test_clipped_voxels_are_left_out() -> None:
    low, high = slab(2.0)
    low[:, 5:15, 5:9] = 3071.0
    assert bone_ratio(low, high, NO_LIMIT) == pytest.approx(2.0)


def test_a_scan_without_dense_calcium_is_refused() -> None:
    with pytest.raises(StudyRefusedError) as caught:
        bone_ratio(np.full((3, 20, 20), 60.0), np.full((3, 20, 20), 55.0), NO_LIMIT)
    assert caught.value.code == "no_dense_calcium"
