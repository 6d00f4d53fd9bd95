"""The surface that a bone has, or would have without loss: a signed distance around it, on a grid of the bone's own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray

DISTANCE_STEP_MM = 0.05
FARTHEST_MM = 6.35
"""127 steps, what an int8 holds."""


@dataclass(frozen=True, eq=False)
class ExpectedSurface:
    """The surface of one bone as the fitted hand has it.

    Parameters
    ----------
    distance : int8 array, shape (k, j, i)
        Signed, negative inside, in steps of 0.05 mm at the model's size.
    scale : float
        Mean stretch of the bone against the model's, with which distances grow.
    to_index : array, shape (3, 4)
        From a point in mm to its place (i, j, k) on that grid.
    """

    distance: NDArray[np.int8]
    scale: float
    to_index: FloatArray

    def turned(self, axes: FloatArray) -> ExpectedSurface:
        """Return it for points whose coordinates along ``axes`` (rows, shape (3, 3)) it has taken until now."""
        return replace(self, to_index=np.column_stack([self.to_index[:, :3] @ axes, self.to_index[:, 3]]))

    def distance_mm(self, points_mm: FloatArray) -> NDArray[np.float32]:
        """Return the signed distance of points (n, 3): negative inside, 6.35 mm of the model at most."""
        from scipy.ndimage import map_coordinates

        away = np.full(len(points_mm), FARTHEST_MM * self.scale, np.float32)
        index = (points_mm @ self.to_index[:, :3].T + self.to_index[:, 3])[:, ::-1]
        inside = ((index > -1) & (index < np.array(self.distance.shape))).all(1)
        values = map_coordinates(self.distance.astype(np.float32), index[inside].T, order=1, mode="nearest")
        away[inside] = DISTANCE_STEP_MM * values * self.scale
        return away
