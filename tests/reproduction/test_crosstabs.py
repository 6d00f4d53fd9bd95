"""Two by two tables and shares, on results that deviate from truth by design."""

from __future__ import annotations

import pytest

from calcidect.reproduction import TRAITS, Crosstab, crosstabs, deposit_table, people_table
from calcidect.validation import score_case
from support.cases import box, write_case, write_result

NOTHING = dict.fromkeys(TRAITS, False)


def test_answers_are_counted_once_each_and_the_unknown_apart():
    answers = [(True, True)] * 3 + [(False, True)] * 2 + [(True, False)] + [(False, False)] * 4 + [(None, True)]
    square = Crosstab.of("Something", "person", answers)
    assert (square.both, square.true_only, square.found_only, square.neither, square.not_assessed) == (3, 2, 1, 4, 1)
    assert (square.sensitivity.k, square.sensitivity.n) == (3, 5)
    assert (square.specificity.k, square.specificity.n) == (4, 5)


@pytest.fixture
def score(tmp_path):
    """Return the score of four deposits: one found, one found as urate, one missed against bone; one more is false."""
    true = [
        box((2, 2, 14), (3, 3, 3), touches_bone=False),
        box((10, 2, 2), (3, 3, 3), compartment="muscle", touches_bone=False),
        box((20, 2, 2), (3, 3, 3), compartment="muscle", touches_bone=True),
    ]
    found = [
        true[0],
        box((10, 2, 2), (3, 3, 3), material="urate", compartment="subcutaneous"),
        box((30, 12, 12), (3, 3, 3)),
    ]
    tips = [{"side": "right", "digit": n, "present": n < 4} for n in range(1, 6)]
    told = [{"side": "right", "digit": n, "present": [True, False, None, True, False][n - 1]} for n in range(1, 6)]
    site = {"side": "right", "bone": "distal_phalanx_2", "volume_mm3": 3.0, "depth_mm": 2.0}
    sites = [{**site, "deposit_id": 1}, {**site, "deposit_id": 3}]
    case = write_case(tmp_path / "P01", true, acro_osteolysis=tips, bone_destruction=sites)
    result = write_result(tmp_path / "R", found, acro_osteolysis=told, bone_destruction=[{**site, "deposit_id": 1}])
    return score_case(case, result)


def test_deposits_are_counted_by_site_and_contact_and_what_they_are_taken_for(score):
    told = {row.head: row.cells[0].split(" ")[0] for row in deposit_table([score, score]).rows}
    assert told == {
        "True deposits found": "4/6",
        "... clear of bone": "4/4",
        "... against bone": "0/2",
        "... fingertips": "2/2",
        "... tendon sheaths": "0/0",
        "... carpal tunnel": "0/0",
        "... muscle": "2/4",
        "Compartment right, of those found": "2/4",
        "Hydroxyapatite taken for hydroxyapatite, of that found": "2/4",
        "Hydroxyapatite taken for urate, of that found": "2/4",
        "Hydroxyapatite taken for indeterminate, of that found": "0/4",
        "True sites of bone destruction found": "2/4",
        "... whose deposit was found": "2/2",
        "False deposits": "2",
        "Calcified arteries counted as deposits": "0",
        "False deposits called urate": "0",
        "False sites of bone destruction": "0",
        "Hands": "4",
    }


def test_digits_have_a_table_of_their_own(score):
    found, true = {"P01": {**NOTHING, "bulky": True}}, {"P01": {**NOTHING, "muscle": True}}
    squares = {(row.label, row.unit): row for row in crosstabs(found, true, [score])}
    digits = squares["Acro-osteolysis", "digit"]
    assert (digits.both, digits.true_only, digits.found_only, digits.neither, digits.not_assessed) == (1, 1, 1, 1, 1)
    assert squares[TRAITS["bulky"], "person"].found_only == 1
    assert squares[TRAITS["muscle"], "person"].true_only == 1
    assert len(squares) == len(TRAITS) + 1


def test_a_person_has_a_column_with_every_trait(score):
    found, true = {"P01": {**NOTHING, "bulky": True, "urate": None}}, {"P01": {**NOTHING, "muscle": True}}
    table = people_table(found, true, {"P01": score})
    assert table.columns == ("Item", "P01")
    told = {row.head: row.cells[0] for row in table.rows}
    assert (told["Deposits found / true"], told["False deposits"], told["HA found / true, mg"]) == (
        "2 / 3",
        "1",
        "40 / 40",
    )
    assert (told[TRAITS["bulky"]], told[TRAITS["muscle"]]) == ("false", "missed")
    assert (told[TRAITS["calcinosis"]], told[TRAITS["urate"]]) == ("no", "not assessed")
