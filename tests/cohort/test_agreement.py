"""Agreement gives published numbers; where nothing can be said, a plain refusal and no NaN."""

from __future__ import annotations

from math import isfinite

import numpy as np
import pandas as pd
import pytest

from calcidect.cohort import (
    Kind,
    Ratings,
    Variable,
    agreement,
    agreement_table,
    bland_altman,
    concordance,
    icc_all,
    kappa,
    measurement_error,
    side_by_side,
    stacked,
)
from calcidect.errors import InputRefusedError

MASS = Variable("mass", "HA mass", Kind.CONTINUOUS, "mg")
GRADE = Variable("grade", "Grade", Kind.ORDINAL, categories=tuple((str(n), str(n)) for n in range(5)))
SITE = Variable("site", "Site", Kind.CATEGORICAL, categories=tuple((str(n), str(n)) for n in range(5)))
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def ratings(values, variable=MASS):
    array = np.array(values, float)
    return Ratings(variable, tuple(f"R{n + 1}" for n in range(array.shape[1])), array)


def flow():
    return ratings(np.column_stack([WRIGHT, MINI]))


def bounds(estimate):
    return estimate.value, estimate.low, estimate.high


def test_the_six_correlations_of_shrout_and_fleiss():
    """Shrout and Fleiss (1979), table 4; intervals as printed by R's psych::ICC for the same data."""
    expected = [
        (0.17, -0.133, 0.72), (0.29, 0.019, 0.76), (0.71, 0.342, 0.95),
        (0.44, -0.884, 0.91), (0.62, 0.071, 0.93), (0.91, 0.676, 0.99),
    ]  # fmt: skip
    assert [bounds(one) for one in icc_all(ratings(JUDGES))] == [pytest.approx(e, abs=0.006) for e in expected]


@pytest.mark.filterwarnings("error")
def test_an_agreement_far_below_zero_has_no_interval_that_leaves_it_out():
    rng = np.random.default_rng(1)
    unbounded = 0
    for _ in range(300):
        found = icc_all(ratings(np.column_stack([rng.integers(0, 3, 4), rng.normal(0, 1, 4)])))[1]
        assert found.low <= found.value <= found.high
        unbounded += "far below 0" in found.how
    assert 0 < unbounded < 30


def test_the_smallest_detectable_change_of_shrout_and_fleiss():
    """Their mean square within targets is 6.26, so SEM = 2.50."""
    sem, change = measurement_error(ratings(JUDGES))
    assert sem.value == pytest.approx(np.sqrt(6.26), abs=0.002)
    assert change.value == pytest.approx(2.772 * sem.value, rel=1e-3)
    assert change.name == "smallest detectable change, mg"


