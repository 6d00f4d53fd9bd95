"""Intraclass correlations, and the smallest change that is more than the error of measurement."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._estimate import ALPHA, Estimate
from calcidect.cohort._ratings import NONE_SEEN, ROUNDING, Ratings, refused

_FAR_BELOW_ZERO = "none: the approximation of Shrout and Fleiss fails this far below 0"


@dataclass(frozen=True)
class _Squares:
    """Mean squares of n people by k raters (Shrout and Fleiss 1979, table 2)."""

    people: int
    raters: int
    between: float
    within: float
    judges: float
    error: float


def icc_all(ratings: Ratings) -> tuple[Estimate, ...]:
    """Return the six intraclass correlations of Shrout and Fleiss with their intervals.

    Psychol Bull 1979;86:420-428. (1,1): each person has raters of their own; (2,1): raters stand for others like them,
    absolute agreement; (3,1): these raters alone, consistency. k: of the mean of all raters.

    Raises
    ------
    InputRefusedError
        If people do not vary: no rater can then tell them apart.
    """
    s = _squares(ratings.values)
    if s.between == 0:
        raise refused("The people's means are all the same.", "People who differ.")
    names = {"1": "each person's own raters", "2": "any raters, agreement", "3": "these raters, consistency"}
    forms = {"1": _one_way(s), "2": _two_way_random(s), "3": _two_way_fixed(s)}
    single, mean = [], []
    for form, (value, low, high) in forms.items():
        how = "F distribution" if low > -inf else NONE_SEEN if s.error == 0 else _FAR_BELOW_ZERO
        single.append(Estimate(f"ICC({form},1): {names[form]}", value, low, high, how))
        value, low, high = (_stepped_up(bound, s.raters) for bound in (value, low, high))
        name = f"ICC({form},{s.raters}): mean of {s.raters}, {names[form]}"
        mean.append(Estimate(name, value, low, high, how))
    return (*single, *mean)


def measurement_error(ratings: Ratings) -> tuple[Estimate, Estimate]:
    """Return the standard error of measurement and the smallest detectable change, in the measurement's unit.

    SEM is the standard deviation within people, raters' own offsets in it; SDC = 1.96 sqrt(2) SEM (Bland and Altman,
    BMJ 1996;313:744; de Vet et al., J Clin Epidemiol 2006;59:1033-1039). Interval of a variance by chi-square.
    """
    from scipy.stats import chi2, norm

    s = _squares(ratings.values)
    freedom = s.people * (s.raters - 1)
    bounds = [freedom * s.within / chi2.ppf(q, freedom) for q in (1 - ALPHA / 2, ALPHA / 2)]
    sem = [sqrt(variance) for variance in (s.within, *bounds)]
    factor = float(norm.ppf(1 - ALPHA / 2)) * sqrt(2)
    how = "chi-square distribution" if s.within > 0 else NONE_SEEN
    if s.within == 0:
        sem[1:] = -inf, inf
    unit = f", {ratings.variable.unit}" if ratings.variable.unit else ""
    return (
        Estimate(f"standard error of measurement{unit}", sem[0], sem[1], sem[2], how),
        Estimate(f"smallest detectable change{unit}", factor * sem[0], factor * sem[1], factor * sem[2], how),
    )


def _squares(values: NDArray[np.float64]) -> _Squares:
    n, k = values.shape
    people, judges, mean = values.mean(1), values.mean(0), values.mean()
    between = k * float(((people - mean) ** 2).sum())
    none = n * k * (ROUNDING * float(np.abs(values).max())) ** 2  # a sum of squares that is rounding alone
    within = float(((values - people[:, None]) ** 2).sum())
    by_judge = n * float(((judges - mean) ** 2).sum())
    error = float(((values - people[:, None] - judges + mean) ** 2).sum())
    between, within, by_judge, error = (s if s > none else 0.0 for s in (between, within, by_judge, error))
    return _Squares(n, k, between / (n - 1), within / (n * (k - 1)), by_judge / (k - 1), error / ((n - 1) * (k - 1)))


_Bounds = tuple[float, float, float]


def _one_way(s: _Squares) -> _Bounds:
    value = (s.between - s.within) / (s.between + (s.raters - 1) * s.within)
    return (value, *_by_f(s.between, s.within, s.people - 1, s.people * (s.raters - 1), s.raters))


def _two_way_fixed(s: _Squares) -> _Bounds:
    value = (s.between - s.error) / (s.between + (s.raters - 1) * s.error)
    return (value, *_by_f(s.between, s.error, s.people - 1, (s.people - 1) * (s.raters - 1), s.raters))


def _by_f(above: float, below: float, freedom_above: int, freedom_below: int, k: int) -> tuple[float, float]:
    """Return (F - 1) / (F + k - 1) at both bounds of the ratio of mean squares; none where nothing is below."""
    from scipy.stats import f

    if below == 0:
        return -inf, inf
    ratio = above / below
    low = ratio / f.ppf(1 - ALPHA / 2, freedom_above, freedom_below)
    high = ratio * f.ppf(1 - ALPHA / 2, freedom_below, freedom_above)
    return float((low - 1) / (low + k - 1)), float((high - 1) / (high + k - 1))


def _two_way_random(s: _Squares) -> _Bounds:
    """Return ICC(2,1) with the interval of Shrout and Fleiss (1979), p. 424, by Satterthwaite's degrees of freedom.

    Their approximation fails far below zero, where its bounds leave the value out or are no numbers: then it has none.
    """
    from scipy.stats import f

    n, k = s.people, s.raters
    value = (s.between - s.error) / (s.between + (k - 1) * s.error + k * (s.judges - s.error) / n)
    if s.error == 0:
        return value, -inf, inf
    ratio = s.judges / s.error
    above = (k - 1) * (n - 1) * (k * value * ratio + n * (1 + (k - 1) * value) - k * value) ** 2
    below = (n - 1) * k**2 * value**2 * ratio**2 + (n * (1 + (k - 1) * value) - k * value) ** 2
    freedom = above / below
    upper, lower = f.ppf(1 - ALPHA / 2, n - 1, freedom), f.ppf(1 - ALPHA / 2, freedom, n - 1)
    rest = k * s.judges + (k * n - k - n) * s.error
    low = n * (s.between - upper * s.error) / (upper * rest + n * s.between)
    high = n * (lower * s.between - s.error) / (rest + n * lower * s.between)
    return (value, float(low), float(high)) if low <= value <= high else (value, -inf, inf)


def _stepped_up(value: float, k: int) -> float:
    """Return the correlation of the mean of k raters (Spearman 1910, Brown 1910); below -1 / (k - 1) there is none."""
    if value in (-inf, inf):
        return value
    below = 1 + (k - 1) * value
    return k * value / below if below > 0 else -inf
