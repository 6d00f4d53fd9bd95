"""How deep every point of a deposit lies inside it, on cells finer than voxels.

Where a deposit ends is told at half of its own density, not at the threshold that found it: blur makes the found
mineral of a dense body wider than the body by up to a millimetre on each side, and fills narrow gaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._gather import distance_mm

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

CELL_MM = 0.35
"""Our choice: a third of the narrowest neck or sheet that a soft kernel shows (about 1 mm)."""
_SMOOTH_MM = 0.3
"""Standard deviation, so that noise does not roughen contours; much less than a soft kernel's blur."""
_LOCAL_MM = 1.5
"""Over this distance a deposit's density is taken as one, as where its volume is measured (`_shape.py`)."""
_HALF = 0.5
_HOST_MM = (1.5, 3.5)
"""Beyond the blur of the deposit and within the soft tissue around it, as the ring that tells the host."""


@dataclass(frozen=True, eq=False)
class Inside:
    """A deposit on fine cells.

    Parameters
    ----------
    depth_mm : float32 array, shape (k, j, i) of the cells
        Distance to the deposit's surface, positive inside, 0 outside.
    cell_mm : tuple of float
        Along i, j, k.
    parts : tuple of int
        Cells a voxel along k, j, i.
    """

    depth_mm: Floats
    cell_mm: tuple[float, float, float]
    parts: tuple[int, int, int]

    @property
    def mask(self) -> Mask:
        """The deposit's cells."""
        return self.depth_mm > 0

    @property
    def cell_mm3(self) -> float:
        """Volume of a cell."""
        return float(np.prod(self.cell_mm))

    def at_voxels(self, cells: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the value of the middle cell of each voxel."""
        k, j, i = (slice(part // 2, None, part) for part in self.parts)
        return cells[k, j, i]


def inside_of(
    low: Floats, mask: Mask, free: Mask, spacing_mm: tuple[float, float, float]
) -> Inside:  # fmt: skip
    """Return how deep every cell lies inside a body of mineral.

    Parameters
    ----------
    low : float32 array, shape (k, j, i)
        HU.
    mask : bool array
        Mineral that was found.
    free : bool array
        What is neither bone, nor another deposit, nor outside the hand.
    spacing_mm : tuple of float
        Along i, j, k.
    """
    from scipy.ndimage import gaussian_filter, maximum_filter, zoom

    spacing = np.array(spacing_mm[::-1])
    away = distance_mm(mask, spacing_mm)
    ring = low[free & (away > _HOST_MM[0]) & (away < _HOST_MM[1])]
    host = np.float32(np.median(ring)) if ring.size else np.float32(0)
    excess = gaussian_filter(low - host, _SMOOTH_MM / spacing)
    reach = np.maximum(np.round(_LOCAL_MM / spacing).astype(int), 1)
    density = maximum_filter(np.where(mask, excess, 0), 2 * reach + 1)
    k, j, i = (int(n) for n in np.ceil(spacing / CELL_MM))
    parts = (k, j, i)
    cell_mm = (spacing_mm[0] / i, spacing_mm[1] / j, spacing_mm[2] / k)
    body = zoom(excess - _HALF * density, parts, order=1, mode="nearest", grid_mode=True) > 0
    body &= zoom(mask.astype(np.uint8), parts, order=0, mode="nearest", grid_mode=True) > 0
    return Inside(distance_mm(~body, cell_mm), cell_mm, parts)
