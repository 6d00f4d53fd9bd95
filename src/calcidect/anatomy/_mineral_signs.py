"""What can be said of mineral in contact with bone, in numbers: the signs that `_deposit_trees` weighs.

Bone and calcinosis are the same mineral, so no one number parts them. What does, together: where it lies against the
refined surface of the bone; how its density compares with the same place of the other bones of its kind in this hand;
whether it is a shell around marrow or solid; how thick and even it is; and what the network reads. Densities are shares
of this hand's compact bone, so that no scanner or age is taken for granted; thickness alone is told at fixed limits.
Whether the hand shows deposits elsewhere is no sign: trees that weighed it told none where all touch bone.

The trees were trained on these numbers in this order: who changes either trains them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._bone_density import usual_density
from calcidect.anatomy._bone_network import DEPOSIT, SESAMOID, is_bone
from calcidect.anatomy._contested import Evidence
from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._hand_model import HandModel, posed_points, shares_along
from calcidect.anatomy._name_bones import nearest_bone
from calcidect.geometry import FloatArray
from calcidect.study import depth_mm

Mask = NDArray[np.bool_]
Values = NDArray[np.float32]

STEP_MM = 0.6
"""Signs are told that far apart: as much as a soft kernel's blur (sigma 0.5 mm) leaves to see."""
NEAR_MM, AROUND_MM, FAR_MM = 0.7, 1.4, 2.8
"""Sigmas over which a sign is averaged: of a voxel's place, of a small deposit, of a finger's bone."""
_COMPACT_QUANTILE = 0.9
"""Our choice: of the density of bones; what is above is compact, or a deposit's."""
_BEYOND_BLUR_MM = 1.2
"""Outside of the surface by more, it is not compared with bone."""
_CORTEX_MM, _OUTSIDE_MM = (-1.2, 0.3), 0.5
"""On the refined surface's distance: where a finger's cortex lies, and what lies outside in spite of misfit."""
_MINERAL = 0.1
"""Of compact bone."""
_DEPTHS_MM = (2.5, 1.5, 0.75, 0.0, -0.5, -1.0, -1.5, -2.25, -3.0, -4.0)
"""Along the surface's normal through a place: the layers of bone there."""
_LIMITS_MG_PER_CM3 = (300.0, 600.0)
"""Our choice: what is denser than either makes a body whose thickness is told."""
_THICK_WITHIN_MM = 2.0
"""Of a place: the thickest there counts."""
_LEAST_SEEN = 0.02
"""Our choice: of the weight around a place; less of a layer tells nothing of it."""
_NORMALS = 3
"""Nearest points of the surface whose normals are averaged."""


