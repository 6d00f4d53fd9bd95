"""Connected parts of mineral that is not bone, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._mineral import MineralImage
from calcidect.geometry import FloatArray


@dataclass(frozen=True, eq=False)
class Part:
    """One connected part.

    Parameters
    ----------
    index : int array, shape (n, 3)
        Its voxels (k, j, i) in the hand's box.
    dense : bool array, shape (n,)
        Those above half of its brightest, which is where a blurred body ends.
    points_mm : array, shape (n, 3)
        Along the array's axes (k, j, i).
    voxel_mm3 : float
    ha_mg_per_cm3 : float
        90th percentile of its dense voxels.
    """

    index: NDArray[np.intp]
    dense: NDArray[np.bool_]
    points_mm: FloatArray
    voxel_mm3: float
    ha_mg_per_cm3: float

    @property
    def at(self) -> tuple[NDArray[np.intp], ...]:
        """Its voxels, to index an array with."""
        return tuple(self.index.T)

    @property
    def dense_mm3(self) -> float:
        """Volume above half maximum."""
        return float(self.dense.sum()) * self.voxel_mm3

    @cached_property
    def axes_mm(self) -> tuple[float, float, float] | None:
        """Axes, shortest first, of an ellipsoid that spreads like its dense voxels: an axis is 2 sqrt(5 variance).

        None of fewer than four voxels.
        """
        points = self.points_mm[self.dense]
        if len(points) <= 3:
            return None
        short, middle, long = (float(2 * np.sqrt(5 * max(v, 0.0))) for v in np.linalg.eigvalsh(np.cov(points.T)))
        return short, middle, long

    @property
    def longest_mm(self) -> float:
        """The longest axis; 0 of fewer than four dense voxels."""
        axes = self.axes_mm
        return 0.0 if axes is None else axes[-1]

    @property
    def is_compact(self) -> bool:
        """Whether it is no longer than 1.9 times a ball of its volume; an egg twice as long as thick is 1.6 times."""
        return 0 < self.longest_mm < 1.9 * float(np.cbrt(6 * self.dense_mm3 / np.pi))


def parts_of(
    mineral: NDArray[np.bool_], pieces: NDArray[np.int32], image: MineralImage, spacing_mm: tuple[float, float, float]
) -> list[Part]:
    """Return the parts of mineral.

    Parameters
    ----------
    mineral : bool array, shape (k, j, i)
    pieces : int32 array
        Labels of bodies that blur joins: a part lies in one of them.
    image : MineralImage
    spacing_mm : tuple of float
        Along i, j, k.
    """
    from scipy.ndimage import find_objects, label

    found = []
    labels = np.where(mineral, pieces + 1, 0)  # 0 of pieces is mineral of no piece
    for number, box in enumerate(find_objects(labels), start=1):
        if box is None:
            continue
        numbered, count = label(labels[box] == number, np.ones((3, 3, 3)))
        offset = [part.start for part in box]
        found += [
            _part(np.argwhere(numbered == n) + offset, image, np.array(spacing_mm[::-1])) for n in range(1, count + 1)
        ]
    return found


def _part(index: NDArray[np.intp], image: MineralImage, spacing: FloatArray) -> Part:
    at = tuple(index.T)
    hu = image.low_hu[at]
    dense = hu >= min(0.5 * hu.max(), hu.max())  # a dark speck, as edges enhanced by a kernel leave, has its brightest
    ha = float(np.quantile(image.ha_mg_per_cm3[at][dense], 0.9))
    return Part(index, dense, index * spacing, float(np.prod(spacing)), ha)
