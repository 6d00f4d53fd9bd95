"""Pixels are moved: onto another grid, or upright out of a tilt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray
from calcidect.study._grids import AxisRelation
from calcidect.study._hu import AIR_HU
from calcidect.study._spline import along, spline_weights

_SLICES_AT_ONCE = 8  # 8 MB of floats at a time


def resampled(hu: NDArray[Any], axes: Sequence[AxisRelation], ceiling: float | None = None) -> NDArray[Any]:
    """Return an image on another grid.

    Parameters
    ----------
    hu : array, shape (slices, rows, columns)
        HU.
    axes : sequence of AxisRelation
        Where the wanted voxels lie in it, along i, j, k. Along axes where they fall on voxels nothing is interpolated.
    ceiling : float, optional
        HU at which voxels were clipped: those nearest to a clipped one come out clipped, and no others.

    Returns
    -------
    array, shape (slices, rows, columns)
        Of the same type.
    """
    i, j, k = axes
    out = np.empty((k.size, j.size, i.size), hu.dtype)
    weights = [
        None if axis.is_whole else spline_weights(axis.positions, n)
        for axis, n in zip((k, j, i), hu.shape, strict=True)
    ]
    nearest = [np.clip(np.rint(a.positions), 0, n - 1).astype(int) for a, n in zip((k, j, i), hu.shape, strict=True)]
    for begin in range(0, k.size, _SLICES_AT_ONCE):
        part = slice(begin, begin + _SLICES_AT_ONCE)
        slab = hu[nearest[0][part]] if weights[0] is None else _between_slices(hu, weights[0][part])
        for axis, relation in ((1, j), (2, i)):
            if weights[axis] is None:
                slab = slab[:, whole_part(relation)] if axis == 1 else slab[:, :, whole_part(relation)]
            else:
                slab = along(weights[axis], slab, axis)
        clipped = None
        if ceiling is not None:
            clipped = hu[np.ix_(nearest[0][part], nearest[1], nearest[2])] >= ceiling
        out[part] = _stored(slab, hu.dtype, ceiling, clipped)
    return out


def _between_slices(hu: NDArray[Any], weights: Any) -> NDArray[np.float32]:
    first, last = int(weights.indices.min()), int(weights.indices.max())
    return along(weights[:, first : last + 1], hu[first : last + 1], 0)


def straightened(
    hu: NDArray[Any], slide: FloatArray, ceiling: float | None = None
) -> tuple[NDArray[Any], tuple[int, int]]:
    """Move the slices of a tilted stack within their planes until they stand straight above the first.

    Parameters
    ----------
    hu : array, shape (slices, rows, columns)
        HU.
    slide : array, shape (2,)
        How far each slice lies beside the one before, in voxels along i and j.
    ceiling : float, optional
        As in `resampled`.

    Returns
    -------
    array, shape (slices, more rows, more columns)
        Nothing is cut off; what no slice covers is -1024 HU.
    tuple of int
        Where it begins, in voxels i and j of the first slice.
    """
    whole_slide = slide * (len(hu) - 1)
    start = np.floor(np.minimum(whole_slide, 0)).astype(int)
    stop = np.array(hu.shape[:0:-1]) + np.ceil(np.maximum(whole_slide, 0)).astype(int)
    out = np.empty((len(hu), stop[1] - start[1], stop[0] - start[0]), hu.dtype)
    for k in range(len(hu)):
        rows, columns = (np.arange(start[a], stop[a]) - k * slide[a] for a in (1, 0))
        out[k] = _moved(hu[k], rows, columns, ceiling)
    return out, (int(start[0]), int(start[1]))


def _moved(hu: NDArray[Any], rows: FloatArray, columns: FloatArray, ceiling: float | None) -> NDArray[Any]:
    """Return a slice at other rows and columns, -1024 HU outside it."""
    values: NDArray[Any] = hu
    outside, nearest = [], []
    for axis, positions in enumerate((rows, columns)):
        count = hu.shape[axis]
        outside.append((positions < -0.5) | (positions > count - 0.5))
        nearest.append(np.clip(np.rint(positions), 0, count - 1).astype(int))
        if np.array_equal(positions, nearest[-1]):
            values = np.take(values, nearest[-1], axis)
        else:
            values = along(spline_weights(positions, count), values, axis)
    clipped = None if ceiling is None else hu[np.ix_(*nearest)] >= ceiling
    moved = _stored(values, hu.dtype, ceiling, clipped)
    moved[outside[0]] = AIR_HU
    moved[:, outside[1]] = AIR_HU
    return moved


def _stored(
    values: NDArray[Any], kind: np.dtype[Any], ceiling: float | None, clipped: NDArray[np.bool_] | None
) -> NDArray[Any]:
    """Return values as they are kept, and as clipped as they were: splines overshoot beside a plateau."""
    if ceiling is not None and clipped is not None:
        values = np.where(clipped, np.float32(ceiling), np.minimum(values, np.float32(ceiling - 1)))
    if kind == np.int16 and values.dtype != np.int16:
        limits = np.iinfo(np.int16)
        values = np.clip(np.rint(values), limits.min, limits.max)
    return values.astype(kind)


def whole_part(axis: AxisRelation) -> slice:
    """Return where the common voxels lie in the other image, if voxels fall on voxels."""
    begin = axis.start + int(axis.offset)
    return slice(begin, begin + axis.size)
