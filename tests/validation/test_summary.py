"""Figures over many cases, and the files they are written to."""

import csv
import json

import pytest

from calcidect.errors import OutputError
from calcidect.validation import Proportion, score_case, summarise, write_score
from support.cases import box, write_case, write_result

LARGE, SMALL = box((10, 10, 5), (4, 4, 4)), box((20, 10, 5), (2, 2, 2))
FALSE = box((2, 15, 15), (2, 2, 2))


@pytest.fixture
def two_scores(tmp_path):
    first = write_case(tmp_path / "a", [LARGE, SMALL])
    second = write_case(tmp_path / "b", [LARGE], hands=("right",))
    return [
        score_case(first, write_result(tmp_path / "ra", [LARGE])),
        score_case(second, write_result(tmp_path / "rb", [LARGE, FALSE])),
    ]


def test_counts_are_added_up_over_cases(two_scores):
    summary = summarise(two_scores)
    assert (summary.cases, summary.hands) == (2, 3)
    assert (summary.detection.k, summary.detection.n) == (2, 3)
    assert {name: (p.k, p.n) for name, p in summary.detection_by_size.items()} == {
        "<5": (0, 0),
        "5-20": (0, 1),
        "20-100": (2, 2),
        ">=100": (0, 0),
    }
    assert summary.false_per_hand == pytest.approx(1 / 3)
    assert summary.total_volume_error_percent == pytest.approx(100 * ((64 + 72) - (72 + 64)) / 136)
    assert summary.total_mass_error_percent == pytest.approx(0.0)
    assert summary.group_dice_median == 1.0
    assert (summary.side.k, summary.side.n) == (2, 2)


def test_no_score_gives_no_summary():
    with pytest.raises(ValueError, match="at least one score"):
        summarise([])


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [  # 0 of n: upper bound 1 - (0.025)^(1/n); n of n: the mirror image; 3/10 from the F distribution's tables
        (0, 10, 0.0, 0.3085),
        (10, 10, 0.6915, 1.0),
        (3, 10, 0.0667, 0.6525),
        (95, 100, 0.8872, 0.9836),
    ],
)
def test_intervals_are_clopper_and_pearsons(k, n, low, high):
    assert Proportion(k, n).interval == pytest.approx((low, high), abs=5e-5)


def test_a_proportion_of_nothing_has_no_value():
    assert Proportion(0, 0).as_dict() == {"k": 0, "n": 0, "value": None, "ci95_low": None, "ci95_high": None}


def test_a_proportion_above_one_can_not_exist():
    with pytest.raises(ValueError, match="0 <= k <= n"):
        Proportion(3, 2)


def test_three_files_are_written_and_hold_a_row_per_deposit(two_scores, tmp_path):
    folder = write_score(two_scores, tmp_path / "scores")
    document = json.loads((folder / "score.json").read_text(encoding="utf-8"))
    assert document["summary"]["detection"]["k"] == 2
    assert document["cases"][0]["groups"][0]["volume_error_percent"] == 0
    with (folder / "score.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(r["case"], r["kind"], r["found"]) for r in rows] == [
        ("a", "true", "true"),
        ("a", "true", "false"),
        ("b", "true", "true"),
        ("b", "false", ""),
    ]
    text = (folder / "score.md").read_text(encoding="utf-8")
    assert "| deposits found | 2/3 (" in text
    assert "Research use only" in text


def test_a_json_name_gives_the_document_alone(two_scores, tmp_path):
    path = write_score(two_scores[0], tmp_path / "one.json")
    assert json.loads(path.read_text(encoding="utf-8"))["schema"] == "calcidect-score/1"
    assert [p.name for p in tmp_path.glob("one*")] == ["one.json"]


def test_a_place_that_cannot_be_written_is_said_so(two_scores, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputError) as caught:
        write_score(two_scores, tmp_path / "file" / "scores")
    assert caught.value.code == "score_not_written"
