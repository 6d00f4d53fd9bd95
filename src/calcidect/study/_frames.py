"""Where each frame of a file lies, and its bytes."""

from __future__ import annotations

import io
import struct
from itertools import pairwise
from threading import Lock
from typing import BinaryIO

from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._bounds import allowed_bytes
from calcidect.study._head import DEFLATED, inflate_file
from calcidect.study._header import ImageHeader
from calcidect.study._pixel_format import NATIVE, PixelFormat

_ITEM = struct.Struct("<HHI")
_ITEM_TAG, _END_TAG = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)

Range = tuple[int, int]  # first byte, length


class FrameSource:
    """The frames of one file; safe to use from several threads.

    Parameters
    ----------
    file : binary file
        The whole file.
    image : ImageHeader
        Any of its frames.
    settings : StudySettings
        How far it may expand.

    Raises
    ------
    StudyRefusedError
        ``expands_too_far``.
    ValueError, zlib.error
        If the file is damaged.
    """

    def __init__(self, file: BinaryIO, image: ImageHeader, settings: StudySettings) -> None:
        pixels = format_of(image)
        self._file, self._lock = file, Lock()
        self._frame_bytes = image.rows * image.columns * pixels.samples * pixels.bits_allocated // 8
        if pixels.syntax == DEFLATED:
            self._file = io.BytesIO(_inflated(file.read(), image, settings))
        self._places = None if pixels.syntax in NATIVE else frame_ranges(self._file, pixels)

    def frame(self, pixels: PixelFormat) -> bytes:
        """Return the bytes of a frame, compressed or not.

        Raises
        ------
        ValueError
            If they are not all there.
        """
        if self._places is None:
            ranges = [(pixels.offset + pixels.frame * self._frame_bytes, self._frame_bytes)]
        else:
            ranges = self._places[pixels.frame]
        with self._lock:
            parts = [_read(self._file, *part) for part in ranges]
        return parts[0] if len(parts) == 1 else b"".join(parts)


def format_of(image: ImageHeader) -> PixelFormat:
    """Return how the pixels of an image in a stack are stored: a stack holds no cut-off image."""
    assert image.pixels is not None
    return image.pixels


def frame_ranges(file: BinaryIO, pixels: PixelFormat) -> list[list[Range]]:
    """Return, for each frame, the fragments that it consists of (PS3.5 A.4).

    Raises
    ------
    ValueError
        If the fragments are cut off, or can't be told apart by frame.
    """
    table, *fragments = _items(file, pixels.offset)
    if pixels.frames == 1:
        return [fragments]
    if len(fragments) == pixels.frames:
        return [[fragment] for fragment in fragments]
    content = _read(file, *table)
    starts = [*struct.unpack(f"<{len(content) // 4}I", content), 2**32]
    if len(starts) != pixels.frames + 1 or not fragments:
        raise ValueError("The frames can't be told apart.")
    first = fragments[0][0] - _ITEM.size
    return [
        [part for part in fragments if start <= part[0] - _ITEM.size - first < end] for start, end in pairwise(starts)
    ]


def _items(file: BinaryIO, begin: int) -> list[Range]:
    """Return the items of encapsulated pixels: the basic offset table, then the fragments."""
    items: list[Range] = []
    file.seek(begin)
    while len(head := file.read(_ITEM.size)) == _ITEM.size:
        group, element, length = _ITEM.unpack(head)
        if (group, element) == _END_TAG:
            if len(items) < 2:
                raise ValueError("There are no compressed pixels.")
            return items
        if (group, element) != _ITEM_TAG:
            raise ValueError("What should be a fragment is none.")
        items.append((file.tell(), length))
        file.seek(length, io.SEEK_CUR)
    raise ValueError("The compressed pixels are cut off.")


def _read(file: BinaryIO, begin: int, length: int) -> bytes:
    file.seek(begin)
    content = file.read(length)
    if len(content) != length:
        raise ValueError("The pixels are cut off.")
    return content


def _inflated(content: bytes, image: ImageHeader, settings: StudySettings) -> bytes:
    limit = allowed_bytes(image.file_bytes, settings)
    body, is_whole = inflate_file(content, limit)
    if is_whole:
        return body
    if len(body) >= limit:
        raise refusals.expands_too_far(limit)
    raise ValueError("The deflated data set is cut off.")
