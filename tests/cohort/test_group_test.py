"""The test of groups is the one that the rule names, and gives the published p."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import fisher_exact, mannwhitneyu, random_table, rankdata, ttest_ind

from calcidect.cohort import Kind, Variable
from calcidect.cohort._group_test import compare_counts, compare_groups, freeman_halton, mann_whitney
from calcidect.cohort._observed import Observed
from calcidect.cohort._summary import Centre

AGE = Variable("age", "Age", Kind.CONTINUOUS)


def of(variable, *groups):
    parts = [np.array(group, float) for group in groups]
    return [Observed(variable, part, np.where(np.isnan(part), "unknown", "")) for part in parts]


def test_the_lady_tasting_tea():
    """Fisher, The Design of Experiments (1935): 3 of 4 cups right; two-sided p = 34/70."""
    tested = compare_counts(np.array([[3, 1], [1, 3]]))
    assert tested.p == pytest.approx(34 / 70)
    assert tested.name == "Fisher's exact test"


def test_job_satisfaction_beyond_two_by_two():
    """Agresti, Categorical Data Analysis (2002), p. 57, as in R's help of fisher.test: p = 0.7827."""
    jobs = np.array([[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]])
    tested = compare_counts(jobs)
    assert "random tables" in tested.name
    assert tested.p == pytest.approx(0.7827, abs=0.015)


def test_freeman_halton_is_fishers_test_of_two_by_two_and_agrees_with_sampling_beyond():
    assert freeman_halton(np.array([[1, 9], [11, 3]])) == pytest.approx(fisher_exact([[1, 9], [11, 3]]).pvalue)
    table = np.array([[4, 0, 1], [1, 3, 2], [0, 2, 2]])
    law = random_table(table.sum(1), table.sum(0))
    drawn = law.rvs(20_000, random_state=7)
    sampled = np.mean(law.pmf(drawn) <= law.pmf(table) * (1 + 1e-9))
    assert freeman_halton(table) == pytest.approx(sampled, abs=0.012)


def test_large_counts_go_to_chi_square():
    """Yates 1934 left out: Agresti's aspirin study (1996), 189/11034 and 104/11037: chi-square 25.01, p < 0.0001."""
    tested = compare_counts(np.array([[189, 10845], [104, 10933]]))
    assert tested.name.startswith("Pearson's chi-square")
    assert tested.p == pytest.approx(5.7e-7, rel=0.02)


def test_mann_whitney_without_ties_is_rs():
    """Hollander and Wolfe (1973), p. 69-71, as in R's help of wilcox.test: one-sided p = 0.1272 (W = 35)."""
    term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    earlier = [1.15, 0.88, 0.90, 0.74, 1.21]
    name, p = mann_whitney(np.array(term), np.array(earlier))
    assert name == "Mann-Whitney exact test"
    assert p == pytest.approx(2 * 0.1272, abs=1e-4)


def test_tied_ranks_are_dealt_in_every_way():
    first, second = np.array([1.0, 2, 2]), np.array([2.0, 3, 3, 4])
    ranks = rankdata([*first, *second])
    sums = np.array([ranks[list(deal)].sum() for deal in combinations(range(7), 3)])
    below, above = np.mean(sums <= ranks[:3].sum()), np.mean(sums >= ranks[:3].sum())
    name, p = mann_whitney(first, second)
    assert "every arrangement" in name
    assert p == pytest.approx(2 * min(below, above))


def test_one_person_against_tied_others_has_a_p():
    """By hand: the first rank of three, two of them tied, comes to one of the three in a third of all deals."""
    assert mann_whitney(np.array([0.0]), np.array([1.0, 1.0]))[1] == pytest.approx(2 / 3)
    assert mann_whitney(np.array([1.0, 1.0]), np.array([1.0, 2.0]))[1] == pytest.approx(1.0)


def test_large_groups_take_the_normal_limit():
    rng = np.random.default_rng(3)
    first, second = rng.normal(0, 1, 60), rng.normal(0.5, 1, 55)
    name, p = mann_whitney(first, second)
    assert "normal limit" in name
    assert p == pytest.approx(mannwhitneyu(first, second, method="asymptotic").pvalue)


def test_means_are_tested_where_groups_are_large_enough_and_ranks_where_they_are_not():
    rng = np.random.default_rng(5)
    first, second = rng.normal(50, 5, 12), rng.normal(55, 9, 15)
    tested = compare_groups(of(AGE, first, second), Centre.MEAN)
    assert tested.name == "Welch's t test"
    assert tested.p == pytest.approx(ttest_ind(first, second, equal_var=False).pvalue)
    assert compare_groups(of(AGE, first[:9], second), Centre.MEAN).name == "Mann-Whitney exact test"
    assert compare_groups(of(AGE, first, second, second + 1), Centre.MEAN).name == "Welch's analysis of variance"


def test_many_groups_by_rank():
    """Hollander and Wolfe (1973), p. 116, as in R's help of kruskal.test: p = 0.68 (chi-square 0.7714, 2 df)."""
    healthy, blocked, dusty = [2.9, 3.0, 2.5, 2.6, 3.2], [3.8, 2.7, 4.0, 2.4], [2.8, 3.4, 3.7, 2.2, 2.0]
    sampled = compare_groups(of(AGE, healthy, blocked, dusty), Centre.MEDIAN)
    assert "random arrangements" in sampled.name  # one of the groups has four people
    assert sampled.p == pytest.approx(0.68, abs=0.03)
    limit = compare_groups(of(AGE, healthy, [*blocked, 3.05], dusty), Centre.MEDIAN)
    assert limit.name == "Kruskal-Wallis test"


@pytest.mark.parametrize(
    ("groups", "why"),
    [(([1, 2], [np.nan, np.nan]), "a group has no known value"), (([5, 5], [5]), "all known values are the same")],
)
def test_no_p_comes_with_its_reason(groups, why):
    tested = compare_groups(of(AGE, *groups), Centre.MEDIAN)
    assert (tested.p, tested.why_not) == (None, why)
