"""Paste: hydroxyapatite too dilute to be told from noise voxel by voxel.

Paste of 80 mg/cm3 in fat is no brighter than muscle, and a voxel's noise is as much. Over a body of 50 mm3 noise
averages out, and hydroxyapatite lies off the line of soft tissue in whatever it lies (`_mineral`); tendon, skin and
nail lie on the other side of that line, as urate does, so that no dim tophus can be told so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._mineral import BRIGHTEST_TISSUE_HU, MINIMUM_HA_MG_PER_CM3, MineralImage, robust_sd
from calcidect.geometry import parts_holding
from calcidect.materials import Sensitivity
from calcidect.study import depth_mm

Mask = NDArray[np.bool_]

_SIGMA_MM = 1.0
"""Our choice: wide enough to lower noise tenfold, and narrower than paste of 50 mm3 is thick, 4.6 mm."""
_BELOW_SKIN_MM = 0.9
"""Clear of air (sigma of blur 0.5 mm): a hundredth of it looks like 6 mg/cm3."""
_CLEAR_MM = 0.6
"""From what is mineral voxel by voxel, which takes in most of its blur."""
_EDGE_MG_PER_CM3 = 40.0
"""Half of 80 mg/cm3, the most dilute paste looked for; what is densest must reach the density of mineral. Synovial
fluid has 19, blood 0, cartilage 6 (docs/method/materials.md)."""
_NOISE_FACTOR = 3.0
"""Of noise and of how much soft tissue differs from its line; the size that is asked for does the rest."""
_LEAST_MM3, _DENSE_SHARE = 25.0, 0.1
"""Our choice: half of 50 mm3, for paste fades toward its rim; and how much of it must be as dense as mineral."""
_DENSE_MG_PER_CM3 = 250.0
"""Of mineral that can make paste of what is around it by blur: a grain that shows less has 1 mg, and paste of that size
and density has as much."""
_EVEN, _PEAK_SHARE = 2.2, 0.03
"""Our choice: paste is even but for noise, a third of it; an artery's wall or a row of grains is not."""
_DARKEST_HU = -150.0
"""What hydroxyapatite lies in is no darker than fatty marrow, -140 HU at 70 kV (docs/method/materials.md); what is half
air is, and lies off the line, too."""
_LEAST_WEIGHT = 0.2
"""Our choice: of a voxel's surroundings, how much must be clear for their mean to count."""


def find_paste(
    low_hu: NDArray[np.generic], high_hu: NDArray[np.generic], image: MineralImage, bones: Mask,
    spacing_mm: tuple[float, float, float], sensitivity: Sensitivity,
) -> Mask:  # fmt: skip
    """Return the voxels of paste.

    Parameters
    ----------
    low_hu, high_hu : array, shape (k, j, i)
        As scanned.
    image : MineralImage
        Of both.
    bones : bool array
        Filled.
    spacing_mm : tuple of float
        Along i, j, k.
    sensitivity : Sensitivity
        Of the pair.
    """
    assert image.line is not None
    mineral = bones | parts_holding(image.mask & (image.ha_mg_per_cm3 > _DENSE_MG_PER_CM3), image.mask)
    clear = image.depth_mm > _BELOW_SKIN_MM
    if mineral.any():
        clear &= depth_mm(~mineral, spacing_mm) > _CLEAR_MM
    low, high = _smoothed((low_hu, high_hu), clear, spacing_mm)
    ha = image.line.hydroxyapatite(low, high, sensitivity)
    soft = clear & (low < BRIGHTEST_TISSUE_HU)
    if not soft.any():
        return np.zeros(bones.shape, bool)
    off_line = clear & (ha > max(_EDGE_MG_PER_CM3, _NOISE_FACTOR * robust_sd(ha[soft])))
    return _bodies(off_line, ha, image.ha_mg_per_cm3, low - np.float32(sensitivity.ha_low) * ha, spacing_mm)


def _bodies(
    off_line: Mask, ha: NDArray[np.float32], sharp_ha: NDArray[np.float32], host_hu: NDArray[np.float32],
    spacing_mm: tuple[float, float, float],
) -> Mask:  # fmt: skip
    """Return the connected parts that are large and dense enough, even, and in what can be soft tissue."""
    from scipy.ndimage import label, mean

    parts, count = label(off_line)
    numbers = np.arange(count + 1)
    good = np.bincount(parts.ravel()) * float(np.prod(spacing_mm)) >= _LEAST_MM3
    good &= mean(ha > MINIMUM_HA_MG_PER_CM3, parts, numbers) >= _DENSE_SHARE
    good &= mean(host_hu, parts, numbers) > _DARKEST_HU
    peaks = sharp_ha > _EVEN * mean(ha, parts, numbers).astype(np.float32)[parts]
    good &= mean(peaks, parts, numbers) <= _PEAK_SHARE
    good[0] = False
    return np.asarray(good[parts])


def _smoothed(
    images: tuple[NDArray[np.generic], ...], clear: Mask, spacing_mm: tuple[float, float, float]
) -> list[NDArray[np.float32]]:
    """Return each image's mean around each voxel of what is clear; nothing bleeds in from bone or air."""
    from scipy.ndimage import gaussian_filter

    sigma = [_SIGMA_MM / s for s in spacing_mm[::-1]]
    weight = gaussian_filter(clear.astype(np.float32), sigma)
    sums = (gaussian_filter(np.where(clear, hu, 0).astype(np.float32), sigma) for hu in images)
    means = (total / np.maximum(weight, _LEAST_WEIGHT) for total in sums)
    return [np.asarray(np.where(weight > _LEAST_WEIGHT, mean, 0.0), np.float32) for mean in means]
