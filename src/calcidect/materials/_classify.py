"""Hydroxyapatite, urate, or not to be told: two hypotheses about a region's host-subtracted integrals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from calcidect.geometry import FloatArray
from calcidect.materials._ray import distance_sd
from calcidect.materials._types import Sensitivity

PRIOR_HYDROXYAPATITE = 0.9
"""In systemic sclerosis: hydroxyapatite in all but one of the specimens of ten patients (docs/method/materials.md).
Use 0.5 in other diseases."""

CERTAIN = 0.95
"""A posterior below it is 'indeterminate': the usual level of one error in twenty."""

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

    Under a hypothesis the point (low, high) lies on the crystal's ray, off it by a Gaussian distance t in standard
    deviations (``distance_sd``: noise, host, and 5 % of each integral). ``posterior = prior exp(-t_ha^2 / 2) / sum of
    both``. No ratio is taken, so a region of faint signal, or in fat, needs no special case.

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
    excess = excess_low_hu_mm3, excess_high_hu_mm3
    (low_variance, covariance), (_, high_variance) = np.asarray(covariance_hu2_mm6, float)
    rays = (sensitivity.ha_low, sensitivity.ha_high), (sensitivity.msu_low, sensitivity.msu_high)
    distances = [float(distance_sd(*excess, ray, (low_variance, high_variance, covariance))) for ray in rays]
    log_odds = np.log(prior_hydroxyapatite / (1 - prior_hydroxyapatite)) + (distances[1] ** 2 - distances[0] ** 2) / 2
    posterior = float(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))))
    nearest = 0 if posterior >= 0.5 else 1
    told = max(posterior, 1 - posterior) >= CERTAIN and distances[nearest] <= _FITS_WITHIN_SD and min(excess) > 0
    return Classification(_CRYSTALS[nearest] if told else "indeterminate", posterior, distances[nearest])
