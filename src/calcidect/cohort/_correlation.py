"""Spearman's correlation with a bootstrap interval and, of few people, a permutation p."""

from __future__ import annotations

import warnings
from itertools import permutations
from math import atanh, factorial, sqrt, tanh
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._estimate import CONFIDENCE, NORMAL_975, Estimate
from calcidect.cohort._group_test import MOST_ARRANGEMENTS, RESAMPLES, SEED
from calcidect.errors import InputRefusedError

FEWEST = 4
"""People: of three, the smallest two-sided p is 1/3, and a bootstrap has ten different samples."""
MOST_PERMUTED = 50
"""People for whom the p is that of permutations; beyond, the t limit, whose error is then in the third decimal."""
MOST_BOOTSTRAPPED = 500
"""People for whom the interval is the bootstrap's, which grows with n^2; beyond, Bonett and Wright's. Our choice."""
BOOTSTRAP_SAMPLES = 4_999


def spearman(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[Estimate, str, float]:
    """Return Spearman's correlation with its interval, the name of the test, and its two-sided p.

    Spearman, Am J Psychol 1904;15:72-101, with mean ranks for ties. Interval: bias-corrected and accelerated bootstrap
    of people (Efron, JASA 1987;82:171-185), seeded; of more than ``MOST_BOOTSTRAPPED`` people Fisher's z with variance
    (1 + r^2 / 2) / (n - 3) (Bonett and Wright, Psychometrika 2000;65:23-28).

    Parameters
    ----------
    x, y : ndarray of float, shape (people,)
        Known values of both.

    Raises
    ------
    InputRefusedError
        If there are fewer than ``FEWEST`` people, or a variable does not vary.
    """
    if len(x) < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        raise InputRefusedError(
            "no_correlation",
            found=f"{len(x)} people have both values, or all have the same of one.",
            expected=f"At least {FEWEST} people, and values that vary.",
            remedy="Look at other variables, or at more people.",
        )
    rho = float(_rho(x, y))
    name, p = _test(x, y, rho)
    low, high, how = _interval(x, y, rho)
    return Estimate("Spearman's correlation", rho, low, high, how), name, p


def smallest_permutation_p(people: int) -> float:
    """Return the smallest two-sided p that permutations of so many people, without ties, can give."""
    return min(1.0, 2 / factorial(min(people, 20)))


def _rho(x: NDArray[np.float64], y: NDArray[np.float64], axis: int = -1) -> Any:
    """Return the correlation of ranks along an axis; 0 where a sample does not vary and so shows none."""
    from scipy.stats import rankdata

    a, b = (rankdata(part, axis=axis) for part in (x, y))
    a, b = (part - part.mean(axis, keepdims=True) for part in (a, b))
    below = np.sqrt((a * a).sum(axis) * (b * b).sum(axis))
    return np.clip((a * b).sum(axis) / np.where(below > 0, below, 1.0), -1.0, 1.0)


def _test(x: NDArray[np.float64], y: NDArray[np.float64], rho: float) -> tuple[str, float]:
    from scipy.stats import rankdata, spearmanr

    n = len(x)
    if n > MOST_PERMUTED:
        return "Spearman's test, t limit", float(spearmanr(x, y).pvalue)
    ranks_x, ranks_y = rankdata(x), rankdata(y)
    scale = sqrt(((ranks_x - ranks_x.mean()) ** 2).sum() * ((ranks_y - ranks_y.mean()) ** 2).sum())
    centred = ranks_x - ranks_x.mean()
    if factorial(n) <= MOST_ARRANGEMENTS:
        dealt = np.array(list(permutations(ranks_y)))
        return "Spearman's exact test, every permutation", float(_as_extreme(dealt @ centred / scale, rho).mean())
    dealt = np.random.default_rng(SEED).permuted(np.tile(ranks_y, (RESAMPLES, 1)), axis=1)
    found = _as_extreme(dealt @ centred / scale, rho).sum()
    name = f"Spearman's test, {RESAMPLES:,} random permutations, seed {SEED}"
    return name, float((1 + found) / (1 + RESAMPLES))


def _as_extreme(rhos: NDArray[np.float64], rho: float) -> NDArray[np.bool_]:
    return np.abs(rhos) >= abs(rho) - 1e-12  # rounding


def _interval(x: NDArray[np.float64], y: NDArray[np.float64], rho: float) -> tuple[float, float, str]:
    n = len(x)
    if abs(rho) > 1 - 1e-12:
        return -1.0, 1.0, "none: all ranks agree, and no resample can tell how far chance goes"
    if n > MOST_BOOTSTRAPPED:
        half = NORMAL_975 * sqrt((1 + rho**2 / 2) / (n - 3))
        return tanh(atanh(rho) - half), tanh(atanh(rho) + half), "Bonett and Wright"
    from scipy.stats import bootstrap

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it bounds anything is asked below
        found = bootstrap(
            (x, y), _rho, paired=True, vectorized=True, n_resamples=BOOTSTRAP_SAMPLES, confidence_level=CONFIDENCE,
            method="BCa", rng=np.random.default_rng(SEED), batch=1000,
        ).confidence_interval  # fmt: skip
    if not np.isfinite([found.low, found.high]).all():
        return -1.0, 1.0, "none: people left out in turn, or drawn anew, tell too little of how far chance goes"
    return float(found.low), float(found.high), f"bootstrap (BCa), {BOOTSTRAP_SAMPLES:,} samples, seed {SEED}"
