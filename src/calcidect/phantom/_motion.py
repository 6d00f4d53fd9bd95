"""Hands that move between the two energies, each as a rigid body.

The moved hand is blurred on its own fine grid by the scanner's point-spread function, without sampling; then the
scanner's voxel centres, moved back, are looked up in it by cubic B-spline interpolation. The blurred image holds next
to nothing that a spline on the fine grid can't follow, so that a moved hand is as sharp as a still one
(docs/method/phantom.md). The point-spread function turns with the hand, which a scanner's does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import Side
from calcidect.geometry import FloatArray, Grid

_MARGIN_SIGMAS = 4.0


@dataclass(frozen=True)
class HandMotion:
    """How one hand moves before the high-energy image is taken.

    Parameters
    ----------
    side : {"right", "left"}
    shift_mm : tuple of float
        Along x, y, z (LPS).
    rotation_degrees : tuple of float
        Rotation vector (LPS): direction is the axis, length the angle; through the centre of the hand's fine grid.
    """

    side: Side
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation_degrees: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if self.side not in ("right", "left"):
            raise ValueError(f"side is {self.side!r}, not right or left")
        for name in ("shift_mm", "rotation_degrees"):
            values = tuple(float(value) for value in getattr(self, name))
            if len(values) != 3 or not np.isfinite(values).all():
                raise ValueError(f"{name} must be three numbers")
            object.__setattr__(self, name, values)


@dataclass(frozen=True, eq=False)
class RigidMotion:
    """A point x of the low-energy image lies at ``centre + rotation (x - centre) + shift`` in the high one (LPS mm)."""

    centre_mm: FloatArray
    rotation: FloatArray
    shift_mm: FloatArray

    @property
    def turns(self) -> bool:
        """Whether it is more than a shift."""
        return not np.array_equal(self.rotation, np.eye(3))

    @property
    def matrix(self) -> FloatArray:
        """Return the (4, 4) matrix of points."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation
        matrix[:3, 3] = self.centre_mm + self.shift_mm - self.rotation @ self.centre_mm
        return matrix


def motion_of(
    side: Side, fine: Grid, motions: tuple[HandMotion, ...], shift_mm: tuple[float, float, float]
) -> RigidMotion:
    """Return a hand's motion: its own, and the shift of all hands."""
    from scipy.spatial.transform import Rotation

    own = next((motion for motion in motions if motion.side == side), HandMotion(side))
    centre = fine.point_of((np.array(fine.size) - 1) / 2)
    rotation = np.eye(3)
    if any(own.rotation_degrees):
        rotation = Rotation.from_rotvec(own.rotation_degrees, degrees=True).as_matrix()
    return RigidMotion(centre, rotation, np.array(own.shift_mm) + np.array(shift_mm))


def margin_grid(fine: Grid, sigma_mm: FloatArray) -> Grid:
    """Return the fine grid, widened by as much as the point-spread function spreads."""
    wide = np.ceil(_MARGIN_SIGMAS * sigma_mm / np.array(fine.spacing_mm)).astype(int) + 1
    i, j, k = (int(n) for n in np.array(fine.size) + 2 * wide)
    return Grid((i, j, k), fine.spacing_mm, tuple(fine.point_of(-wide)), fine.direction)


def cropped_to(grid: Grid, box: tuple[slice, slice, slice]) -> Grid:
    """Return the part of a grid that a box of its array covers."""
    k, j, i = box
    return grid.cropped((i.start, j.start, k.start), (i.stop - i.start, j.stop - j.start, k.stop - k.start))


def looked_up(blurred: NDArray[np.float32], fine: Grid, motion: RigidMotion, grid: Grid) -> tuple[Any, NDArray[Any]]:
    """Return the box of ``grid`` where the moved hand is seen, and its values there.

    Parameters
    ----------
    blurred : float32 array on ``fine``
        HU + 1000, after the point-spread function; 0 beyond.
    fine, grid : Grid
        Axis-aligned.
    motion : RigidMotion
    """
    from scipy.ndimage import affine_transform, spline_filter

    corners = np.stack(np.meshgrid(*[[0, n - 1] for n in fine.size]), -1).reshape(-1, 3)
    moved = grid.index_of((fine.point_of(corners) - motion.centre_mm) @ motion.rotation.T + motion.centre_mm
                          + motion.shift_mm)  # fmt: skip
    first = np.clip(np.floor(moved.min(0)).astype(int), 0, np.array(grid.size))
    last = np.clip(np.ceil(moved.max(0)).astype(int) + 1, first, np.array(grid.size))
    # Index of grid -> LPS -> moved back -> index of fine, all in (k, j, i) order.
    back = np.linalg.inv(fine.affine_lps) @ np.linalg.inv(motion.matrix) @ grid.affine_lps
    matrix, offset = back[:3, :3], back[:3, 3] + back[:3, :3] @ first
    values = affine_transform(
        spline_filter(blurred, order=3, output=np.float32, mode="mirror"), matrix[::-1, ::-1], offset[::-1],
        output_shape=tuple((last - first)[::-1]), order=3, prefilter=False, mode="constant", cval=0.0,
    )  # fmt: skip
    box = tuple(slice(int(a), int(b)) for a, b in zip(first[::-1], last[::-1], strict=True))
    return box, values
