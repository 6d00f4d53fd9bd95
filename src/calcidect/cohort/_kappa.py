"""Agreement on categories beyond chance: Cohen's kappa, weighted kappa, Fleiss' kappa."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._estimate import ALPHA, Estimate
from calcidect.cohort._group_test import SEED
from calcidect.cohort._ratings import NONE_SEEN, Ratings, refused
from calcidect.cohort._variable import Kind

_SAMPLES = 1_999
"""Bootstrap samples of people; the bounds' own error is then about a tenth of the interval. Our choice."""


def kappa(ratings: Ratings) -> Estimate:
    """Return the kappa that fits: of two raters Cohen's, weighted by the squared distance where there is an order.

    Cohen, Educ Psychol Meas 1960;20:37-46; weighted Psychol Bull 1968;70:213-220; of more raters Fleiss, Psychol Bull
    1971;76:378-382. Intervals: percentiles of a bootstrap of people, seeded; the large-sample variance is too small for
    few people.

    Raises
    ------
    InputRefusedError
        If it is no matter of categories, or chance alone gives full agreement.
    """
    if not ratings.variable.has_levels:
        raise refused("The ratings are numbers.", "Categories.")
    codes = ratings.values.astype(np.int64)
    value = _value(codes, ratings)
    if not np.isfinite(value):
        raise refused("All raters used one category only.", "At least two categories in use.")
    if (codes == codes[:, :1]).all():
        return Estimate(_name(ratings), value, how=NONE_SEEN)  # nor would any resample differ
    picks = np.random.default_rng(SEED).integers(0, len(codes), (_SAMPLES, len(codes)))
    sampled = np.array([_value(codes[pick], ratings) for pick in picks])
    low, high = np.nanquantile(sampled, [ALPHA / 2, 1 - ALPHA / 2])
    how = f"bootstrap, {_SAMPLES:,} samples, seed {SEED}"
    return Estimate(_name(ratings), value, float(low), float(high), how)


def _name(ratings: Ratings) -> str:
    if len(ratings.raters) > 2:
        return "Fleiss' kappa, categories without order"
    return "weighted kappa, squared distance" if ratings.variable.kind is Kind.ORDINAL else "Cohen's kappa"


def _value(codes: NDArray[np.int64], ratings: Ratings) -> float:
    """Return kappa, NaN where only one category is in use."""
    from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

    size = len(ratings.variable.categories)
    if np.ptp(codes) == 0:
        return float("nan")
    if len(ratings.raters) > 2:
        counts = (codes[:, :, None] == np.arange(size)).sum(1)
        return float(fleiss_kappa(counts))
    table = np.bincount(codes[:, 0] * size + codes[:, 1], minlength=size * size).reshape(size, size)
    weights = "quadratic" if ratings.variable.kind is Kind.ORDINAL else None
    return float(cohens_kappa(table, wt=weights, return_results=False))
