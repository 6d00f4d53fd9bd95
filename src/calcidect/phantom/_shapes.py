"""Shapes of deposits as signed distances: one function a pattern of the result contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Grid
from calcidect.phantom._bones import ellipsoid_sdf, texture
from calcidect.phantom._voxelise import Box, box_axes

FloatField = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Place:
    """Where a deposit is made.

    Parameters
    ----------
    box : slices (k, j, i) of the fine grid
    grid : Grid
        The fine grid.
    centre_mm : array, shape (3,)
    frame : array, shape (3, 3)
        Rows: along the limb, across it, towards the skin.
    path_mm : array, shape (n, 3)
        A tendon or vessel to follow (may be the straight line through the centre).
    depth_mm : float32 array, shape of the box
        Depth below the skin.
    """

    box: Box
    grid: Grid
    centre_mm: FloatArray
    frame: FloatArray
    path_mm: FloatArray
    depth_mm: FloatField


def make_shape(pattern: str, place: Place, size_mm: float, rng: np.random.Generator) -> FloatField:
    """Return the signed distance (mm, negative inside) of a pattern of about ``size_mm`` across its thick side."""
    return np.asarray(_SHAPES[pattern](place, size_mm, rng), np.float32)


def roughened(sdf: FloatField, place: Place, size_mm: float, rng: np.random.Generator) -> FloatField:
    """Return a shape whose surface wanders by up to 0.3 mm: deposits are rough."""
    rough = np.log(texture(place.box, int(rng.integers(1 << 30)), 1.2 / place.grid.spacing_mm[0], 1.0))
    return np.asarray(sdf + min(0.07 * size_mm, 0.3) * rough, np.float32)


def _punctate(place: Place, size_mm: float, rng: np.random.Generator) -> FloatField:
    radius = min(size_mm, 1.9) / 2
    return ellipsoid_sdf(place.box, place.grid, place.centre_mm, place.frame[:2], (radius, radius), radius)


def _nodule(place: Place, size_mm: float, rng: np.random.Generator) -> FloatField:
    radius = size_mm / 2
    longer, flatter = rng.uniform(1.0, 1.35), rng.uniform(0.75, 1.0)
    return ellipsoid_sdf(
        place.box, place.grid, place.centre_mm, place.frame[:2], (longer * radius, radius), flatter * radius
    )


def _conglomerate(place: Place, size_mm: float, rng: np.random.Generator) -> FloatField:
    parts = []
    for _ in range(6):
        shift = rng.normal(0, (0.45, 0.35, 0.2)) * size_mm
        radius = size_mm * rng.uniform(0.2, 0.32)
        parts.append(
            ellipsoid_sdf(
                place.box,
                place.grid,
                place.centre_mm + shift @ place.frame,
                place.frame[:2],
                (radius, radius),
                radius,
            )
        )
    core = 0.28 * size_mm
    parts.append(ellipsoid_sdf(place.box, place.grid, place.centre_mm, place.frame[:2], (core, core), core))
    return np.asarray(np.minimum.reduce(parts))


def _sheet(place: Place, size_mm: float, rng: np.random.Generator) -> FloatField:
    """Return a plate of 1.2-2 mm that follows the skin at the depth of its centre."""
    inside = _index_in(place)
    middle = place.depth_mm[inside]
    plate = np.abs(place.depth_mm - middle) - np.float32(rng.uniform(0.6, 1.0))
    rim = ellipsoid_sdf(place.box, place.grid, place.centre_mm, place.frame[:2], (size_mm, 0.6 * size_mm), size_mm)
    return np.asarray(np.maximum(plate, rim))


def _linear(place: Place, size_mm: float, rng: np.random.Generator) -> FloatField:
    """Return a tube along the path, ten times as long as thick."""
    from scipy.spatial import cKDTree

    radius = float(np.clip(size_mm / 4, 0.7, 1.4))
    arc = np.linalg.norm(place.path_mm - place.centre_mm, axis=1)
    kept = place.path_mm[arc <= max(5 * radius, size_mm)]
    far = radius + 3
    z, y, x = box_axes(place.box, place.grid)
    near = [(a > m - far) & (a < n + far) for a, m, n in zip((x, y, z), kept.min(0), kept.max(0), strict=True)]
    where = np.nonzero(near[0] & near[1] & near[2])
    points = np.stack([x[where[2]], y[where[1], 0], z[where[0], 0, 0]], -1)
    sdf = np.full(place.depth_mm.shape, far - radius, np.float32)
    sdf[where] = np.minimum(cKDTree(kept).query(points, distance_upper_bound=far)[0], far) - radius
    return sdf


def _reticular(place: Place, size_mm: float, rng: np.random.Generator) -> FloatField:
    """Return a lacework: the walls of a gyroid of 3.5 mm period inside a flat ellipsoid."""
    envelope = ellipsoid_sdf(
        place.box,
        place.grid,
        place.centre_mm,
        place.frame[:2],
        (0.75 * size_mm, 0.6 * size_mm),
        0.35 * size_mm,
    )
    z, y, x = box_axes(place.box, place.grid)
    wave = 2 * np.pi / 3.5
    a, b, c = (wave * x + rng.uniform(0, 6), wave * y + rng.uniform(0, 6), wave * z + rng.uniform(0, 6))
    gyroid = np.sin(a) * np.cos(b) + np.sin(b) * np.cos(c) + np.sin(c) * np.cos(a)
    walls = np.abs(gyroid) / (wave * 1.2) - 0.45
    return np.asarray(np.maximum(envelope, walls), np.float32)


def _amorphous(place: Place, size_mm: float, rng: np.random.Generator) -> FloatField:
    """Return a cloud: an ellipsoid whose surface wanders by a fifth of its size."""
    sdf = _nodule(place, size_mm, rng)
    cloud = np.log(texture(place.box, int(rng.integers(1 << 30)), 0.25 * size_mm / place.grid.spacing_mm[0], 1.0))
    return np.asarray(sdf + 0.1 * size_mm * cloud, np.float32)


def _index_in(place: Place) -> tuple[int, int, int]:
    index = np.round(place.grid.index_of(place.centre_mm)).astype(int)[::-1]
    start = [part.start for part in place.box]
    k, j, i = np.clip(index - start, 0, np.array(place.depth_mm.shape) - 1)
    return int(k), int(j), int(i)


_SHAPES: dict[str, Callable[[Place, float, np.random.Generator], FloatField]] = {
    "punctate": _punctate,
    "nodule": _nodule,
    "conglomerate": _conglomerate,
    "sheet": _sheet,
    "linear": _linear,
    "reticular": _reticular,
    "amorphous": _amorphous,
}
PATTERNS = tuple(_SHAPES)
