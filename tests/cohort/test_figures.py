"""Figures show the numbers of the data, say research use only, and have the same bytes each time."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from calcidect.cohort import (
    Estimate,
    Kind,
    Variable,
    associations,
    burden_by_place,
    forest_figure,
    hands_figure,
    scatter_figure,
)
from calcidect.errors import InputRefusedError
from support.cohort import codebook, people

DEPOSITS = pd.DataFrame(
    [
        ("p01", "left", "distal_phalanx", "2", "10.0"),
        ("p01", "left", "distal_phalanx", "2", "5.0"),
        ("p02", "left", "distal_phalanx", "2", "3.0"),
        ("p02", "right", "carpus", "", "40.0"),
        ("p03", "right", "forearm", "", ""),
        ("p03", "right", "metacarpal", "", "7.0"),
    ],
    columns=["person", "side", "level", "digit", "ha_mass_mg"],
)


def place(found, side, level, digit=None):
    return next(p for p in found.places if (p.side, p.level, p.digit) == (side, level, digit))


def test_people_are_counted_once_a_place_and_those_without_deposits_are_in_the_denominator():
    found = burden_by_place(DEPOSITS, people(), "person")
    fingertip = place(found, "left", "distal_phalanx", 2)
    assert (fingertip.people, fingertip.mean_ha_mg) == (2, pytest.approx(1.8))
    assert place(found, "right", "carpus").mean_ha_mg == pytest.approx(4.0)
    assert (found.people, found.elsewhere, found.without_mass) == (10, 1, 1)
    assert place(found, "right", "forearm").people == 1
    assert len(found.places) == 2 * (19 + 2)


@pytest.mark.parametrize(
    ("deposits", "many", "found"),
    [
        (DEPOSITS.drop(columns="digit"), 10, "lack the column 'digit'"),
        (DEPOSITS.drop(columns="person"), 10, "no column 'person'"),
        (DEPOSITS, 2, "2 deposits are of people who are not of the cohort"),
        (DEPOSITS.assign(ha_mass_mg=["1", "", "-1", "inf", "x", "2"]), 10, "can't be read in 3 rows"),
    ],
)
def test_deposits_that_do_not_fit_are_refused(deposits, many, found):
    with pytest.raises(InputRefusedError, match=found):
        burden_by_place(deposits, people().head(many), "person")


def test_deposits_of_other_visits_are_left_out():
    first = people().assign(visit="1")
    both = pd.concat([DEPOSITS.assign(visit="1"), DEPOSITS.assign(visit="2", ha_mass_mg="99")])
    assert burden_by_place(both, first, "person", "visit") == burden_by_place(DEPOSITS, first, "person")


def test_a_digit_that_is_none_is_no_place():
    odd = DEPOSITS[:4].assign(digit=["inf", "2.5", "6", ""])
    assert burden_by_place(odd, people(), "person").elsewhere == 3


def test_a_dollar_in_a_label_is_a_dollar():
    age, duration = (Variable(name, "$x_{", Kind.CONTINUOUS) for name in ("age", "duration"))
    assert scatter_figure(people(), age, duration)["png"]


def drawn():
    variables = codebook()
    return {
        "hands": lambda: hands_figure(burden_by_place(DEPOSITS, people(), "person")),
        "scatter": lambda: scatter_figure(people(), variables["duration"], variables["ha_mass"], variables["bulky"]),
        "forest": lambda: forest_figure(associations(people(), variables["bulky"], list(variables.values()))),
    }


@pytest.mark.parametrize("name", ["hands", "scatter", "forest"])
def test_the_same_data_give_the_same_bytes_whatever_the_users_style(name):
    first = drawn()[name]()
    with mpl.rc_context({"font.size": 20, "svg.hashsalt": None, "lines.linewidth": 9}):
        assert drawn()[name]() == first
    assert b"<dc:date>" not in first["svg"]
    ElementTree.fromstring(first["svg"])


@pytest.mark.parametrize("name", ["hands", "scatter", "forest"])
def test_pictures_are_of_a_size_for_print_and_not_empty(name):
    picture = Image.open(io.BytesIO(drawn()[name]()["png"]))
    assert picture.width >= 1000
    assert len(picture.convert("RGB").getcolors(1 << 24)) > 20


def test_more_people_with_a_deposit_are_drawn_darker():
    from calcidect.cohort import _hands_figure

    shown = []
    many = DEPOSITS[DEPOSITS.level == "distal_phalanx"]
    real = _hands_figure._draw_rod
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_hands_figure, "_draw_rod", lambda *args: (shown.append(args[2]), real(*args)))
        hands_figure(burden_by_place(pd.concat([many, DEPOSITS[3:4]]), people(), "person"))
    of_people = shown[: len(shown) // 2]
    colours = {colour for colour in of_people if colour != "#f4f4f4"}
    darkness = sorted(3 - sum(colour[:3]) for colour in colours)
    assert len(colours) == 2  # one person at the carpus, two at the fingertip
    assert darkness[1] > darkness[0]


def test_a_figure_of_what_is_no_number_or_no_odds_ratio_is_refused():
    variables = codebook()
    with pytest.raises(InputRefusedError, match="A number has categories"):
        scatter_figure(people(), variables["subset"], variables["age"])
    with pytest.raises(InputRefusedError, match="Nobody has both"):
        scatter_figure(people().assign(age="unknown"), variables["age"], variables["duration"])
    with pytest.raises(InputRefusedError, match="odds ratio"):
        forest_figure(associations(people(), variables["age"], [variables["duration"]]))


def test_the_axis_of_odds_ratios_is_as_narrow_as_its_bounds_allow():
    from calcidect.cohort._forest_figure import _end

    assert _end([Estimate("", 1.5, 1.2, 1.9, is_ratio=True), Estimate("", 0.6, 0.3, 1.1, is_ratio=True)]) == 5
    assert _end([Estimate("", 1.5, 0.0, 1.9, is_ratio=True)]) == 100


def test_the_drawn_hands_of_ten_thousand_are_in_percent():
    many = pd.DataFrame({"person": np.arange(150), "side": "left", "level": "carpus", "digit": "", "ha_mass_mg": 2.0})
    found = burden_by_place(many, pd.DataFrame({"person": np.arange(300)}), "person")
    assert place(found, "left", "carpus").people == 150
    assert b"<svg" in hands_figure(found)["svg"]
