"""Do groups differ in one variable? The test is chosen by rule, named, or refused with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, lgamma

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._observed import Observed
from calcidect.cohort._summary import Centre
from calcidect.cohort._variable import Kind

FEWEST_FOR_MEANS = 10
"""People in every group for a test of means; below, normality can't be seen. Our choice."""
LEAST_EXPECTED = 5.0
"""Expected count in every cell for Pearson's chi-square (Cochran, Biometrics 1954;10:417-451)."""
FEWEST_FOR_RANKS = 5
"""People in every group for the chi-square limit of the Kruskal-Wallis statistic (Kruskal and Wallis 1952)."""
MOST_ARRANGEMENTS = 50_000
"""Ways to deal people to groups that are all looked at, about a second; beyond, a limit law or a sample. Our choice."""
MOST_EXACT_RANKS = 50
"""People in the larger group for the exact law of ranks without ties; as R's wilcox.test. Beyond, the normal limit."""
RESAMPLES = 9_999
"""Random arrangements where neither all of them nor a limit law will do: a p of 0.05 has a standard error of 0.002."""
SEED = 20140611  # any fixed number does


@dataclass(frozen=True)
class GroupTest:
    """A test's name and two-sided p, or why there is none.

    Parameters
    ----------
    name : str
        The test, as a footnote names it; empty where none was made.
    p : float or None
        Two-sided; None where none was made.
    why_not : str
        Why no test was made; empty where one was.
    """

    name: str = ""
    p: float | None = None
    why_not: str = ""


def compare_groups(groups: Sequence[Observed], centre: Centre) -> GroupTest:
    """Return the test of whether the groups differ.

    Categories without order go to Fisher's exact test or Pearson's chi-square; ordered ones, counts and what is shown
    as median to rank tests; what is shown as mean to Welch's test where every group has ``FEWEST_FOR_MEANS`` people.
    """
    parts = [group.known for group in groups]
    if min(len(part) for part in parts) == 0:
        return GroupTest(why_not="a group has no known value")
    together = np.concatenate(parts)
    if np.ptp(together) == 0:
        return GroupTest(why_not="all known values are the same")
    variable = groups[0].variable
    if variable.kind in (Kind.BINARY, Kind.CATEGORICAL):
        return compare_counts(np.array([group.level_counts() for group in groups]))
    enough = min(len(part) for part in parts) >= FEWEST_FOR_MEANS and all(np.ptp(part) > 0 for part in parts)
    if variable.kind is Kind.CONTINUOUS and centre is Centre.MEAN and enough:
        return _test_means(parts)
    return _test_two_by_rank(*parts) if len(parts) == 2 else _test_many_by_rank(parts)


def compare_counts(table: NDArray[np.int64]) -> GroupTest:
    """Return the test of a table of counts, shape (groups, categories): Fisher's exact, or Pearson's chi-square.

    Exact where an expected count is below ``LEAST_EXPECTED``. Beyond two by two it is the Freeman-Halton extension
    (Biometrika 1951;38:141-149), over every table of the margins or, where there are too many, over random ones.
    """
    from scipy.stats import chi2_contingency, fisher_exact

    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    if expected.min() >= LEAST_EXPECTED:
        return GroupTest("Pearson's chi-square test without continuity correction", _p(chi2_contingency(table, False)))
    if table.shape == (2, 2):
        return GroupTest("Fisher's exact test", _p(fisher_exact(table)))
    p = freeman_halton(table)
    if p is not None:
        return GroupTest("Fisher-Freeman-Halton exact test", p)
    return GroupTest(f"Fisher-Freeman-Halton test, {RESAMPLES:,} random tables, seed {SEED}", _sampled_tables(table))


def freeman_halton(table: NDArray[np.int64]) -> float | None:
    """Return the exact p: the probability of all tables of the margins that are no likelier than this one.

    None if there are more than ``MOST_ARRANGEMENTS`` of them.
    """
    observed = -sum(lgamma(cell + 1) for cell in table.ravel().tolist())
    logs = []
    for log in _log_weights(tuple(table.sum(1).tolist()), tuple(table.sum(0).tolist())):
        logs.append(log)
        if len(logs) > MOST_ARRANGEMENTS:
            return None
    weights = np.array(logs)
    # Tables as likely as this one differ by rounding; the same tolerance as R's fisher.test.
    as_extreme = weights <= observed + np.log1p(1e-7)
    largest = weights.max()
    chances = np.exp(weights - largest)
    return float(chances[as_extreme].sum() / chances.sum())


def _log_weights(rows: tuple[int, ...], columns: tuple[int, ...]) -> Iterator[float]:
    """Yield the log of 1 / (product of the factorials of the cells) of every table of these margins."""
    if len(columns) == 1:
        yield -sum(lgamma(left + 1) for left in rows)
        return
    for column in _shared_out(columns[0], rows):
        weight = -sum(lgamma(cell + 1) for cell in column)
        left = tuple(total - cell for total, cell in zip(rows, column, strict=True))
        for rest in _log_weights(left, columns[1:]):
            yield weight + rest


