"""Fingers that a fit has laid beside their bones, or slipped by a joint, are laid anew.

Closest points find the nearest finger, not the right one, where segments are unusually long or short. The whole hand is
right but for a ray whose phalanges have little bone beside them: spread, bend and stretch of that ray alone are tried.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from calcidect.anatomy._fit_model import Fit
from calcidect.anatomy._hand_model import HandModel, of_bone, pose, posed_points
from calcidect.anatomy._hand_space import Surface
from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray

_POOR = 0.75
"""Share of the phalanges' surface with bone beside it: well-laid rays of simulated hands have 0.85 and more."""
_SPREAD_RAD = (-0.35, -0.2, -0.1, 0.0, 0.1, 0.2, 0.35)
_BEND_RAD = (0.0, 0.35, 0.7)
_STRETCH = (-0.25, -0.12, 0.0, 0.12)
"""Our choice: the reach of fingers on a table, and of lengths beyond the model's."""
_NEAR_MM = 2.0


def laid_anew(model: HandModel, scan: Surface, found: Fit) -> FloatArray | None:
    """Return parameters with the poorly matched rays where most of their surface finds bone; None if none is poor.

    Parameters
    ----------
    model : HandModel
    scan : Surface
    found : Fit
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(scan.points_mm)
    parameters, is_changed = found.parameters.copy(), False
    for ray in range(1, 6):
        bones = [n for n, name in enumerate(BONES) if name.endswith(f"phalanx_{ray}")]
        if found.matched[bones].mean() >= _POOR or found.seen[bones].mean() < _POOR:
            continue
        is_changed = True
        tried = [_laid(parameters, bones, *choice) for choice in product(_SPREAD_RAD, _BEND_RAD, _STRETCH)]
        own = np.isin(model.bone_of_point, bones)
        parameters = max(tried, key=lambda option: _share_beside_bone(model, option, own, scan, tree))
    return parameters if is_changed else None


def _laid(parameters: FloatArray, bones: list[int], spread: float, bend: float, stretch: float) -> FloatArray:
    """Return parameters with one ray straight but for a bend in every joint, spread at its base, and stretched."""
    laid = parameters.copy()
    own = of_bone(laid)
    own[bones] = 0
    own[bones, 0], own[bones, 6] = bend, stretch
    own[[n for n in bones if BONES[n].startswith("proximal")], 1] = spread
    return laid


def _share_beside_bone(model: HandModel, parameters: FloatArray, own: np.ndarray, scan: Surface, tree: object) -> float:
    from scipy.spatial import cKDTree

    assert isinstance(tree, cKDTree)
    points, normals = posed_points(model, pose(model, parameters))
    away, nearest = tree.query(points[own], distance_upper_bound=_NEAR_MM)
    near = np.isfinite(away)
    facing = (normals[own][near] * scan.normals[nearest[near]]).sum(1) > 0
    return float(facing.sum()) / max(int(own.sum()), 1)
