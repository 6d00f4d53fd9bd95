"""Stored pixels become HU: each file is read once, hashed and decoded from the same bytes."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.study import _refusals as refusals
from calcidect.study._header import ImageHeader, PixelFormat
from calcidect.study._stack import Stack

USUAL_MAXIMUM_HU = 3071
"""Where scanners with the usual 12-bit scale clip, even when they write 16 bits (domain facts 1.3)."""

_AIR_HU = -1024  # what stands outside the round field of view where a scanner pads with something lower
_END_OF_FRAGMENTS = b"\xfe\xff\xdd\xe0"  # (FFFE,E0DD), without which compressed pixels are cut off
_INT16 = np.iinfo(np.int16)


@dataclass(frozen=True, eq=False)
class Pixels:
    """The pixels of one series.

    Parameters
    ----------
    hu : array, shape (slices, rows, columns)
        int16 where that is exact, else float32.
    file_hashes : tuple of bytes
        SHA-256 of each file, in order of slices.
    maximum_hu : float
        Highest value that the series can store.
    clipped_voxels : int
        Voxels at that value.
    """

    hu: NDArray[Any]
    file_hashes: tuple[bytes, ...]
    maximum_hu: float
    clipped_voxels: int


def read_pixels(stack: Stack, slice_done: Callable[[], None]) -> Pixels:
    """Read the pixels of a stack.

    Parameters
    ----------
    stack : Stack
        Slices in order.
    slice_done : callable
        Called after each slice.

    Raises
    ------
    StudyRefusedError
        ``file_changed`` or ``pixels_undecodable``.
    """
    hu = np.empty(stack.grid.shape, np.int16 if _is_integer(stack) else np.float32)
    hashes = []
    for k, image in enumerate(stack.images):
        content = _read_file(image)
        hashes.append(hashlib.sha256(content).digest())
        hu = _fill(hu, k, _decode(content, image), _format(image))
        slice_done()
    highest_hu = float(hu.max())
    maximum_hu = _maximum_hu(highest_hu, max(_storable_hu(_format(image)) for image in stack.images))
    clipped = int(np.count_nonzero(hu >= maximum_hu)) if highest_hu >= maximum_hu else 0
    return Pixels(hu, tuple(hashes), maximum_hu, clipped)


def _format(image: ImageHeader) -> PixelFormat:
    assert image.pixels is not None  # a stack holds no cut-off image
    return image.pixels


def _is_integer(stack: Stack) -> bool:
    formats = {_format(image) for image in stack.images}
    return all(f.slope == 1 and f.intercept == int(f.intercept) for f in formats)


def _read_file(image: ImageHeader) -> bytes:
    try:
        content = image.path.read_bytes()
    except OSError as error:
        raise refusals.file_changed() from error
    if len(content) != image.file_bytes:
        raise refusals.file_changed()
    return content


def _decode(content: bytes, image: ImageHeader) -> NDArray[Any]:
    """Return stored values, 16-bit integers, shape (rows, columns)."""
    pixels = _format(image)
    shape = image.rows, image.columns
    if pixels.offset is not None and pixels.bits_allocated == 16:
        kind = "<i2" if pixels.signed else "<u2"
        stored = np.frombuffer(content, kind, shape[0] * shape[1], pixels.offset).reshape(shape)
        return _used_bits(stored, pixels)
    try:
        stored = _decode_with_pydicom(content)
    except Exception as error:  # decoders raise nearly anything
        raise refusals.undecodable(pixels.syntax) from error
    if stored.shape != shape or stored.dtype.kind not in "iu" or stored.dtype.itemsize > 2:
        raise refusals.undecodable(pixels.syntax)
    return stored.astype(np.int16 if stored.dtype.kind == "i" else np.uint16)  # 8 bits or big endian become native 16


def _decode_with_pydicom(content: bytes) -> NDArray[Any]:
    from pydicom import dcmread

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # values that break a rule of the standard, harmlessly
        dataset = dcmread(io.BytesIO(content))
        if dataset.file_meta.TransferSyntaxUID.is_encapsulated and _END_OF_FRAGMENTS not in content[-4096:]:
            raise ValueError("The compressed pixels are cut off.")
        return np.asarray(dataset.pixel_array)


def _used_bits(stored: NDArray[Any], pixels: PixelFormat) -> NDArray[Any]:
    """Drop what stands in the bits above Bits Stored: overlays of old scanners."""
    unused = 16 - pixels.bits_stored
    limit = 2 ** (pixels.bits_stored - int(pixels.signed))
    if unused == 0 or (stored.max() < limit and stored.min() >= -limit):
        return stored
    return (stored << unused) >> unused


def _fill(hu: NDArray[Any], k: int, stored: NDArray[Any], pixels: PixelFormat) -> NDArray[Any]:
    """Write slice k as HU; return the volume, as float32 from here on if int16 can't hold the slice."""
    if hu.dtype == np.int16:
        lowest, highest = int(stored.min()) + pixels.intercept, int(stored.max()) + pixels.intercept
        if lowest < _INT16.min or highest > _INT16.max:
            hu = hu.astype(np.float32)
    if hu.dtype == np.int16:
        # Sums modulo 2^16 are right wherever the result fits, which was just seen to.
        np.add(stored.view(np.int16), np.int16(int(pixels.intercept)), out=hu[k])
    else:
        hu[k] = stored * np.float64(pixels.slope) + pixels.intercept
    if pixels.padding is not None:
        outside = stored.view(np.uint16) == (pixels.padding & 0xFFFF)
        hu[k][outside & (hu[k] < _AIR_HU)] = _AIR_HU
    return hu


def _storable_hu(pixels: PixelFormat) -> float:
    return float((2 ** (pixels.bits_stored - int(pixels.signed)) - 1) * pixels.slope + pixels.intercept)


def _maximum_hu(highest_hu: float, storable_hu: float) -> float:
    """Return the highest value that a series can hold: by its bits, or the usual scale that it keeps to."""
    return float(USUAL_MAXIMUM_HU) if highest_hu == USUAL_MAXIMUM_HU else storable_hu
