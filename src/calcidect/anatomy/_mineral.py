"""Which voxels hold mineral: told from both energies, so that tendon and nail are not taken for it.

Of a single-energy scan brightness alone must tell (`mineral_image_of_one_energy`).

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

SMOOTH_MM = 0.5
MINIMUM_HA_MG_PER_CM3 = 60.0
_NOISE_FACTOR = 5.0
_DENSER_THAN_FAT_AND_SKIN_EDGE_HU = 40.0
URATE_HU = 175.0
NAIL_AND_SKIN_MM = 1.5
BRIGHTEST_TISSUE_HU = 130.0
"""Tendon (99 to 128 HU) and cartilage (94 to 130) at every energy (docs/method/materials.md, section 2)."""
ABOVE_TISSUE_NOISE = 3.0
"""Standard deviations: one voxel in a thousand of tendon, and six or more for muscle; single voxels are no deposit."""
BRIGHTER_THAN_NAIL_HU = 300.0
"""Nail has 250 to 282 HU at every energy, 40 keV included."""
_HOST_HU = 50.0
"""Muscle at every energy (42 to 47 HU)."""
HU_PER_MG_AT_80_KV = 2.27
"""Of hydroxyapatite behind 3 cm of water (docs/method/materials.md, section 1)."""


@dataclass(frozen=True, eq=False)
class MineralImage:
    """One hand's images, smoothed, and what they say about mineral.

    Parameters
    ----------
    low_hu : float32 array
        As scanned; of a single-energy scan, mineral as bright as it would be at 80 kV, for which the rules were made.
    smooth_low_hu : float32 array
        Smoothed by 0.5 mm.
    ha_mg_per_cm3 : float32 array
        Smoothed estimate, positive or negative.
    mask : bool array
        Mineral: hydroxyapatite above noise, or as dense as urate and deeper than nail and skin. Of a single-energy
        scan: brighter than any soft tissue by noise and deeper than nail and skin, or brighter than nail.
    depth_mm : float32 array
        Below the skin, 0 outside.
    smooth_high_hu : float32 array or None
        As ``smooth_low_hu``, of the high energy; None of a single-energy scan.
    line : HostLine or None
        Of soft tissue; None of a single-energy scan.
    unbrightened_hu : float32 array or None
        The smoothed image of a single-energy scan, mineral as bright as scanned; None of two energies.
    """

    low_hu: NDArray[np.float32]
    smooth_low_hu: NDArray[np.float32]
    ha_mg_per_cm3: NDArray[np.float32]
    mask: NDArray[np.bool_]
    depth_mm: NDArray[np.float32]
    smooth_high_hu: NDArray[np.float32] | None = None
    line: HostLine | None = None
    unbrightened_hu: NDArray[np.float32] | None = None

    @property
    def scanned_smooth_low_hu(self) -> NDArray[np.float32]:
        """The low energy, or the only one, as scanned and smoothed."""
        return self.smooth_low_hu if self.unbrightened_hu is None else self.unbrightened_hu


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

    sigma = [SMOOTH_MM / s for s in spacing_mm[::-1]]
    raw = low.astype(np.float32)
    smooth_low, smooth_high = (gaussian_filter(a.astype(np.float32), sigma) for a in (raw, high))
    depth = depth_mm(body, spacing_mm)
    line = fit_host_line(smooth_low, smooth_high, depth > 2.0)
    ha, noise = _hydroxyapatite(smooth_low, smooth_high, line, sensitivity, depth > 2.0)
    is_ha = (ha > max(MINIMUM_HA_MG_PER_CM3, _NOISE_FACTOR * noise)) & (smooth_low > _DENSER_THAN_FAT_AND_SKIN_EDGE_HU)
    dense = (smooth_low > URATE_HU) & (depth > NAIL_AND_SKIN_MM)
    return MineralImage(raw, smooth_low, ha, body & (is_ha | dense), depth, smooth_high, line)


def mineral_image_of_one_energy(
    image: NDArray[np.generic],
    body: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    brightness: float,
) -> MineralImage:
    """Return where one hand holds mineral, by the HU of one energy.

    No soft tissue but nail is brighter than 130 HU at any energy; above it by noise and, as of two energies, above
    175 HU, mineral is what lies deeper than nail and skin. Nearer to the skin it must be brighter than nail.

    Parameters
    ----------
    image : array, shape (k, j, i)
        HU of the hand's box.
    body : bool array
        Inside of the skin.
    spacing_mm : tuple of float
        Along i, j, k.
    brightness : float
        How many times as bright mineral would be at 80 kV.
    """
    from scipy.ndimage import gaussian_filter

    sigma = [SMOOTH_MM / s for s in spacing_mm[::-1]]
    raw = image.astype(np.float32)
    smooth = gaussian_filter(raw, sigma)
    depth = depth_mm(body, spacing_mm)
    noise = _spread_of_soft_tissue(smooth - gaussian_filter(smooth, [2 * s for s in sigma]), smooth, depth > 2.0)
    deep_hu = max(URATE_HU, BRIGHTEST_TISSUE_HU + ABOVE_TISSUE_NOISE * noise)
    surface_hu = max(BRIGHTER_THAN_NAIL_HU, deep_hu)
    mask = body & ((smooth > surface_hu) | ((smooth > deep_hu) & (depth > NAIL_AND_SKIN_MM)))
    like_80_kv, smooth_like_80_kv = (_brightened(a, brightness) for a in (raw, smooth))
    ha_mg_per_cm3 = (smooth_like_80_kv - _HOST_HU) / np.float32(HU_PER_MG_AT_80_KV)
    return MineralImage(like_80_kv, smooth_like_80_kv, ha_mg_per_cm3, mask, depth, unbrightened_hu=smooth)


def _brightened(hu: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Return an image with what is brighter than muscle so many times as bright above it."""
    return np.where(hu > _HOST_HU, _HOST_HU + np.float32(factor) * (hu - _HOST_HU), hu).astype(np.float32)


def _hydroxyapatite(
    low: NDArray[np.float32], high: NDArray[np.float32], line: HostLine, sensitivity: Sensitivity,
    inner: NDArray[np.bool_],
) -> tuple[NDArray[np.float32], float]:  # fmt: skip
    """Return mg/cm3 off the host line, and the standard deviation of that in soft tissue."""
    ha = line.hydroxyapatite(low, high, sensitivity)
    return ha, _spread_of_soft_tissue(ha, low, inner)


def _spread_of_soft_tissue(
    values: NDArray[np.float32], low: NDArray[np.float32], inner: NDArray[np.bool_]
) -> float:  # fmt: skip
    """Return the standard deviation of values where the image shows soft tissue."""
    soft = values[inner & (low < 110) & (low > -130)]
    return robust_sd(soft) if soft.size else 0.0


def robust_sd(values: NDArray[np.float32]) -> float:
    """Return the standard deviation of most of the values, by their median distance from the median."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))
