"""A closed surface becomes a signed distance on a part of the fine grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Grid

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Field:
    """Signed distance in mm (negative inside), float32, in a box (k, j, i) of a fine grid."""

    box: Box
    sdf_mm: NDArray[np.float32]


def box_around(points_mm: FloatArray, grid: Grid, margin_mm: float) -> Box | None:
    """Return the part of an axis-aligned grid around points, or None where they lie outside it."""
    low = np.floor(grid.index_of(points_mm.min(0) - margin_mm)).astype(int)
    high = np.ceil(grid.index_of(points_mm.max(0) + margin_mm)).astype(int) + 1
    low, high = np.maximum(low, 0), np.minimum(high, grid.size)
    if (high <= low).any():
        return None
    return slice(low[2], high[2]), slice(low[1], high[1]), slice(low[0], high[0])


def box_axes(box: Box, grid: Grid) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return LPS z (n, 1, 1), y (m, 1) and x (l,) of the voxels in a box of an axis-aligned grid."""
    (x0, y0, z0), (dx, dy, dz) = grid.origin_mm, grid.spacing_mm
    k, j, i = (np.arange(part.start, part.stop, dtype=float) for part in box)
    return (z0 + k * dz)[:, None, None], (y0 + j * dy)[:, None], x0 + i * dx


def mesh_field(
    vertices_mm: FloatArray, faces: NDArray[np.int64], grid: Grid, margin_mm: float, smooth_mm: float = 0.0,
    cavity_mm: float = 0.0,
) -> Field | None:  # fmt: skip
    """Return the signed distance of a closed surface on the grid around it.

    Parameters
    ----------
    vertices_mm : array, shape (n, 3)
        LPS.
    faces : int array, shape (m, 3)
    grid : Grid
        Axis-aligned, isotropic.
    margin_mm : float
        How far around the surface the distance is wanted.
    smooth_mm : float
        Standard deviation of a Gaussian that rounds the facets of a coarse mesh.
    cavity_mm : float
        Radius of a ball that closes the openings of a cavity, which then is filled; 0 of a surface without any.
    """
    import SimpleITK as sitk
    from scipy.ndimage import gaussian_filter

    box = box_around(vertices_mm, grid, margin_mm)
    if box is None:
        return None
    mask = _inside(vertices_mm, faces, grid, box)
    if not mask.any():
        return None
    if cavity_mm:
        mask = _without_cavity(mask, cavity_mm / grid.spacing_mm[0])
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(grid.spacing_mm)
    distance = sitk.SignedMaurerDistanceMap(image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    sdf = sitk.GetArrayFromImage(distance).astype(np.float32)
    # Maurer measures to the centres of border voxels inside, half a voxel within the surface.
    sdf -= np.float32(0.5 * grid.spacing_mm[0])
    sigma = max(smooth_mm / grid.spacing_mm[0], 0.7)  # 0.7 voxel takes away the voxel steps
    return Field(box, gaussian_filter(sdf, sigma, mode="nearest"))


def _without_cavity(mask: NDArray[np.bool_], radius_voxels: float) -> NDArray[np.bool_]:
    """Return a mask closed with a ball, holes filled; beyond its border there is nothing."""
    from scipy.ndimage import binary_fill_holes, distance_transform_edt

    margin = int(np.ceil(radius_voxels)) + 1
    grown = distance_transform_edt(~np.pad(mask, margin)) <= radius_voxels
    closed = binary_fill_holes(distance_transform_edt(grown) > radius_voxels)
    return np.asarray(closed[margin:-margin, margin:-margin, margin:-margin] | mask)


def _inside(vertices_mm: FloatArray, faces: NDArray[np.int64], grid: Grid, box: Box) -> NDArray[np.bool_]:
    """Return which voxels lie inside, by the parity of crossings along z.

    A ray through every (x, y) of the grid crosses triangles; a voxel is inside where an odd number of crossings
    lie below it. Rays are shifted by a ten-thousandth of a voxel so that none meets an edge.
    """
    start = np.array([box[2].start, box[1].start, box[0].start])
    shape = tuple(part.stop - part.start for part in box)
    points = grid.index_of(vertices_mm) - start + np.array([1.37e-4, 2.11e-4, 0.0])
    triangles = points[faces]
    ray, face = _candidates(triangles, shape)
    a, b, c = (triangles[face, n] for n in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        u = ((ray[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (ray[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])) / area
        v = ((b[:, 0] - a[:, 0]) * (ray[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (ray[:, 0] - a[:, 0])) / area
    hit = (area != 0) & (u >= 0) & (v >= 0) & (u + v <= 1)
    z = a[hit, 2] + u[hit] * (b[hit, 2] - a[hit, 2]) + v[hit] * (c[hit, 2] - a[hit, 2])
    above = np.clip(np.ceil(z).astype(int), 0, shape[0])
    crossings = np.zeros((shape[0] + 1, *shape[1:]), np.uint16)
    np.add.at(crossings, (above, ray[hit, 1], ray[hit, 0]), 1)
    return (np.cumsum(crossings[:-1], axis=0, dtype=np.uint16) % 2).astype(bool)


def _candidates(triangles: FloatArray, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rays (i, j) within each triangle's box, and the triangle of each."""
    low = np.maximum(np.ceil(triangles[:, :, :2].min(1)).astype(np.int64), 0)
    high = np.minimum(np.floor(triangles[:, :, :2].max(1)).astype(np.int64), [shape[2] - 1, shape[1] - 1])
    extent = np.maximum(high - low + 1, 0)
    count = extent[:, 0] * extent[:, 1]
    face = np.repeat(np.arange(len(triangles)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    width = extent[face, 0]
    return np.stack(
        [low[face, 0] + within % np.maximum(width, 1), low[face, 1] + within // np.maximum(width, 1)], 1
    ), face
