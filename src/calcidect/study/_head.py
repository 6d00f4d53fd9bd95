"""The header of one file, up to its pixels, read from no more bytes than it needs.

A damaged file may state lengths of gigabytes, and a deflated one may hold them: the header is parsed from a bounded
run of bytes, which grows only if the header turns out to be longer.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pydicom import Dataset

DEFLATED = "1.2.840.10008.1.2.1.99"
IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"

PREAMBLE_BYTES = 132
"""128 bytes of anything, and DICM (PS3.10 7.1)."""
_PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)  # float, double and integer pixels
# Headers of classic CT take 3 to 40 KiB, those of 1,000 enhanced frames 5 MiB; beyond the last there is no header.
_RUNS = (2**16, 2**22, 2**26)


# pydicom takes some 150 reads for a frame's functional groups: enough for 4,000 frames, which take it 3 s.
_MOST_READS = 600_000


class _Bounded(io.BytesIO):
    """Bytes that end the parsing of millions of tiny elements, which a few deflated KiB may hold."""

    _reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads > _MOST_READS:
            raise ValueError("The header has more elements than an image.")
        return super().read(size)


def is_dicom(start: bytes) -> bool:
    """Tell whether a file that starts so, with its first 132 bytes, says that it is DICOM."""
    return len(start) == PREAMBLE_BYTES and start.endswith(b"DICM")


@dataclass(frozen=True, slots=True)
class Head:
    """A header, and where the pixels begin.

    Parameters
    ----------
    dataset : Dataset
        All elements before the pixels, with ``file_meta``.
    syntax : str
        UID of the transfer syntax.
    pixels_at : int or None
        First byte of the value of Pixel Data, in the file or in what it inflates to; None if there is none.
    pixel_bytes : int
        Its stated length; 2^32 - 1 where it is encapsulated.
    """

    dataset: Dataset
    syntax: str
    pixels_at: int | None
    pixel_bytes: int


def read_head(file: BinaryIO, file_bytes: int) -> Head:
    """Read the header of a DICOM file.

    Parameters
    ----------
    file : binary file
        At its start.
    file_bytes : int
        Its length.

    Raises
    ------
    ValueError
        If the header is damaged, or has more elements than an image.
    OSError
        If the file can't be read.
    """
    for run in _RUNS:
        file.seek(0)
        content = file.read(run)
        is_last = run == _RUNS[-1] or len(content) == file_bytes
        try:
            head, is_whole = _parsed(content, run)
        except Exception as error:
            if is_last:  # pydicom raises OSError, too, which would look as if the file could not be opened
                raise ValueError("The header is damaged.") from error
            continue
        if head.pixels_at is not None or (is_whole and len(content) == file_bytes):
            return head
    return head  # without pixels, or with a header beyond all measure


def _parsed(content: bytes, run: int) -> tuple[Head, bool]:
    """Return the header as far as some bytes hold it, and whether nothing was cut off in inflating."""
    from pydicom import dcmread

    if DEFLATED.encode() in content:
        meta, begin = _meta_of(content)
        if meta.get("TransferSyntaxUID") == DEFLATED:
            body, is_whole = inflate(content[begin:], run)
            return _parsed_body(meta, body), is_whole
    stream = io.BytesIO(content) if run == _RUNS[0] else _Bounded(content)
    dataset = dcmread(stream, stop_before_pixels=True)
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    return Head(dataset, syntax, *_pixels_after(content, stream.tell(), syntax)), True


def _meta_of(content: bytes) -> tuple[Dataset, int]:
    """Return the file meta information (group 2) and where it ends."""
    from pydicom.filereader import read_dataset

    stream = io.BytesIO(content)
    stream.seek(PREAMBLE_BYTES)
    meta = read_dataset(
        stream, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, *_: tag >= 0x00030000
    )
    return meta, stream.tell()


def _parsed_body(meta: Dataset, body: bytes) -> Head:
    from pydicom import FileMetaDataset
    from pydicom.filereader import read_dataset

    stream = _Bounded(body)
    dataset = read_dataset(
        stream, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, *_: tag in _PIXEL_TAGS
    )
    dataset.file_meta = FileMetaDataset(meta)
    return Head(dataset, DEFLATED, *_pixels_after(body, stream.tell(), EXPLICIT))


def _pixels_after(content: bytes, begin: int, syntax: str) -> tuple[int | None, int]:
    """Return where the value of Pixel Data begins and its stated length; None if it does not stand there whole."""
    order = "big" if syntax == BIG_ENDIAN else "little"
    tag = int.from_bytes(content[begin : begin + 2], order) << 16  # type: ignore[arg-type]
    tag |= int.from_bytes(content[begin + 2 : begin + 4], order)  # type: ignore[arg-type]
    length_at = begin + (4 if syntax == IMPLICIT else 8)
    if tag != _PIXEL_TAGS[-1] or len(content) < length_at + 4:
        return None, 0
    return length_at + 4, int.from_bytes(content[length_at : length_at + 4], order)  # type: ignore[arg-type]


def inflate(content: bytes, limit: int) -> tuple[bytes, bool]:
    """Inflate a deflated data set (PS3.5 A.5) up to a limit.

    Parameters
    ----------
    content : bytes
        What follows the file meta information.
    limit : int
        Bytes to return at most.

    Returns
    -------
    bytes, bool
        What it inflates to, and whether that is all of it.

    Raises
    ------
    zlib.error
        If it is damaged.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    return inflater.decompress(content, limit), inflater.eof


def inflate_file(content: bytes, limit: int) -> tuple[bytes, bool]:
    """Inflate the data set of a whole file; as `inflate`."""
    return inflate(content[_meta_of(content)[1] :], limit)
