"""The hands in the scan: what lies inside a skin, one body a hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import StudyRefusedError
from calcidect.geometry import Volume, box_of
from calcidect.study import MOST_HAND_THICKNESS_MM, coarse_hands

_REACH_MM = 3.0
"""Opening rounds a hand's edges by less."""


@dataclass(frozen=True, eq=False)
class Body:
    """One hand's inside, on a box of the scan's grid.

    Parameters
    ----------
    start, size : tuple of int
        First voxel (i, j, k) and voxels along i, j, k.
    mask : bool array, shape (k, j, i) of the box
    """

    start: tuple[int, int, int]
    size: tuple[int, int, int]
    mask: NDArray[np.bool_]

    @property
    def box(self) -> tuple[slice, slice, slice]:
        """Its box (k, j, i), to index the scan's arrays with."""
        return box_of(self.start, self.size)


def find_bodies(low: Volume, threshold_hu: float, bone_threshold_hu: float) -> tuple[Body, ...]:
    """Return the hands of a scan, largest first.

    Raises
    ------
    StudyRefusedError
        If nothing in the scan is a hand.
    """
    hands = coarse_hands(low, threshold_hu, bone_threshold_hu)
    if hands.number == 0:
        is_thick = hands.thickest_mm > MOST_HAND_THICKNESS_MM
        thick = f" A part of it is {hands.thickest_mm / 10:.0f} cm thick." if is_thick else ""
        raise StudyRefusedError(
            "no_hand",
            found=f"Nothing in the scan has the size of a hand, with bone inside and soft tissue around it.{thick}",
            expected="A CT of one or both hands.",
            remedy="Check that the right series were exported; scans of other body parts can't be read.",
        )
    bodies = [_fine(low, threshold_hu, hands.labels, label, hands.step) for label in range(1, hands.number + 1)]
    return tuple(sorted(bodies, key=lambda body: -int(body.mask.sum())))


def _fine(low: Volume, threshold_hu: float, labels: NDArray[np.int32], label: int, step: tuple[int, ...]) -> Body:
    """Return a hand's mask on the scan's own grid: denser than the threshold, on or beside this label, filled."""
    from scipy.ndimage import binary_fill_holes, distance_transform_edt

    k, j, i = np.nonzero(labels == label)
    first = np.maximum(np.array([i.min() - 3, j.min() - 3, k.min() - 3]), 0) * step
    last = np.minimum((np.array([i.max() + 4, j.max() + 4, k.max() + 4])) * step, low.grid.size)
    box = tuple(slice(int(a), int(b)) for a, b in zip(first[::-1], last[::-1], strict=True))
    coarse_box = tuple(slice(part.start // s, -(-part.stop // s)) for part, s in zip(box, step[::-1], strict=True))
    nearby = labels[coarse_box]
    spacing = [s * n for s, n in zip(low.grid.spacing_mm[::-1], step[::-1], strict=True)]
    away, nearest = distance_transform_edt(nearby == 0, sampling=spacing, return_indices=True)
    mine = (nearby[tuple(nearest)] == label) & (away <= _REACH_MM)  # what opening removed farther away is a table
    for axis, s in enumerate(step[::-1]):
        mine = np.repeat(mine, s, axis=axis)
    mask = (low.array[box] > threshold_hu) & mine[: box[0].stop - box[0].start, : box[1].stop - box[1].start,
                                                  : box[2].stop - box[2].start]  # fmt: skip
    for image in mask:
        binary_fill_holes(image, output=image)
    start, size = first, last - first
    return Body((int(start[0]), int(start[1]), int(start[2])), (int(size[0]), int(size[1]), int(size[2])), mask)
