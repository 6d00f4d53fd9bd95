"""A shaded three-dimensional view of bones and deposits, without a graphics library.

The labels are turned into the view's axes, the first surface along each parallel ray is found, and lit:
Lambert's cosine law for a light from above left, a fill light from the viewer, and darkening where the surface
lies behind its surroundings (unsharp masking of the depth buffer: Luft, Colditz and Deussen, SIGGRAPH 2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Grid, Volume
from calcidect.report._colours import BACKGROUND

PIXEL_MM = 0.5
_STEP_MM = (PIXEL_MM, PIXEL_MM, 0.75)  # columns, rows, depth: the surface is interpolated along the ray
_SMOOTHING_MM = 0.45  # takes the steps off the voxels and leaves joint spaces open
_NORMAL_REACH_MM = 1.0  # on both sides of a point; shorter ones show the steps of the voxels
_SURFACE = 0.5
_MARGIN_MM = np.array([13.0, 11.0, 1.0])  # columns, rows, depth: room for what is written at the edges
_LIGHT = np.array([-0.45, 0.55, 0.75])  # right, up, towards the viewer
_DEPTH_CUE_MM = 120.0  # over this distance the picture grows dark by _DEPTH_CUE
_DEPTH_CUE = 0.45


@dataclass(frozen=True)
class View:
    """Where the viewer stands: unit vectors in LPS to the right and top of the picture, and into it."""

    right: FloatArray
    up: FloatArray
    into: FloatArray

    @classmethod
    def along(cls, into: FloatArray, up: FloatArray) -> View:
        """Return the view along ``into``, made perpendicular to ``up``."""
        up = np.asarray(up, float) / np.linalg.norm(up)
        into = np.asarray(into, float) - np.dot(into, up) * up
        into /= np.linalg.norm(into)
        return cls(np.cross(into, up), up, into)


@dataclass(frozen=True, eq=False)
class Surface:
    """What the rays hit.

    Parameters
    ----------
    depth_mm : array, shape (rows, columns)
        Distance along the view from its nearest plane; infinite where nothing was hit.
    normal : array, shape (rows, columns, 3)
        Towards the viewer's right, up, and the viewer.
    code : array, shape (rows, columns)
        0 nothing, 1 bone, deposit_id + 1.
    """

    depth_mm: NDArray[np.float32]
    normal: NDArray[np.float32]
    code: NDArray[np.int32]


def smooth_solid(codes: Volume) -> Volume:
    """Return how much of the surroundings of each voxel is bone or deposit, 0 to 1. Serves every view."""
    from scipy import ndimage

    sigma = [_SMOOTHING_MM / s for s in reversed(codes.grid.spacing_mm)]
    filled = (codes.array > 0).view(np.uint8)
    return codes.like(ndimage.gaussian_filter(filled, sigma, output=np.float32, truncate=3))


def sample(solid: Volume, view: View) -> Volume:
    """Return a solid along the parallel rays of a view, one ray each ``PIXEL_MM``.

    Parameters
    ----------
    solid : Volume
        0 to 1; above one half somewhere.
    view : View
        Where the viewer stands.

    Returns
    -------
    Volume
        Axes i, j, k run to the right of the picture, down, and into it.
    """
    import SimpleITK as sitk

    grid = _view_grid(solid, view)
    resampled = sitk.Resample(
        solid.to_sitk(),
        grid.size,
        sitk.Transform(),
        sitk.sitkLinear,
        grid.origin_mm,
        grid.spacing_mm,
        tuple(grid.direction.ravel()),
        0.0,
    )
    return Volume(sitk.GetArrayFromImage(resampled), grid)


def _view_grid(solid: Volume, view: View) -> Grid:
    filled = np.argwhere(solid.array[::2, ::2, ::2] >= _SURFACE)[:, ::-1] * 2  # every second voxel marks the extent
    if not filled.size:
        filled = np.argwhere(solid.array > 0)[:, ::-1]
    axes = np.stack([view.right, -view.up, view.into])
    along = solid.grid.point_of(filled) @ axes.T
    margin = _MARGIN_MM + 2 * max(solid.grid.spacing_mm)
    first, last = along.min(axis=0) - margin, along.max(axis=0) + margin
    columns, rows, depth = (int(n) for n in np.ceil((last - first) / _STEP_MM))
    return Grid((columns, rows, depth), _STEP_MM, tuple(first @ axes), axes.T)


def from_behind(rays: Volume) -> Volume:
    """Return the same rays as seen from the other side, with the same edge on top."""
    columns, _, depth = rays.grid.size
    corner = tuple(rays.grid.point_of((columns - 1, 0, depth - 1)))
    grid = Grid(rays.grid.size, rays.grid.spacing_mm, corner, rays.grid.direction * np.array([-1, 1, -1]))
    return Volume(rays.array[::-1, :, ::-1], grid)


def first_surface(codes: Volume, rays: Volume) -> Surface:
    """Return the first surface along every ray, and what it is.

    Parameters
    ----------
    codes : Volume
        0 nothing, 1 bone, deposit_id + 1.
    rays : Volume
        As ``sample`` gives them.
    """
    hit, depth = _first_crossing(rays.array)
    depth_mm = np.where(hit, depth * rays.grid.spacing_mm[2], np.inf).astype(np.float32)
    return Surface(depth_mm, _normals(rays.array, depth), _codes_at(codes, rays.grid, depth, hit))


def _first_crossing(field: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Return where the surface is met, and at which (fractional) step of depth."""
    inside = field >= _SURFACE
    first = inside.argmax(axis=0)
    hit: NDArray[np.bool_] = np.asarray(inside.any(axis=0))
    after = np.take_along_axis(field, first[None], 0)[0]
    before = np.take_along_axis(field, np.maximum(first - 1, 0)[None], 0)[0]
    fraction = (_SURFACE - before) / np.maximum(after - before, 1e-6)
    return hit, np.where(hit, first - 1 + np.clip(fraction, 0, 1), 0).astype(np.float32)


