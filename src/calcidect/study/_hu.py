"""Stored values become HU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.study._pixel_format import PixelFormat

AIR_HU = -1024
"""What stands outside the field of view, where a scanner pads with something lower or a tilt was straightened."""

_INT16 = np.iinfo(np.int16)


def used_bits(stored: NDArray[Any], pixels: PixelFormat) -> NDArray[Any]:
    """Drop what stands in the bits above Bits Stored: overlays of old scanners, or nothing where a sign should be.

    Parameters
    ----------
    stored : array
        16-bit integers.
    pixels : PixelFormat
        With Bits Stored.
    """
    unused = 16 - pixels.bits_stored
    limit = 2 ** (pixels.bits_stored - int(pixels.signed))
    if unused <= 0 or (stored.max() < limit and stored.min() >= -limit):
        return stored
    return (stored << unused) >> unused


def fill(hu: NDArray[Any], k: int, stored: NDArray[Any], pixels: PixelFormat) -> NDArray[Any]:
    """Write slice k as HU; return the volume, as float32 from here on if int16 can't hold the slice.

    Parameters
    ----------
    hu : array, shape (slices, rows, columns)
        int16 or float32.
    k : int
        The slice.
    stored : array, shape (rows, columns)
        16-bit integers.
    pixels : PixelFormat
        Its scale.
    """
    if hu.dtype == np.int16:
        lowest, highest = int(stored.min()) + pixels.intercept, int(stored.max()) + pixels.intercept
        if lowest < _INT16.min or highest > _INT16.max:
            hu = hu.astype(np.float32)
    if hu.dtype == np.int16:
        # Sums modulo 2^16 are right wherever the result fits, which was just seen to.
        wrapped = (int(pixels.intercept) - _INT16.min) % 2**16 + _INT16.min
        np.add(stored.view(np.int16), np.int16(wrapped), out=hu[k])
    else:
        hu[k] = stored * np.float64(pixels.slope) + pixels.intercept
    if pixels.padding is not None:
        outside = stored.view(np.uint16) == (pixels.padding & 0xFFFF)
        hu[k][outside & (hu[k] < AIR_HU)] = AIR_HU
    return hu


def storable_hu(formats: Sequence[PixelFormat]) -> float:
    """Return the highest HU that the bits of a series can hold."""
    return max(float((2 ** (f.bits_stored - int(f.signed)) - 1) * f.slope + f.intercept) for f in formats)
