"""How far two groups lie apart: the Hodges-Lehmann shift with the interval that belongs to the Mann-Whitney test."""

from __future__ import annotations

from math import ceil, comb, inf, sqrt

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._estimate import ALPHA, NORMAL_975, Estimate
from calcidect.cohort._group_test import MOST_EXACT_RANKS

_MOST_PAIRS = 1_000_000
"""Differences that are sorted at once, 8 MB; beyond, they are counted without being written down."""
_HALVINGS = 70  # of an interval of floats: below its rounding


def hodges_lehmann(first: NDArray[np.float64], second: NDArray[np.float64]) -> Estimate:
    """Return the median of all differences first - second, with its interval.

    Hodges and Lehmann, Ann Math Stat 1963;34:598-611; interval: the k-th smallest and k-th largest difference, k by the
    exact law of the Mann-Whitney statistic without ties up to ``MOST_EXACT_RANKS`` people a group, else by its normal
    limit (Hollander and Wolfe, Nonparametric Statistical Methods, 1999, section 4.3). Ties make it wider than it need
    be. Where there are too few people for any interval of 95 %, it is unbounded.

    Parameters
    ----------
    first, second : ndarray of float, shape (n,), (m,)
        Known values of each group; at least one.
    """
    n, m = len(first), len(second)
    exact = max(n, m) <= MOST_EXACT_RANKS
    k = _exact_rank(n, m) if exact else _normal_rank(n, m)
    half, even = divmod(n * m, 2)
    middles = (half + 1,) if even else (half, half + 1)
    wanted = [*middles, *((k, n * m + 1 - k) if k else ())]
    found = _differences_of_ranks(np.sort(first), np.sort(second), wanted)
    low, high = found[-2:] if k else (-inf, inf)
    how = "exact law of ranks" if exact else "normal limit of ranks"
    return Estimate("shift", float(np.mean(found[: len(middles)])), low, high, how)


def smallest_rank_p(n: int, m: int) -> float:
    """Return the smallest two-sided p that the exact Mann-Whitney test of n and m people can have, without ties."""
    return min(1.0, 2 / comb(n + m, n))


def _exact_rank(n: int, m: int) -> int:
    """Return the largest k with P(U <= k - 1) <= 2.5 %; 0 if there is none."""
    below = np.cumsum(_arrangements(n, m)) / comb(n + m, n)
    return int(np.searchsorted(below, ALPHA / 2, side="right"))


def _arrangements(n: int, m: int) -> NDArray[np.float64]:
    """Return how many arrangements of n and m people have U = 0, 1, ... n m, shape (n m + 1,)."""
    counts = np.zeros(n * m + 1)
    counts[0] = 1
    for part in range(1, n + 1):  # the Gaussian binomial: times (1 - q^(m + part)), divided by (1 - q^part)
        shifted = np.zeros_like(counts)
        shifted[m + part :] = counts[: -(m + part)] if m + part <= n * m else 0
        counts -= shifted
        for start in range(part):
            counts[start::part] = np.cumsum(counts[start::part])
    return counts


def _normal_rank(n: int, m: int) -> int:
    return max(0, ceil(n * m / 2 - NORMAL_975 * sqrt(n * m * (n + m + 1) / 12)))


def _differences_of_ranks(first: NDArray[np.float64], second: NDArray[np.float64], ranks: list[int]) -> list[float]:
    """Return the differences first - second of some ranks, from 1; both are sorted."""
    if len(first) * len(second) <= _MOST_PAIRS:
        every = np.sort(np.subtract.outer(first, second), axis=None)
        return [float(every[rank - 1]) for rank in ranks]
    return [_counted_difference(first, second, rank) for rank in ranks]


def _counted_difference(first: NDArray[np.float64], second: NDArray[np.float64], rank: int) -> float:
    """Return one difference by halving: differences up to a value are counted by where it falls in each row."""
    low, high = first[0] - second[-1], first[-1] - second[0]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        # first - second <= middle means second >= first - middle
        up_to = len(first) * len(second) - int(np.searchsorted(second, first - middle, side="left").sum())
        low, high = (low, middle) if up_to >= rank else (middle, high)
    return float(high)
