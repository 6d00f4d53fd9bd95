"""An image on thirds of its voxels, and back.

The numbers of ``scipy.ndimage.zoom(image, 3, mode="nearest", grid_mode=True)``, but axis after axis: a cell lies a
third of a voxel before a voxel, on it, or a third behind, so that four weights do where zoom sums 64 a cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray

PARTS = 3

_PAD_VOXELS = 12
"""Beyond the border the outermost voxel goes on; a cubic spline feels it no farther (a share of 2e-7)."""
_CUBIC = np.array([[1, 60, 93, 8, 0], [0, 27, 108, 27, 0], [0, 8, 93, 60, 1]]) / 162
"""Cubic B-splines of five voxels around, at -1/3, 0 and 1/3 (Unser, IEEE Signal Proc Mag 1999;16(6):22)."""
_LINEAR = np.array([[0, 1, 2, 0, 0], [0, 0, 3, 0, 0], [0, 0, 2, 1, 0]]) / 3


def cubic_thirds(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return the cubic spline through the voxels, float32, shape (3k, 3j, 3i)."""
    from scipy.ndimage import spline_filter1d

    fine = np.asarray(image, float)
    for axis in range(fine.ndim):
        padded = _padded(fine, axis, _PAD_VOXELS)
        fine = _weighted(spline_filter1d(padded, 3, axis, mode="mirror"), axis, _PAD_VOXELS, _CUBIC)
    return fine.astype(np.float32)


def linear_thirds(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return straight lines between the voxels, float32, shape (3k, 3j, 3i)."""
    fine = np.asarray(image, float)
    for axis in range(fine.ndim):
        fine = _weighted(_padded(fine, axis, 2), axis, 2, _LINEAR)
    return fine.astype(np.float32)


def repeated_thirds(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return every voxel's value in all of its cells."""
    for axis in range(mask.ndim):
        mask = np.repeat(mask, PARTS, axis)
    return mask


def blurred_voxels(
    cells: NDArray[Any], sigma_cells: FloatArray, parts: int, truncate: float = 3.5
) -> NDArray[np.float32]:
    """Return the values at the voxels' middles of an image of cells, blurred by a Gaussian; nothing lies beyond it.

    Only what is needed is blurred: after each axis its middle cells are kept.
    """
    from scipy.ndimage import gaussian_filter1d

    image = cells.astype(np.float32)
    for axis, sigma in enumerate(sigma_cells):
        image = gaussian_filter1d(image, float(sigma), axis, mode="constant", truncate=truncate)
        image = image[(slice(None),) * axis + (slice((parts - 1) // 2, None, parts),)]
    return image


def _padded(image: FloatArray, axis: int, voxels: int) -> FloatArray:
    width = [(voxels, voxels) if n == axis else (0, 0) for n in range(image.ndim)]
    return np.pad(image, width, mode="edge")


def _weighted(padded: FloatArray, axis: int, pad: int, weights: FloatArray) -> FloatArray:
    """Return three sums of neighbours for each voxel, in turn along an axis."""
    first = np.moveaxis(padded, axis, 0)
    count = len(first) - 2 * pad
    fine = np.empty((count, PARTS, *first.shape[1:]), padded.dtype)
    for part, row in enumerate(weights):
        taps = [w * first[pad + n - 2 : pad + n - 2 + count] for n, w in enumerate(row) if w]
        fine[:, part] = sum(taps[1:], taps[0])
    return np.moveaxis(fine.reshape(count * PARTS, *first.shape[1:]), 0, axis)
