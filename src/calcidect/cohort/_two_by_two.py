"""Two by two tables: exact tests, and the odds ratio with exact and mid-p intervals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp, inf

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._estimate import ALPHA, CONFIDENCE, Estimate
from calcidect.errors import InputRefusedError

_LARGEST_LOG_ODDS = 50.0
"""Odds ratios are looked for up to e^50: a bound beyond can't be told from infinity."""


class ExactTest(StrEnum):
    """Exact tests of two by two tables."""

    FISHER = "fisher"
    BOSCHLOO = "boschloo"
    BARNARD = "barnard"


class OddsInterval(StrEnum):
    """Intervals of an odds ratio: never too narrow, or right on average."""

    EXACT = "exact"
    MID_P = "mid-p"


EXACT_TEST_NAMES = {
    ExactTest.FISHER: "Fisher's exact test",
    ExactTest.BOSCHLOO: "Boschloo's exact test",
    ExactTest.BARNARD: "Barnard's exact test, pooled variance",
}


@dataclass(frozen=True)
class TwoByTwo:
    """People with and without a factor (rows), with and without an outcome (columns).

    Parameters
    ----------
    both, factor_only, outcome_only, neither : int
        Counts; the first two are the people with the factor.

    Raises
    ------
    InputRefusedError
        If everybody, or nobody, has the factor or the outcome: nothing can then be said of an association.
    """

    both: int
    factor_only: int
    outcome_only: int
    neither: int

    def __post_init__(self) -> None:
        if min(*self.array.sum(0), *self.array.sum(1)) == 0:
            raise InputRefusedError(
                "margin_empty",
                found="Everybody, or nobody, has the factor or the outcome.",
                expected="People with and without each.",
                remedy="Look at other variables, or at more people.",
            )

    @property
    def array(self) -> NDArray[np.int64]:
        """The counts, shape (2, 2)."""
        return np.array([[self.both, self.factor_only], [self.outcome_only, self.neither]])


def exact_p(table: TwoByTwo, test: ExactTest) -> float:
    """Return the two-sided p of an exact test.

    Fisher (Statistical Methods for Research Workers, 5th edition, 1934) keeps both margins; Boschloo (Stat Neerl
    1970;24:1-9), which uses Fisher's p as statistic, and Barnard (Nature 1945;156:177) keep the rows alone, and so can
    reach a smaller p where people were chosen by the factor.
    """
    from scipy.stats import barnard_exact, boschloo_exact, fisher_exact

    if test is ExactTest.FISHER:
        return float(fisher_exact(table.array).pvalue)
    # scipy takes the two groups as columns.
    function = boschloo_exact if test is ExactTest.BOSCHLOO else barnard_exact
    return min(1.0, float(function(table.array.T).pvalue))


def exact_odds_ratio(table: TwoByTwo) -> Estimate:
    """Return the conditional maximum likelihood odds ratio with its exact interval, as R's fisher.test does.

    Cornfield, Proc Third Berkeley Symp 1956;4:135-148.
    """
    from scipy.stats.contingency import odds_ratio

    found = odds_ratio(table.array, kind="conditional")
    bounds = found.confidence_interval(CONFIDENCE)
    return Estimate("odds ratio", float(found.statistic), bounds.low, bounds.high, "exact, conditional", is_ratio=True)


def mid_p_odds_ratio(table: TwoByTwo) -> Estimate:
    """Return the same odds ratio with its mid-p interval, which is narrower.

    The bounds are the odds ratios at which the probability of a more extreme table plus half that of this one is 2.5 %
    (Berry and Armitage, Statistician 1995;44:417-423).
    """
    from scipy.stats.contingency import odds_ratio

    value = float(odds_ratio(table.array, kind="conditional").statistic)
    low, high = _mid_p_bounds(table)
    return Estimate("odds ratio", value, low, high, "mid-p, conditional", is_ratio=True)


def smallest_p(table: TwoByTwo) -> float:
    """Return the smallest p of Fisher's test that any table of these margins could have."""
    _, logs = _law(table)
    chances = np.exp(logs - logs.max())
    return float(min(chances[chances <= end * (1 + 1e-7)].sum() for end in chances[[0, -1]]) / chances.sum())


def _law(table: TwoByTwo) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the values that ``both`` can take given the margins, and the log of each one's weight at odds ratio 1."""
    from scipy.special import gammaln

    counts = table.array
    people, with_factor, with_outcome = int(counts.sum()), int(counts[0].sum()), int(counts[:, 0].sum())
    cells = np.arange(max(0, with_factor + with_outcome - people), min(with_factor, with_outcome) + 1)
    others = (with_factor - cells, with_outcome - cells, people - with_factor - with_outcome + cells)
    return cells, -sum(gammaln(count + 1.0) for count in (cells, *others))


def _mid_p_bounds(table: TwoByTwo) -> tuple[float, float]:
    from scipy.optimize import brentq

    cells, logs = _law(table)
    seen = cells == table.both

    def tail(log_odds: float, beyond: NDArray[np.bool_]) -> float:
        weights = np.exp(logs + cells * log_odds - (logs + cells * log_odds).max())
        return float((weights[beyond].sum() + 0.5 * weights[seen].sum()) / weights.sum() - ALPHA / 2)

    def bound(beyond: NDArray[np.bool_]) -> float:
        return exp(brentq(tail, -_LARGEST_LOG_ODDS, _LARGEST_LOG_ODDS, args=(beyond,)))

    low = 0.0 if table.both == cells[0] else bound(cells > table.both)
    high = inf if table.both == cells[-1] else bound(cells < table.both)
    return low, high


ODDS_INTERVALS = {OddsInterval.EXACT: exact_odds_ratio, OddsInterval.MID_P: mid_p_odds_ratio}
