"""The drawn pair of hands: symmetric, every deposit at its place, the same bytes each time."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from calcidect.drawn_hands import HEIGHT, WIDTH, Rod
from calcidect.report._hand_map import (
    Disc,
    as_png,
    as_svg,
    disc_radius,
    hand_map,
    map_caption,
    place_of,
)
from support.results import small_result

DEPOSITS = small_result().findings.deposits


def discs(deposits):
    return hand_map(deposits)[len([s for s in hand_map(()) if isinstance(s, Rod)]) + 2 :][: len(deposits)]


def test_the_hands_are_mirror_images():
    rods = {(round(s.x, 3), round(s.y, 3)) for s in hand_map(()) if isinstance(s, Rod)}
    assert rods == {(round(WIDTH - x, 3), y) for x, y in rods}


def test_every_deposit_is_a_disc_on_its_own_hand():
    shown = [s for s in discs(DEPOSITS) if isinstance(s, Disc)]
    assert len(shown) == len(DEPOSITS)
    ordered = sorted(DEPOSITS, key=lambda d: (-d.volume_mm3, d.deposit_id))
    for disc, deposit in zip(shown, ordered, strict=True):
        assert (disc.x < WIDTH / 2) == (deposit.side == "right")


def test_area_goes_by_volume():
    assert disc_radius(400) == pytest.approx(2 * disc_radius(100))


def test_deposits_of_one_place_lie_beside_each_other():
    same = [replace(DEPOSITS[0], deposit_id=n) for n in range(1, 4)]
    places = {(round(s.x, 2), round(s.y, 2)) for s in discs(same)}
    assert len(places) == 3


def test_many_deposits_of_one_place_stay_on_their_hand():
    many = [
        replace(DEPOSITS[0], deposit_id=n, level="forearm", volume_mm3=5000 if n == 1 else 100) for n in range(1, 41)
    ]
    side = 0 if many[0].side == "right" else WIDTH / 2
    for disc in discs(many):
        assert side <= disc.x - disc.radius
        assert disc.x + disc.radius <= side + WIDTH / 2
        assert disc.y - disc.radius >= 0
        assert disc.y + disc.radius <= HEIGHT


def test_a_deposit_without_level_is_counted_not_drawn():
    lost = replace(DEPOSITS[0], level=None)
    assert place_of(lost) is None
    assert map_caption([lost, DEPOSITS[1]]).endswith("not known: 1.")


def test_drawing_is_well_formed_and_always_the_same():
    svg = as_svg(hand_map(DEPOSITS))
    assert svg == as_svg(hand_map(reversed(DEPOSITS)))
    circles = [e for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("circle")]
    assert len(circles) == len(DEPOSITS) + 3  # three of the legend
    assert np.array_equal(as_png(hand_map(DEPOSITS)), as_png(hand_map(DEPOSITS)))
