"""Standardised differences of two groups, where they mean something; refused with the reason where they don't."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._observed import Observed

FEWEST_PER_GROUP = 10
"""Below, a standardised difference of 0 has a standard error above 0.45: four times the 0.1 it is read against.

Austin (Stat Med 2009;28:3083-3107), equation for its variance with n = 10 and 10. The limit is our choice.
"""


@dataclass(frozen=True)
class Difference:
    """A standardised difference (second group minus first for numbers; without sign for categories), or why not."""

    value: float | None = None
    why_not: str = ""


def standardised_difference(first: Observed, second: Observed) -> Difference:
    """Return the difference in units of the groups' common SD (Austin 2009; Yang and Dalton, SAS Global Forum 2012).

    Numbers: (m2 - m1) / sqrt((s1^2 + s2^2) / 2). Categories: the Mahalanobis distance of the groups' shares, which of
    two categories is |p2 - p1| / sqrt((p1 q1 + p2 q2) / 2). It is refused where a group has fewer than
    ``FEWEST_PER_GROUP`` known values, where nothing varies within the groups, and where the groups share too few
    categories: the distance is then infinite, and a generalised inverse would make it look small.
    """
    if min(len(first.known), len(second.known)) < FEWEST_PER_GROUP:
        return Difference(why_not=f"a group has fewer than {FEWEST_PER_GROUP} known values")
    if first.variable.has_levels:
        return _of_shares(first.level_counts(), second.level_counts())
    variance = (first.known.var(ddof=1) + second.known.var(ddof=1)) / 2
    if variance == 0:
        return Difference(why_not="no value varies within the groups")
    return Difference(float((second.known.mean() - first.known.mean()) / np.sqrt(variance)))


def _of_shares(first: NDArray[np.int64], second: NDArray[np.int64]) -> Difference:
    occupied = (first + second) > 0
    if occupied.sum() < 2:
        return Difference(why_not="all known values are the same")
    p1, p2 = (counts[occupied] / counts.sum() for counts in (first, second))
    covariance = np.mean([np.diag(p[1:]) - np.outer(p[1:], p[1:]) for p in (p1, p2)], axis=0)
    if np.linalg.matrix_rank(covariance, hermitian=True) < len(covariance):
        return Difference(why_not="the groups share too few categories")
    apart = (p2 - p1)[1:]
    return Difference(float(np.sqrt(apart @ np.linalg.solve(covariance, apart))))
