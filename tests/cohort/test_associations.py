"""Each method gives the numbers of a published worked example, and says what few people can't tell."""

from __future__ import annotations

from itertools import permutations
from math import inf, isinf, log

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq, minimize
from scipy.stats import chi2, spearmanr

from calcidect.cohort import (
    Estimate,
    ExactTest,
    OddsInterval,
    TwoByTwo,
    associations,
    associations_table,
    exact_odds_ratio,
    exact_p,
    firth,
    firth_regression,
    firth_table,
    hodges_lehmann,
    mid_p_odds_ratio,
    spearman,
)
from calcidect.cohort import _shift as shift
from calcidect.cohort._two_by_two import smallest_p
from calcidect.errors import InputRefusedError
from support.cohort import codebook, people

TEA = TwoByTwo(3, 1, 1, 3)
CONVICTED = TwoByTwo(2, 15, 10, 3)
TERM = np.array([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46])
EARLIER = np.array([1.15, 0.88, 0.90, 0.74, 1.21])


def test_the_odds_ratio_of_tea():
    """Agresti, Categorical Data Analysis (2002), 3.5 and 3.6: exact 0.21 to 626.17, mid-p 0.31 to 308.6; R 6.408309."""
    exact, mid_p = exact_odds_ratio(TEA), mid_p_odds_ratio(TEA)
    assert (exact.value, exact.low, exact.high) == pytest.approx((6.408309, 0.2117329, 626.17), rel=2e-4)
    assert (mid_p.value, mid_p.low, mid_p.high) == pytest.approx((6.408309, 0.31, 308.6), rel=2e-3)


def test_the_odds_ratio_of_convicted_twins():
    """Fisher (1925), as in R's fisher.test: p = 0.0005367, 0.0469 (0.003326 to 0.3632); its roots are coarse."""
    exact = exact_odds_ratio(CONVICTED)
    assert exact_p(CONVICTED, ExactTest.FISHER) == pytest.approx(0.0005367, abs=5e-8)
    assert (exact.value, exact.low, exact.high) == pytest.approx((0.04693661, 0.003325764, 0.363182271), rel=3e-3)


def test_boschloo_and_barnard():
    """Mehta and Senchaudhuri (2003), a vaccine, 7/15 and 12/15 infected: Barnard's one-sided p = 0.0341."""
    vaccine = TwoByTwo(7, 8, 12, 3)
    assert exact_p(vaccine, ExactTest.BARNARD) == pytest.approx(2 * 0.0340743, abs=2e-4)
    fisher, boschloo = (exact_p(vaccine, test) for test in (ExactTest.FISHER, ExactTest.BOSCHLOO))
    assert boschloo < fisher


def test_an_empty_cell_leaves_one_side_open():
    open_above = mid_p_odds_ratio(TwoByTwo(5, 0, 2, 3))
    assert isinf(open_above.value)
    assert isinf(open_above.high)
    assert 0 < open_above.low < 5
    assert mid_p_odds_ratio(TwoByTwo(0, 5, 3, 2)).low == 0.0
    assert "infinite" in str(open_above)


def test_the_mid_p_bound_is_where_the_tail_is_two_and_a_half_percent():
    """By the definition, summed over the tables of the margins in whole numbers."""
    low = mid_p_odds_ratio(TEA).low
    weights = {0: 1, 1: 16, 2: 36, 3: 16, 4: 1}
    total = sum(w * low**k for k, w in weights.items())
    assert (weights[4] * low**4 + 0.5 * weights[3] * low**3) / total == pytest.approx(0.025)


def test_the_smallest_p_of_a_table_is_that_of_its_likeliest_extreme():
    assert smallest_p(TEA) == pytest.approx(2 / 70)
    assert smallest_p(TwoByTwo(8, 1, 0, 1)) == pytest.approx(0.2)


