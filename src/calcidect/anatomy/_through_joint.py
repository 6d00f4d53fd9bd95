"""Solid mineral through a joint of a finger: a deposit that has eaten into the bones on both sides.

A bone ends at its joint. The fitted surfaces follow what fills an eroded joint, so that no core of it lies outside of
them; but what is solid, denser than these bones are there, and one body with both, is none of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._hand_model import HandModel
from calcidect.geometry import FloatArray

_LEAST_MM3, _CLEAR_MM = 5.0, 0.4
"""Our choice: so much of it belongs to either bone, lies outside of both, and lies inside of one, clear of the surface
by more than that is wrong. A sesamoid that touches both lies outside."""


def through_joints(
    bodies: NDArray[np.bool_], bone: NDArray[np.integer], distance_mm: NDArray[np.floating], model: HandModel,
    voxel_mm3: float,
) -> NDArray[np.bool_]:  # fmt: skip
    """Return the bodies that go through a joint of a finger.

    Parameters
    ----------
    bodies : bool array, shape (k, j, i)
        Solid, and denser than bone is in their place; connected parts are bodies.
    bone : int array
        The nearest, in the order of ``BONES``; any number where there is no body.
    distance_mm : array
        From the nearest bone's surface, negative inside.
    model : HandModel
    voxel_mm3 : float
    """
    from scipy.ndimage import label

    parts, count = label(bodies)
    body, owner, distance = parts[bodies], bone[bodies], distance_mm[bodies]

    def volumes(which: NDArray[np.bool_]) -> FloatArray:
        return np.asarray(np.bincount(body[which], minlength=count + 1) * voxel_mm3)

    goes_through = np.zeros(count + 1, bool)
    for n, one in enumerate(model.bones):
        if "phalanx" in one.name:
            goes_through |= np.minimum(volumes(owner == n), volumes(owner == one.parent)) >= _LEAST_MM3
    goes_through &= np.minimum(volumes(distance > _CLEAR_MM), volumes(distance < -_CLEAR_MM)) >= _LEAST_MM3
    return np.asarray(goes_through[parts])