def _normals(field: NDArray[np.float32], depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return unit normals: the gradient of the field where the surface lies."""
    from scipy import ndimage

    rows, columns = np.indices(depth.shape)
    gradient = []
    for axis in range(3):
        ends = []
        for sign in (1, -1):
            at = np.stack([depth, rows, columns])
            at[axis] += sign * _NORMAL_REACH_MM / _STEP_MM[2 - axis]
            ends.append(ndimage.map_coordinates(field, at, order=1, mode="nearest"))
        gradient.append(ends[0] - ends[1])
    into, down, right = gradient
    normal = np.stack([-right, down, into], axis=-1)  # the field falls outwards, rows run downwards
    return np.asarray(normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6))


def _codes_at(codes: Volume, view: Grid, depth: NDArray[np.float32], hit: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the label under each hit: the first one met from a little outside to a little inside."""
    rows, columns = np.nonzero(hit)
    found = np.zeros(len(rows), np.int32)
    for further_mm in (-0.25, 0.25, 0.75, 1.25):  # smoothing moves the surface by about half a millimetre
        at = np.stack([columns, rows, depth[hit] + further_mm / view.spacing_mm[2]], axis=-1)
        index = np.rint(codes.grid.index_of(view.point_of(at))).astype(int)
        i, j, k = np.clip(index, 0, np.array(codes.grid.size) - 1).T
        found = np.where(found == 0, codes.array[k, j, i], found)
    picture = np.zeros(hit.shape, np.int32)
    picture[hit] = np.maximum(found, 1)
    return picture


def shade(surface: Surface, colours: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a lit picture, shape (rows, columns, 3), uint8, on the background colour."""
    hit = np.isfinite(surface.depth_mm)
    light = _LIGHT / np.linalg.norm(_LIGHT)
    key = np.clip(surface.normal @ light, 0, 1)
    fill = np.clip(surface.normal[..., 2], 0, 1)
    depth = np.where(hit, surface.depth_mm, 0)
    behind = depth - depth[hit].min() if hit.any() else depth
    shadow = 1 - _occlusion(depth, hit)
    brightness = (0.20 + 0.58 * key + 0.27 * fill) * shadow
    brightness *= 1 - _DEPTH_CUE * np.clip(behind / _DEPTH_CUE_MM, 0, 1)
    rgb = colours[surface.code] * brightness[..., None]
    rgb = np.where(hit[..., None], rgb, np.array(BACKGROUND) / 255)
    return np.asarray(np.rint(np.clip(rgb, 0, 1) * 255), np.uint8)


def _occlusion(depth: NDArray[np.float32], hit: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how much darker a point is for lying behind its surroundings, 0 to 0.6."""
    from scipy import ndimage

    total = np.zeros(depth.shape, np.float32)
    for radius_mm in (1.5, 5.0):
        sigma = radius_mm / PIXEL_MM
        weight = ndimage.gaussian_filter(hit.astype(np.float32), sigma)
        mean = ndimage.gaussian_filter(depth * hit, sigma) / np.maximum(weight, 1e-3)
        total += np.clip((depth - mean) / (2.5 * radius_mm), 0, 0.3)
    return total
