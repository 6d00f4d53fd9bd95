"""The drawn pair of hands: symmetric, every deposit at its place, the same bytes each time."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from calcidect.drawn_hands import HEIGHT, WIDTH, Rod
from calcidect.findings import AcroOsteolysis
from calcidect.report._hand_map import (
    Disc,
    Ghost,
    Words,
    as_png,
    as_svg,
    disc_radius,
    hand_map,
    map_alt,
    map_caption,
    place_of,
)
from calcidect.report._wording import load_wording
from support.results import small_result

DEPOSITS = small_result().findings.deposits
SAY = load_wording()


def discs(deposits):
    return [s for s in hand_map(deposits, SAY) if isinstance(s, Disc)][: len(deposits)]


def words(shapes):
    return [s.text for s in shapes if isinstance(s, Words)]


def test_the_hands_are_mirror_images():
    rods = {(round(s.x, 3), round(s.y, 3)) for s in hand_map((), SAY) if isinstance(s, Rod)}
    assert rods == {(round(WIDTH - x, 3), y) for x, y in rods}


def test_every_deposit_is_a_disc_on_its_own_hand():
    shown = discs(DEPOSITS)
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
    assert map_caption([lost, DEPOSITS[1]], SAY).endswith("not known: 1.")


def test_drawing_is_well_formed_and_always_the_same():
    svg = as_svg(hand_map(DEPOSITS, SAY))
    assert svg == as_svg(hand_map(reversed(DEPOSITS), SAY))
    circles = [e for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("circle")]
    assert len(circles) == len(DEPOSITS) + 3  # three of the legend
    assert np.array_equal(as_png(hand_map(DEPOSITS, SAY)), as_png(hand_map(DEPOSITS, SAY)))


def test_a_number_stands_in_each_disc_that_has_room_for_it():
    big, small = replace(DEPOSITS[0], volume_mm3=400.0), replace(DEPOSITS[1], volume_mm3=2.0)
    said = words(hand_map([big, small], SAY))
    assert str(big.deposit_id) in said
    assert str(small.deposit_id) not in said


def test_grades_stand_over_the_tips_that_lost_some():
    lost = AcroOsteolysis("left", 2, True, 0.6, 0.03, 3)
    kept = AcroOsteolysis("left", 3, False, 0.0, 0.03, 0)
    said = [s for s in hand_map((), SAY, [lost, kept]) if isinstance(s, Words) and s.text.startswith("AO")]
    assert [s.text for s in said] == ["AO 3"]
    assert said[0].x > WIDTH / 2
    assert "AO" in words(hand_map((), SAY, [replace(lost, grade=None)]))


def test_a_hand_that_is_not_in_the_scan_is_a_ghost():
    shapes = hand_map((), SAY, scanned={"left"})
    ghosts = [s.rod for s in shapes if isinstance(s, Ghost)]
    assert ghosts
    assert all(rod.x < WIDTH / 2 for rod in ghosts)
    assert "Right hand: not in the scan" in words(shapes)
    assert as_svg(shapes) != as_svg(hand_map((), SAY))


def test_the_drawing_is_told_in_words():
    digits = [AcroOsteolysis("left", 2, True, 0.6, 0.03, 3)]
    said = map_alt(DEPOSITS, digits, SAY).replace("\u00a0", " ")
    assert said.startswith("Drawing of two hands with 7 deposits. Right hand: right hand, carpus 1,")
    assert said.endswith("Acro-osteolysis: left index finger grade 3.")
    assert map_alt((), (), SAY) == "Drawing of two hands without deposits."
