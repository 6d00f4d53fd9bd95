"""Interpolation by cubic splines, one axis at a time.

The cardinal cubic spline passes through every sample, keeps sums, and blurs far less than linear interpolation does
(M. Unser, Splines: a perfect fit for signal and image processing, IEEE Signal Processing Magazine 16(6), 1999). Along
one axis it is a weighted sum, written here as a sparse matrix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_POLE = np.sqrt(3.0) - 2.0  # of the cubic spline's filter (Unser 1999, box 2)
_REACH = 12  # samples on either side; what lies farther has a weight below the next
_LEAST_WEIGHT = 1e-6  # moves a step of 4,000 HU by less than 0.01 HU
_SAME = 1e-9  # samples: such a distance is rounding


def spline_weights(positions: FloatArray, count: int) -> csr_array:
    """Return the weights with which samples make up interpolated values.

    Parameters
    ----------
    positions : array, shape (values,)
        Where the values are wanted, in samples; the samples lie at 0 to ``count - 1``.
    count : int
        Number of samples, at least 2.

    Returns
    -------
    csr_array, shape (values, count)
        float32. Each row sums to 1; those of positions more than half a sample outside are 0. Beyond the ends the
        samples are mirrored.
    """
    from scipy.sparse import csr_array

    whole = np.floor(positions + _SAME)
    # Shifted positions share one fraction, and with it their weights.
    fractions, which = np.unique(np.maximum(positions - whole, 0).round(9), return_inverse=True)
    offsets = np.arange(1 - _REACH, _REACH + 1)
    weights = _cardinal_spline(fractions[:, None] - offsets)
    weights[np.abs(weights) < _LEAST_WEIGHT] = 0
    weights = (weights / weights.sum(axis=1, keepdims=True))[which]
    samples = whole.astype(int)[:, None] + offsets
    inside = (positions >= -0.5) & (positions <= count - 0.5)
    weights *= inside[:, None]
    mirrored = np.abs(samples) % (2 * (count - 1))
    mirrored = np.minimum(mirrored, 2 * (count - 1) - mirrored)
    starts = np.arange(len(positions) + 1) * samples.shape[1]
    matrix = csr_array((weights.ravel().astype(np.float32), mirrored.ravel(), starts), shape=(len(positions), count))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _cardinal_spline(distance: FloatArray) -> FloatArray:
    """Return the weight of a sample at a distance, in samples."""
    gain = -6 * _POLE / (1 - _POLE**2)
    terms = range(-_REACH - 2, _REACH + 3)
    return np.asarray(sum(gain * _POLE ** abs(n) * _cubic_b_spline(distance - n) for n in terms))


def _cubic_b_spline(x: FloatArray) -> FloatArray:
    x = np.abs(x)
    inner = 2 / 3 - x**2 + x**3 / 2
    outer = np.maximum(2 - x, 0) ** 3 / 6
    return np.where(x < 1, inner, outer)


def along(weights: csr_array, array: NDArray[Any], axis: int) -> NDArray[np.float32]:
    """Return an array of which one axis is interpolated.

    Parameters
    ----------
    weights : csr_array, shape (values, samples)
        From `spline_weights`.
    array : array
        Any shape whose length along ``axis`` is the number of samples.
    axis : int
        Which.
    """
    moved = np.moveaxis(array, axis, 0)
    flat = np.ascontiguousarray(moved, np.float32).reshape(len(moved), -1)
    made = (weights @ flat).reshape(weights.shape[0], *moved.shape[1:])
    return np.moveaxis(made, 0, axis)
