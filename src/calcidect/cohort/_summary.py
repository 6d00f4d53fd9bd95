"""What a group of people is like in one variable: counts with their denominator, or a centre with its spread."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._observed import Observed
from calcidect.cohort._variable import MISSING_KINDS, Kind

SKEWNESS_LIMIT = 1.0
"""Sample skewness above which a distribution is 'highly skewed' (Bulmer, Principles of Statistics, 1979)."""
SDS_ABOVE_ZERO = 2.0
"""A mean of fewer SDs, of what can't be negative, tells of skewness (Altman and Bland, BMJ 1996;313:1200)."""
_FEWEST_FOR_SPREAD = 2


class Centre(StrEnum):
    """How numbers are summarised."""

    MEAN = "mean (SD)"
    MEDIAN = "median (Q1, Q3)"


@dataclass(frozen=True)
class Share:
    """``k`` of ``n`` people, always shown with both."""

    k: int
    n: int

    def __str__(self) -> str:
        return f"{self.k}/{self.n} ({percent(self.k, self.n)})" if self.n else "0/0"


@dataclass(frozen=True)
class Spread:
    """A centre and its spread.

    Parameters
    ----------
    centre : Centre
        Which.
    n : int
        Values that are known.
    middle : float or None
        Mean or median; None of no values.
    spread : tuple of float
        The SD; or the first and third quartile. Empty of fewer than two values.
    """

    centre: Centre
    n: int
    middle: float | None
    spread: tuple[float, ...]

    def shown(self, decimals: int) -> str:
        """Return ``57.0 (9.1)`` or ``12.0 (8.0, 20.5)``."""
        if self.middle is None:
            return "no values"
        within = ", ".join(number(part, decimals) for part in self.spread)
        return f"{number(self.middle, decimals)} ({within or 'one value'})"


@dataclass(frozen=True)
class Summary:
    """One variable in one group.

    Parameters
    ----------
    people, known : int
        In the group; with a known value.
    missing : tuple of int
        How many are missing in each way of ``MISSING_KINDS``.
    shares : tuple of Share
        Of each category among the known values; empty of numbers.
    spread : Spread or None
        Of numbers; None of categories.
    """

    people: int
    known: int
    missing: tuple[int, ...]
    shares: tuple[Share, ...] = ()
    spread: Spread | None = None

    @property
    def applicable(self) -> int:
        """People that the variable applies to: the denominator of what is missing."""
        return self.people - self.missing[-1]


def summarise(observed: Observed, centre: Centre) -> Summary:
    """Return the summary of a variable in the people observed; ``centre`` matters to numbers only."""
    known = observed.known
    missing = tuple(observed.count(kind) for kind in MISSING_KINDS)
    if observed.variable.has_levels:
        shares = tuple(Share(int(k), len(known)) for k in observed.level_counts())
        return Summary(len(observed.values), len(known), missing, shares)
    return Summary(len(observed.values), len(known), missing, spread=spread_of(known, centre))


def spread_of(known: NDArray[np.float64], centre: Centre) -> Spread:
    """Return centre and spread of numbers, shape (known,).

    The SD has n - 1 below; quartiles interpolate linearly between order statistics (Hyndman and Fan 1996, type 7).
    """
    n = len(known)
    if not n:
        return Spread(centre, 0, None, ())
    if centre is Centre.MEAN:
        sd = (float(known.std(ddof=1)),) if n >= _FEWEST_FOR_SPREAD else ()
        return Spread(centre, n, float(known.mean()), sd)
    low, middle, high = (float(q) for q in np.quantile(known, (0.25, 0.5, 0.75)))
    return Spread(centre, n, middle, (low, high) if n >= _FEWEST_FOR_SPREAD else ())


def choose_centre(observed: Observed) -> Centre:
    """Return how a number is summarised: by its mean, unless it is a count or skewed in the people observed."""
    skewed = observed.variable.kind is not Kind.CONTINUOUS or is_skewed(observed.known)
    return Centre.MEDIAN if skewed else Centre.MEAN


def is_skewed(known: NDArray[np.float64]) -> bool:
    """Return whether numbers, shape (known,), are skewed; fewer than three can't tell.

    Skewed is a sample skewness (Fisher-Pearson, adjusted) beyond ``SKEWNESS_LIMIT`` either way, or a mean of fewer than
    ``SDS_ABOVE_ZERO`` SDs where no value is negative.
    """
    n = len(known)
    if n < 3 or np.ptp(known) == 0:
        return False
    mean, sd = known.mean(), known.std(ddof=1)
    skewness = n / ((n - 1) * (n - 2)) * float((((known - mean) / sd) ** 3).sum())
    return abs(skewness) > SKEWNESS_LIMIT or bool(known.min() >= 0 and mean < SDS_ABOVE_ZERO * sd)


def percent(k: int, n: int) -> str:
    """Return a percentage that is no finer than one person: whole below 100 people, else with one decimal.

    Never 0 % of someone, nor 100 % of not all.
    """
    decimals = 0 if n < 100 else 1
    text, least = f"{100 * k / n:.{decimals}f}", 10.0**-decimals
    if k and float(text) == 0:
        return f"<{least:g}%"
    if k < n and float(text) == 100:
        return f">{100 - least:g}%"
    return f"{text}%"


def number(value: float, decimals: int) -> str:
    """Return a number with a fixed count of decimals; never a negative zero."""
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def p_value(p: float) -> str:
    """Return a p-value: two digits that count, at most three decimals (three below 0.1, two above)."""
    if p < 0.001:
        return "<0.001"
    return f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"
