"""Joints of a finger that a fit has bent the wrong way are bent anew.

Closest points end in the nearest place where little changes, which in a fingertip can lie beside the bone. Where a
phalanx has little bone beside it, other bends of its joint, and lengths, are tried, from the palm outward. One that has
none stays: its bone may be lost or not known as bone yet, and its neighbour's is near.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._fit_model import MATCHED, Fit
from calcidect.anatomy._hand_model import HandModel, of_bone, pose, posed_points
from calcidect.anatomy._hand_space import Surface
from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray

_POOR = 0.85
"""Share of a phalanx's surface with bone beside it: of well-laid phalanges of simulated hands, 0.87 and more."""
_LEAST_SEEN = 0.75
"""Share of it in the scan: of less, too little is left to tell a bend by. Our choice."""
_BEND_RAD = (0.0, -0.7, -0.45, -0.2, 0.2, 0.45, 0.7)
_SPREAD_RAD = (0.0, -0.15, 0.15)
_STRETCH = (0.0, -0.15, 0.15)
"""Our choice: on top of what was fitted, twice the standard deviation of bends and lengths."""
_NEAR_MM = 2.0
"""Our choice: a misfit that the fine fit can still mend."""


def bent_anew(model: HandModel, scan: Surface, found: Fit) -> FloatArray | None:
    """Return parameters with the joints of poorly matched phalanges where most of the finger beyond finds bone.

    Parameters
    ----------
    model : HandModel
    scan : Surface
    found : Fit

    Returns
    -------
    array or None
        None if no phalanx is poorly matched.
    """
    from scipy.spatial import cKDTree

    tree, below = cKDTree(scan.points_mm), model.hangs_from()
    parameters, is_changed = found.parameters.copy(), False
    for n in model.order:
        is_poor = MATCHED <= found.matched[n] < _POOR
        if "phalanx" not in BONES[n] or not is_poor or found.seen[n] < _LEAST_SEEN:
            continue
        is_changed = True
        own = below[n][model.bone_of_point]
        tried = [_bent(parameters, n, *change) for change in product(_BEND_RAD, _SPREAD_RAD, _STRETCH)]
        parameters = max(tried, key=lambda option: _share_beside_bone(model, option, own, scan, tree))
    return parameters if is_changed else None


def _bent(parameters: FloatArray, bone: int, bend: float, spread: float, stretch: float) -> FloatArray:
    bent = parameters.copy()
    of_bone(bent)[bone, [0, 1, 6]] += (bend, spread, stretch)
    return bent


def _share_beside_bone(
    model: HandModel, parameters: FloatArray, own: NDArray[np.bool_], scan: Surface, tree: object
) -> float:
    from scipy.spatial import cKDTree

    assert isinstance(tree, cKDTree)
    points, normals = posed_points(model, pose(model, parameters))
    away, nearest = tree.query(points[own], distance_upper_bound=_NEAR_MM)
    near = np.isfinite(away)
    facing = (normals[own][near] * scan.normals[nearest[near]]).sum(1) > 0
    return float(facing.sum()) / max(int(own.sum()), 1)
