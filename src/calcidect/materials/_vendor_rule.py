"""The rule of vendors' gout software, for comparison: a fixed line through the plane of low and high HU.

Each voxel is painted by itself, whatever tissue it lies in; docs/method/materials.md, section 9, shows where it fails.
No vendor publishes its rule in full: parameters are those in common use, and what each does is our reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Volume
from calcidect.settings import VendorRuleSettings

NOTHING, CALCIUM, URATE = 0, 1, 2
"""What a voxel is painted as."""


def vendor_painted(low: Volume, high: Volume, rule: VendorRuleSettings) -> NDArray[np.uint8]:
    """Return what the rule paints each voxel as: 0 nothing, 1 calcium, 2 urate, shape (slices, rows, columns)."""
    out = np.empty(low.array.shape, np.uint8)
    for k, plane in enumerate(vendor_planes(low, high, rule)):
        out[k] = plane
    return out


def vendor_painted_in(
    low: Volume, high: Volume, start: tuple[int, int, int], size: tuple[int, int, int], rule: VendorRuleSettings
) -> NDArray[np.uint8]:
    """Return what the rule paints in a box, as it does in the whole image: the neighbours of its border count.

    Parameters
    ----------
    low, high : Volume
        HU.
    start, size : tuple of int
        First voxel (i, j, k) and voxels along i, j, k.
    rule : VendorRuleSettings
    """
    whole, around = low.grid.size, rule.smoothing_range_pixels
    first = [max(0, start[a] - around) for a in (0, 1)]
    last = [min(whole[a], start[a] + size[a] + around) for a in (0, 1)]
    wide = (first[0], first[1], start[2]), (last[0] - first[0], last[1] - first[1], size[2])
    painted = vendor_painted(low.cropped(*wide), high.cropped(*wide), rule)
    i, j = start[0] - first[0], start[1] - first[1]
    return painted[:, j : j + size[1], i : i + size[0]]


def vendor_planes(low: Volume, high: Volume, rule: VendorRuleSettings) -> Iterator[NDArray[np.uint8]]:
    """Return what the rule paints, slice after slice."""
    return (_painted(one, other, rule) for one, other in zip(low.array, high.array, strict=True))


def vendor_urate_fraction(painted: NDArray[np.uint8]) -> float | None:
    """Return the share of urate among painted voxels; None where nothing is painted."""
    urate, calcium = (int(np.count_nonzero(painted == colour)) for colour in (URATE, CALCIUM))
    return urate / (urate + calcium) if urate + calcium else None


def vendor_material(urate_fraction: float | None) -> Literal["hydroxyapatite", "urate", "indeterminate"]:
    """Return what most of a deposit's painted voxels are; indeterminate at a tie, or where nothing is painted."""
    if urate_fraction is None or urate_fraction == 0.5:
        return "indeterminate"
    return "urate" if urate_fraction > 0.5 else "hydroxyapatite"


def _painted(low_plane: NDArray[Any], high_plane: NDArray[Any], rule: VendorRuleSettings) -> NDArray[np.uint8]:
    """Paint one slice.

    Both energies are smoothed by a square mean. Where the mean of the two is at or above the minimum: calcium if the
    point lies above the line from the soft-tissue point, or is brighter than the maximum at the low energy, else urate.
    """
    from scipy.ndimage import uniform_filter

    low, high = (
        uniform_filter(plane.astype(np.float32), rule.smoothing_range_pixels, mode="nearest")
        for plane in (low_plane, high_plane)
    )
    above_line = low - rule.soft_tissue_low_hu > rule.ratio * (high - rule.soft_tissue_high_hu)
    colour = np.where(above_line | (low > rule.maximum_hu), CALCIUM, URATE)
    return np.where(0.5 * (low + high) >= rule.minimum_hu, colour, NOTHING).astype(np.uint8)
