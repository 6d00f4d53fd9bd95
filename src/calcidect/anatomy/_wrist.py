"""The radiocarpal joint line, told from where the forearm's two bones end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._body import Body
from calcidect.geometry import FloatArray, Grid

_STEP_MM = 2.0
_MINIMUM_AREA_MM2 = 25.0
_FIRST_WITHIN_MM = 30.0  # the scan cuts an oblique forearm; above that it is no forearm
_RADIOULNAR_TO_RADIOCARPAL_MM = 14.0
"""Height of the distal radioulnar joint, where radius and ulna first touch at CT resolution, below the radiocarpal
line: 13 to 18 mm on five simulated hands."""


def radiocarpal_mm(bones: NDArray[np.bool_], body: Body, distal: FloatArray, grid: Grid) -> float | None:
    """Return the joint line's position along ``distal`` (dot product with LPS mm), or None if it is not in the scan.

    Going up the forearm, the section through its bones shows two parts, radius and ulna; the joint line is taken where
    this first ends for good, at the distal radioulnar joint, plus that joint's height.

    Parameters
    ----------
    bones : bool array, shape of the body's box
        Filled bones.
    body : Body
    distal : array, shape (3,)
    grid : Grid
        The scan's grid.
    """
    from scipy.ndimage import label

    index = np.stack(np.nonzero(bones), -1)
    if len(index) == 0:
        return None
    points = grid.point_of(index[:, ::-1] + np.array(body.start))
    along = points @ distal
    across = np.linalg.svd(distal[None])[2][1:]
    plane = np.floor((points @ across.T) / 1.0).astype(int)
    plane -= plane.min(0)
    row = np.floor((along - along.min()) / _STEP_MM).astype(int)
    two = []
    for n in range(min(int(row.max()) + 1, int(130 / _STEP_MM))):
        section = np.zeros(plane.max(0) + 1, bool)
        here = plane[row == n]
        section[here[:, 0], here[:, 1]] = True
        parts, _ = label(section, np.ones((3, 3)))
        two.append(int((np.bincount(parts.ravel())[1:] >= _MINIMUM_AREA_MM2).sum()) == 2)
    shown = [n for n in range(len(two) - 2) if all(two[n : n + 3])]
    if not shown or shown[0] * _STEP_MM > _FIRST_WITHIN_MM:
        return None
    for n in range(shown[0], len(two) - 1):
        if not two[n] and not two[n + 1]:
            return float(along.min() + n * _STEP_MM + _RADIOULNAR_TO_RADIOCARPAL_MM)
    return None
