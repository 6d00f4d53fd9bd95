"""Two energies come onto one grid: that of the low energy, cropped to what both cover, without tilt.

Nothing is copied where nothing needs to move; where voxels fall on voxels, they are kept to the bit; else the high
energy is interpolated, along the axes that need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import Notice
from calcidect.geometry import Grid, Volume
from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._grids import AxisRelation, GridRelation, how_grids_relate
from calcidect.study._pixels import Pixels
from calcidect.study._resample import resampled, straightened, whole_part
from calcidect.study._sample import BODY_HU
from calcidect.study._stack import Stack

_MOST_GROWTH = 4  # our rule: 500 mm at 30 degrees and 0.3 mm pixels treble the rows; more is a damaged header
_EVERY = (2, 4, 4)  # slices, rows, columns sampled for the share of the body: enough for a percentage


@dataclass(frozen=True, eq=False)
class Placed:
    """Both energies on one grid.

    Parameters
    ----------
    low, high : Volume
        HU.
    notices : tuple of Notice
        What was done to them.
    """

    low: Volume
    high: Volume
    notices: tuple[Notice, ...] = ()


def onto_one_grid(
    stacks: tuple[Stack, Stack], pixels: tuple[Pixels, Pixels], names: tuple[str, str], settings: StudySettings
) -> Placed:
    """Bring the high energy onto the grid of the low, and straighten both if the gantry was tilted.

    Parameters
    ----------
    stacks : tuple of Stack
        Low, high.
    pixels : tuple of Pixels
        Low, high, as stored.
    names : tuple of str
        Their energies, for the notices.
    settings : StudySettings
        Tolerances.

    Raises
    ------
    StudyRefusedError
        ``grids_differ``, ``slices_shifted``.
    """
    low, high = pixels
    relation = how_grids_relate(*stacks, settings)
    if relation.why_apart:
        raise refusals.grids_differ(relation.why_apart)
    turned = relation.turn.of_array(high.hu)
    notices = _crop_notices(low.hu, turned, relation, names, settings)
    if relation.kind == "resampled":
        notices += _resample_notices(stacks, names)
    grid = _part_of(stacks[0], relation.axes)
    low_volume = Volume(np.ascontiguousarray(low.hu[_box(relation.axes)]), grid)
    high_volume = Volume(_onto_axes(turned, relation.axes, _ceiling(high)), grid)
    return Placed(
        _upright(low_volume, stacks[0], _ceiling(low)),
        _upright(high_volume, stacks[0], _ceiling(high)),
        (*notices, *_tilt_notices(stacks[0])),
    )


def upright(stack: Stack, pixels: Pixels) -> tuple[Volume, tuple[Notice, ...]]:
    """Return one image alone, straightened if the gantry was tilted, and what was done to it.

    Raises
    ------
    StudyRefusedError
        ``slices_shifted``.
    """
    return _upright(Volume(pixels.hu, stack.grid), stack, _ceiling(pixels)), _tilt_notices(stack)


def _upright(volume: Volume, stack: Stack, ceiling: float | None) -> Volume:
    """Return an image on the grid above the first slice of its stack; the same one if it was not tilted."""
    if not stack.is_tilted:
        return volume
    grid = volume.grid
    slide = np.array(stack.slide_mm) / grid.spacing_mm[:2]
    if (np.abs(slide) * grid.size[2] > _MOST_GROWTH * np.array(grid.size[:2])).any():
        raise refusals.slices_shifted(float(np.linalg.norm(stack.slide_mm)) * grid.size[2])
    hu, start = straightened(volume.array, slide, ceiling)
    return Volume(hu, Grid(hu.shape[::-1], grid.spacing_mm, tuple(grid.point_of((*start, 0))), grid.direction))


def _onto_axes(hu: NDArray[Any], axes: Sequence[AxisRelation], ceiling: float | None) -> NDArray[Any]:
    if all(axis.is_whole for axis in axes):
        return np.ascontiguousarray(hu[tuple(whole_part(axis) for axis in reversed(axes))])
    return resampled(hu, axes, ceiling)


def _ceiling(pixels: Pixels) -> float | None:
    """Return the limit that interpolated values keep below, so that none passes for a clipped one."""
    return pixels.clipping.maximum_hu if np.isfinite(pixels.clipping.maximum_hu) else None


def _box(axes: Sequence[AxisRelation]) -> tuple[slice, ...]:
    return tuple(slice(axis.start, axis.start + axis.size) for axis in reversed(axes))


def _part_of(stack: Stack, axes: Sequence[AxisRelation]) -> Grid:
    """Return the grid of the common part of a stack; of a tilted one, upright above its first slice."""
    start, size = [axis.start for axis in axes], [axis.size for axis in axes]
    if all(n == 0 for n in start) and tuple(size) == stack.grid.size:
        return stack.grid
    origin = stack.affine_lps @ [*start, 1]
    return Grid((size[0], size[1], size[2]), stack.grid.spacing_mm, tuple(origin[:3]), stack.grid.direction)


def _crop_notices(
    low: NDArray[Any],
    high: NDArray[Any],
    relation: GridRelation,
    names: tuple[str, str],
    settings: StudySettings,
) -> list[Notice]:
    """Tell what only one energy covers.

    Raises
    ------
    StudyRefusedError
        ``grids_differ`` if that is too much of the body.
    """
    boxes = _box(relation.axes), _used(relation.axes, high.shape)
    left_out = [
        any(part.start > 0 or part.stop < n for part, n in zip(box, hu.shape, strict=True))
        for box, hu in zip(boxes, (low, high), strict=True)
    ]
    if not any(left_out):
        return []
    shares = [_body_share(hu, box) for hu, box in zip((low, high), boxes, strict=True)]
    told = " and ".join(
        f"{100 * (1 - share):.0f} % of that of {name}" for share, name in zip(shares, names, strict=True)
    )
    if min(shares) < settings.minimum_body_overlap_fraction:
        raise refusals.grids_differ(f"of the body in the images, only one energy covers {told}")
    size = " x ".join(str(axis.size) for axis in relation.axes)
    return [
        Notice(
            "cropped",
            f"The two energies do not cover the same: only their common part of {size} voxels is used. Of the body in "
            f"the images, {told} lies outside.",
            "Every number is of the common part only: what one energy alone covers is in none.",
        )
    ]


def _used(axes: Sequence[AxisRelation], shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return the part of the other image that the common part touches; less than a voxel at an end does not count."""
    parts = []
    for axis, count in zip(reversed(axes), shape, strict=True):
        first, last = axis.positions[[0, -1]]
        begin, end = int(np.floor(first)), int(np.ceil(last)) + 1
        slack = 0 if axis.is_whole else max(1, int(np.ceil(axis.scale)))
        parts.append(slice(begin if begin > slack else 0, end if end < count - slack else count))
    return tuple(parts)


