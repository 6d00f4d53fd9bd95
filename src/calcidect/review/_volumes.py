"""Volumes for the page's viewer: coarse ones first, then one hand at a time in full."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Grid, Volume
from calcidect.report import BONE_WINDOW_HU
from calcidect.result import CONCENTRATION_STEP_MG_PER_CM3, HandFacts, packed_nifti

COARSE_VOXELS = 128
"""Along each axis, at most: 2 million voxels, which a viewer without a graphics card still turns smoothly."""

CONCENTRATIONS = ("hydroxyapatite", "urate")
IMAGES = ("low", "high")


def coarse(volume: Volume, *, labels: bool) -> Volume:
    """Return a volume of at most 128 voxels along each axis: blocks of voxels by their mean, labels by their largest.

    A mean of labels means nothing, and their commonest would lose deposits thinner than a block.
    """
    steps = [-(-n // COARSE_VOXELS) for n in volume.array.shape]
    padding = [(0, -n % step) for n, step in zip(volume.array.shape, steps, strict=True)]
    padded = np.pad(volume.array, padding, mode="constant" if labels else "edge")
    join: Callable[..., Any] = np.maximum if labels else functools.partial(np.add, dtype=np.float32)
    reduced = padded
    for axis, step in enumerate(steps):  # one after another, the slices first: all at once take ten times as long
        parts = [reduced[(slice(None),) * axis + (slice(first, None, step),)] for first in range(step)]
        reduced = functools.reduce(join, parts)
    if not labels:
        reduced = np.rint(reduced / np.prod(steps, dtype=np.float32))
    return Volume(reduced.astype(volume.array.dtype), _coarse_grid(volume.grid, steps, reduced.shape))


def _coarse_grid(grid: Grid, steps: list[int], shape: tuple[int, ...]) -> Grid:
    """Return the grid of blocks: each centre in the middle of its block."""
    k, j, i = steps
    n_k, n_j, n_i = shape
    x, y, z = grid.spacing_mm
    first = grid.point_of([(i - 1) / 2, (j - 1) / 2, (k - 1) / 2])
    return Grid((n_i, n_j, n_k), (x * i, y * j, z * k), tuple(first), grid.direction)


def of_hand(volume: Volume, hand: HandFacts) -> Volume:
    """Return the part of a volume around one hand."""
    return volume.cropped(hand.start, hand.size)


def packed(name: str, volume: Volume) -> bytes:
    """Return a volume as ``.nii.gz``: HU as 16 bit, steps of concentrations and labels as they are."""
    if name in CONCENTRATIONS:
        return packed_nifti(volume, CONCENTRATION_STEP_MG_PER_CM3)
    if name in IMAGES:
        return packed_nifti(volume.like(as_int16(volume.array)))
    return packed_nifti(volume)


def as_int16(hu: NDArray[Any]) -> NDArray[np.int16]:
    """Return HU as 16-bit whole numbers, cut off at the ends of their range."""
    limits = np.iinfo(np.int16)
    return np.asarray(np.clip(np.rint(hu), limits.min, limits.max), np.int16)


def listed(grid: Grid, hands: tuple[HandFacts, ...], *, with_low: bool, with_high: bool) -> list[dict[str, Any]]:
    """Return what the page may ask for: name, kind, unit, window, levels and bytes of a hand before compression.

    Parameters
    ----------
    grid : Grid
    hands : tuple of HandFacts
    with_low : bool
        Whether the scan is there.
    with_high : bool
        Whether it has two energies, and the result maps.
    """
    rows: list[tuple[str, str, str, tuple[float, float], int]] = []
    if with_low:
        rows += [(name, "image", "HU", BONE_WINDOW_HU, 2) for name in IMAGES[: 1 + with_high]]
    if with_high:
        rows += [(name, "map", "mg/cm3", (0.0, 600.0), 2) for name in CONCENTRATIONS]
    rows += [("deposits", "labels", "", (0.0, 0.0), 2), ("bones", "labels", "", (0.0, 0.0), 1)]
    largest = max((int(np.prod(hand.size)) for hand in hands), default=int(np.prod(grid.size)))
    return [
        {"name": name, "kind": kind, "unit": unit, "window": window, "levels": ["coarse", "full"], "bytes": largest * n}
        for name, kind, unit, window, n in rows
    ]
