"""Where the scan cuts hands off is told; the forearm, which it always cuts, is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calcidect.anatomy import Hand, find_hands
from calcidect.anatomy._field_of_view import field_of_view_notices, find_disc, find_field_of_view
from calcidect.geometry import Grid, Volume
from calcidect.materials import decompose
from calcidect.study import read_study
from support.maps import maps_of

GRID = Grid((60, 60, 120), (1.0, 1.0, 2.0))
AIR = Volume(np.random.default_rng(0).normal(-1000, 10, GRID.shape).astype(np.int16), GRID)


def hand(start: tuple[int, int, int], size: tuple[int, int, int], distal: tuple[float, float, float] = (0, 0, 1),
         wrist_mm: float | None = 40.0) -> Hand:  # fmt: skip
    """Return a hand that fills its box."""
    body, axis = np.ones(size[::-1], bool), np.array(distal, float)
    return Hand("right", 0.9, start, size, body, axis, np.eye(3)[1], np.eye(3)[0], wrist_mm)


def cuts(one: Hand, volume: Volume = AIR) -> list[tuple[str, str]]:
    return [(cut.part, cut.at) for cut in find_field_of_view([one], volume).cut_at]


def test_a_cut_forearm_is_as_it_should_be() -> None:
    field = find_field_of_view([hand((10, 10, 0), (40, 30, 110))], AIR)
    assert [(cut.part, cut.at, cut.area_mm2) for cut in field.cut_at] == [("forearm", "feet", 1200.0)]
    assert field_of_view_notices(field) == []


def test_fingers_at_the_last_slice_are_cut_off() -> None:
    field = find_field_of_view([hand((10, 10, 0), (40, 30, 120))], AIR)
    assert [(cut.part, cut.at) for cut in field.cut_at] == [("forearm", "feet"), ("fingers", "head")]
    (notice,) = field_of_view_notices(field)
    assert notice.code == "fingers_cut_off"
    assert "right hand, 1200 mm² at the head end" in notice.message
    assert "burden" in notice.effect


def test_which_end_is_distal_is_told_by_the_hand() -> None:
    assert cuts(hand((10, 10, 0), (40, 30, 110), distal=(0, 0, -1), wrist_mm=-180.0)) == [("fingers", "feet")]


def test_a_hand_at_the_side_is_cut_off() -> None:
    field = find_field_of_view([hand((20, 10, 0), (40, 30, 110))], AIR)
    assert ("side", "left") in [(cut.part, cut.at) for cut in field.cut_at]
    (notice,) = field_of_view_notices(field)
    assert notice.code == "hand_cut_off"
    assert "left edge" in notice.message


def test_a_forearm_that_leaves_by_the_side_is_no_loss() -> None:
    one = hand((20, 10, 0), (40, 30, 110), wrist_mm=100.0)
    body = one.body.copy()
    body[45:, :, -5:] = False  # from 90 mm on, 5 mm of air beside the hand
    assert cuts(replace(one, body=body)) == [("forearm", "left"), ("forearm", "feet")]
    assert field_of_view_notices(find_field_of_view([replace(one, body=body)], AIR)) == []


def test_without_a_wrist_line_a_hand_is_at_most_210_mm_long() -> None:
    one = hand((20, 10, 0), (40, 30, 110), wrist_mm=None)
    assert ("side", "left") in cuts(one)
    body = one.body.copy()
    body[4:, :, -5:] = False
    assert ("side", "left") not in cuts(replace(one, body=body))


def test_a_fingers_width_of_skin_at_the_edge_is_not_told() -> None:
    one = hand((10, 10, 0), (40, 30, 120))
    body = one.body.copy()
    body[-1] = False
    body[-1, 10:14, 10:14] = True  # 16 mm2
    assert cuts(replace(one, body=body)) == [("forearm", "feet")]


def in_disc(radius_mm: float, padding_hu: int = -1024) -> Volume:
    x = np.arange(60) - 29.5
    outside = np.hypot(x[:, None], x[None, :]) > radius_mm
    return AIR.like(np.where(outside, padding_hu, AIR.array))


@pytest.mark.parametrize("padding_hu", [-1024, -2000])
def test_the_round_field_is_found(padding_hu: int) -> None:
    disc = find_disc(in_disc(29.5, padding_hu))
    assert disc is not None
    assert disc.radius_mm == pytest.approx(29.5, abs=0.5)


def test_no_round_field_is_found_in_a_square_one_or_where_air_has_no_noise() -> None:
    assert find_disc(AIR) is None
    flat = np.full(GRID.shape, -1024, np.int16)
    assert find_disc(AIR.like(flat)) is None
    flat[:, 20:40, 20:40] = AIR.array[:, 20:40, 20:40] + 1000  # a hand in air that is pegged
    assert find_disc(AIR.like(flat)) is None


def test_a_hand_cut_by_the_round_field_is_told() -> None:
    volume = in_disc(29.5)
    one = hand((15, 15, 0), (30, 43, 110))  # down to 28 mm below the middle, at the field's rim
    inside = volume.array[:110, 15:58, 15:45] > -1024
    assert ("side", "round field") in cuts(replace(one, body=inside), volume)
    assert ("side", "round field") not in cuts(hand((15, 15, 0), (30, 30, 110)), volume)


def test_a_simulated_hand_is_whole_until_its_fingertips_are_cut_away(quick_case: Path) -> None:
    maps = decompose(read_study(quick_case / "dicom"))
    whole = find_hands(maps)
    assert whole.field_of_view is not None
    assert {cut.part for cut in whole.field_of_view.cut_at} == {"forearm"}
    size = maps.low.grid.size
    shorter = maps.low.grid.cropped((0, 0, 0), (size[0], size[1], size[2] - 25))
    cut = find_hands(maps_of(maps.low.array[:-25], maps.high.array[:-25], shorter))
    assert "fingers_cut_off" in [notice.code for notice in cut.notices]