def _shared_out(total: int, limits: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield every way to share a total out among cells with upper limits."""
    if len(limits) == 1:
        yield (total,)
        return
    for first in range(max(0, total - sum(limits[1:])), min(total, limits[0]) + 1):
        for rest in _shared_out(total - first, limits[1:]):
            yield (first, *rest)


def _sampled_tables(table: NDArray[np.int64]) -> float:
    """Return the Monte Carlo p of the Freeman-Halton test: (1 + tables no likelier) / (1 + tables drawn)."""
    from scipy.special import gammaln
    from scipy.stats import random_table

    drawn = random_table(table.sum(1), table.sum(0), seed=SEED).rvs(RESAMPLES)
    logs = -gammaln(drawn + 1).sum((1, 2))
    observed = -gammaln(table + 1).sum()
    return float((1 + (logs <= observed + np.log1p(1e-7)).sum()) / (1 + RESAMPLES))


def _test_means(parts: Sequence[NDArray[np.float64]]) -> GroupTest:
    if len(parts) == 2:
        from scipy.stats import ttest_ind

        return GroupTest("Welch's t test", _p(ttest_ind(*parts, equal_var=False)))
    from statsmodels.stats.oneway import anova_oneway

    return GroupTest("Welch's analysis of variance", _p(anova_oneway(list(parts), use_var="unequal")))


def _test_two_by_rank(first: NDArray[np.float64], second: NDArray[np.float64]) -> GroupTest:
    name, p = mann_whitney(first, second)
    return GroupTest(name, p)


def mann_whitney(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[str, float]:
    """Return the name and two-sided p of the Mann-Whitney test (Ann Math Stat 1947;18:50-60).

    Exact where ties leave few enough arrangements to look at all, or where there are no ties and neither group has more
    than ``MOST_EXACT_RANKS``; else the normal limit with corrections for ties and continuity.
    """
    from scipy.stats import mannwhitneyu

    together = np.concatenate([first, second])
    tied = len(np.unique(together)) < len(together)
    arrangements = comb(len(together), len(first))
    if not tied and max(len(first), len(second)) <= MOST_EXACT_RANKS:
        return "Mann-Whitney exact test", _p(mannwhitneyu(first, second, method="exact"))
    if arrangements <= MOST_ARRANGEMENTS:
        return "Mann-Whitney exact test, every arrangement of the tied ranks", _tied_ranks(first, second)
    return "Mann-Whitney test, normal limit with tie and continuity correction", _p(
        mannwhitneyu(first, second, method="asymptotic")
    )


def _tied_ranks(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return twice the smaller tail of the rank sum over every way to deal the ranks to the groups.

    Written here, since scipy's permutations take no group of one person.
    """
    from scipy.stats import rankdata

    fewer, more = sorted((first, second), key=len)
    ranks = rankdata(np.concatenate([fewer, more]))
    dealt = np.array(list(combinations(ranks, len(fewer)))).sum(1)  # halves, so that sums are without rounding
    seen = ranks[: len(fewer)].sum()
    return float(min(1.0, 2 * min((dealt <= seen).mean(), (dealt >= seen).mean())))


def _test_many_by_rank(parts: Sequence[NDArray[np.float64]]) -> GroupTest:
    from scipy.stats import kruskal

    if min(len(part) for part in parts) >= FEWEST_FOR_RANKS:
        return GroupTest("Kruskal-Wallis test", _p(kruskal(*parts)))
    name = f"Kruskal-Wallis test, {RESAMPLES:,} random arrangements, seed {SEED}"
    return GroupTest(name, _sampled_ranks(parts))


def _sampled_ranks(parts: Sequence[NDArray[np.float64]]) -> float:
    """Return the Monte Carlo p of Kruskal and Wallis's statistic.

    With ties and sizes given, the sum of R^2 / n over groups with rank sums R orders arrangements as it does.
    """
    from scipy.stats import rankdata

    sizes = np.array([len(part) for part in parts])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    ranks = rankdata(np.concatenate(parts))

    def statistic(order: NDArray[np.float64]) -> NDArray[np.float64]:
        sums: NDArray[np.float64] = np.add.reduceat(order, starts, axis=-1)
        squares: NDArray[np.float64] = (sums**2 / sizes).sum(-1)
        return squares

    shuffled = np.random.default_rng(SEED).permuted(np.tile(ranks, (RESAMPLES, 1)), axis=1)
    as_extreme = statistic(shuffled) >= statistic(ranks) * (1 - 1e-12)
    return float((1 + as_extreme.sum()) / (1 + RESAMPLES))


def _p(outcome: object) -> float:
    return float(outcome.pvalue)  # type: ignore[attr-defined]  # every test of scipy and statsmodels has one
