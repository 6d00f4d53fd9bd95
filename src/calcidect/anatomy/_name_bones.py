"""Which of the 29 bones every voxel of bone belongs to: by the articulated hand fitted to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._fit_model import Fit, Surface, fit
from calcidect.anatomy._frame import Frame
from calcidect.anatomy._hand_model import (
    DISTANCE_STEP_MM,
    FARTHEST_MM,
    HandModel,
    load_hand_model,
    number_of_parameters,
    pose,
    posed_points,
)
from calcidect.anatomy._types import BONES
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

    def point_of(self, index: FloatArray) -> FloatArray:
        """Return mm, shape (n, 3), of voxels (k, j, i), shape (n, 3)."""
        return np.asarray(self.grid.point_of(index[:, ::-1]) @ self.axes.T)

    def index_of(self, points_mm: FloatArray) -> FloatArray:
        """Return voxels (k, j, i) of points."""
        return self.grid.index_of(points_mm @ np.linalg.inv(self.axes).T)[:, ::-1]

    def holds(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Tell which points lie in the box, a voxel clear of its border."""
        index = self.index_of(points_mm)
        return np.asarray(((index > 0.5) & (index < np.array(self.grid.shape) - 1.5)).all(1))


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
    outward = -gradient[:, ::-1] @ space.grid.direction.T @ space.axes.T
    length = np.linalg.norm(outward, axis=1)
    good = length > 1e-6
    points = space.point_of(index[good])
    normals = outward[good] / length[good, None]
    # the mask's border voxels lie inside of its surface by half a voxel
    half = 0.5 * np.abs((normals @ space.axes @ space.grid.direction) * space.grid.spacing_mm).sum(1)
    return Surface(points + half[:, None] * normals, normals)


def start_of(model: HandModel, scan: Surface, wrist_mm: float | None) -> FloatArray:
    """Return parameters that lay the model's wrist, fingertips and middle where the scan has them."""
    parameters = np.zeros(number_of_parameters(model))
    points, _ = posed_points(model, pose(model, parameters))
    lunate = points[model.bone_of_point == BONES.index("lunate")]
    bottom, top = lunate[:, 1].min(), points[:, 1].max()
    tip = np.quantile(scan.points_mm[:, 1], 0.999)
    scale = 1.0 if wrist_mm is None else float(np.clip((tip - wrist_mm) / (top - bottom), 0.8, 1.2))
    low = tip - scale * (top - bottom)
    part, own = scan.points_mm[scan.points_mm[:, 1] > low], points[points[:, 1] > bottom]
    root = model.bones[BONES.index("capitate")].joint_mm
    for axis in (0, 2):
        parameters[3 + axis] = np.median(part[:, axis]) - root[axis] - scale * (np.median(own[:, axis]) - root[axis])
    parameters[4] = tip - root[1] - scale * (top - root[1])
    parameters[6] = np.log(scale)
    return parameters


def distances(model: HandModel, found: Fit, points_mm: FloatArray) -> NDArray[np.float32]:
    """Return the signed distance of points to every fitted bone, shape (bones, n): negative inside, 6.35 mm at most."""
    from scipy.ndimage import map_coordinates

    away = np.full((len(model.bones), len(points_mm)), FARTHEST_MM, np.float32)
    for n, bone in enumerate(model.bones):
        matrix = found.posed.matrices[n]
        rest = (points_mm - found.posed.origins_mm[n]) @ np.linalg.inv(matrix).T + bone.joint_mm
        index = (rest - bone.first_mm)[:, ::-1]
        near = ((index > -1) & (index < np.array(bone.distance.shape))).all(1)
        values = map_coordinates(bone.distance.astype(np.float32), index[near].T, order=1, mode="nearest")
        away[n, near] = DISTANCE_STEP_MM * values * float(np.cbrt(np.linalg.det(matrix)))
    return away


def fit_hand(bones: NDArray[np.bool_], space: HandSpace, wrist_mm: float | None) -> Fit:
    """Return the model fitted to the bones of a hand."""
    model = load_hand_model()
    scan = surface_of(bones, space)
    return fit(model, scan, start_of(model, scan, wrist_mm), space.holds)


def named(bones: NDArray[np.bool_], space: HandSpace, found: Fit) -> NDArray[np.uint8]:
    """Return every bone voxel's bone: 1 to 29 in the order of ``BONES``."""
    model = load_hand_model()
    index = np.stack(np.nonzero(bones), -1)
    away = distances(model, found, space.point_of(index))
    labels = np.zeros(bones.shape, np.uint8)
    labels[tuple(index.T)] = 1 + away.argmin(0).astype(np.uint8)
    return labels
