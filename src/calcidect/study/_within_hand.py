"""Whether parts of a hand moved against the whole: a shift for every tile of it, after the rigid fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray
from calcidect.study._rigid import Image, Rigid, Samples, biweight, relation

_TILE_MM = 20.0
"""About a phalanx: longer than a finger is thick, so that a tile sees a bone from two sides."""
_TILE_SAMPLES = 300
"""A fifth of what the shaft of a phalanx gives."""
_DETERMINED = 0.2
"""Along a shaft edges tell nothing: directions of less than this share of the information are left as they are."""
_ITERATIONS = 8


def largest_shift_mm(samples: Samples, high: Image, motion: Rigid) -> float:
    """Return the largest shift of a tile of bone edges against the rigid motion; 0 where no tile holds enough.

    Parameters
    ----------
    samples : Samples
        Of bone edges.
    high : Image
    motion : Rigid
        Of the whole hand.
    """
    inside = high.holds(motion.of(samples.points_mm))
    samples, tile = _tiled(samples.where(inside))
    if len(tile) == 0:
        return 0.0
    moved, gradient = motion.of(samples.points_mm), samples.gradient @ motion.rotation.T
    members = [np.nonzero(tile == n)[0] for n in range(int(tile.max()) + 1)]
    shift = np.zeros((len(members), 3))
    for _ in range(_ITERATIONS):
        seen = high.at(moved + shift[tile]).astype(float)
        value, slope = relation(samples.low_hu, seen)
        residual, expected = seen - value, slope[:, None] * gradient
        shift += np.stack([_step(expected[own], residual[own]) for own in members])
    return float(np.linalg.norm(shift, axis=1).max())


def _tiled(samples: Samples) -> tuple[Samples, NDArray[np.intp]]:
    """Return the samples of tiles that hold enough, and the tile of each."""
    if len(samples.points_mm) == 0:
        return samples, np.zeros(0, np.intp)
    cell = np.floor(samples.points_mm / _TILE_MM).astype(int)
    tile = np.unique(cell, axis=0, return_inverse=True)[1].ravel()
    enough = np.bincount(tile)[tile] >= _TILE_SAMPLES
    return samples.where(enough), np.unique(tile[enough], return_inverse=True)[1].ravel()


def _step(expected: FloatArray, residual: FloatArray) -> FloatArray:
    """Return a tile's shift, with an offset of its own: bone and hardening differ along the hand."""
    weight = biweight(residual)
    columns = expected - np.average(expected, axis=0, weights=weight)
    weighted = columns * weight[:, None]
    values, axes = np.linalg.eigh(np.einsum("ni,nj->ij", weighted, columns))
    known = values > max(_DETERMINED * values[-1], 1e-9)
    along = (weighted.T @ residual) @ axes
    return np.asarray(-axes[:, known] @ (along[known] / values[known]))
