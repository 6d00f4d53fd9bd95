"""Hydroxyapatite, urate, or not to be told: two hypotheses about a region's integrals and the scatter of its voxels."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from calcidect.geometry import FloatArray
from calcidect.materials._scatter import Scatter
from calcidect.materials._types import Sensitivity

PRIOR_HYDROXYAPATITE = 0.9
"""In systemic sclerosis: hydroxyapatite in all but one of the specimens of ten patients (docs/method/materials.md).
Use 0.5 in other diseases."""

CERTAIN = 0.95
"""A posterior below it is 'indeterminate': the usual level of one error in twenty."""

_FITS_WITHIN_SD = (3.0, 3.44)
"""Of one measurement, of two: a region farther than this from both hypotheses is a mixture or an artefact (0.27 % of
true ones are)."""

RATIO_SD_FRACTION = 0.05
"""Of a crystal's ratio: the model is within 3.3 % (root mean square) of the published ratios of calcium, and the ratios
of calcium salts other than hydroxyapatite lie 2 to 6 % below its own (docs/method/materials.md, section 5)."""

_TELLING_SD = 3.0
_CRYSTALS: tuple[Literal["hydroxyapatite", "urate"], ...] = ("hydroxyapatite", "urate")


@dataclass(frozen=True)
class Classification:
    """What a region is made of.

    Parameters
    ----------
    material : {"hydroxyapatite", "urate", "indeterminate"}
        Indeterminate if the posterior is below 0.95, if neither crystal fits (0.27 % of true ones), or if the
        region is not brighter than its host.
    posterior : float
        Probability of hydroxyapatite, given that it is one of the two, 0 to 1.
    distance_sd : float
        From the nearer hypothesis, standard deviations.
    ratio_offset_sd : float
        How far the ratio of the energies lies above that of hydroxyapatite, standard deviations; below it if negative.
    urate_distance_sd : float
        From urate, standard deviations.
    """

    material: Literal["hydroxyapatite", "urate", "indeterminate"]
    posterior: float
    distance_sd: float
    ratio_offset_sd: float = 0.0
    urate_distance_sd: float = 0.0

    @property
    def flags(self) -> tuple[str, ...]:
        """Return what the ratio asks for, which is never a diagnosis.

        ``other_calcium``: 3 standard deviations below hydroxyapatite's, and far from urate's; ``iodine_like``: 3 above.
        """
        other = self.ratio_offset_sd < -_TELLING_SD and self.urate_distance_sd > _TELLING_SD
        return ("other_calcium",) * other + ("iodine_like",) * (self.ratio_offset_sd > _TELLING_SD)


def classify(
    excess_low_hu_mm3: float,
    excess_high_hu_mm3: float,
    covariance_hu2_mm6: FloatArray,
    sensitivity: Sensitivity,
    prior_hydroxyapatite: float = PRIOR_HYDROXYAPATITE,
    scatter: Scatter | None = None,
) -> Classification:
    """Tell hydroxyapatite from urate by the region's integrals, host subtracted, and the scatter of its voxels.

    Under a hypothesis the points (low, high) of both lie on the crystal's ray. Off it by ``x = low k_high - high
    k_low``, one number each; their variances D follow from noise and host, and are independent between the two, since
    the scatter's weights add up to 0 and the integral's are even. The crystal's ratio is in doubt by 5 %, that is each
    energy's signal by 3.5 %, g, for both measurements alike:

        T^2 = x^T (D + g g^T)^-1 x        posterior = p exp(-T_ha^2 / 2) / sum of both

    No ratio is taken, so a region of faint signal, or in fat, needs no special case.

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
    scatter : Scatter or None
        Of the region's voxels; without it the integrals stand alone.

    Raises
    ------
    ValueError
        If the prior is not above 0 and below 1.
    """
    if not 0 < prior_hydroxyapatite < 1:
        raise ValueError(f"The prior must lie above 0 and below 1, but it is {prior_hydroxyapatite}.")
    points = [np.array([excess_low_hu_mm3, excess_high_hu_mm3])]
    covariances = [np.asarray(covariance_hu2_mm6, float)]
    if scatter is not None:
        points.append(np.array([scatter.low_hu2, scatter.high_hu2]))
        covariances.append(scatter.covariance_hu4)
    rays = (sensitivity.ha_low, sensitivity.ha_high), (sensitivity.msu_low, sensitivity.msu_high)
    distances = [_distance_sd(points, covariances, ray) for ray in rays]
    log_odds = np.log(prior_hydroxyapatite / (1 - prior_hydroxyapatite)) + (distances[1] ** 2 - distances[0] ** 2) / 2
    posterior = float(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))))
    nearest = 0 if posterior >= 0.5 else 1
    fits = distances[nearest] <= _FITS_WITHIN_SD[len(points) - 1]
    told = max(posterior, 1 - posterior) >= CERTAIN and fits and min(excess_low_hu_mm3, excess_high_hu_mm3) > 0
    offset = _ratio_offset_sd(points, covariances, rays[0])
    material = _CRYSTALS[nearest] if told else "indeterminate"
    return Classification(material, posterior, distances[nearest], offset, distances[1])


def _off_ray(
    points: list[FloatArray], covariances: list[FloatArray], ray: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return how far points lie off a ray, ``low k_high - high k_low``, and the variance of that."""
    across = np.array([ray[1], -ray[0]])
    off = np.array([across @ point for point in points])
    return off, np.array([across @ covariance @ across for covariance in covariances])


def _distance_sd(points: list[FloatArray], covariances: list[FloatArray], ray: tuple[float, float]) -> float:
    off, variances = _off_ray(points, covariances, ray)
    model = RATIO_SD_FRACTION / sqrt(2) * np.array([np.hypot(ray[1] * low, ray[0] * high) for low, high in points])
    return sqrt(float(off @ np.linalg.solve(np.diag(variances) + np.outer(model, model), off)))


def _ratio_offset_sd(points: list[FloatArray], covariances: list[FloatArray], ray: tuple[float, float]) -> float:
    """Return how far the ratio lies from the ray's, signed; 0 where no point lies on the ray's side of the host.

    Least squares of the share d in ``ratio = k_low / k_high (1 + d)``, with 5 % of doubt.
    """
    off, variances = _off_ray(points, covariances, ray)
    per_share = np.array([ray[0] * high for _, high in points])
    if (per_share <= 0).any():
        return 0.0
    power = float((per_share**2 / variances).sum())
    share = float((per_share * off / variances).sum()) / power
    return share / sqrt(1 / power + RATIO_SD_FRACTION**2)
