"""The fitted carpals, each placed alone: moved, turned and stretched in any direction to its edge.

The articulated fit hangs the whole hand on the capitate and stretches bones along and across; other people's carpals
have other proportions. Where the network reads a carpal about where it was fitted, the carpal goes to the edge of what
is read; then every carpal goes to its nearest edge in the image, seven steps in all. With x a surface point, n its
normal, e the edge along it and c the middle, ``sum w (n . (T (x - c) + t) - e)^2 + |T|^2 / s_T^2 + |t|^2 / s_t^2`` is
least in each step; w is Geman and McClure's weight, so that deposits and erosions count little. Other bones stay: their
shapes differ less from the model's, and a deposit that takes a side of a phalanx would draw it along.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._bone_network import Reading
from calcidect.anatomy._fit_model import MATCHED, Fit
from calcidect.anatomy._hand_model import HandModel, Posed, posed_points
from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._name_bones import distance_to
from calcidect.anatomy._refine_surface import OFFSETS_MM, nearest_edge, nearest_place, profiles
from calcidect.anatomy._types import BONES, CARPALS
from calcidect.geometry import FloatArray

_READ_SCALES_MM, _IMAGE_SCALES_MM = (4.0, 3.0, 2.0, 2.0), (1.5, 1.0, 1.0)
"""Of the weight, an iteration each: our choice, from the largest misfit seen to a voxel or two."""
_LEAST_READ = 0.7
"""Share of a fitted bone's surface below which, within four millimetres, that bone is read: our choice."""
_STRETCH_SD, _SHIFT_SD_MM = 0.12, 1.5
"""Our choice: carpals differ by a tenth and more in their proportions, and lie as far off as the fit lets them."""
_DEEP_MM = 0.8
"""Twice what refined surfaces of carpals are wrong by (docs/method/anatomy.md)."""
_EDGE_SD_MM, _EDGES = 0.5, 30
"""Neighbouring points tell the same: a bone's edges count as so many, each of half a voxel's error."""


def placed_carpals(
    model: HandModel, found: Fit, space: HandSpace, low_hu: NDArray[np.float32], smooth_low_hu: NDArray[np.float32],
    ha_hu_per_mg_per_cm3: float, reading: Reading,
) -> Posed:  # fmt: skip
    """Return the bones with every carpal where it lies by itself.

    Parameters
    ----------
    model : HandModel
    found : Fit
    space : HandSpace
    low_hu, smooth_low_hu : float32 array, shape (k, j, i)
        As scanned, and smoothed.
    ha_hu_per_mg_per_cm3 : float
        Sensitivity of the low energy to hydroxyapatite.
    reading : Reading
    """
    posed = found.posed
    for scale_mm in _READ_SCALES_MM:
        points, normals = posed_points(model, posed)
        edge = _read_edge(model, reading, space, points, normals)
        posed = _moved(model, posed, points, normals, edge, scale_mm)
    for scale_mm in _IMAGE_SCALES_MM:
        points, normals = posed_points(model, posed)
        sharp, smooth = (profiles(image, space, points, normals) for image in (low_hu, smooth_low_hu))
        edge = nearest_edge(sharp, smooth, np.zeros(len(points)), ha_hu_per_mg_per_cm3)
        edge[~space.holds(points)] = np.nan
        posed = _moved(model, posed, points, normals, edge, scale_mm)
    return posed


def inside_carpals(model: HandModel, found: Fit, space: HandSpace) -> NDArray[np.bool_]:
    """Return the voxels deep inside of the fitted carpals: bone, however thin and open the shell that the scan shows.

    Parameters
    ----------
    model : HandModel
        Refined to the scan.
    found : Fit
    space : HandSpace
    """
    inside = np.zeros(space.grid.shape, bool)
    points, _ = posed_points(model, found.posed)
    for n in map(BONES.index, CARPALS):
        if found.matched[n] < MATCHED:
            continue
        corners = np.rint(space.index_of(points[model.bone_of_point == n])).astype(int)
        box = tuple(
            slice(max(int(low), 0), max(int(high) + 1, 0))
            for low, high in zip(corners.min(0), corners.max(0), strict=True)
        )
        index = np.argwhere(np.ones_like(inside[box])) + [part.start for part in box]
        deep = distance_to(model, found, n, space.point_of(index)) < -_DEEP_MM
        inside[tuple(index[deep].T)] = True
    return inside


def _read_edge(
    model: HandModel, reading: Reading, space: HandSpace, points: FloatArray, normals: FloatArray
) -> FloatArray:
    """Return where along every normal its bone ends as read, nearest to the model; nan where that is not sure."""
    along = space.lps_of((points[:, None] + OFFSETS_MM[:, None] * normals[:, None]).reshape(-1, 3))
    read = reading.at_lps(along).astype(int).reshape(len(points), -1) - 1
    owner, bones = model.bone_of_point, len(model.bones)
    is_own = read == owner[:, None]
    below = is_own[:, OFFSETS_MM < 0].any(1)
    agrees = np.bincount(owner, below, bones) / np.bincount(owner, minlength=bones)
    places = 0.5 * (OFFSETS_MM[:-1] + OFFSETS_MM[1:])
    edge = nearest_place(is_own[:, :-1] & ~is_own[:, 1:], places, np.zeros(len(points)))
    return np.where((agrees >= _LEAST_READ)[owner], edge, np.nan)


def _moved(
    model: HandModel, posed: Posed, points: FloatArray, normals: FloatArray, edge: FloatArray, scale_mm: float
) -> Posed:
    """Return the bones, the carpals each moved towards its edges."""
    matrices, origins = posed.matrices.copy(), posed.origins_mm.copy()
    for n in map(BONES.index, CARPALS):
        own = (model.bone_of_point == n) & ~np.isnan(edge)
        if own.sum() < _EDGES:
            continue
        middle = points[own].mean(0)
        stretch, shift = _change(points[own] - middle, normals[own], edge[own], scale_mm)
        matrices[n] = stretch @ matrices[n]
        origins[n] = middle + stretch @ (origins[n] - middle) + shift
    return Posed(posed.rotations, matrices, origins)


def _change(
    points: FloatArray, normals: FloatArray, edge: FloatArray, scale_mm: float
) -> tuple[FloatArray, FloatArray]:
    """Return the matrix (3, 3) and the shift (3,) that move points of one bone, about its middle, to their edges."""
    weight = (scale_mm**2 / (scale_mm**2 + edge**2)) ** 2 * _EDGES / len(edge) / _EDGE_SD_MM**2
    design = np.hstack([(normals[:, :, None] * points[:, None, :]).reshape(-1, 9), normals])
    prior = np.repeat([_STRETCH_SD**-2, _SHIFT_SD_MM**-2], [9, 3])
    normal = (design * weight[:, None]).T @ design + np.diag(prior)
    change = np.asarray(np.linalg.solve(normal, design.T @ (weight * edge)), float)
    return np.eye(3) + change[:9].reshape(3, 3), change[9:]
