"""Hands that lie where the patient's position can't have them are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calcidect.anatomy import Hand, find_hands
from calcidect.anatomy._position import position_notices
from calcidect.geometry import Grid
from calcidect.materials import MaterialMaps, decompose
from calcidect.study import read_study
from support.maps import maps_of

GRID = Grid((100, 40, 40), (2.0, 2.0, 2.0), (-100.0, -40.0, 0.0))


def hand(side: str, x_mm: float, confidence: float = 0.9) -> Hand:
    start = (round((x_mm + 100) / 2) - 10, 10, 0)
    axes = np.eye(3)
    return Hand(side, confidence, start, (20, 20, 40), np.ones((40, 20, 20), bool), axes[2], axes[1], axes[0])  # type: ignore[arg-type]


def test_the_right_hand_at_the_patients_right_is_as_it_should_be() -> None:
    assert position_notices([hand("right", -50), hand("left", 50)], GRID) == []


def test_the_right_hand_at_the_patients_left_is_told() -> None:
    (notice,) = position_notices([hand("right", 50), hand("left", -50)], GRID, "HFP")
    assert notice.code == "position_against_anatomy"
    assert "HFP" in notice.message
    assert "Left and right" in notice.effect


@pytest.mark.parametrize(
    "hands",
    [
        [hand("right", 50)],
        [hand("right", 50, confidence=0.6), hand("left", -50, confidence=0.8)],
        [hand("right", 5), hand("left", -4)],
    ],
    ids=["one hand", "uncertain", "on top of one another"],
)
def test_what_can_not_be_told_is_not(hands: list[Hand]) -> None:
    assert position_notices(hands, GRID) == []


@pytest.fixture(scope="module")
def both(coarse_case: Path) -> MaterialMaps:
    return decompose(read_study(coarse_case / "dicom"))


@pytest.mark.parametrize(
    ("direction", "is_told"),
    [((1, 1, 1), False), ((-1, -1, 1), True), ((1, 1, -1), True)],
    ids=["as scanned", "prone entered as supine", "slices in the wrong order"],
)
def test_two_simulated_hands(both: MaterialMaps, direction: tuple[int, ...], is_told: bool) -> None:
    grid = both.low.grid
    other = Grid(grid.size, grid.spacing_mm, grid.origin_mm, np.diag(np.array(direction, float)) @ grid.direction)
    found = find_hands(maps_of(both.low.array, both.high.array, other))
    assert "side_conflict" not in [notice.code for notice in found.notices]
    sure = [replace(one, side_confidence=0.9) for one in found.hands]  # so coarse a scan leaves doubt
    assert len(position_notices(sure, other)) == is_told
