"""A hand's own coordinates, in which left and right hands look alike, and the surface of a mask in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._frame import Frame
from calcidect.geometry import FloatArray, Grid

_POINTS_APART_MM = 1.7
_SMOOTH_MM = 0.6


@dataclass(frozen=True, eq=False)
class HandSpace:
    """From voxels of a hand's box to mm along radial, distal and dorsal.

    Parameters
    ----------
    grid : Grid
        Of the box.
    axes : array, shape (3, 3)
        Rows: radial, distal, dorsal in LPS. Of a left hand they are left-handed, so that all is as in a right hand.
    """

    grid: Grid
    axes: FloatArray

    def point_of(self, index: NDArray[np.integer] | FloatArray) -> FloatArray:
        """Return mm, shape (n, 3), of voxels (k, j, i), shape (n, 3)."""
        return np.asarray(self.grid.point_of(index[:, ::-1]) @ self.axes.T)

    def lps_of(self, points_mm: FloatArray) -> FloatArray:
        """Return LPS mm of points or directions, shape (n, 3); both have one origin."""
        return np.asarray(points_mm @ self.axes)

    def index_of(self, points_mm: FloatArray) -> FloatArray:
        """Return voxels (k, j, i) of points, not rounded."""
        return self.grid.index_of(self.lps_of(points_mm))[:, ::-1]

    def holds(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Tell which points lie in the box, a voxel clear of its border."""
        index = self.index_of(points_mm)
        return np.asarray(((index > 0.5) & (index < np.array(self.grid.shape) - 1.5)).all(1))


@dataclass(frozen=True, eq=False)
class Surface:
    """Points on a surface and their outward unit normals, each shape (n, 3), in mm along radial, distal, dorsal."""

    points_mm: FloatArray
    normals: FloatArray


def hand_space(grid: Grid, frame: Frame) -> HandSpace:
    """Return the space of a hand's box."""
    radial = frame.radial - (frame.radial @ frame.distal) * frame.distal
    radial = radial / np.linalg.norm(radial)
    dorsal = np.cross(frame.distal, radial) * (1.0 if frame.side == "right" else -1.0)
    return HandSpace(grid, np.stack([radial, frame.distal, dorsal]))


def surface_of(mask: NDArray[np.bool_], space: HandSpace) -> Surface:
    """Return points about 1.7 mm apart on a mask's surface, and its outward normals."""
    from scipy.ndimage import binary_erosion, gaussian_filter

    spacing = np.array(space.grid.spacing_mm[::-1])
    smooth = gaussian_filter(mask.astype(np.float32), _SMOOTH_MM / spacing)
    border = mask & ~binary_erosion(mask, border_value=1)
    index = np.stack(np.nonzero(border), -1)
    cells = np.floor(index * spacing / _POINTS_APART_MM).astype(int)
    index = index[np.unique(cells, axis=0, return_index=True)[1]]
    index = index[((index > 0) & (index < np.array(mask.shape) - 1)).all(1)]
    step = np.eye(3, dtype=int)
    gradient = np.stack([smooth[tuple((index + s).T)] - smooth[tuple((index - s).T)] for s in step], -1) / spacing
    outward = -gradient[:, ::-1] @ space.grid.direction.T
    length = np.linalg.norm(outward, axis=1)
    good = length > 1e-6
    normals = outward[good] / length[good, None]
    # the centres of the mask's border voxels lie inside of its surface by half a voxel
    half = 0.5 * (np.abs(normals @ space.grid.direction) * space.grid.spacing_mm).sum(1)
    return Surface(space.point_of(index[good]) + half[:, None] * (normals @ space.axes.T), normals @ space.axes.T)
