"""Whether two series show the same hands, told from where their stacks lie."""

from __future__ import annotations

import numpy as np

from calcidect.geometry import FloatArray, Grid
from calcidect.study._series import Series

_SAME_PLACE = 0.5
"""Of the larger field of view, and of the shorter stack. Our choice, between reconstructions of one scan (nearly 1) and
one hand of two (less than half of the field)."""


def show_one_place(one: Series, other: Series) -> bool:
    """Tell whether two series show the same thing, maybe at other voxel sizes or over another length.

    They share a frame of reference; in the plane of the slices the smaller field of view fills half of the larger, or
    it may show one hand of two; along the normal, half of the shorter lies within the longer.
    """
    assert one.stack is not None
    assert other.stack is not None
    if one.images[0].frame_uid != other.images[0].frame_uid:
        return False
    first, second = one.stack.grid, other.stack.grid
    start, stop = _box_mm(first, first)
    other_start, other_stop = _box_mm(second, first)
    common = np.clip(np.minimum(stop, other_stop) - np.maximum(start, other_start), 0, None)
    sizes = np.stack([stop - start, other_stop - other_start])
    in_plane = common[:2].prod() / sizes[:, :2].prod(axis=1).max()
    return bool(in_plane >= _SAME_PLACE and common[2] >= _SAME_PLACE * sizes[:, 2].min())


def _box_mm(grid: Grid, axes: Grid) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest coordinate in mm, shape (3,), of a grid's voxels along another's axes."""
    corners = np.stack(np.meshgrid(*[[-0.5, n - 0.5] for n in grid.size]), -1).reshape(-1, 3)
    along = grid.point_of(corners) @ axes.direction
    return along.min(axis=0), along.max(axis=0)
