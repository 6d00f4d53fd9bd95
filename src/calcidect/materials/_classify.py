"""Hydroxyapatite, urate, or not to be told: two hypotheses about a region's host-subtracted integrals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from calcidect.geometry import FloatArray
from calcidect.materials._types import Sensitivity

PRIOR_HYDROXYAPATITE = 0.9
"""In systemic sclerosis: hydroxyapatite in 9 of 10 specimens ([S2] of the domain facts). Use 0.5 in other diseases."""

CERTAIN = 0.95
"""A posterior below it is 'indeterminate': the usual level of one error in twenty."""

MODEL_SD_FRACTION = 0.05
"""Of each energy's integral: the model is within 5 % of published ratios, and calcium phosphates other than
hydroxyapatite differ from it by 5 % (domain facts 2.3)."""

_FITS_WITHIN_SD = 3.0
"""A region farther than this from both hypotheses is a mixture or an artefact (0.3 % of true ones are)."""

_CRYSTALS: tuple[Literal["hydroxyapatite", "urate"], ...] = ("hydroxyapatite", "urate")


@dataclass(frozen=True)
class Classification:
    """What a region is made of.

    Parameters
    ----------
    material : {"hydroxyapatite", "urate", "indeterminate"}
        Indeterminate if the posterior is below 0.95, if neither crystal fits within 3 standard deviations, or if the
        region is not brighter than its host.
    posterior : float
        Probability of hydroxyapatite, given that it is one of the two, 0 to 1.
    distance_sd : float
        From the nearer hypothesis, standard deviations.
    """

    material: Literal["hydroxyapatite", "urate", "indeterminate"]
    posterior: float
    distance_sd: float


def classify(
    excess_low_hu_mm3: float,
    excess_high_hu_mm3: float,
    covariance_hu2_mm6: FloatArray,
    sensitivity: Sensitivity,
    prior_hydroxyapatite: float = PRIOR_HYDROXYAPATITE,
) -> Classification:
    """Tell hydroxyapatite from urate by the region's integrals, host subtracted.

    Under a hypothesis with sensitivities ``k = (k_low, k_high)`` the point e = (low, high) lies on the ray along k, at
    a distance that is Gaussian: ``t = (e_low k_high - e_high k_low) / sd``, where ``sd^2`` propagates the noise
    and 5 % of each integral. ``posterior = prior exp(-t_ha^2 / 2) / sum of both``. Ratios of sums are never taken, so
    a region of faint signal, or in fat, needs no special case.

    Parameters
    ----------
    excess_low_hu_mm3, excess_high_hu_mm3 : float
        Host-subtracted integrals.
    covariance_hu2_mm6 : array, shape (2, 2)
        Of the two integrals, noise and host.
    sensitivity : Sensitivity
        In the region's host.
    prior_hydroxyapatite : float
        Probability before looking, above 0 and below 1.

    Raises
    ------
    ValueError
        If the prior is not above 0 and below 1.
    """
    if not 0 < prior_hydroxyapatite < 1:
        raise ValueError(f"The prior must lie above 0 and below 1, but it is {prior_hydroxyapatite}.")
    excess = np.array([excess_low_hu_mm3, excess_high_hu_mm3])
    covariance = np.asarray(covariance_hu2_mm6, float) + np.diag((MODEL_SD_FRACTION * excess) ** 2)
    rays = [(sensitivity.ha_low, sensitivity.ha_high), (sensitivity.msu_low, sensitivity.msu_high)]
    distances = [_distance_sd(excess, covariance, *ray) for ray in rays]
    log_odds = np.log(prior_hydroxyapatite / (1 - prior_hydroxyapatite)) + (distances[1] ** 2 - distances[0] ** 2) / 2
    posterior = float(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))))
    nearest = 0 if posterior >= 0.5 else 1
    told = max(posterior, 1 - posterior) >= CERTAIN and distances[nearest] <= _FITS_WITHIN_SD and excess.min() > 0
    return Classification(_CRYSTALS[nearest] if told else "indeterminate", posterior, distances[nearest])


def _distance_sd(excess: FloatArray, covariance: FloatArray, k_low: float, k_high: float) -> float:
    """Return how many standard deviations a point lies off the ray of a crystal."""
    off_ray = np.array([k_high, -k_low])
    return float(abs(off_ray @ excess) / np.sqrt(off_ray @ covariance @ off_ray))