@dataclass(frozen=True, eq=False)
class Signs:
    """The signs of mineral, on a grid of `STEP_MM` or of the scan's voxels where they are larger.

    Parameters
    ----------
    index : int array, shape (n, 3)
        Places on the grid (k, j, i).
    shape : tuple of int
        Of the grid.
    step : array, shape (3,)
        Voxels of the hand's box from one place to the next, along k, j, i.
    values : float32 array, shape (n, signs)
        nan where a sign can't be told.
    names : tuple of str
        Of the signs.
    """

    index: NDArray[np.intp]
    shape: tuple[int, int, int]
    step: FloatArray
    values: Values
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Places:
    """Where signs are told, and each place against the fitted hand."""

    index: NDArray[np.intp]
    shape: tuple[int, int, int]
    step: FloatArray
    step_mm: FloatArray
    points_mm: FloatArray
    bone: NDArray[np.intp]
    distance_mm: Values
    share: FloatArray

    @property
    def at(self) -> tuple[NDArray[np.intp], ...]:
        return tuple(self.index.T)

    def nearest(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return an array of the hand's box on the grid, by the nearest voxel."""
        return array[_nearest(self.shape, self.step)]

    def between(self, array: NDArray[np.float32]) -> Values:
        """Return an image of the hand's box on the grid, linear between voxels."""
        from scipy.ndimage import affine_transform

        return np.asarray(affine_transform(array, self.step, output_shape=self.shape, order=1, mode="nearest"))

    def on_grid(self, values: NDArray[np.generic]) -> Values:
        array = np.zeros(self.shape, np.float32)
        array[self.at] = values
        return array

    def averaged(self, array: NDArray[Any], sigma_mm: float) -> Values:
        """Return the average of an array of the grid around every place; wide ones from every second place."""
        from scipy.ndimage import gaussian_filter, map_coordinates

        if sigma_mm < AROUND_MM:
            return np.asarray(gaussian_filter(array.astype(np.float32), sigma_mm / self.step_mm, truncate=3.0)[self.at])
        halved = _halved(array.astype(np.float32))
        wide = gaussian_filter(halved, sigma_mm / (2 * self.step_mm), truncate=3.0)
        return np.asarray(map_coordinates(wide, (self.index.T - 0.5) / 2, order=1, mode="nearest"))


def _halved(array: Values) -> Values:
    """Return the means of 2 x 2 x 2 places."""
    for axis, size in enumerate(array.shape):
        padded = np.pad(array, [(0, size % 2 if n == axis else 0) for n in range(3)], mode="edge")
        first, second = (np.take(padded, range(start, padded.shape[axis], 2), axis) for start in (0, 1))
        array = np.asarray((first + second) / 2, np.float32)
    return array


def signs_of(zone: Mask, bones: Mask, evidence: Evidence, best: FoundPose, model: HandModel) -> Signs:
    """Return the signs of mineral that is connected to bone.

    Parameters
    ----------
    zone : bool array, shape (k, j, i)
        That mineral, blur included: where signs are told.
    bones : bool array
        Bone and what touches it, trimmed of blur.
    evidence : Evidence
    best : FoundPose
    model : HandModel
        Refined to this scan.
    """
    places, image = _places(zone, best, model), evidence.image
    compact = float(np.quantile(image.ha_mg_per_cm3[bones], _COMPACT_QUANTILE)) if bones.any() else 1.0
    density = places.between(image.ha_mg_per_cm3 / np.float32(compact))
    signs = {
        "distance": places.distance_mm,
        "share": places.share,
        "matched": best.found.matched[places.bone],
        "skin": places.between(image.depth_mm)[places.at],
    }
    signs |= dict(_of_density(places, density))
    signs |= dict(_against_usual(places, density, places.nearest(bones)))
    signs |= dict(_of_thickness(places, density * np.float32(compact)))
    signs |= dict(_of_layers(places, density, best, model))
    signs |= dict(_as_read(places, places.nearest(evidence.read)))
    values = np.stack([np.asarray(v, np.float32) for v in signs.values()], 1)
    return Signs(places.index, places.shape, places.step, values, tuple(signs))


def _places(zone: Mask, best: FoundPose, model: HandModel) -> _Places:
    spacing = np.array(best.space.grid.spacing_mm[::-1])
    step_mm = np.maximum(spacing, STEP_MM)
    step = step_mm / spacing
    k, j, i = ((np.array(zone.shape) - 1) // step).astype(int) + 1
    index = np.stack(np.nonzero(zone[_nearest((k, j, i), step)]), -1)
    points = best.space.point_of(index * step)
    bone, distance = nearest_bone(model, best.found, points)
    share = shares_along(model, best.found.posed, bone, points)
    return _Places(index, (k, j, i), step, step_mm, points, bone, distance, share)


def _nearest(shape: tuple[int, int, int], step: FloatArray) -> tuple[NDArray[np.intp], ...]:
    """Return what takes of an array of the hand's box the voxels nearest to a grid's places."""
    return np.ix_(*(np.rint(np.arange(n) * s).astype(int) for n, s in zip(shape, step, strict=True)))


def _of_density(places: _Places, density: Values) -> Iterator[tuple[str, Values]]:
    """Yield how dense and how even it is, and how much mineral lies outside of bone around."""
    outside = places.on_grid((places.distance_mm > _OUTSIDE_MM) & (density[places.at] > _MINERAL))
    yield "density", density[places.at]
    squared = density * density
    for sigma in (NEAR_MM, AROUND_MM, FAR_MM):
        mean = places.averaged(density, sigma)
        yield f"mean {sigma}", mean
        yield f"uneven {sigma}", np.sqrt(np.maximum(places.averaged(squared, sigma) - mean**2, 0))
        yield f"outside {sigma}", places.averaged(outside, sigma)


def _against_usual(places: _Places, density: Values, bones: Mask) -> Iterator[tuple[str, Values]]:
    """Yield how much denser it is than the same place of the bones of its kind: alone, around, in cortex, in marrow."""
    own, at = density[places.at], places.distance_mm
    counts = (at < _BEYOND_BLUR_MM) & (bones[places.at] | (at > 0))
    usual, spread = usual_density(own, at, places.bone, places.share, counts)
    more = np.where(np.isfinite(usual), own - np.nan_to_num(usual), 0)
    yield "usual", usual.astype(np.float32)
    yield "spread", spread.astype(np.float32)
    yield "more", more
    known = np.isfinite(usual) & (at < _BEYOND_BLUR_MM)
    cortex = known & (at > _CORTEX_MM[0]) & (at < _CORTEX_MM[1])
    layers = {"around": known, "cortex": cortex, "marrow": known & (at <= _CORTEX_MM[0])}
    for name, layer in layers.items():
        weight, value = places.on_grid(layer), places.on_grid(np.where(layer, more, 0))
        for sigma in (NEAR_MM, AROUND_MM, FAR_MM) if name == "around" else (AROUND_MM, FAR_MM):
            seen = places.averaged(weight, sigma)
            yield f"{name} share {sigma}", seen
            mean = places.averaged(value, sigma) / np.maximum(seen, _LEAST_SEEN)
            yield f"{name} more {sigma}", np.where(seen > _LEAST_SEEN, mean, np.nan)


def _of_thickness(places: _Places, ha_mg_per_cm3: Values) -> Iterator[tuple[str, Values]]:
    """Yield how thick the bodies are that are denser than some limits: of bone they are shells."""
    from scipy.ndimage import maximum_filter

    size = 2 * np.maximum(np.rint(_THICK_WITHIN_MM / places.step_mm), 1).astype(int) + 1
    for limit in _LIMITS_MG_PER_CM3:
        depth = depth_mm(ha_mg_per_cm3 > limit, _along_ijk(places))
        yield f"depth {limit:.0f}", depth[places.at]
        yield f"thick {limit:.0f}", maximum_filter(depth, tuple(size))[places.at]


def _of_layers(places: _Places, density: Values, best: FoundPose, model: HandModel) -> Iterator[tuple[str, Values]]:
    """Yield the density at depths of the bone, along the normal of its surface through each place."""
    from scipy.ndimage import map_coordinates

    normal = _normals(places, best, model)
    for depth in _DEPTHS_MM:
        points = places.points_mm + normal * (depth - places.distance_mm)[:, None]
        index = best.space.index_of(points) / places.step
        yield f"layer {depth}", map_coordinates(density, index.T, order=1, mode="nearest")


def _normals(places: _Places, best: FoundPose, model: HandModel) -> FloatArray:
    from scipy.spatial import cKDTree

    surface, outward = posed_points(model, best.found.posed)
    normal = np.zeros_like(places.points_mm)
    for n in np.unique(places.bone):
        own, of_bone = places.bone == n, model.bone_of_point == n
        _, near = cKDTree(surface[of_bone]).query(places.points_mm[own], k=_NORMALS)
        normal[own] = outward[of_bone][near].sum(1)
    return np.asarray(normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6))


def _as_read(places: _Places, read: NDArray[np.uint8]) -> Iterator[tuple[str, Values]]:
    """Yield what the network reads around: deposit, sesamoid, any bone, and the bone that was fitted there."""
    this = places.on_grid(read[places.at] == places.bone + 1)
    kinds = {"deposit": read == DEPOSIT, "sesamoid": read == SESAMOID, "bone": is_bone(read), "this bone": this}
    for name, voxels in kinds.items():
        for sigma in (NEAR_MM, AROUND_MM):
            yield f"read {name} {sigma}", places.averaged(voxels, sigma)


def _along_ijk(places: _Places) -> tuple[float, float, float]:
    k, j, i = (float(s) for s in places.step_mm)
    return i, j, k