def test_hodges_lehmann_is_rs():
    """Hollander and Wolfe (1973), p. 69-82; R's wilcox.test(conf.int = TRUE): 0.305, -0.15 to 0.76."""
    found = hodges_lehmann(TERM, EARLIER)
    assert (found.value, found.low, found.high) == pytest.approx((0.305, -0.15, 0.76))


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 4), (5, 2), (6, 6)])
def test_the_law_of_ranks_counts_every_arrangement(n, m):
    from itertools import combinations

    sums = [sum(deal) - n * (n - 1) // 2 for deal in combinations(range(n + m), n)]
    assert shift._arrangements(n, m).tolist() == np.bincount(sums).tolist()


def test_two_people_of_one_kind_bound_no_shift_but_eight_and_two_do():
    assert (hodges_lehmann(np.arange(9.0), np.array([20.0])).low, hodges_lehmann(TERM[:1], EARLIER).high) == (-inf, inf)
    found = hodges_lehmann(np.arange(8.0), np.array([20.0, 30.0]))
    assert (found.low, found.high) == (-30.0, -13.0)  # the smallest and the largest difference


def test_counted_differences_are_the_sorted_ones(monkeypatch):
    rng = np.random.default_rng(8)
    first, second = rng.normal(0, 1, 70), np.round(rng.normal(0.3, 1, 60), 1)
    sorted_way = hodges_lehmann(first, second)
    monkeypatch.setattr(shift, "_MOST_PAIRS", 0)
    counted = hodges_lehmann(first, second)
    assert (counted.value, counted.low, counted.high) == pytest.approx(
        (sorted_way.value, sorted_way.low, sorted_way.high), abs=1e-12
    )


def test_the_shift_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(12)
    held = [
        found.low <= 1.0 <= found.high
        for found in (hodges_lehmann(rng.normal(1, 1, 9), rng.normal(0, 1, 7)) for _ in range(400))
    ]
    assert 0.93 <= np.mean(held) <= 0.99


def test_spearman_of_few_is_exact():
    """Exact law by its definition: every order of five ranks."""
    x, y = np.arange(5.0), np.array([2.0, 1, 4, 3, 5])
    every = [abs(spearmanr(x, order).statistic) >= 0.8 - 1e-9 for order in permutations(range(5))]
    estimate, name, p = spearman(x, y)
    assert estimate.value == pytest.approx(0.8)
    assert "every permutation" in name
    assert p == pytest.approx(np.mean(every))


def test_spearman_of_the_worked_example():
    """IQ and hours of television (Wikipedia, Spearman's rank correlation): -29/165, p = 0.627 by the t limit."""
    iq = np.array([106, 100, 86, 101, 99, 103, 97, 113, 112, 110.0])
    hours = np.array([7, 27, 2, 50, 28, 29, 20, 12, 6, 17.0])
    estimate, _, p = spearman(iq, hours)
    assert estimate.value == pytest.approx(-29 / 165)
    assert p == pytest.approx(0.627, abs=0.015)  # permutations
    assert estimate.low < estimate.value < estimate.high
    assert spearman(iq, hours)[0] == estimate  # seeded


def test_spearman_of_many_takes_the_closed_form():
    """Bonett and Wright (2000): tanh(atanh r -+ 1.96 sqrt((1 + r^2/2) / (n - 3)))."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=600)
    estimate, name, _ = spearman(x, x + rng.normal(size=600))
    r = estimate.value
    half = 1.959964 * np.sqrt((1 + r * r / 2) / 597)
    assert (estimate.low, estimate.high) == pytest.approx(
        (np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half))
    )
    assert name == "Spearman's test, t limit"


@pytest.mark.parametrize(
    ("bounds", "shown"),
    [
        ((1.0123, 1.0031, 1.0312), "1.012 (1.003 to 1.031)"),
        ((1.00051, 1.00011, 1.0010), "1.0005 (1.0001 to 1.0010)"),
        ((812.42, 812.31, 812.6), "812.4 (812.3 to 812.6)"),
        ((6.41, 0.31, 308.6), "6.41 (0.31 to 309)"),
        ((inf, 0.21, inf), "infinite (0.21 to infinite)"),
    ],
)
def test_an_estimate_and_its_bounds_never_look_alike(bounds, shown):
    assert str(Estimate("odds ratio", *bounds)) == shown


def test_resamples_that_bound_nothing_give_no_interval():
    estimate, _, _ = spearman(np.array([2.0, 0, 2, 1]), np.array([0.0, 2, 1, 2]))
    assert (estimate.low, estimate.high) == (-1.0, 1.0)
    assert estimate.how.startswith("none")


def test_an_estimate_is_never_no_number():
    with pytest.raises(ValueError, match="are numbers"):
        Estimate("odds ratio", 1.0, float("nan"), 2.0)


def test_perfect_order_gets_no_interval_that_pretends():
    estimate, _, _ = spearman(np.arange(6.0), np.arange(6.0))
    assert (estimate.value, estimate.low, estimate.high) == (1.0, -1.0, 1.0)
    assert estimate.how.startswith("none")


@pytest.mark.parametrize(("x", "y"), [([1, 2, 3], [1, 2, 3]), ([1, 1, 1, 1], [1, 2, 3, 4])])
def test_a_correlation_that_can_not_be_is_refused(x, y):
    with pytest.raises(InputRefusedError, match="people have both values"):
        spearman(np.array(x, float), np.array(y, float))


def binary(cells):
    """Return outcome and factor of the four counts (factor and outcome, factor only, outcome only, neither)."""
    factor = np.repeat([1.0, 1.0, 0.0, 0.0], cells)
    return np.repeat([1.0, 0.0, 1.0, 0.0], cells), factor


@pytest.mark.parametrize("cells", [(6, 4, 0, 10), (5, 3, 2, 8), (1, 9, 4, 6), (2, 0, 0, 2804)])
def test_firth_of_one_binary_factor_is_the_odds_ratio_with_half_added(cells):
    """Firth (1993): in a saturated logistic model the penalty adds 1/2 to every cell (Haldane 1956, Anscombe 1956)."""
    a, b, c, d = (cell + 0.5 for cell in cells)
    model = firth(*(lambda y, x: (y, x[:, None]))(*binary(cells)), ["x"])
    assert model.odds_ratios[0].value == pytest.approx(a * d / (b * c), rel=1e-4)
    assert model.separated == (min(cells) == 0)


def test_firths_interval_is_where_the_profile_falls_by_half_the_chi_square():
    """Heinze and Schemper (2002), by an own profile of the penalised likelihood of a two by two table."""
    cells = np.array([6, 4, 0, 10.0])
    a, b, c, d = cells

    def penalised(intercept, slope):
        p0, p1 = 1 / (1 + np.exp(-intercept)), 1 / (1 + np.exp(-intercept - slope))
        likelihood = a * log(p1) + b * log(1 - p1) + c * log(p0) + d * log(1 - p0)
        information = ((a + b) * p1 * (1 - p1)) * ((c + d) * p0 * (1 - p0))  # its determinant
        return likelihood + 0.5 * log(information)

    def profile(slope):
        return -minimize(lambda i: -penalised(i[0], slope), [-2.0], method="Nelder-Mead", tol=1e-10).fun

    best = log(6.5 * 10.5 / (4.5 * 0.5))
    below = profile(best) - chi2.ppf(0.95, 1) / 2
    low = np.exp(brentq(lambda slope: profile(slope) - below, best - 6, best))
    found = firth(*(lambda y, x: (y, x[:, None]))(*binary(cells.astype(int))), ["x"])
    assert found.odds_ratios[0].low == pytest.approx(low, rel=1e-3)
    assert found.p_values[0] == pytest.approx(chi2.sf(2 * (profile(best) - profile(0.0)), 1), rel=1e-3)


def test_firth_does_not_depend_on_the_unit_of_a_factor():
    rng = np.random.default_rng(1)
    x = rng.normal(60, 10, 40)
    y = (rng.random(40) < 1 / (1 + np.exp(-(x - 60) / 8))).astype(float)
    years, days = (firth(y, x[:, None] * unit, ["x"]).odds_ratios[0] for unit in (1.0, 365.25))
    assert log(years.value) == pytest.approx(365.25 * log(days.value), rel=1e-3)


@pytest.mark.parametrize(
    ("outcome", "factors"),
    [([1, 1, 1], [[1], [2], [3]]), ([0, 1, 1], [[2], [2], [2]]), ([0, 1, 0, 1], [[1, 2], [2, 4], [3, 6], [4, 8]])],
)
def test_a_regression_that_can_not_be_is_refused(outcome, factors):
    with pytest.raises(InputRefusedError):
        firth(np.array(outcome, float), np.array(factors, float), list("ab")[: len(factors[0])])


def test_ten_people_are_told_what_they_can_not_settle():
    variables = codebook()
    found = {one.factor.name: one for one in associations(people(), variables["bulky"], list(variables.values()))}
    female = found["female"]
    assert (female.people, female.of) == (10, 10)
    assert any("p below 0.2" in warning for warning in female.warnings)
    assert any("Firth's is 17.0 " in warning for warning in female.warnings)  # 8.5 x 1.5 / (0.5 x 1.5)
    assert (found["ulcers"].people, found["ulcers"].of) == (8, 10)
    assert found["ha_mass"].estimate.low > 0
    assert found["ha_mass"].p == pytest.approx(2 / 45)
    assert any("no 95 % interval is bounded" in warning for warning in found["grade"].warnings)


def test_the_shift_is_yes_minus_no_whichever_is_the_outcome():
    variables = codebook()
    one = associations(people(), variables["bulky"], [variables["ha_mass"]])[0].estimate
    other = associations(people(), variables["ha_mass"], [variables["bulky"]])[0].estimate
    assert one == other
    assert one.value > 0


def test_adjusted_p_are_those_of_the_definition():
    variables = codebook()
    found = associations(people(), variables["ha_mass"], list(variables.values()))
    p = np.sort([one.p for one in found])
    holm = np.minimum(1, np.maximum.accumulate(p * np.arange(len(p), 0, -1)))
    hochberg = np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    assert np.sort([one.holm for one in found]) == pytest.approx(holm)
    assert np.sort([one.benjamini_hochberg for one in found]) == pytest.approx(hochberg)


def test_what_does_not_vary_is_said_not_hidden():
    variables, frame = codebook(), people().assign(female="1")
    found = associations(frame, variables["bulky"], [variables["female"], variables["age"]])
    assert (found[0].p, found[0].holm) == (None, None)
    assert "the factor or the outcome" in found[0].warnings[0]
    assert found[1].holm == found[1].p


def test_more_than_two_categories_have_a_test_and_no_single_estimate():
    grade = codebook()["grade"]
    site = type(grade)("site", "Site", grade.kind.CATEGORICAL, categories=(("a", "A"), ("b", "B"), ("c", "C")))
    frame = people().assign(site=list("aabbccabca"))
    found = associations(frame, site, [codebook()["age"], codebook()["female"]])
    assert [one.estimate for one in found] == [None, None]
    assert all(0 < one.p <= 1 for one in found)


def test_the_choice_of_exact_test_and_interval_is_kept():
    variables = codebook()
    args = (people(), variables["bulky"], [variables["subset"]])
    one = associations(*args, ExactTest.BARNARD, OddsInterval.EXACT)[0]
    assert one.test.startswith("Barnard")
    assert one.estimate.how == "exact, conditional"


def test_tests_that_grow_with_the_square_of_people_give_way_to_fishers():
    yes_no = codebook()["bulky"]
    factor = type(yes_no)("x", "X", yes_no.kind)
    frame = pd.DataFrame({"bulky": [0, 1, 1, 0] * 150, "x": [0, 1, 0, 1, 1, 1] * 100})
    assert associations(frame, yes_no, [factor], ExactTest.BOSCHLOO)[0].test == "Fisher's exact test"


def test_tables_give_estimates_first_and_no_word_of_cause():
    variables = codebook()
    table = associations_table(associations(people(), variables["bulky"], list(variables.values())))
    assert table.columns.index("Estimate (95% interval)") < table.columns.index("p")
    text = " ".join([*table.notes, *(cell for row in table.rows for cell in row.cells)]).lower()
    assert "significan" not in text
    assert "risk factor" not in text
    assert "no cause" in text
    model = firth_regression(people(), variables["subset"], [variables["age"], variables["female"]])
    notes = " ".join(firth_table(model, variables["subset"]).notes)
    assert "2.5 events per factor" in notes
    assert "no finite answer" in notes


def test_a_regression_takes_no_categories_without_order():
    variables = codebook()
    with pytest.raises(InputRefusedError, match="two categories"):
        firth_regression(pd.DataFrame(people()), variables["grade"], [variables["age"]])


@pytest.mark.parametrize("factors", [[], ["age", "bulky"]])
def test_a_regression_on_nothing_or_on_the_outcome_is_refused(factors):
    variables = codebook()
    with pytest.raises(InputRefusedError, match="no factor, or the outcome is one"):
        firth_regression(people(), variables["bulky"], [variables[name] for name in factors])
