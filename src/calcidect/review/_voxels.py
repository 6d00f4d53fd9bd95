"""Sets of voxels and sparse labels: what strokes and cuts change, without a dense volume.

A voxel is its flat index in an array of shape (k, j, i). A hand has 10 to 100 million voxels, its deposits some ten
thousand.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.review._faults import RequestRefusedError, refused

Voxels = NDArray[np.int64]
"""Rising flat indices."""

MOST_VOXELS = 2**22
"""Of one stroke. Our choice: half a litre of 0.5 mm voxels, more than two hands hold."""
_RUN = np.dtype("<u4")


@dataclass(frozen=True, eq=False)
class SparseLabels:
    """Labels of few voxels of a large volume.

    Parameters
    ----------
    voxels : int64 array, shape (n,)
        Rising flat indices.
    labels : uint16 array, shape (n,)
        Label of each.
    """

    voxels: Voxels
    labels: NDArray[np.uint16]

    def __post_init__(self) -> None:
        self.voxels.setflags(write=False)
        self.labels.setflags(write=False)

    @classmethod
    def of(cls, dense: NDArray[Any]) -> SparseLabels:
        """Return what is not 0 in a dense volume."""
        flat = dense.reshape(-1)
        voxels = np.flatnonzero(flat != 0)  # of booleans it is three times as fast
        return cls(voxels, flat[voxels].astype(np.uint16))

    @classmethod
    def none(cls) -> SparseLabels:
        """Return no label at all."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.uint16))

    def put(self, voxels: Voxels, label: int) -> SparseLabels:
        """Return the same with one label at some voxels."""
        kept = self.without(voxels)
        at = np.searchsorted(kept.voxels, voxels)
        return SparseLabels(np.insert(kept.voxels, at, voxels), np.insert(kept.labels, at, np.uint16(label)))

    def without(self, voxels: Voxels) -> SparseLabels:
        """Return the same with nothing at some voxels."""
        kept = ~np.isin(self.voxels, voxels, assume_unique=True)
        return SparseLabels(self.voxels[kept], self.labels[kept])

    def of_label(self, label: int) -> Voxels:
        """Return the voxels of a label."""
        found: Voxels = self.voxels[self.labels == label]
        return found

    def at(self, voxels: Voxels) -> NDArray[np.uint16]:
        """Return the label of each voxel, 0 where there is none."""
        found = np.zeros(len(voxels), np.uint16)
        if len(self.voxels):
            place = np.minimum(np.searchsorted(self.voxels, voxels), len(self.voxels) - 1)
            same = self.voxels[place] == voxels
            found[same] = self.labels[place[same]]
        return found

    def present(self) -> frozenset[int]:
        """Return every label that a voxel has."""
        return frozenset(np.unique(self.labels).tolist())

    def dense(self, shape: tuple[int, int, int]) -> NDArray[np.uint16]:
        """Return the volume."""
        array = np.zeros(shape, np.uint16)
        array.reshape(-1)[self.voxels] = self.labels
        return array

    def is_same_as(self, other: SparseLabels) -> bool:
        """Tell whether both label the same voxels alike."""
        return np.array_equal(self.voxels, other.voxels) and np.array_equal(self.labels, other.labels)


def encode(voxels: Voxels, shape: tuple[int, int, int]) -> dict[str, Any]:
    """Return voxels as they stand in events: a box, and runs in it.

    ``start`` and ``shape`` are along i, j, k; ``rle`` holds the lengths of runs that are out, in, out, ... in turn, i
    running fastest, as unsigned 32-bit little-endian numbers in base64.
    """
    k, j, i = np.unravel_index(voxels, shape)
    first = [int(axis.min()) for axis in (i, j, k)]
    size = [int(axis.max()) - low + 1 for axis, low in zip((i, j, k), first, strict=True)]
    inner = np.ravel_multi_index((k - first[2], j - first[1], i - first[0]), tuple(size[::-1]))
    begins = np.flatnonzero(np.diff(inner, prepend=-2) != 1)
    starts = inner[begins]
    ends = inner[np.append(begins[1:], len(inner)) - 1] + 1
    edges = np.stack([starts, ends], 1).ravel()
    runs = np.diff(np.concatenate([[0], edges, [int(np.prod(size))]])).astype(_RUN)
    return {"start": first, "shape": size, "rle": base64.b64encode(runs.tobytes()).decode("ascii")}


def decode(start: Sequence[int], size: Sequence[int], rle: str, shape: tuple[int, int, int]) -> Voxels:
    """Return the voxels of a box with runs.

    Raises
    ------
    RequestRefusedError
        If the box does not lie on the grid, the runs do not fill it, or it holds no voxel or too many.
    """
    if any(s < 0 or n < 1 or s + n > m for s, n, m in zip(start, size, shape[::-1], strict=True)):
        raise _wrong("The box of the voxels does not lie on the grid.")
    try:
        raw = base64.b64decode(rle, validate=True)
        runs = np.frombuffer(raw, _RUN).astype(np.int64)
    except (binascii.Error, ValueError):
        raise _wrong("The runs are no base64 of 32-bit numbers.") from None
    edges = np.cumsum(runs)
    whole = int(np.prod(np.array(size, np.int64)))
    if len(edges) == 0 or edges[-1] != whole:
        raise _wrong("The runs do not fill the box.")
    lengths = runs[1::2]
    count = int(lengths.sum())
    if not 0 < count <= MOST_VOXELS:
        raise _wrong("No voxel, or too many, are named.")
    before = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    inner = np.arange(count) + np.repeat(edges[0::2][: len(lengths)] - before, lengths)
    k, j, i = np.unravel_index(inner, (size[2], size[1], size[0]))
    at = np.ravel_multi_index((k + start[2], j + start[1], i + start[0]), shape)
    return np.asarray(at, np.int64)


def _wrong(found: str) -> RequestRefusedError:
    return refused("voxels_wrong", found, "A box on the grid with runs that fill it; docs/review.md says how.")
