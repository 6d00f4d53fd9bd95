"""How much water the X-rays cross at each place: what hardens the beam there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Grid, Volume

SAMPLE_MM, RAY_SAMPLES = 0.5, 3
"""Samples in the plane are that far apart, or one voxel; a ray is so many of them wide: fine enough for a deposit of
5 mm to count with its own path. A ray must hold several, or those that happen to hold more count twice over: equal
steps would make paths 8 % too long."""

CELL_MM, SLICE_MM = 2.0, 2.0
"""Cell of the map, and its step along the slices."""

ANGLES = 12
"""Directions in half a turn; with 24 the median path of a hand changes by less than 0.1 cm."""

SHORTEST_CM, LONGEST_CM = 0.5, 20.0
"""Ends of the sensitivity table that a hand can reach."""

MINERAL_HU = 100.0
"""What lies above this is mineral: above soft tissue and most of its noise."""


def water_path(low: Volume, body_threshold_hu: float = -400.0, mineral_times: float = 2.5) -> Volume:
    """Return the water-equivalent path of the X-rays through each place, on a coarse grid.

    Through each place the path is the line integral of water in the slice's plane, averaged over all directions, for
    a scanner's tube turns around that plane's normal. A voxel of the body counts HU / 1000 + 1 of water, what is
    mineral in it ``mineral_times`` as much; what is outside counts nothing. Fingers come out at 1.5 to 6 cm: a ray
    that runs across the hand crosses the neighbours too.

    Parameters
    ----------
    low : Volume
        HU; the lower or the only energy.
    body_threshold_hu : float
        Above it is body.
    mineral_times : float
        ``settings.materials.mineral_path_factor``.

    Returns
    -------
    Volume
        float32, cm, between 0.5 and 20; cells of about 2 mm; air has a path, too.
    """
    grid, (every_i, every_j, every_k) = low.grid, _cells(low.grid)
    coarse = Grid(
        (len(range(0, grid.size[0], every_i)), len(range(0, grid.size[1], every_j)),
         len(range(0, grid.size[2], every_k))),
        (every_i * grid.spacing_mm[0], every_j * grid.spacing_mm[1], every_k * grid.spacing_mm[2]),
        grid.origin_mm, grid.direction,
    )  # fmt: skip
    planes = [
        _path_cm(_water(low.array[k], grid, body_threshold_hu, mineral_times), coarse)
        for k in range(0, grid.size[2], every_k)
    ]
    return Volume(np.stack(planes), coarse)


def path_at_cm(path: Volume, points_mm: Any) -> FloatArray:
    """Return the path at points, linear between the cells; beyond the map, that of its nearest cell.

    Parameters
    ----------
    path : Volume
        cm, of `water_path`.
    points_mm : array, shape (..., 3)
        LPS.

    Returns
    -------
    array, shape (...)
        cm.
    """
    from scipy.ndimage import map_coordinates

    index = path.grid.index_of(points_mm)[..., ::-1]
    at_cm = map_coordinates(path.array, index.reshape(-1, 3).T, np.float64, order=1, mode="nearest")
    return np.asarray(at_cm).reshape(index.shape[:-1])


def slice_paths_cm(path: Volume, low: Volume, body_threshold_hu: float = -400.0) -> FloatArray:
    """Return one path for each slice: the median over the body in it.

    Parameters
    ----------
    path : Volume
        cm, the `water_path` of ``low``.
    low : Volume
        HU.
    body_threshold_hu : float
        Above it is body.

    Returns
    -------
    array, shape (slices,)
        cm. Slices between the map's are interpolated; empty slices take the nearest.
    """
    every_i, every_j, every_k = _cells(low.grid)
    body = low.array[::every_k, ::every_j, ::every_i] > body_threshold_hu
    known = np.flatnonzero(body.any(axis=(1, 2)))
    if len(known) == 0:
        return np.full(low.grid.size[2], SHORTEST_CM)
    medians = [float(np.median(path.array[k][body[k]])) for k in known]
    return np.interp(np.arange(low.grid.size[2]), known * every_k, medians)


def _cells(grid: Grid) -> tuple[int, int, int]:
    """Return the voxels of a cell along i, j, k."""
    i, j, k = (
        max(1, round(mm / spacing)) for mm, spacing in zip((CELL_MM, CELL_MM, SLICE_MM), grid.spacing_mm, strict=True)
    )
    return i, j, k


def _path_cm(water: tuple[FloatArray, FloatArray, FloatArray, float], coarse: Grid) -> NDArray[np.float32]:
    """Return the mean path through each cell of one slice, cm, shape (rows, columns) of the coarse grid."""
    x_mm, y_mm, water_mm2, ray_mm = water
    if len(x_mm) == 0:
        return np.full(coarse.shape[1:], SHORTEST_CM, np.float32)
    cell_x_mm = (np.arange(coarse.size[0]) * coarse.spacing_mm[0])[None, :]
    cell_y_mm = (np.arange(coarse.size[1]) * coarse.spacing_mm[1])[:, None]
    total_mm = np.zeros(coarse.shape[1:])
    for angle in np.pi * np.arange(ANGLES) / ANGLES:
        across_mm = x_mm * np.cos(angle) + y_mm * np.sin(angle)
        first_mm = across_mm.min() - ray_mm  # one empty ray at either end, so that air beyond the body has none
        ray = np.rint((across_mm - first_mm) / ray_mm).astype(int)
        along_mm = np.bincount(ray, weights=water_mm2, minlength=int(ray.max()) + 2) / ray_mm
        place = (cell_x_mm * np.cos(angle) + cell_y_mm * np.sin(angle) - first_mm) / ray_mm
        total_mm += np.interp(place, np.arange(len(along_mm)), along_mm)
    return np.clip(total_mm / ANGLES / 10.0, SHORTEST_CM, LONGEST_CM).astype(np.float32)


def _water(
    slice_hu: NDArray[Any], grid: Grid, threshold_hu: float, mineral_times: float
) -> tuple[FloatArray, FloatArray, FloatArray, float]:  # fmt: skip
    """Return place (mm along i and j) and water (mm2, thickness times width) of samples of the body, and a ray's width.

    Of one slice.
    """
    i_mm, j_mm, _ = grid.spacing_mm
    every_i, every_j = (max(1, round(SAMPLE_MM / s)) for s in (i_mm, j_mm))
    step_i_mm, step_j_mm = every_i * i_mm, every_j * j_mm
    sampled = slice_hu[::every_j, ::every_i]
    row, column = np.nonzero(sampled > threshold_hu)
    hu = sampled[row, column].astype(float)
    water = 1.0 + (hu + (mineral_times - 1.0) * np.maximum(hu - MINERAL_HU, 0.0)) / 1000.0
    x_mm, y_mm = (np.asarray(n * step, float) for n, step in ((column, step_i_mm), (row, step_j_mm)))
    return x_mm, y_mm, water * (step_i_mm * step_j_mm), RAY_SAMPLES * max(step_i_mm, step_j_mm)
