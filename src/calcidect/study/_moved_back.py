"""The high-energy image of a hand that moved, moved back onto the low-energy one."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray
from calcidect.study._bodies import CoarseHands, depth_mm
from calcidect.study._rigid import Rigid

_AROUND_MM = 3.0
"""A skin's blur ends within it."""
_SLAB_VOXELS = 400_000


@dataclass(frozen=True, eq=False)
class Patch:
    """New values of an image around one hand.

    Parameters
    ----------
    box : tuple of slice
        Along k, j, i.
    region : bool array, shape of the box
        Which voxels of it change.
    values : array, shape of the box
        0 elsewhere.
    """

    box: tuple[slice, ...]
    region: NDArray[np.bool_]
    values: NDArray[Any]

    def put_into(self, array: NDArray[Any]) -> None:
        """Write the values into an array."""
        array[self.box][self.region] = self.values[self.region]


def moved_back(
    high: NDArray[Any],
    spacing_mm: FloatArray,
    hands: CoarseHands,
    label: int,
    motion: Rigid,
    reach_mm: float,
    maximum_hu: float,
) -> Patch:
    """Return the high image around one hand as it is where the hand lies as in the low one.

    Cubic B-spline interpolation (with the prefilter, so that it passes through the voxels): of the usual kernels the
    one that costs noise and edges least for its length (Thevenaz, Blu and Unser, 2000). Values are rounded where the
    image holds integers. Clipped voxels stay clipped: a voxel of which half or more comes from such takes the limit.

    Parameters
    ----------
    high : array, shape (k, j, i)
        HU.
    spacing_mm : array
        Along i, j, k.
    hands : CoarseHands
    label : int
        The hand that moved.
    motion : Rigid
        From the low image to the high one.
    reach_mm : float
        How far the hand moved at most.
    maximum_hu : float
        Highest value that the series can store.
    """
    from scipy.ndimage import map_coordinates, spline_filter

    box, region = _region(high.shape, spacing_mm, hands, label, reach_mm + _AROUND_MM)
    source = _widened(box, high.shape, spacing_mm, reach_mm + _AROUND_MM)
    part = high[source]
    lowest = float(part.min())
    coefficients = spline_filter(part.astype(np.float32), order=3, output=np.float32, mode="mirror")
    clipped = part >= maximum_hu
    share = clipped.astype(np.float32) if clipped.any() else None
    back = _index_map(motion, spacing_mm, np.array([s.start for s in source]))
    values = np.zeros(region.shape, high.dtype)
    whole = np.issubdtype(high.dtype, np.integer)

    def fill(first: int, last: int) -> None:
        index = np.array(np.nonzero(region[first:last]))
        index[0] += first
        where = back(index + np.array([[s.start] for s in box]))
        hu = map_coordinates(coefficients, where, np.float32, order=3, mode="nearest", prefilter=False)
        np.clip(hu, lowest, maximum_hu - 1, out=hu)  # the limit itself says that a voxel is clipped
        if share is not None:
            hu[map_coordinates(share, where, np.float32, order=1, mode="nearest") >= 0.5] = maximum_hu
        values[tuple(index)] = np.rint(hu) if whole else hu

    _in_slabs(fill, region)
    return Patch(box, region, values)


def _region(
    shape: tuple[int, ...], spacing_mm: FloatArray, hands: CoarseHands, label: int, reach_mm: float
) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
    """Return the box (k, j, i) and, in it, what lies within reach of a hand and nearer to it than to another."""
    step, coarse_mm = np.array(hands.step[::-1]), (spacing_mm * np.array(hands.step))[::-1]
    mine = np.nonzero(hands.labels == label)
    pad = np.ceil(reach_mm / coarse_mm).astype(int)
    first = np.maximum(np.array([n.min() for n in mine]) - pad, 0)
    last = np.minimum(np.array([n.max() + 1 for n in mine]) + pad, hands.labels.shape)
    labels = hands.labels[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
    spacing = (float(coarse_mm[2]), float(coarse_mm[1]), float(coarse_mm[0]))
    away = depth_mm(labels != label, spacing)
    near = away <= reach_mm
    others = (labels > 0) & (labels != label)
    if others.any():
        near &= away <= depth_mm(~others, spacing)
    end = np.minimum(last * step, shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(first * step, end, strict=True))
    for axis, n in enumerate(step):
        near = np.repeat(near, n, axis=axis)
    return box, near[tuple(slice(0, s.stop - s.start) for s in box)]


def _widened(
    box: tuple[slice, ...], shape: tuple[int, ...], spacing_mm: FloatArray, margin_mm: float
) -> tuple[slice, ...]:
    pad = np.ceil(margin_mm / spacing_mm[::-1]).astype(int) + 2
    return tuple(slice(max(s.start - int(p), 0), min(s.stop + int(p), n)) for s, p, n in
                 zip(box, pad, shape, strict=True))  # fmt: skip


def _index_map(
    motion: Rigid, spacing_mm: FloatArray, start: NDArray[np.int_]
) -> Callable[[NDArray[np.int_]], FloatArray]:
    """Return the function from voxels (k, j, i), shape (3, n), to places in a part that begins at ``start``."""
    scale = spacing_mm[::-1]
    turn = motion.rotation[::-1, ::-1]
    matrix = turn * scale[None, :] / scale[:, None]
    centre = motion.centre_mm[::-1]
    offset = (centre + motion.shift_mm[::-1] - turn @ centre) / scale - start
    return lambda index: matrix @ index + offset[:, None]


def _in_slabs(fill: Callable[[int, int], None], region: NDArray[np.bool_]) -> None:
    """Fill slab after slab, several at a time; each writes its own slices, so that the order doesn't matter."""
    counts = np.cumsum(np.count_nonzero(region, axis=(1, 2)))
    cuts = np.searchsorted(counts, np.arange(_SLAB_VOXELS, int(counts[-1]), _SLAB_VOXELS)) + 1
    edges = np.unique(np.r_[0, cuts, len(region)])
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as workers:
        list(workers.map(fill, edges[:-1].tolist(), edges[1:].tolist()))
