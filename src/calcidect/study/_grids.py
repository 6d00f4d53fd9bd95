"""How the images of two energies lie to each other: on one lattice, on lattices that can be joined, or apart.

Everything here is told from headers. The pixels are moved in `_resample`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray
from calcidect.settings import StudySettings
from calcidect.study._stack import MINIMUM_SLICES, Stack

Triple = tuple[float, float, float]
Kind = Literal["same", "cropped", "resampled", "apart"]

_SMALLEST_PART = 0.5  # of the smaller grid. Our rule: less in common is another part of the body, or the other hand


@dataclass(frozen=True)
class Turn:
    """How an array must be turned so that its axes run as another's: columns and rows exchanged, axes reversed.

    Parameters
    ----------
    is_transposed : bool
        Whether its rows run where the other's columns do.
    is_reversed : tuple of bool
        Of the axes i, j, k after the exchange.
    """

    is_transposed: bool
    is_reversed: tuple[bool, bool, bool]

    def of_array(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return a view, turned, of an array of shape (slices, rows, columns)."""
        turned = array.transpose(0, 2, 1) if self.is_transposed else array
        i, j, k = (slice(None, None, -1) if back else slice(None) for back in self.is_reversed)
        return turned[k, j, i]

    def of_size(self, size: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the turned size (i, j, k)."""
        return (size[1], size[0], size[2]) if self.is_transposed else size

    def matrix(self, size: tuple[int, int, int]) -> FloatArray:
        """Return the matrix, shape (4, 4), from turned indices to those of an array of some size (i, j, k)."""
        back: FloatArray = np.eye(4)
        for axis, count in enumerate(self.of_size(size)):
            if self.is_reversed[axis]:
                back[axis, axis], back[axis, 3] = -1, count - 1
        return back[[1, 0, 2, 3]] if self.is_transposed else back


NO_TURN = Turn(False, (False, False, False))


@dataclass(frozen=True)
class AxisRelation:
    """One axis of the part that two images have in common.

    Parameters
    ----------
    start, size : int
        First voxel of one image's, and how many.
    scale, offset : float
        Voxel n of one image's lies at voxel ``scale * n + offset`` of the other's. Whole numbers and scale 1 where the
        two agree within the tolerance.
    """

    start: int
    size: int
    scale: float
    offset: float

    @property
    def is_whole(self) -> bool:
        """Whether voxels fall on voxels."""
        return self.scale == 1 and self.offset == int(self.offset)

    @property
    def positions(self) -> FloatArray:
        """Where the common voxels lie in the other image, in its voxels."""
        return np.arange(self.start, self.start + self.size, dtype=float) * self.scale + self.offset


@dataclass(frozen=True)
class GridRelation:
    """How another image lies to one.

    Parameters
    ----------
    kind : {"same", "cropped", "resampled", "apart"}
        Voxel on voxel all over; voxel on voxel where both are; between voxels; or not to be joined.
    why_apart : str
        Why not, as the end of a sentence; empty if they can be joined.
    turn : Turn
        Brings the other's axes in line with one's.
    axes : tuple of AxisRelation
        Along i, j, k of the one; empty if apart.
    """

    kind: Kind
    why_apart: str = ""
    turn: Turn = NO_TURN
    axes: tuple[AxisRelation, ...] = ()


def how_grids_relate(one: Stack, other: Stack, settings: StudySettings) -> GridRelation:
    """Tell how two stacks lie to each other.

    Parameters
    ----------
    one, other : Stack
        Tilted or not. Whether they can be joined does not depend on which is which.
    settings : StudySettings
        Tolerances.

    Returns
    -------
    GridRelation
        With the part of ``one`` that both cover.
    """
    why = _why_unlike_thickness(one, other, settings)
    turn = _turn(one.grid.direction, other.grid.direction)
    if why or turn is None:
        return GridRelation("apart", why or "their slices lie in different planes")
    turned = other.affine_lps @ turn.matrix(other.grid.size)
    matrix = np.asarray(np.linalg.solve(turned, one.affine_lps), float)
    spacing = np.asarray(np.linalg.norm(turned[:3, :3], axis=0), float)
    counts = turn.of_size(other.grid.size)
    tolerances = np.minimum(settings.position_tolerance_mm / spacing, 0.49)  # in the other's voxels; they stay apart
    axes = _common_part(matrix, one.grid.size, counts, tolerances)
    why = (
        _why_no_overlap(axes, one.grid.size, counts)
        or _why_askew(matrix, axes, one.grid.size, spacing, settings)
        or _why_unlike_sampling(axes, one, other, settings)
    )
    if why:
        return GridRelation("apart", why)
    if not all(axis.is_whole for axis in axes):
        return GridRelation("resampled", "", turn, axes)
    is_all = all(axis.size == n == m for axis, n, m in zip(axes, one.grid.size, counts, strict=True))
    return GridRelation("same" if is_all else "cropped", "", turn, axes)


def _turn(one: FloatArray, other: FloatArray) -> Turn | None:
    """Return how to turn the other's axes, or None if its slices do not lie in the planes of the one's."""
    cosines = one.T @ other
    nearest = np.abs(cosines).argmax(axis=1)  # which of the other's axes runs along each of one's
    if tuple(nearest) not in ((0, 1, 2), (1, 0, 2)):
        return None
    i, j, k = (bool(cosines[axis, nearest[axis]] < 0) for axis in range(3))
    return Turn(int(nearest[0]) == 1, (i, j, k))


def _common_part(
    matrix: FloatArray, size: tuple[int, int, int], counts: tuple[int, int, int], tolerances: FloatArray
) -> tuple[AxisRelation, ...]:
    """Return, for each axis, the voxels of one image that the other covers, too; sizes may come out below 1."""
    centre = (np.array(size) - 1) / 2
    at_centre = matrix[:3, :3] @ centre + matrix[:3, 3]
    axes = []
    for axis in range(3):
        scale = float(matrix[axis, axis])
        offset = float(at_centre[axis] - scale * centre[axis])
        axes.append(_axis(scale, offset, size[axis], counts[axis], float(tolerances[axis])))
    return tuple(axes)


def _axis(scale: float, offset: float, size: int, count: int, tolerance: float) -> AxisRelation:
    """Return the common part of an axis of ``size`` voxels and one of ``count``; see `AxisRelation`."""
    start = max(0, int(np.ceil((-tolerance - offset) / scale)))
    stop = min(size, int(np.floor((count - 1 + tolerance - offset) / scale)) + 1)
    if stop <= start:
        return AxisRelation(start, 0, scale, offset)
    ends = np.array([start, stop - 1])
    shift = scale * ends + offset - ends
    whole = float(np.rint(shift.mean()))
    if np.abs(shift - whole).max() <= tolerance:
        start, stop = max(0, -int(whole)), min(size, count - int(whole))
        return AxisRelation(start, stop - start, 1.0, whole)
    return AxisRelation(start, stop - start, scale, offset)


def _why_unlike_thickness(one: Stack, other: Stack, settings: StudySettings) -> str:
    thin, thick = sorted((one.images[0].acquisition.thickness_mm or 0, other.images[0].acquisition.thickness_mm or 0))
    if thin > 0 and _exceeds(thick / thin, settings.maximum_thickness_ratio):
        return f"their slices are {thin:g} and {thick:g} mm thick"
    return ""


def _why_no_overlap(axes: tuple[AxisRelation, ...], size: tuple[int, int, int], counts: tuple[int, int, int]) -> str:
    share = 1.0
    for axis, n, count in zip(axes, size, counts, strict=True):
        share *= max(axis.size, 0) / min(n, max(1, count / axis.scale))
    if axes[2].size < MINIMUM_SLICES or share < _SMALLEST_PART:
        return f"they have only {100 * share:.0f} % of the smaller one's volume in common"
    return ""


def _why_askew(
    matrix: FloatArray,
    axes: tuple[AxisRelation, ...],
    size: tuple[int, int, int],
    spacing: FloatArray,
    settings: StudySettings,
) -> str:
    """Tell of a turn, or of a tilt of one of the two, that moves the corners of the common part."""
    askew = matrix[:3, :3] - np.diag(np.diag(matrix[:3, :3]))
    ends = [(axis.start, axis.start + axis.size - 1) for axis in axes]
    corners = np.stack(np.meshgrid(*ends), -1).reshape(-1, 3) - (np.array(size) - 1) / 2
    moved_mm = float(np.linalg.norm(corners @ askew.T * spacing, axis=1).max())
    if moved_mm > settings.position_tolerance_mm:
        return f"they are turned or tilted against each other, by {moved_mm:.1f} mm at the corners"
    return ""


def _why_unlike_sampling(axes: tuple[AxisRelation, ...], one: Stack, other: Stack, settings: StudySettings) -> str:
    ratios = [1.0 if axis.is_whole else max(axis.scale, 1 / axis.scale) for axis in axes]
    first, second = (stack.grid.spacing_mm for stack in (one, other))
    if _exceeds(max(ratios[:2]), settings.maximum_sampling_ratio):
        return f"their pixels measure {max(first[:2]):.2f} and {max(second[:2]):.2f} mm"
    if _exceeds(ratios[2], settings.maximum_sampling_ratio):
        return f"their slices lie {first[2]:.2f} and {second[2]:.2f} mm apart"
    thicknesses = one.images[0].acquisition.thickness_mm, other.images[0].acquisition.thickness_mm
    for thickness, spacing in zip(thicknesses, (first[2], second[2]), strict=True):
        if not axes[2].is_whole and thickness and _exceeds(spacing / thickness, settings.maximum_thickness_ratio):
            return f"their slices lie at different heights, with gaps between slices of {thickness:g} mm"
    return ""


def _exceeds(ratio: float, limit: float) -> bool:
    return ratio > limit * (1 + 1e-6)  # spacings are computed from positions: a ratio at the limit is within it
