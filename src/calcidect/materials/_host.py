"""Soft tissue without crystals: the line from fat to muscle, fitted in the scan itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.materials._types import Sensitivity

_SOFT_TISSUE_HU = (-120.0, 100.0)
_BIN_HU = 10.0
_MINIMUM_PER_BIN = 150


@dataclass(frozen=True)
class HostLine:
    """``high = alpha_hu + beta low`` for every mixture of fat, muscle and water.

    Parameters
    ----------
    alpha_hu : float
        HU at the high energy where the low energy reads 0.
    beta : float
        Slope; below 1, since fat is darker at low energy.
    """

    alpha_hu: float
    beta: float

    def hydroxyapatite(self, low_hu: Any, high_hu: Any, sensitivity: Sensitivity) -> NDArray[np.float32]:
        """Return mg/cm3 of hydroxyapatite of voxels in any mixture of fat and muscle, positive or negative.

        With ``low = h + k_low c`` and ``high = alpha + beta h + k_high c`` the unknown host h drops out:
        ``c = (high - alpha - beta low) / (k_high - beta k_low)``.
        """
        per_mg = sensitivity.ha_high - self.beta * sensitivity.ha_low
        return np.asarray((high_hu - np.float32(self.alpha_hu) - np.float32(self.beta) * low_hu) / np.float32(per_mg))


def fit_host_line(low_hu: NDArray[Any], high_hu: NDArray[Any], inner: NDArray[np.bool_]) -> HostLine:
    """Fit the line through the medians of the high-energy HU in bins of 10 HU of the low-energy HU.

    Medians of bins, each with the same weight, keep the few voxels of mineral or nail from pulling the line, and
    give fat and muscle the same say.

    Parameters
    ----------
    low_hu, high_hu : array
        Smoothed images (noise along the low axis flattens the slope), any shape.
    inner : bool array
        Voxels well below the skin.

    Returns
    -------
    HostLine
        Where fewer than three bins are filled (a scan of little soft tissue): water's, alpha 0 and beta 1.
    """
    low, high = low_hu[inner], high_hu[inner]
    medians = []
    for start in np.arange(*_SOFT_TISSUE_HU, _BIN_HU):
        here = (low >= start) & (low < start + _BIN_HU)
        if here.sum() >= _MINIMUM_PER_BIN:
            medians.append((float(np.median(low[here])), float(np.median(high[here]))))
    if len(medians) < 3:
        return HostLine(0.0, 1.0)
    x, y = np.array(medians).T
    beta, alpha = np.polyfit(x, y, 1)
    return HostLine(float(alpha), float(beta))
