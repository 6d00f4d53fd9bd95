"""What the skin's edge in air tells of a kernel: how wide it is, and whether it overshoots.

Skin in air is the one edge that every hand scan has all around, of known shape (a step) and with nothing but air on one
side of it. A kernel that enhances edges leaves air beside the skin darker than air farther off; noise, tissue and
anatomy do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Volume

_SAMPLED_SLICES = 24  # our choice: some 40,000 pixels near the skin of one hand, in under half a second
_LEAST_PIXELS = 50  # in a bin of the profile: their median is good to a fifth of a voxel's noise
_BIN_MM = 0.2
_INSIDE_MM, _REACH_MM = 2.0, 6.0
"""How far the profile goes: over the skin's thickness, and in air no farther than half of the gap between fingers held
apart."""
_FAR_MM = 4.0  # air beyond it is far off: kernels' ringing ends within 3 mm
_SMOOTH_MM = 0.5  # by which the contour is found: less than a kernel's blur, enough against noise
_UPRIGHT = 0.25  # largest slope along the slices, of that in the plane: steeper skin is blurred by the slice, too
_LEAST_SLOPE_HU_PER_MM = 150.0  # skin blurred over 7 mm; less is no edge
_HALF_HU = -500.0  # half way between air and tissue
_STEP_HU, _LEAST_STEP_HU = 1000.0, 600.0  # from air to tissue; less is no skin
_LEVELS = (0.2, 0.6)
"""Shares of the step between which the width is taken: nothing but air lies below, and the fat under a thin skin bends
what lies above."""
_FWHM_OF_WIDTH = 2.3548 / 1.0950  # of a Gaussian: its FWHM, and its width between 20 % and 60 %, in standard deviations


@dataclass(frozen=True)
class Edge:
    """The profile of the skin's edge.

    Parameters
    ----------
    blur_fwhm_mm : float
        Full width at half maximum of the Gaussian that blurs a step as much, from 20 % to 60 % of it.
    dip_fraction : float or None
        Undershoot: how much darker air beside the skin is than air farther off, as a share of the step. None where
        the stored range ends too close below air to show it.
    rim_hu : float
        HU of the skin at its brightest.
    """

    blur_fwhm_mm: float
    dip_fraction: float | None
    rim_hu: float


def measure_edge(volume: Volume, visible_fraction: float) -> Edge | None:
    """Return the profile of the skin's edge in the plane of the slices; None if there is too little skin in air.

    Pixels are sorted by their distance from the contour half way between air and tissue, along its normal: a profile
    finer than the pixels, without interpolation between them (the slanted-edge method). It is the median in bins of
    0.2 mm over 24 slices, so that neither noise nor a table shows.

    Parameters
    ----------
    volume : Volume
        HU.
    visible_fraction : float
        The undershoot, as a share of the step, that the stored range has to leave room for.
    """
    slices = len(volume.array)
    if slices < 3:
        return None
    sampled = np.unique(np.linspace(1, slices - 2, min(_SAMPLED_SLICES, slices - 2)).astype(int))
    parts = [_near_skin(volume, int(k)) for k in sampled]
    at_mm, hu = (np.concatenate(column) for column in zip(*parts, strict=True))
    lowest_hu = float(min(volume.array[k].min() for k in sampled))
    return _edge_of(*_profile(at_mm, hu), lowest_hu, visible_fraction)


def _near_skin(volume: Volume, k: int) -> tuple[FloatArray, FloatArray]:
    """Return the distance to the skin in mm (above 0 inside) and the HU of the pixels near it, of one slice."""
    from scipy.ndimage import binary_erosion, distance_transform_edt, gaussian_filter

    dx, dy, dz = volume.grid.spacing_mm
    before, image, after = volume.array[k - 1 : k + 2].astype(np.float32)
    place = _box_around(image > _HALF_HU, (dy, dx))
    before, image, after = before[place], image[place], after[place]
    smooth = gaussian_filter(image, (_SMOOTH_MM / dy, _SMOOTH_MM / dx))
    inside = smooth > _HALF_HU
    rim = inside & ~binary_erosion(inside, border_value=1)
    if min(rim.shape) < 2 or not rim.any():
        return np.zeros(0), np.zeros(0)
    away, nearest = distance_transform_edt(~rim, sampling=(dy, dx), return_indices=True)
    row, column = np.nonzero(away < _REACH_MM)
    at = tuple(nearest[:, row, column])
    slope = np.stack([part[at] for part in np.gradient(smooth, dy, dx)])
    steepness = np.maximum(np.hypot(*slope), 1.0)
    normal = slope / steepness
    offset = np.stack([(row - at[0]) * dy, (column - at[1]) * dx])
    along = (offset * normal).sum(0)  # from the rim pixel; the contour lies a part of a pixel before it
    good = (
        (np.hypot(*(offset - along * normal)) < max(dx, dy))
        & (np.abs(after - before)[at] < 2 * dz * _UPRIGHT * steepness)
        & (steepness > _LEAST_SLOPE_HU_PER_MM)
    )
    at_mm = along + (smooth[at] - _HALF_HU) / steepness
    return at_mm[good].astype(float), image[row, column][good].astype(float)


def _box_around(mask: NDArray[np.bool_], spacing_mm: tuple[float, float]) -> tuple[slice, ...]:
    """Return the rows and columns that hold the mask and what lies within reach of it."""
    box = []
    for axis, spacing in enumerate(spacing_mm):
        at = np.flatnonzero(mask.any(1 - axis))
        margin = int(_REACH_MM / spacing) + 2
        box.append(slice(max(int(at[0]) - margin, 0), int(at[-1]) + margin) if len(at) else slice(0, 0))
    return tuple(box)


def _profile(at_mm: FloatArray, hu: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the middles of the bins in mm, and the median HU in those that hold enough pixels."""
    edges = np.arange(-_REACH_MM, _INSIDE_MM + 0.5 * _BIN_MM, _BIN_MM)
    order = np.argsort(at_mm, kind="stable")
    ends = np.searchsorted(at_mm[order], edges)
    filled = [(n, hu[order[a:b]]) for n, (a, b) in enumerate(pairwise(ends)) if b - a >= _LEAST_PIXELS]
    middles = [edges[n] + 0.5 * _BIN_MM for n, _ in filled]
    return np.array(middles), np.array([float(np.median(values)) for _, values in filled])


def _edge_of(at_mm: FloatArray, hu: FloatArray, lowest_hu: float, visible_fraction: float) -> Edge | None:
    far, skin = hu[at_mm < -_FAR_MM], hu[at_mm > 0.5]
    if len(far) < 3 or len(skin) < 3 or np.diff(at_mm).max() > 1.5 * _BIN_MM:
        return None
    air_hu = float(np.median(far))
    if skin.max() - air_hu < _LEAST_STEP_HU:
        return None
    rising = (at_mm > -_FAR_MM) & (at_mm <= at_mm[hu.argmax()])
    low, high = np.interp([air_hu + level * _STEP_HU for level in _LEVELS], hu[rising], at_mm[rising])
    dip = (air_hu - float(hu[(at_mm > -_FAR_MM) & (at_mm < 0)].min())) / _STEP_HU
    room = (air_hu - lowest_hu) / _STEP_HU
    return Edge(
        _FWHM_OF_WIDTH * float(high - low), max(dip, 0.0) if room > visible_fraction else None, float(skin.max())
    )
