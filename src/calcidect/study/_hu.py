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


def fill(hu: NDArray[Any], stored: NDArray[Any], pixels: PixelFormat) -> bool:
    """Write a slice as HU, and tell whether it could be: int16 does not hold every value.

    Parameters
    ----------
    hu : array, shape (rows, columns)
        int16 or float32; written to.
    stored : array, shape (rows, columns)
        16-bit integers.
    pixels : PixelFormat
        Its scale.
    """
    if hu.dtype == np.int16:
        if not (_fits(*_range(pixels), pixels) or _fits(stored.min(), stored.max(), pixels)):
            return False
        # Sums modulo 2^16 are right wherever the result fits, which was just seen to.
        wrapped = (int(pixels.intercept) - _INT16.min) % 2**16 + _INT16.min
        np.add(stored.view(np.int16), np.int16(wrapped), out=hu)
    else:
        hu[...] = stored * np.float64(pixels.slope) + pixels.intercept
    if pixels.padding is not None:
        outside = stored.view(np.uint16) == (pixels.padding & 0xFFFF)
        hu[outside & (hu < AIR_HU)] = AIR_HU
    return True


def _range(pixels: PixelFormat) -> tuple[int, int]:
    """Return the lowest and the highest value that the bits can hold."""
    span = 2**pixels.bits_stored
    return (-span // 2, span // 2 - 1) if pixels.signed else (0, span - 1)


def _fits(lowest: int, highest: int, pixels: PixelFormat) -> bool:
    return int(lowest) + pixels.intercept >= _INT16.min and int(highest) + pixels.intercept <= _INT16.max


def storable_hu(formats: Sequence[PixelFormat]) -> float:
    """Return the highest HU that the bits of a series can hold."""
    return max(float(_range(f)[1] * f.slope + f.intercept) for f in formats)
