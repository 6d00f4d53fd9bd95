"""Volumes turned to the patient's axes, and cut to what a picture shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Grid, Volume

Box = tuple[tuple[int, int, int], tuple[int, int, int]]
"""First voxel (i, j, k) and voxels along i, j, k."""


def in_patient_axes(volume: Volume) -> Volume:
    """Return a view whose axes i, j, k run to the patient's left, posterior and head, as nearly as they can.

    Nothing is resampled: a slice of a tilted scan stays the slice that was measured.
    """
    from nibabel.orientations import io_orientation

    orientation = io_orientation(volume.grid.affine_lps)  # of each own axis: the patient's axis, and the sign
    order = [int(np.flatnonzero(orientation[:, 0] == axis)[0]) for axis in range(3)]
    signs = orientation[order, 1]
    array = volume.array.T.transpose(order)[tuple(slice(None, None, int(sign)) for sign in signs)].T
    grid = volume.grid
    corner = [0 if sign > 0 else n - 1 for sign, n in zip(orientation[:, 1], grid.size, strict=True)]
    i, j, k = order
    turned = Grid(
        (grid.size[i], grid.size[j], grid.size[k]),
        (grid.spacing_mm[i], grid.spacing_mm[j], grid.spacing_mm[k]),
        tuple(grid.point_of(corner)),
        grid.direction[:, order] * signs,
    )
    return Volume(array, turned)


def box_of(mask: NDArray[Any], margin: tuple[int, int, int] = (0, 0, 0)) -> Box | None:
    """Return the box of everything that is not zero, with a margin in voxels along i, j, k, or None."""
    ranges = []
    for axis, pad in zip((2, 1, 0), margin, strict=True):
        used = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        if not used.size:
            return None
        first = max(int(used[0]) - pad, 0)
        ranges.append((first, min(int(used[-1]) + pad + 1, mask.shape[axis]) - first))
    (i, ni), (j, nj), (k, nk) = ranges
    return (i, j, k), (ni, nj, nk)


def joined(first: Box | None, second: Box | None) -> Box | None:
    """Return the box around two boxes, of which either may be None."""
    if first is None or second is None:
        return first or second
    start = np.minimum(first[0], second[0])
    end = np.maximum(np.add(*first), np.add(*second))
    i, j, k = (int(n) for n in start)
    ni, nj, nk = (int(n) for n in end - start)
    return (i, j, k), (ni, nj, nk)


def voxels(grid: Grid, distance_mm: float) -> tuple[int, int, int]:
    """Return a distance in whole voxels along i, j, k, rounded up."""
    i, j, k = (int(np.ceil(distance_mm / spacing)) for spacing in grid.spacing_mm)
    return i, j, k