def _body_share(hu: NDArray[Any], box: tuple[slice, ...]) -> float:
    """Return which share of the body's voxels lies in a box."""
    body = hu[tuple(slice(None, None, step) for step in _EVERY)] > BODY_HU
    part = tuple(slice(-(-p.start // n), -(-p.stop // n)) for p, n in zip(box, _EVERY, strict=True))
    total = int(np.count_nonzero(body))
    return int(np.count_nonzero(body[part])) / total if total else 1.0


def _resample_notices(stacks: tuple[Stack, Stack], names: tuple[str, str]) -> list[Notice]:
    low, high = (" x ".join(f"{mm:.2f}" for mm in stack.grid.spacing_mm) for stack in stacks)
    return [
        Notice(
            "resampled",
            f"The images of {names[1]} (voxels of {high} mm) were interpolated onto the grid of those of {names[0]} "
            f"({low} mm).",
            "Noise and blur of the two energies differ: dual-energy ratios of voxels at edges, and the material of "
            "deposits of a few voxels, are less sure than stated. Mass is kept.",
        )
    ]


def _tilt_notices(stack: Stack) -> tuple[Notice, ...]:
    if not stack.is_tilted:
        return ()
    degrees = stack.tilt_degrees
    notice = Notice(
        "gantry_tilt_resampled",
        f"The gantry was tilted by {degrees:.1f} degrees: the slices were interpolated onto an upright grid.",
        "Noise is smoothed a little, from slice to slice differently, in two energies alike; edges lose little, mass "
        "nothing.",
    )
    return (notice,)