def test_the_error_of_measurement_is_found_and_held_as_often_as_said():
    rng = np.random.default_rng(6)
    held = []
    for _ in range(400):
        truth = rng.normal(100, 30, (12, 1))
        sem, _ = measurement_error(ratings(truth + rng.normal(0, 5, (12, 2))))
        held.append(sem.low <= 5 <= sem.high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_peak_flow_of_bland_and_altman():
    """Lancet 1986, table 1: mean difference -2.1 l/min (Wright minus mini), SD 38.8, interval -22.0 to 17.8."""
    mean, lower, upper = bland_altman(flow())
    assert bounds(mean) == pytest.approx((2.1, -17.8, 22.0), abs=0.06)
    assert (upper.value - lower.value) / (2 * 1.96) == pytest.approx(38.8, abs=0.04)


def test_limits_of_agreement_are_held_as_often_as_said_of_ten_people():
    rng = np.random.default_rng(11)
    held = []
    for _ in range(400):
        first = rng.normal(50, 10, 10)
        _, _, upper = bland_altman(ratings(np.column_stack([first, first + rng.normal(1, 2, 10)])))
        held.append(upper.low <= 1 + 1.959964 * 2 <= upper.high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_ratios_are_for_errors_that_grow_with_size():
    first = np.array([10.0, 100.0, 1000.0, 5000.0])
    mean, lower, upper = bland_altman(ratings(np.column_stack([first, first * [1.1, 1.2, 1.1, 1.2]])), as_ratio=True)
    assert mean.value == pytest.approx(np.sqrt(1.1 * 1.2))
    assert lower.value < 1.1
    assert upper.value > 1.2
    assert mean.is_ratio
    with pytest.raises(InputRefusedError, match="zero or below"):
        bland_altman(ratings([[0, 1], [1, 2]]), as_ratio=True)


def test_concordance_is_its_definition_and_holds_the_truth_as_often_as_it_says():
    """Lin (1989): 2 s12 / (s1^2 + s2^2 + (m1 - m2)^2)."""
    x, y = np.array(WRIGHT, float), np.array(MINI, float)
    s12 = np.cov(x, y, bias=True)[0, 1]
    assert concordance(flow()).value == pytest.approx(2 * s12 / (x.var() + y.var() + (x.mean() - y.mean()) ** 2))
    rng = np.random.default_rng(9)
    truth, held = 2 * 100 / (100 + 125 + 4), []
    for _ in range(400):
        person = rng.normal(0, 10, 60)
        found = concordance(ratings(np.column_stack([person, person + 2 + rng.normal(0, 5, 60)])))
        held.append(found.low <= truth <= found.high)
    assert 0.91 <= np.mean(held) <= 0.98


def test_cohens_kappa():
    """The grants of 50 people (Wikipedia, Cohen's kappa): 20, 5, 10, 15; kappa 0.40."""
    pairs = [[0, 0]] * 20 + [[0, 1]] * 5 + [[1, 0]] * 10 + [[1, 1]] * 15
    found = kappa(ratings(pairs, Variable("x", "X", Kind.BINARY)))
    assert found.value == pytest.approx(0.40)
    assert found.low < 0.40 < found.high
    assert found.name == "Cohen's kappa"


def test_weighted_kappa_is_its_definition_and_forgives_near_misses():
    """Cohen (1968): 1 - sum(w observed) / sum(w expected), w the squared distance."""
    rng = np.random.default_rng(3)
    first = rng.integers(0, 5, 80)
    near = np.clip(first + rng.integers(-1, 2, 80), 0, 4)
    pairs = np.column_stack([first, near])
    observed = np.mean((first - near) ** 2)
    expected = np.mean((first[:, None] - near[None, :]) ** 2)
    weighted = kappa(ratings(pairs, GRADE))
    assert weighted.value == pytest.approx(1 - observed / expected)
    assert weighted.value > kappa(ratings(pairs, SITE)).value


def test_fleiss_kappa():
    """Fourteen raters of ten people (Wikipedia, Fleiss' kappa): 0.210."""
    counts = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    votes = [np.repeat(np.arange(5), row) for row in counts]
    found = kappa(ratings(votes, SITE))
    assert found.value == pytest.approx(0.210, abs=5e-4)
    assert found.low < found.value < found.high


@pytest.mark.parametrize(
    ("values", "variable", "found"),
    [
        ([[1, 2]], MASS, "1 people"),
        ([[1], [2]], MASS, "only 1 rater"),
        ([[3, 3], [3, 3]], MASS, "the same value"),
        ([[2, 2], [2, 2]], GRADE, "the same value"),
        ([[1, 3], [3, 1]], MASS, "means are all the same"),
        ([[1, 5], [2, 5], [4, 5]], MASS, "all people the same value"),
    ],
)
def test_what_nothing_can_be_said_of_is_refused(values, variable, found):
    with pytest.raises(InputRefusedError, match=found):
        agreement(ratings(values, variable))


def test_raters_who_never_differ_get_a_one_and_no_interval_that_pretends():
    same = ratings([[1, 1], [2, 2], [5, 5]])
    found = {one.name.split(":")[0]: one for one in agreement(same)}
    assert found["ICC(2,1)"].value == 1.0
    assert str(found["ICC(2,1)"]) == "1.00 (no bounds)"
    assert all(isfinite(one.value) for one in agreement(same))
    assert all(str(one).endswith("(no bounds)") for one in agreement(same))
    assert str(found["smallest detectable change, mg"]) == "0.00 (no bounds)"
    assert str(kappa(ratings([[0, 0], [1, 1], [0, 0]], SITE))) == "1.00 (no bounds)"


def test_raters_who_differ_by_the_same_in_all_people_are_not_said_never_to_differ():
    offset = {one.name.split(":")[0]: one for one in agreement(ratings([[0.1, 0.3], [0.2, 0.4], [0.7, 0.9]]))}
    assert str(offset["ICC(3,1)"]) == "1.00 (no bounds)"
    assert str(offset["mean of the difference"]) == "0.20 (no bounds)"
    assert "by the same in all people" in offset["ICC(2,1)"].how
    assert isfinite(offset["standard error of measurement, mg"].high)


@pytest.mark.parametrize(("values", "variable"), [([[0, 1], [1, 1]], SITE), ([[1, 2, 3], [2, 3, 5]], MASS)])
def test_ratios_of_categories_or_of_many_raters_are_refused(values, variable):
    with pytest.raises(InputRefusedError, match="Ratios"):
        agreement(ratings(values, variable), as_ratio=True)


def test_columns_and_rows_give_the_same_ratings():
    wide = pd.DataFrame({"p": list("abc"), "r1": ["1", "2", "4"], "r2": ["1.5", "unknown", "4"]})
    columns = [Variable(name, name, Kind.CONTINUOUS, "mg") for name in ("r1", "r2")]
    tall = wide.melt("p", var_name="reader", value_name="mass")
    beside, below = side_by_side(wide, columns, "p"), stacked(tall, MASS, "p", "reader")
    assert beside.values.tolist() == below.values.tolist() == [[1, 1.5], [4, 4]]
    assert (beside.raters, beside.left_out) == (below.raters, below.left_out) == (("r1", "r2"), 1)


def test_columns_of_different_kinds_and_double_ratings_are_refused():
    frame = pd.DataFrame({"p": ["a", "a"], "reader": ["x", "x"], "mass": [1, 2]})
    with pytest.raises(InputRefusedError, match="several values"):
        stacked(frame, MASS, "p", "reader")
    with pytest.raises(InputRefusedError, match="differ in kind"):
        side_by_side(frame, [MASS, GRADE], "p")
    for columns in ([], [MASS], [MASS, MASS]):
        with pytest.raises(InputRefusedError, match="Fewer than two columns"):
            side_by_side(frame, columns, "p")
    with pytest.raises(InputRefusedError, match="several rows"):
        side_by_side(frame.assign(again=[2, 1]), [MASS, Variable("again", "Again", Kind.CONTINUOUS, "mg")], "p")


def test_a_rating_of_nobody_or_by_nobody_is_refused_and_blanks_make_no_new_rater():
    frame = pd.DataFrame({"p": list("aabb"), "reader": ["x", "y", "x ", "y"], "mass": [1, 2, 3, 5]})
    assert stacked(frame, MASS, "p", "reader").raters == ("x", "y")
    for column in ("p", "reader"):
        with pytest.raises(InputRefusedError, match=f"'{column}' is empty in 1 rows"):
            stacked(frame.assign(**{column: ["", "y", "x", "y"]}), MASS, "p", "reader")


def test_the_table_says_who_is_left_out_and_how_each_interval_is_made():
    table = agreement_table(flow())
    assert table.rows[0].head.startswith("ICC(1,1)")
    assert "left out" in table.notes[0]
    assert {row.cells[1] for row in table.rows} == {note[0] for note in table.notes if note[1:3] == ": "}


def test_few_people_are_told_that_a_kappas_interval_is_too_narrow():
    few = agreement_table(ratings([[0, 0], [1, 1], [0, 1], [1, 1]], SITE)).notes
    many = agreement_table(ratings([[0, 0], [1, 1], [0, 1], [1, 1]] * 10, SITE)).notes
    assert any("too narrow" in note for note in few)
    assert not any("too narrow" in note for note in many)
