"""Where mineral is, where its blur reaches, and where soft tissue is clear of both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Volume

HALO_MM = 1.0
"""The blur of a hand's scan (FWHM up to 1.2 mm, sigma 0.5 mm) leaves less than 2 % of an edge's signal beyond."""
_SUPPORT = 4
"""Our choice, of a voxel and its 26 neighbours: a ball of 1 mm fills four voxels of 0.5 mm; noise alone seldom does."""

Mask = NDArray[np.bool_]


def find_mineral(low: Volume, threshold_hu: float) -> Mask:
    """Return voxels above a threshold that at least three neighbours share: single ones are noise."""
    above = low.array >= threshold_hu
    count = above.astype(np.uint8)
    for axis in range(3):
        source = count.copy()
        one, other = _sides(axis, 1)
        count[one] += source[other]
        count[other] += source[one]
    return above & (count >= _SUPPORT)


def grown(mask: Mask, spacing_mm: tuple[float, float, float], by_mm: float = HALO_MM) -> Mask:
    """Return a mask grown by so much along every axis (a box), at least by one voxel."""
    out = mask.copy()
    for axis, spacing in enumerate(spacing_mm[::-1]):
        source = out.copy()
        for step in range(1, max(1, round(by_mm / spacing)) + 1):
            one, other = _sides(axis, step)
            out[one] |= source[other]
            out[other] |= source[one]
    return out


def _sides(axis: int, step: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return what is all but the last, and all but the first, so many voxels along an axis."""
    before = (slice(None),) * axis
    return (*before, slice(None, -step)), (*before, slice(step, None))
