"""Stored pixels become HU: each file is read once, hashed and decoded from the same bytes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.codecs import Coding, Workers, expected_seconds
from calcidect.errors import StudyRefusedError
from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._bounds import allowed_bytes
from calcidect.study._clipping import Clipping, find_clipping
from calcidect.study._frames import FrameSource, format_of
from calcidect.study._head import BIG_ENDIAN
from calcidect.study._header import ImageHeader
from calcidect.study._hu import fill, storable_hu, used_bits
from calcidect.study._pixel_format import NATIVE
from calcidect.study._stack import Stack

_HASHED_AT_ONCE = 2**20


@dataclass(frozen=True, eq=False)
class Pixels:
    """The pixels of one series.

    Parameters
    ----------
    hu : array, shape (slices, rows, columns)
        int16 where that is exact, else float32.
    file_hashes : tuple of bytes
        SHA-256 of each file, in order of slices; of a multi-frame file once.
    clipping : Clipping
        Where its values are cut off above.
    """

    hu: NDArray[Any]
    file_hashes: tuple[bytes, ...]
    clipping: Clipping


def check_expansion(images: Sequence[ImageHeader], settings: StudySettings) -> None:
    """Refuse compressed images that state far more pixels than their files can hold.

    Raises
    ------
    StudyRefusedError
        ``expands_too_far``.
    """
    stated = sum(image.rows * image.columns * 2 for image in images)
    stored = sum({image.path: image.file_bytes for image in images}.values())
    if stated > allowed_bytes(stored, settings):
        raise refusals.expands_too_far(stated)


def images_agree(groups: Sequence[Sequence[ImageHeader]], settings: StudySettings) -> bool:
    """Tell whether the images of each group, all of one size, hold the same HU, however they are stored.

    Raises
    ------
    StudyRefusedError
        As of `read_pixels`.
    """
    images = [image for group in groups for image in group]
    check_expansion(images, settings)
    with Workers(1) as workers, _Files(images, settings, workers) as files:
        return all(_agree(group, files) for group in groups)


def _agree(images: Sequence[ImageHeader], files: _Files) -> bool:
    scales = {(format_of(i).slope, format_of(i).intercept, format_of(i).padding) for i in images}
    if len(scales) > 1:
        return False
    first = files.stored(images[0])
    return all(np.array_equal(first, files.stored(image)) for image in images[1:])


def workers_for(stacks: Sequence[Stack], count: int | None = None) -> Workers:
    """Return the workers that some series are worth."""
    images = [image for stack in stacks for image in stack.images]
    return Workers(count, sum(expected_seconds(format_of(i).syntax, i.rows * i.columns) for i in images))


def read_pixels(stack: Stack, settings: StudySettings, workers: Workers, slice_done: Callable[[], None]) -> Pixels:
    """Read the pixels of a stack.

    Parameters
    ----------
    stack : Stack
        Slices in order.
    settings : StudySettings
        How far a file may expand.
    workers : Workers
        Who decodes.
    slice_done : callable
        Called after each slice.

    Raises
    ------
    StudyRefusedError
        ``file_changed``, ``pixels_undecodable`` or ``expands_too_far``.
    """
    formats = [format_of(image) for image in stack.images]
    is_integer = all(f.slope == 1 and f.intercept == int(f.intercept) for f in formats)
    with _Files(stack.images, settings, workers) as files:
        hu = _filled(np.empty(stack.grid.shape, np.int16), stack, files, workers, slice_done) if is_integer else None
        if hu is None:  # a value that int16 does not hold: rare, so that reading twice costs less than looking first
            hu = _filled(np.empty(stack.grid.shape, np.float32), stack, files, workers, slice_done)
        assert hu is not None
        hashes = files.hashes(stack.images)
    return Pixels(hu, hashes, find_clipping(hu, storable_hu(formats)))


def _filled(
    hu: NDArray[Any], stack: Stack, files: _Files, workers: Workers, slice_done: Callable[[], None]
) -> NDArray[Any] | None:
    """Return the array with every slice written, several at a time; None if its type does not hold a value."""

    def write(k: int) -> bool:
        image = stack.images[k]
        return fill(hu[k], files.stored(image), format_of(image))

    for is_written in workers.in_order(write, range(len(stack.images))):
        if not is_written:
            return None
        slice_done()
    return hu


class _Files:
    """The files of a stack: classic ones are read as their image is wanted, multi-frame ones are kept open."""

    def __init__(self, images: Iterable[ImageHeader], settings: StudySettings, workers: Workers) -> None:
        self._settings, self._workers = settings, workers
        self._hashes: dict[Path, bytes] = {}
        self._sources: dict[Path, FrameSource] = {}
        self._multi_frame = {image.path: image for image in images if format_of(image).frames > 1}
        self._open = ExitStack()

    def __enter__(self) -> _Files:
        try:
            for path, image in self._multi_frame.items():
                self._keep_open(path, image)
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def hashes(self, images: Iterable[ImageHeader]) -> tuple[bytes, ...]:
        """Return the hash of each file, in order of the images."""
        return tuple(self._hashes[path] for path in dict.fromkeys(image.path for image in images))

    def stored(self, image: ImageHeader) -> NDArray[Any]:
        """Return stored values, 16-bit integers, shape (rows, columns)."""
        pixels = format_of(image)
        if image.path in self._sources:
            source = self._sources[image.path]
        else:
            content = _read_file(image)
            self._hashes[image.path] = hashlib.sha256(content).digest()
            source = self._source(io.BytesIO(content), image)
        try:
            return _stored(source.frame(pixels), image, self._workers)
        except Exception as error:  # decoders raise nearly anything
            raise refusals.undecodable(pixels.syntax_name) from error

    def _keep_open(self, path: Path, image: ImageHeader) -> None:
        try:
            file = self._open.enter_context(path.open("rb"))
            self._hashes[path] = _hash(file, image.file_bytes)
            file.seek(0)
        except OSError as error:
            raise refusals.file_changed() from error
        self._sources[path] = self._source(file, image)

    def _source(self, file: Any, image: ImageHeader) -> FrameSource:
        try:
            return FrameSource(file, image, self._settings)
        except StudyRefusedError:
            raise
        except Exception as error:  # a damaged file: items, tables or the deflated stream
            raise refusals.undecodable(format_of(image).syntax_name) from error


def _hash(file: Any, file_bytes: int) -> bytes:
    digest, read = hashlib.sha256(), 0
    while content := file.read(_HASHED_AT_ONCE):
        digest.update(content)
        read += len(content)
    if read != file_bytes:
        raise refusals.file_changed()
    return digest.digest()


def _read_file(image: ImageHeader) -> bytes:
    try:
        content = image.path.read_bytes()
    except OSError as error:
        raise refusals.file_changed() from error
    if len(content) != image.file_bytes:
        raise refusals.file_changed()
    return content


def _stored(frame: bytes, image: ImageHeader, workers: Workers) -> NDArray[Any]:
    """Return a frame's stored values, 16-bit integers of the sign that the header states."""
    pixels = format_of(image)
    if pixels.samples != 1 or pixels.bits_allocated not in (8, 16):
        raise ValueError("The pixels are no grey values of 8 or 16 bits.")
    kind = f"{'>' if pixels.syntax == BIG_ENDIAN else '<'}{'i' if pixels.signed else 'u'}{pixels.bits_allocated // 8}"
    if pixels.syntax in NATIVE:
        stored = np.frombuffer(frame, kind).reshape(image.rows, image.columns)
    else:
        stored = workers.decode(frame, Coding(pixels.syntax, image.rows, image.columns, pixels.bits_allocated))
        stored = stored.view(f"{'i' if pixels.signed else 'u'}{stored.dtype.itemsize}")
    return used_bits(stored.astype(np.int16 if pixels.signed else np.uint16, copy=False), pixels)
