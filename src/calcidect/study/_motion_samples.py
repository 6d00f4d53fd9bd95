"""Where in a scan motion shows: the shape of a body on coarse grids, the edges of its bone on the scan's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Volume
from calcidect.study._bodies import CoarseHands
from calcidect.study._rigid import Image, Samples

_LATTICE_MM = 1.0
"""One sample a millimetre along each axis: nearer ones share their blur, and tell the same."""
_BONE_EDGE_HU, _BONE_EDGE_HU_PER_MM = 150.0, 150.0
"""Denser than soft tissue, and steeper than its borders (fat to muscle: 150 HU in 1-2 mm) or noise."""
_SHAPE_HU_PER_MM = 60.0
"""On coarse grids skin rises by some 300 HU/mm and bone by 100 or more."""
_MOST_SAMPLES = 60_000
_NEAR_VOXELS = 2


@dataclass(frozen=True, eq=False)
class Levels:
    """Both images on three grids: the scan's own, blocks of about 1.6 mm, and blocks of twice that.

    Parameters
    ----------
    low, high : Volume
        HU on one grid.
    hands : CoarseHands
        Of the low image.
    """

    low: Volume
    high: Volume
    hands: CoarseHands

    @cached_property
    def images(self) -> tuple[tuple[Image, Image], ...]:
        """Low and high image of each level, finest first."""
        spacing = np.array(self.low.grid.spacing_mm)
        fine = (Image(self.low.array, spacing, np.zeros(3)), Image(self.high.array, spacing, np.zeros(3)))
        middle = (shrunk(fine[0], self.hands.step), shrunk(fine[1], self.hands.step))
        return fine, middle, (shrunk(middle[0], (2, 2, 2)), shrunk(middle[1], (2, 2, 2)))

    def shape(self, level: int, label: int) -> Samples:
        """Return samples of skin and bone of a hand, in and just around it, on a coarse level (1 or 2)."""
        from scipy.ndimage import binary_dilation

        mine = self.hands.labels == label
        near = binary_dilation(mine, iterations=_NEAR_VOXELS) & (mine | (self.hands.labels == 0))
        near = near[(slice(None, None, level),) * 3]
        low = self.images[level][0]
        k, j, i = np.nonzero(near[tuple(slice(0, n) for n in low.array.shape)])
        samples = Samples.of(low, np.stack([i, j, k], 1) * low.spacing_mm + low.first_mm)
        return _thinned(samples.where(np.linalg.norm(samples.gradient, axis=1) > _SHAPE_HU_PER_MM))

    def bone_edges(self, label: int) -> Samples:
        """Return samples at the edges of a hand's bone and dense deposits, on the scan's own grid.

        Skin is left out: it yields where it rests on the table, and bears on no ratio.
        """
        low = self.images[0][0]
        index = _edges(low, self._box(label))
        i, j, k = (index // np.array(self.hands.step)).T
        mine = self.hands.labels[k, j, i] == label
        return _thinned(Samples.of(low, index[mine] * low.spacing_mm))

    def centre_mm(self, label: int) -> FloatArray:
        """Return the centroid of a hand, along the axes of the grid."""
        k, j, i = (float(index.mean()) for index in np.nonzero(self.hands.labels == label))
        return np.asarray((np.array([i, j, k]) + 0.5) * np.array(self.hands.step) * np.array(self.low.grid.spacing_mm))

    def _box(self, label: int) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
        """Return the first voxel (i, j, k) of a hand's box and the one after its last; each has all neighbours."""
        step, size = np.array(self.hands.step), np.array(self.low.grid.size)
        index = np.nonzero(self.hands.labels == label)[::-1]
        first = np.maximum(np.array([n.min() for n in index]) * step, 1)
        return first, np.minimum(np.array([n.max() + 1 for n in index]) * step, size - 1)


def shrunk(image: Image, step: tuple[int, int, int]) -> Image:
    """Return the means of blocks of voxels, ``step`` along i, j, k."""
    array = image.array
    for axis, n in enumerate(step[::-1]):
        part = [slice(None)] * 3
        total: Any = 0
        for offset in range(n):
            part[axis] = slice(offset, array.shape[axis] // n * n, n)
            total = np.add(array[tuple(part)], total, dtype=np.float32)
        array = total / np.float32(n)
    size = np.array(step)
    return Image(array, image.spacing_mm * size, image.first_mm + (size - 1) / 2 * image.spacing_mm)


def _edges(low: Image, box: tuple[NDArray[np.int_], NDArray[np.int_]]) -> NDArray[np.int_]:
    """Return voxels (i, j, k), shape (n, 3), on a lattice in a box, that lie at an edge of bone."""
    first, last = box
    every = np.maximum(np.rint(_LATTICE_MM / low.spacing_mm).astype(int), 1)

    def beside(offset: NDArray[np.int_]) -> NDArray[np.float32]:
        part = [slice(a + o, b + o, n) for a, b, n, o in zip(first, last, every, offset, strict=True)]
        return low.array[tuple(part[::-1])].astype(np.float32)

    pairs = [(beside(axis), beside(-axis)) for axis in np.eye(3, dtype=int)]
    mean = sum(after + before for after, before in pairs) / np.float32(6)
    squared = sum(((after - before) / np.float32(2 * s)) ** 2
                  for (after, before), s in zip(pairs, low.spacing_mm, strict=True))  # fmt: skip
    k, j, i = np.nonzero((mean > _BONE_EDGE_HU) & (squared > _BONE_EDGE_HU_PER_MM**2))
    return np.asarray(np.stack([i, j, k], 1) * every + first)


def _thinned(samples: Samples) -> Samples:
    every = max(-(-len(samples.points_mm) // _MOST_SAMPLES), 1)
    return samples.where(np.arange(len(samples.points_mm)) % every == 0)
