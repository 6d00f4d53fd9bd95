"""Two measurements of the same people: limits of agreement, and Lin's concordance."""

from __future__ import annotations

from math import atanh, inf, sqrt, tanh

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._estimate import ALPHA, NORMAL_975, Estimate
from calcidect.cohort._ratings import NONE_SEEN, ROUNDING, Ratings, refused

_FEWEST = 3  # people for Lin's variance, which has n - 2 below


def bland_altman(ratings: Ratings, *, as_ratio: bool = False) -> tuple[Estimate, Estimate, Estimate]:
    """Return the mean difference second - first, and the limits that hold 95 % of differences, each with its interval.

    Bland and Altman, Lancet 1986;327:307-310: mean -+ 1.96 SD. The mean's interval is Student's; the limits' are exact
    for normal differences, by the noncentral t distribution (Carkeet, Optom Vis Sci 2015;92:e71-e80), since the usual
    approximation is too narrow for few people. As ratio: of the logarithms, turned back, for errors that grow with
    size.

    Raises
    ------
    InputRefusedError
        If there are not two raters, or a ratio is asked of values that are not above zero.
    """
    from scipy.stats import nct, t

    first, second = _two(ratings)
    if as_ratio:
        if min(first.min(), second.min()) <= 0:
            raise refused("A value is zero or below.", "Values above zero, since ratios are asked for.")
        first, second = np.log(first), np.log(second)
    differences = second - first
    n, mean, sd = len(differences), float(differences.mean()), float(differences.std(ddof=1))
    error, limit = sd / sqrt(n), NORMAL_975 * sd
    half = float(t.ppf(1 - ALPHA / 2, n - 1)) * error
    inner, outer = (float(q) * error for q in nct.ppf([ALPHA / 2, 1 - ALPHA / 2], n - 1, NORMAL_975 * sqrt(n)))
    bounds = {
        "mean": (mean, mean - half, mean + half),
        "lower limit": (mean - limit, mean - outer, mean - inner),
        "upper limit": (mean + limit, mean + inner, mean + outer),
    }
    if sd <= ROUNDING * float(np.abs([first, second]).max()):
        bounds = dict.fromkeys(bounds, (mean, -inf, inf))
    made = [_of_pair(name, found, ratings, as_ratio) for name, found in bounds.items()]
    return made[0], made[1], made[2]


def _of_pair(name: str, bounds: tuple[float, float, float], ratings: Ratings, as_ratio: bool) -> Estimate:
    how = "Student's t" if name == "mean" else "noncentral t"
    if bounds[2] == inf:
        how = NONE_SEEN
    first, second = ratings.raters
    if as_ratio:
        value, low, high = np.exp(bounds).tolist()
        return Estimate(f"{name} of the ratio: {second} / {first}", value, low, high, how, is_ratio=True)
    unit = f", {ratings.variable.unit}" if ratings.variable.unit else ""
    return Estimate(f"{name} of the difference: {second} minus {first}{unit}", *bounds, how)


def concordance(ratings: Ratings) -> Estimate:
    """Return Lin's concordance correlation with its interval by Fisher's z.

    Lin, Biometrics 1989;45:255-268, variance as corrected in Biometrics 2000;56:324-325:
    2 s12 / (s1^2 + s2^2 + (m1 - m2)^2), moments with n below.

    Raises
    ------
    InputRefusedError
        If there are not two raters, fewer than three people, or a rater gave all people the same value.
    """
    first, second = _two(ratings)
    if len(first) < _FEWEST or np.ptp(first) == 0 or np.ptp(second) == 0:
        raise refused("A rater gave all people the same value, or there are too few.", "Three people who differ.")
    s1, s2, apart = float(first.std()), float(second.std()), float(first.mean() - second.mean())
    shared = float(np.mean((first - first.mean()) * (second - second.mean())))
    value = 2 * shared / (s1**2 + s2**2 + apart**2)
    r, u2 = shared / (s1 * s2), apart**2 / (s1 * s2)
    name = "Lin's concordance correlation"
    if value > 1 - ROUNDING:
        return Estimate(name, value, -inf, inf, NONE_SEEN)
    if r == 0:
        raise refused("The two measurements do not correlate at all.", "Measurements of the same thing.")
    rest = 1 - value**2
    variance = (
        (1 - r**2) * value**2 / (rest * r**2)
        + 2 * value**3 * (1 - value) * u2 / (r * rest**2)
        - value**4 * u2**2 / (2 * r**2 * rest**2)
    ) / (len(first) - 2)
    half = NORMAL_975 * sqrt(max(variance, 0.0))
    return Estimate(name, value, tanh(atanh(value) - half), tanh(atanh(value) + half), "Fisher's z")


def _two(ratings: Ratings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(ratings.raters) != 2:
        raise refused(f"There are {len(ratings.raters)} raters.", "Two.")
    return ratings.values[:, 0], ratings.values[:, 1]
