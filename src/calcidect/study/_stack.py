"""Slices become a stack: where a series lies, from Image Position and Image Orientation alone.

Slice Location, Instance Number, Spacing Between Slices and Gantry/Detector Tilt are not used: scanners and archives
write them in many ways, the two used here in one (PS3.3 C.7.6.2.1.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calcidect.errors import StudyRefusedError
from calcidect.geometry import FloatArray, Grid
from calcidect.settings import StudySettings
from calcidect.study import _joined_refusals as joined
from calcidect.study import _refusals as refusals
from calcidect.study._header import ImageHeader
from calcidect.study._spacing import spacing_problem

MINIMUM_SLICES = 8
"""Our rule: fewer hold no finger joint at any slice distance in use, and are scouts or test shots."""

_DIRECTION_TOLERANCE = 1e-4  # direction cosines are stored with 6 digits or so; 1e-4 shifts a 300 mm field by 0.03 mm
_STRAIGHT_DEGREES = 0.01  # below it a stack counts as untilted whatever the shift: rounding of stored positions


@dataclass(frozen=True)
class Stack:
    """The images of a series in order along their normal, and their grid.

    Parameters
    ----------
    images : tuple of ImageHeader
        From the lowest position along +normal (the cross product of row and column direction) up.
    grid : Grid
        Where they lie; right-handed. Of a tilted stack, where they would lie if each were moved within its plane, to
        stand straight above the first.
    slide_mm : tuple of float
        How far each slice lies beside the one before, along columns' index i and rows' index j; 0 without tilt.
    """

    images: tuple[ImageHeader, ...]
    grid: Grid
    slide_mm: tuple[float, float] = (0.0, 0.0)

    @property
    def affine_lps(self) -> FloatArray:
        """Matrix, shape (4, 4), from (i, j, k, 1) to LPS mm, sheared where the gantry was tilted."""
        matrix = self.grid.affine_lps.copy()
        matrix[:3, 2] += self.grid.direction[:, :2] @ np.array(self.slide_mm)
        return matrix

    @property
    def is_tilted(self) -> bool:
        """Whether the slices do not stand straight above one another."""
        return self.slide_mm != (0.0, 0.0)

    @property
    def tilt_degrees(self) -> float:
        """How far the gantry was tilted."""
        return _tilt_degrees(np.array(self.slide_mm) / self.grid.spacing_mm[2])


def stack_slices(images: Sequence[ImageHeader], settings: StudySettings) -> Stack:
    """Put the images of a series in order.

    Raises
    ------
    StudyRefusedError
        Naming everything that is wrong with the geometry, under the code of the first: ``truncated_file``,
        ``position_missing``, ``orientation_varies``, ``too_small``, ``duplicate_position``, ``gantry_tilt``,
        ``slices_shifted``, ``missing_slice``, ``spacing_changes``, ``uneven_spacing``.
    """
    axes, spacing_mm = _common_plane(images)
    positions = np.array([image.position_mm for image in images], float)
    depths_mm = positions @ axes[:, 2]
    order = np.argsort(depths_mm, kind="stable")
    local = (positions[order] - positions[order[0]]) @ axes
    problems = _problems(local, settings)
    if problems:
        raise joined.together(problems)
    first = images[0]
    slice_mm = float(np.ptp(depths_mm) / (len(images) - 1))
    grid = Grid(
        (first.columns, first.rows, len(images)),
        (spacing_mm[1], spacing_mm[0], slice_mm),
        tuple(positions[order[0]]),
        axes,
    )
    slide = local[-1, :2] / (len(images) - 1) if _leans(local, settings) else np.zeros(2)
    return Stack(tuple(images[index] for index in order), grid, (float(slide[0]), float(slide[1])))


def _common_plane(images: Sequence[ImageHeader]) -> tuple[FloatArray, tuple[float, float]]:
    """Return the axes, shape (3, 3), that all images share, and their pixel spacing (rows, columns) in mm."""
    cut_off = sum(image.pixels is None for image in images)
    if cut_off:
        raise refusals.truncated_files(cut_off)
    placed = [(i.orientation, i.spacing_mm) for i in images if i.orientation and i.spacing_mm and i.position_mm]
    if len(placed) < len(images):
        raise refusals.position_missing()
    kinds = np.array([(*orientation, *spacing) for orientation, spacing in dict.fromkeys(placed)])
    row, column, spacing = kinds[0, :3], kinds[0, 3:6], kinds[0, 6:]
    if not _is_plane(row, column) or spacing.min() <= 0:
        raise refusals.position_missing()
    if np.abs(kinds - kinds[0]).max() > _DIRECTION_TOLERANCE:
        raise refusals.orientation_varies()
    return _orthonormal(row, column), (float(spacing[0]), float(spacing[1]))


def _is_plane(row: FloatArray, column: FloatArray) -> bool:
    lengths = np.linalg.norm([row, column], axis=1)
    tolerance = 10 * _DIRECTION_TOLERANCE  # cosines cut to 3 digits are put right, worse ones are no direction
    return bool(np.abs(lengths - 1).max() < tolerance and abs(row @ column) < tolerance)


def _orthonormal(row: FloatArray, column: FloatArray) -> FloatArray:
    row = row / np.linalg.norm(row)
    normal = np.cross(row, column)
    normal /= np.linalg.norm(normal)
    return np.stack([row, np.cross(normal, row), normal], axis=1)


def _problems(local: FloatArray, settings: StudySettings) -> list[StudyRefusedError]:
    """Return what is wrong with ordered slice positions along the axes, relative to the first, shape (slices, 3)."""
    if len(local) < MINIMUM_SLICES:
        return [refusals.too_small(len(local), MINIMUM_SLICES)]
    gaps = np.diff(local[:, 2])
    duplicates = int((gaps <= settings.spacing_tolerance_fraction * np.median(gaps)).sum())
    if duplicates:
        return [refusals.duplicate_position(duplicates)]
    uneven = spacing_problem(local[:, 2], settings)
    sideways = _sideways(local, settings, is_even=uneven is None)
    return [problem for problem in (sideways, uneven) if problem]


def _sideways(local: FloatArray, settings: StudySettings, *, is_even: bool) -> StudyRefusedError | None:
    """Return the shift of slices that do not lie on one line, or the tilt of a line that can't be straightened."""
    slope = local[-1, :2] / local[-1, 2]
    shift_mm = float(np.linalg.norm(local[:, :2] - local[:, 2:] * slope, axis=1).max())
    if shift_mm > settings.position_tolerance_mm:
        return refusals.slices_shifted(shift_mm)
    degrees = _tilt_degrees(slope)
    if _leans(local, settings) and (degrees > settings.maximum_tilt_degrees or not is_even):
        return refusals.gantry_tilt(degrees, settings.maximum_tilt_degrees)
    return None


def _leans(local: FloatArray, settings: StudySettings) -> bool:
    is_beside = np.linalg.norm(local[-1, :2]) > settings.position_tolerance_mm
    return bool(is_beside and _tilt_degrees(local[-1, :2] / local[-1, 2]) > _STRAIGHT_DEGREES)


def _tilt_degrees(slope: FloatArray) -> float:
    return float(np.degrees(np.arctan(np.linalg.norm(slope))))
