"""Every row of the table of habits is read as it says, and no row says what another row's example denies."""

from __future__ import annotations

from pathlib import Path

import pytest

from calcidect.study._energy import dual_energy_sign, find_energy
from calcidect.study._habits import HABITS, PLACES, Habit
from study.test_energy import image

FOUND = {
    "photon energy": lambda text: text.endswith("keV"),
    "own voltage": lambda text: text.endswith("kV"),
    "voltage": lambda text: text.endswith("kV"),
    "tin": lambda text: text.startswith("Sn"),
    "gold": lambda text: text.startswith("Au"),
}
NOT_FOUND = {
    "mixture": "mixture",
    "split beam": "mixture",
    "material map": "material map",
    "threshold image": "threshold",
    "unstated photon energy": "does not state its keV",
}


def ids(habit: Habit) -> str:
    return f"{habit.vendor}: {habit.example}"


@pytest.mark.parametrize("habit", HABITS, ids=ids)
def test_a_row_names_attributes_that_are_read(habit: Habit) -> None:
    assert set(habit.where) <= set(PLACES)


# A text that names the pair says of both series the same: its row is there to make that known.
NAMES_A_PAIR = "80/Sn150 kV"


def test_a_text_that_names_both_voltages_tells_neither_series() -> None:
    assert find_energy(image(description=NAMES_A_PAIR)).why_not == "states several tube voltages"
    assert str(find_energy(image(description=f"DE {NAMES_A_PAIR} A_80kV")).energy) == "80 kV"


@pytest.mark.parametrize(
    "habit", [row for row in HABITS if row.sense in FOUND and row.example != NAMES_A_PAIR], ids=ids
)
def test_what_a_row_says_of_an_energy_is_found_in_its_example(habit: Habit) -> None:
    match = habit.pattern.search(habit.example)
    assert match
    kvp = None if "voltage" in habit.sense else float(match[1]) if habit.pattern.groups else 120.0
    found = find_energy(image(**{"kvp": kvp, habit.where[0]: habit.example}))
    assert FOUND[habit.sense](str(found.energy))
    assert PLACES[habit.where[0]] in found.source


@pytest.mark.parametrize("habit", [row for row in HABITS if row.sense in NOT_FOUND], ids=ids)
@pytest.mark.parametrize("is_upper", [False, True])
def test_what_a_row_excludes_is_no_energy_however_it_is_written(habit: Habit, is_upper: bool) -> None:
    for place in habit.where:
        text = habit.example.upper() if is_upper else habit.example
        found = find_energy(image(**{"kvp": 120.0, place: text}))
        assert found.energy is None
        assert NOT_FOUND[habit.sense] in found.why_not


@pytest.mark.parametrize("habit", [row for row in HABITS if row.sense == "dual energy"], ids=ids)
def test_a_sign_of_dual_energy_is_found_where_it_stands(habit: Habit) -> None:
    for place in habit.where:
        assert dual_energy_sign(image(**{"kvp": 120.0, place: habit.example}).labels) == PLACES[place]


@pytest.mark.parametrize(
    "labels",
    [
        {"description": "Hand 0.75 Br64", "image_type": "ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 SPI"},
        {"description": "DEFAULT HAND", "protocol": "Wrist low dose"},
        {"description": "Individual slices", "filter_text": "WEDGE_3"},
        {"description": "Hand Mono 512x512"},
        {"filter_text": "BODY AUTO"},
    ],
)
def test_a_conventional_scan_shows_no_sign_of_dual_energy(labels: dict[str, str]) -> None:
    labels = {"kvp": 120.0, **labels}  # type: ignore[dict-item]
    assert dual_energy_sign(image(**labels).labels) == ""
    assert str(find_energy(image(**labels)).energy) == "120 kV"


@pytest.mark.parametrize(
    "labels",
    [
        {"is_multi_energy": True},
        {"kev": 70.0},
        {"description": "MonoE 70keV[HU]"},
        {"filter_text": "FLAT TIN"},
        {"description": "TwinBeam AuSn120"},
        {"protocol": "DE_Hand"},
    ],
)
def test_signs_of_dual_energy(labels: dict[str, object]) -> None:
    assert dual_energy_sign(image(kvp=120.0, **labels).labels)


def test_the_documentation_lists_every_row() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "dicom.md").read_text(encoding="utf-8")
    for habit in HABITS:
        assert f"| {habit.vendor} | {habit.sense} |" in text
        assert f"`{habit.example}` |" in text
