"""The fitted bones, moved to the edge that the scan shows: the surface each bone has, or would have without a deposit.

A pose and eight numbers a bone leave half a millimetre and more between model and scan. Along the normal of every
surface point the edge of bone is looked for; a displacement field d that bends little fits the edges e:
``min sum w (e - d)^2 + stiffness |L d|^2``, L the Laplacian of the graph of neighbouring points, w Geman and McClure's
weight of the residual. It begins stiff, so that what a deposit adds and what an erosion takes are outliers before the
field could follow them. Where a deposit hides the edge, the field goes on as its neighbours tell.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._bone_surface import edge_hu
from calcidect.anatomy._expected_surface import DISTANCE_STEP_MM
from calcidect.anatomy._fit_model import Fit
from calcidect.anatomy._hand_model import HandModel, ModelBone, posed_points
from calcidect.anatomy._hand_space import HandSpace
from calcidect.geometry import FloatArray

OFFSETS_MM = np.arange(-4.0, 5.01, 0.25)
"""Where an edge is looked for along the normal: twice the largest misfit seen of hands other than the model's."""
_STIFFNESS = (30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.1)
_SCALES_MM = (3.0, 2.0, 1.5, 1.0, 0.8, 0.6, 0.5)
"""A step each. Our choice: from bending over a whole bone to over three points' distance, from the misfit of another
person's bone to a voxel's width."""
_START_MM = -0.4
"""The model is fitted to bone with its blur."""
_NEAR_EDGE_MM, _LEAST_EDGE_HU = 1.3, 150.0
_HOLD = 0.05
"""Weight that pulls a point without an edge to its bone's median."""
_NEIGHBOURS = 6


def refined(
    model: HandModel,
    found: Fit,
    space: HandSpace,
    low_hu: NDArray[np.float32],
    smooth_low_hu: NDArray[np.float32],
    ha_hu_per_mg_per_cm3: float,
) -> HandModel:
    """Return the model with each bone's surface and distance moved to the scan's edges.

    Parameters
    ----------
    model : HandModel
    found : Fit
    space : HandSpace
    low_hu, smooth_low_hu : float32 array, shape (k, j, i)
        As scanned, and smoothed.
    ha_hu_per_mg_per_cm3 : float
        Sensitivity of the low energy to hydroxyapatite.
    """
    points, normals = posed_points(model, found.posed)
    sharp, smooth = (profiles(image, space, points, normals) for image in (low_hu, smooth_low_hu))
    moved = _displacement(model, points, space.holds(points), sharp, smooth, ha_hu_per_mg_per_cm3)
    own = np.split(moved, np.cumsum([len(bone.points_mm) for bone in model.bones])[:-1])
    sizes = np.cbrt(np.linalg.det(found.posed.matrices))
    bones = tuple(_moved(bone, d / size) for bone, d, size in zip(model.bones, own, sizes, strict=True))
    return HandModel(bones, model.bone_of_point)


def profiles(image: NDArray[np.float32], space: HandSpace, points: FloatArray, normals: FloatArray) -> FloatArray:
    """Return the image along every normal, shape (points, offsets)."""
    from scipy.ndimage import map_coordinates

    along = points[:, None] + OFFSETS_MM[:, None] * normals[:, None]
    index = space.index_of(along.reshape(-1, 3))
    values = map_coordinates(image, index.T, order=1, mode="nearest")
    return np.asarray(values, float).reshape(len(points), -1)


def _displacement(
    model: HandModel, points: FloatArray, seen: NDArray[np.bool_], sharp: FloatArray, smooth: FloatArray, ha_hu: float
) -> FloatArray:
    """Return how far every surface point lies inside (negative) or outside of the model's, mm."""
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import spsolve

    laplacian = _laplacian(points, model.bone_of_point)
    bending = (laplacian.T @ laplacian).tocsc()
    moved = np.full(len(points), _START_MM)
    for stiffness, scale_mm in zip(_STIFFNESS, _SCALES_MM, strict=True):
        edge = nearest_edge(sharp, smooth, moved, ha_hu)
        residual = np.nan_to_num(edge - moved)  # where no edge is seen the weight is 0
        weight = np.where(seen & ~np.isnan(edge), (scale_mm**2 / (scale_mm**2 + residual**2)) ** 2, 0.0)
        usual = _medians(edge, weight, model.bone_of_point)
        matrix = diags_array(weight + _HOLD).tocsc() + stiffness * bending
        moved = np.asarray(spsolve(matrix, weight * np.nan_to_num(edge) + _HOLD * usual))
    return moved


