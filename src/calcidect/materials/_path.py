"""How much water the X-rays cross in each slice: what hardens the beam there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Volume

SAMPLE_MM, RAY_MM, SLICE_MM = 1.0, 3.0, 2.0
"""Sampling in the plane, width of a ray, step along the slices. A ray must hold several samples across, or
those that happen to hold more count twice over: equal steps would make paths 8 % too long."""

ANGLES = 12
"""Directions in half a turn; with 24 the median path of a hand changes by less than 0.1 cm."""

SHORTEST_CM, LONGEST_CM = 0.5, 20.0
"""Ends of the sensitivity table that a hand can reach."""


def slice_paths_cm(low: Volume, body_threshold_hu: float = -400.0) -> FloatArray:
    """Return the water-equivalent path through the body, slice by slice.

    Water-equivalent density is HU / 1000 + 1 inside the body, 0 outside. Through each body voxel the path is
    its line integral in the slice's plane, averaged over all directions, for a scanner's tube turns around
    that plane's normal; the slice has the median over its body voxels. Fingers come out at 1.5 to 6 cm: a ray that
    runs across the hand crosses the neighbours too.

    Parameters
    ----------
    low : Volume
        HU; the lower or the only energy.
    body_threshold_hu : float
        Above it is body.

    Returns
    -------
    array, shape (slices,)
        cm, between 0.5 and 20. Slices between the sampled ones are interpolated; empty slices take the nearest.
    """
    i_mm, j_mm, k_mm = low.grid.spacing_mm
    every_i, every_j = (max(1, round(SAMPLE_MM / s)) for s in (i_mm, j_mm))
    every_k = max(1, round(SLICE_MM / k_mm))
    sampled = np.arange(0, low.grid.size[2], every_k)
    x_mm = np.arange(0.0, low.grid.size[0], every_i, dtype=np.float64) * i_mm
    y_mm = np.arange(0.0, low.grid.size[1], every_j, dtype=np.float64) * j_mm
    cell_mm2 = every_i * i_mm * every_j * j_mm
    paths = np.array([_path_cm(low.array[k, ::every_j, ::every_i], x_mm, y_mm, cell_mm2, body_threshold_hu)
                      for k in sampled])  # fmt: skip
    known = np.isfinite(paths)
    if not known.any():
        return np.full(low.grid.size[2], SHORTEST_CM)
    filled = np.interp(np.arange(low.grid.size[2]), sampled[known], paths[known])
    return np.asarray(np.clip(filled, SHORTEST_CM, LONGEST_CM))


def _path_cm(
    slice_hu: NDArray[np.generic], x_mm: FloatArray, y_mm: FloatArray, cell_mm2: float, threshold_hu: float
) -> float:
    """Return the median path through the body voxels of one slice, cm; NaN where there is no body."""
    hu = slice_hu.astype(float)
    row, column = np.nonzero(hu > threshold_hu)
    if len(row) == 0:
        return float("nan")
    water_mm2 = (hu[row, column] / 1000.0 + 1.0) * cell_mm2
    total = np.zeros(len(row))
    for angle in np.pi * np.arange(ANGLES) / ANGLES:
        across_mm = x_mm[column] * np.cos(angle) + y_mm[row] * np.sin(angle)
        ray = np.rint((across_mm - across_mm.min()) / RAY_MM).astype(int)
        total += np.bincount(ray, weights=water_mm2)[ray] / RAY_MM
    return float(np.median(total) / ANGLES / 10.0)
