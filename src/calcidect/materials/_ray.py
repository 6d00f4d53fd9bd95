"""A crystal in the plane of the two energies: a ray from the host, ``(low, high) = c (k_low, k_high)``."""

from __future__ import annotations

from typing import Any

import numpy as np

from calcidect.geometry import FloatArray

SIGNAL_SD_FRACTION = 0.05
"""Of each energy's signal: the model is within 5 % of published ratios, and calcium phosphates other than
hydroxyapatite differ from it by 5 % (docs/method/materials.md, section 5)."""


def distance_sd(low: Any, high: Any, ray: tuple[float, float], variances: tuple[Any, Any, Any]) -> FloatArray:
    """Return how many standard deviations points lie off a ray.

    ``t = |low k_high - high k_low| / sd``, and ``sd^2`` propagates the errors of both energies and 5 % of each signal.

    Parameters
    ----------
    low, high : float or array
        Host-subtracted signal, HU or HU mm3.
    ray : tuple of float
        k_low, k_high of the crystal.
    variances : tuple
        Of low, of high, and their covariance, in the square of the signal's unit.
    """
    k_low, k_high = ray
    low_variance, high_variance, covariance = variances
    model = (SIGNAL_SD_FRACTION * k_high * low) ** 2 + (SIGNAL_SD_FRACTION * k_low * high) ** 2
    noise = k_high**2 * low_variance + k_low**2 * high_variance - 2 * k_low * k_high * covariance
    return np.asarray(np.abs(low * k_high - high * k_low) / np.sqrt(noise + model))
