"""The bones of the fitted hand, each seen along its own axes: where beside a bone something lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._hand_model import directions, load_hand_model, posed_points
from calcidect.geometry import FloatArray

_SECTION_MM = 4.0
"""Our choice: a section is told by the surface that near to it; a bone's surface has a point each 2 to 4 mm."""


@dataclass(frozen=True, eq=False)
class FittedBone:
    """One fitted bone.

    Parameters
    ----------
    origin_mm : array, shape (3,)
        Its proximal joint (of a carpal: its middle), in the space of the fit.
    axes : array, shape (3, 3)
        Rows, unit vectors: radial, distal along the bone, palmar.
    surface_mm : array, shape (n, 3)
        Its surface along these axes, from the origin.
    """

    origin_mm: FloatArray
    axes: FloatArray
    surface_mm: FloatArray

    def local(self, points_mm: FloatArray) -> FloatArray:
        """Return points, shape (n, 3), along radial, distal and palmar of the bone."""
        return np.asarray((points_mm - self.origin_mm) @ self.axes.T)

    def beside(self, share: float, angle_degrees: float, beyond_mm: float) -> FloatArray:
        """Return a place beside the bone, shape (3,).

        Parameters
        ----------
        share : float
            Of the bone's length, from its proximal end.
        angle_degrees : float
            About the bone: 0 palmar, 90 radial, 180 dorsal, -90 ulnar.
        beyond_mm : float
            From its surface.
        """
        first, last = self.surface_mm[:, 1].min(), self.surface_mm[:, 1].max()
        height = first + share * (last - first)
        away = np.abs(self.surface_mm[:, 1] - height)
        section = self.surface_mm[away <= max(_SECTION_MM, float(np.sort(away)[3]))]  # at a bone's end there are few
        middle = 0.5 * (section.max(0) + section.min(0))
        angle = np.radians(angle_degrees)
        outward = np.array([np.sin(angle), 0.0, np.cos(angle)])
        reach = float(((section - middle) @ outward).max()) + beyond_mm
        at = np.array([middle[0], height, middle[2]]) + reach * outward
        return np.asarray(self.origin_mm + at @ self.axes)


def fitted_bones(best: FoundPose) -> dict[str, FittedBone]:
    """Return the bones of a fit by name."""
    model, posed = load_hand_model(), best.found.posed
    points, _ = posed_points(model, posed)
    bones = {}
    for n, bone in enumerate(model.bones):
        axes = directions(bone) @ posed.rotations[n].T
        origin = posed.origins_mm[n]
        bones[bone.name] = FittedBone(origin, axes, (points[model.bone_of_point == n] - origin) @ axes.T)
    return bones
