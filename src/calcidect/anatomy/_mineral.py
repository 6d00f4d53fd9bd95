"""Which voxels hold mineral: told from both energies, so that tendon and nail are not taken for it.

Soft tissue without crystals lies on a line in the plane of the two energies, from fat to muscle; this line is fitted in
the scan itself. Hydroxyapatite pulls a voxel off the line, whatever mixture of fat and muscle it lies in:
``c = (high - alpha - beta low) / (k_high - beta k_low)`` in mg/cm3, with the pair's sensitivities k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.materials import HostLine, Sensitivity, fit_host_line
from calcidect.study import depth_mm

_SMOOTH_MM = 0.5
_MINIMUM_HA_MG_PER_CM3 = 60.0
_NOISE_FACTOR = 5.0
_DENSER_THAN_FAT_AND_SKIN_EDGE_HU = 40.0
_URATE_HU = 175.0
_NAIL_AND_SKIN_MM = 1.5


@dataclass(frozen=True, eq=False)
class MineralImage:
    """One hand's images, smoothed, and what they say about mineral.

    Parameters
    ----------
    low_hu : float32 array
        As scanned.
    smooth_low_hu : float32 array
        Smoothed by 0.5 mm.
    ha_mg_per_cm3 : float32 array
        Smoothed estimate, positive or negative.
    mask : bool array
        Mineral: hydroxyapatite above noise, or as dense as urate and deeper than nail and skin.
    depth_mm : float32 array
        Below the skin, 0 outside.
    """

    low_hu: NDArray[np.float32]
    smooth_low_hu: NDArray[np.float32]
    ha_mg_per_cm3: NDArray[np.float32]
    mask: NDArray[np.bool_]
    depth_mm: NDArray[np.float32]


def mineral_image(
    low: NDArray[np.generic],
    high: NDArray[np.generic],
    body: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    sensitivity: Sensitivity,
) -> MineralImage:
    """Return where one hand holds mineral.

    Parameters
    ----------
    low, high : array, shape (k, j, i)
        HU of the hand's box.
    body : bool array
        Inside of the skin.
    spacing_mm : tuple of float
        Along i, j, k.
    sensitivity : Sensitivity
        Of the pair.
    """
    from scipy.ndimage import gaussian_filter

    sigma = [_SMOOTH_MM / s for s in spacing_mm[::-1]]
    raw = low.astype(np.float32)
    smooth_low, smooth_high = (gaussian_filter(a.astype(np.float32), sigma) for a in (raw, high))
    depth = depth_mm(body, spacing_mm)
    line = fit_host_line(smooth_low, smooth_high, depth > 2.0)
    ha, noise = _hydroxyapatite(smooth_low, smooth_high, line, sensitivity, depth > 2.0)
    is_ha = (ha > max(_MINIMUM_HA_MG_PER_CM3, _NOISE_FACTOR * noise)) & (smooth_low > _DENSER_THAN_FAT_AND_SKIN_EDGE_HU)
    dense = (smooth_low > _URATE_HU) & (depth > _NAIL_AND_SKIN_MM)
    return MineralImage(raw, smooth_low, ha, body & (is_ha | dense), depth)


def _hydroxyapatite(
    low: NDArray[np.float32], high: NDArray[np.float32], line: HostLine, sensitivity: Sensitivity,
    inner: NDArray[np.bool_],
) -> tuple[NDArray[np.float32], float]:  # fmt: skip
    """Return mg/cm3 off the host line, and the standard deviation of that in soft tissue."""
    ha = line.hydroxyapatite(low, high, sensitivity)
    soft = ha[inner & (low < 110) & (low > -130)]
    return ha, float(1.4826 * np.median(np.abs(soft - np.median(soft)))) if soft.size else 0.0