def _laplacian(points: FloatArray, owner: NDArray[np.intp]):  # type: ignore[no-untyped-def]
    """Return the graph Laplacian of each point and its nearest on the same bone, a sparse matrix."""
    from scipy.sparse import csr_array, diags_array
    from scipy.spatial import cKDTree

    rows, columns = [], []
    for bone in np.unique(owner):
        index = np.nonzero(owner == bone)[0]
        _, near = cKDTree(points[index]).query(points[index], k=min(_NEIGHBOURS + 1, len(index)))
        rows.append(np.repeat(index, near.shape[1] - 1))
        columns.append(index[near[:, 1:].ravel()])
    pairs = (np.concatenate(rows), np.concatenate(columns))
    links = csr_array((np.ones(len(pairs[0])), pairs), shape=(len(points), len(points)))
    links = links.maximum(links.T)
    return diags_array(np.asarray(links.sum(1)).ravel()) - links


def nearest_edge(sharp: FloatArray, smooth: FloatArray, moved: FloatArray, ha_hu: float) -> FloatArray:
    """Return, for every point, the place nearest to where it is now at which bone ends outward; nan is none."""
    near = np.abs(OFFSETS_MM - moved[:, None] + 0.3) <= _NEAR_EDGE_MM
    edge = np.maximum(edge_hu(np.where(near, smooth, -np.inf).max(1), ha_hu), _LEAST_EDGE_HU)[:, None]
    inner, outer = sharp[:, :-1], sharp[:, 1:]
    step = OFFSETS_MM[1] - OFFSETS_MM[0]
    places = OFFSETS_MM[:-1] + step * (inner - edge) / np.maximum(inner - outer, 1e-6)
    return nearest_place((inner >= edge) & (outer < edge), places, moved)


def nearest_place(is_edge: NDArray[np.bool_], places: FloatArray, moved: FloatArray) -> FloatArray:
    """Return, for every point, the place with an edge nearest to where it is now; nan is none.

    Parameters
    ----------
    is_edge : bool array, shape (points, places)
    places : array, that shape or (places,)
        Along the normal, mm.
    moved : array, shape (points,)
        Where the points are now, mm.
    """
    away = np.where(is_edge, np.abs(places - moved[:, None]), np.inf)
    rows, best = np.arange(len(moved)), away.argmin(1)
    return np.where(np.isfinite(away[rows, best]), np.broadcast_to(places, away.shape)[rows, best], np.nan)


def _medians(edge: FloatArray, weight: FloatArray, owner: NDArray[np.intp]) -> FloatArray:
    """Return each bone's median edge, for every point."""
    usual = np.full(len(edge), _START_MM)
    for bone in np.unique(owner):
        good = (owner == bone) & (weight > 0.1)
        if good.sum() > _NEIGHBOURS:
            usual[owner == bone] = np.median(edge[good])
    return usual


def _moved(bone: ModelBone, displacement_mm: FloatArray) -> ModelBone:
    """Return a bone with its surface moved along its normals; the distance moves as the nearest points do."""
    from scipy.spatial import cKDTree

    index = np.indices(bone.distance.shape).reshape(3, -1).T
    away, near = cKDTree(bone.points_mm).query(bone.first_mm + bone.grid_mm * index[:, ::-1], k=4)
    weight = 1 / (away + 0.3) ** 2
    shift = (displacement_mm[near] * weight).sum(1) / weight.sum(1)
    distance = bone.distance - np.round(shift / DISTANCE_STEP_MM).reshape(bone.distance.shape)
    return replace(
        bone,
        points_mm=bone.points_mm + displacement_mm[:, None] * bone.normals,
        distance=np.clip(distance, -128, 127).astype(np.int8),
    )
