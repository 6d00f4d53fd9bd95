"""The surface that a bone would have without loss, as a signed distance, from the points that the fitted hand gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcidect.anatomy import BoneFrame
from calcidect.geometry import FloatArray

_NEIGHBOURS, _NEAREST = 8, 6
"""Points that make a plane, and planes that make a distance. Points are 2 to 4 mm apart."""
_SOFTEN_MM = 0.5
LEAST_POINTS = 12
"""With fewer a bone has no surface to speak of; the smallest, a distal phalanx, has 20."""


@dataclass(frozen=True, eq=False)
class ExpectedSurface:
    """Points on a bone's surface (LPS) and their outward unit normals, shape (n, 3)."""

    points_mm: FloatArray
    normals: FloatArray

    @classmethod
    def of(cls, bone: BoneFrame) -> ExpectedSurface:
        """Return the surface of a fitted bone; a normal is that of the plane through a point's neighbours.

        Outward is away from the middle half of the bone's axis.
        """
        from scipy.spatial import cKDTree

        points = bone.surface_mm
        _, near = cKDTree(points).query(points, k=_NEIGHBOURS)
        centred = points[near] - points[near].mean(1, keepdims=True)
        normals = np.linalg.eigh(np.einsum("nkx,nky->nxy", centred, centred))[1][:, :, 0]
        height = (points - points.mean(0)) @ bone.along
        core = points.mean(0) + np.clip(height, *np.quantile(height, (0.25, 0.75)))[:, None] * bone.along
        return cls(points, normals * np.sign((normals * (points - core)).sum(1, keepdims=True)))

    def distance_mm(self, at_mm: FloatArray) -> FloatArray:
        """Return the signed distance of points (n, 3), negative inside: to the planes of the nearest surface points.

        Planes lie outside of a convex surface between its points: all distances of a bone are too small by 0.3 to
        0.6 mm, which the caller takes off by what is known to lie on the surface.
        """
        from scipy.spatial import cKDTree

        away, near = cKDTree(self.points_mm).query(at_mm, k=_NEAREST)
        weight = 1 / (away + _SOFTEN_MM) ** 2
        along = np.einsum("nkx,nkx->nk", at_mm[:, None] - self.points_mm[near], self.normals[near])
        return np.asarray((along * weight).sum(1) / weight.sum(1))
