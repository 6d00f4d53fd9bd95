"""Cut a deposit in two by two points: each voxel goes to the point that it is nearer to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Grid
from calcidect.review._faults import refused
from calcidect.review._voxels import Voxels

_STEPS = [(k, j, i) for k in (-1, 0, 1) for j in (-1, 0, 1) for i in (-1, 0, 1) if (k, j, i) > (0, 0, 0)]
"""To half of a voxel's 26 neighbours: the others are reached from there."""


def nearer_to_second(voxels: Voxels, grid: Grid, seeds_mm: FloatArray, *, geodesic: bool) -> Voxels:
    """Return the voxels of a deposit that are nearer to the second of two points.

    Parameters
    ----------
    voxels : int64 array, shape (n,)
        Rising flat indices of the deposit.
    grid : Grid
    seeds_mm : array, shape (2, 3)
        LPS.
    geodesic : bool
        Along the deposit, by steps between neighbours, so that a cut follows its bends; else in a straight line. Parts
        of the deposit that hang together with neither point go by the straight line.

    Raises
    ------
    RequestRefusedError
        If a part would be empty.
    """
    index = np.stack(np.unravel_index(voxels, grid.shape), -1)
    points = grid.point_of(index[:, ::-1])
    straight = np.linalg.norm(points[None] - seeds_mm[:, None], axis=2)
    first, second = _along(index, straight, grid) if geodesic else straight
    cut: Voxels = voxels[second < first]
    if not 0 < len(cut) < len(voxels):
        raise refused(
            "cut_is_empty", "All voxels are nearer to one of the two points.", "Two points in the deposit, apart."
        )
    return cut


def _along(index: NDArray[np.int64], straight: FloatArray, grid: Grid) -> FloatArray:
    """Return the distance of every voxel along the deposit to the voxel nearest each point, shape (2, n), mm."""
    from scipy.sparse.csgraph import dijkstra

    graph = _neighbours(index, grid)
    ends = straight.argmin(1)
    along = np.asarray(dijkstra(graph, directed=False, indices=ends))
    reached = np.isfinite(along)
    return np.where(reached.any(0), along, straight)


def _neighbours(index: NDArray[np.int64], grid: Grid) -> object:
    """Return the graph of voxels that touch, edges in mm."""
    from scipy.sparse import coo_array

    first = index.min(0)
    shape = np.ptp(index, axis=0) + 1
    number = np.full(tuple(shape + 2), -1, np.int64)
    inner = index - first + 1
    number[tuple(inner.T)] = np.arange(len(index))
    spacing = np.array(grid.spacing_mm[::-1])
    ones, others, lengths = [], [], []
    for step in _STEPS:
        other = number[tuple((inner + step).T)]
        there = np.flatnonzero(other >= 0)
        ones.append(there)
        others.append(other[there])
        lengths.append(np.full(len(there), float(np.linalg.norm(np.array(step) * spacing))))
    edges = np.concatenate(lengths), (np.concatenate(ones), np.concatenate(others))
    return coo_array(edges, shape=(len(index),) * 2).tocsr()
