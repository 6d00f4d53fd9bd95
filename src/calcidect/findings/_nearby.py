"""What near a deposit may have spoilt its numbers: metal, or an edge where the two energies do not coincide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calcidect.findings._surroundings import Surroundings
from calcidect.geometry import FloatArray
from calcidect.study import Motion, misfit_mm

_METAL_NEAR_MM = 10.0
"""Our rule: across a finger. Streaks reach farther, but grow fainter; all slices with metal are told by a notice."""
_BLUR_MM = 1.0
"""An edge's blur (FWHM up to 1.2 mm) ends there."""


def nearby_flags(
    around: Surroundings, points_mm: FloatArray, metal_points_mm: FloatArray, left_mm: float
) -> tuple[str, ...]:  # fmt: skip
    """Return ``metal_near`` and ``motion_edge``, where they hold.

    ``metal_near``: metal within 10 mm. ``motion_edge``: parts of the hand do not coincide at the two energies, and half
    of the deposit lies within that misfit and 1 mm, for blur, of an edge that would cast it: bone's or the skin's.

    Parameters
    ----------
    around : Surroundings
    points_mm : array, shape (n, 3)
        The deposit's voxels, LPS.
    metal_points_mm : array, shape (m, 3)
        Of metal, about 1 mm apart; none, where there is no metal.
    left_mm : float
        By how much parts of the hand may still lie apart at the two energies; 0 where they coincide.
    """
    edge_mm = np.minimum(around.bone_mm, around.depth_mm)[around.mask]
    flags = {
        "metal_near": _distance_mm(points_mm, metal_points_mm) <= _METAL_NEAR_MM,
        "motion_edge": left_mm > 0 and float(np.median(edge_mm)) <= left_mm + _BLUR_MM,
    }
    return tuple(flag for flag, is_so in flags.items() if is_so)


def hand_misfit_mm(motions: Sequence[Motion], point_mm: FloatArray, tolerance_mm: float) -> float:
    """Return by how much parts of the hand at a place lie apart at the two energies; 0 where nothing is known of it.

    Parameters
    ----------
    motions : sequence of Motion
        One a hand; the one whose centre is nearest to the place counts.
    point_mm : array, shape (3,)
        Centre of the hand, LPS.
    tolerance_mm : float
        Displacement that matters, of a whole hand.
    """
    if not motions:
        return 0.0
    nearest = min(motions, key=lambda motion: float(np.linalg.norm(np.array(motion.centroid_mm) - point_mm)))
    return misfit_mm(nearest, tolerance_mm)


def _distance_mm(points_mm: FloatArray, others_mm: FloatArray) -> float:
    from scipy.spatial import cKDTree

    if len(points_mm) == 0 or len(others_mm) == 0:
        return float("inf")
    return float(cKDTree(others_mm).query(points_mm)[0].min())
