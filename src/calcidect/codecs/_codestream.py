"""What a compressed image says about itself, read before a decoder is given it.

Decoders make room for the size that the compressed data state, which in a damaged or hostile file may be anything.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

_J2K_BEGIN = b"\xff\x4f\xff\x51"  # SOC, SIZ (ISO/IEC 15444-1, A.4 and A.5.1)
_J2K_SIZE = struct.Struct(">HHIIIIIIIIHBBB")
_JPEG_SIZE = struct.Struct(">BHHB")  # ISO/IEC 10918-1 B.2.2, ISO/IEC 14495-1 C.2.2
_RLE_HEADER = struct.Struct("<16I")  # number of segments, 15 offsets
_BARE_MARKERS = (*range(0xD0, 0xD9), 0x01)
_JPEG_LOSSLESS_FRAME, _JPEG_LS_FRAME = 0xC3, 0xF7  # SOF3, SOF55
_LARGEST_TILE_COUNT = 1024  # our rule: CT is one tile; each tile costs a decoder kilobytes


@dataclass(frozen=True, slots=True)
class Stated:
    """What compressed data state.

    Parameters
    ----------
    rows, columns, components : int
        Size.
    bits : int
        Of a value.
    is_signed : bool
        Whether values are signed.
    """

    rows: int
    columns: int
    components: int
    bits: int
    is_signed: bool = False


def rle_segments(frame: bytes, number: int) -> list[bytes]:
    """Return the segments of an RLE image (PS3.5 G.5).

    Raises
    ------
    ValueError
        If it does not hold so many, one behind the other.
    """
    if len(frame) < _RLE_HEADER.size:
        raise ValueError("The RLE header is cut off.")
    stated, *offsets = _RLE_HEADER.unpack_from(frame)
    bounds = [*offsets[:number], len(frame)]
    if stated != number or bounds[0] < _RLE_HEADER.size or any(begin >= end for begin, end in pairwise(bounds)):
        raise ValueError("The RLE segments can't be right.")
    return [frame[begin:end] for begin, end in pairwise(bounds)]


def jpeg_stated(frame: bytes) -> Stated:
    """Return what a JPEG lossless or JPEG-LS image states.

    Raises
    ------
    ValueError
        If it is neither.
    """
    at = 2
    while frame[:2] == b"\xff\xd8" and at + 4 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker in (_JPEG_LOSSLESS_FRAME, _JPEG_LS_FRAME) and at + 10 <= len(frame):
            bits, rows, columns, components = _JPEG_SIZE.unpack_from(frame, at + 4)
            return Stated(rows, columns, components, bits)
        if marker == 0xFF or marker in _BARE_MARKERS:
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    raise ValueError("No lossless JPEG or JPEG-LS frame is there.")


def j2k_codestream(frame: bytes) -> bytes:
    """Return the JPEG 2000 codestream, without the file format that some archives wrap it in.

    Raises
    ------
    ValueError
        If there is none.
    """
    begin = frame.find(_J2K_BEGIN, 0, 4096)
    if begin < 0:
        raise ValueError("No JPEG 2000 codestream is there.")
    return frame[begin:]


def j2k_stated(codestream: bytes) -> Stated:
    """Return what a JPEG 2000 codestream states.

    Raises
    ------
    ValueError
        If its first marker segment is cut off, or it is cut into too many tiles.
    """
    if len(codestream) < 4 + _J2K_SIZE.size:
        raise ValueError("The JPEG 2000 codestream is cut off.")
    size = _J2K_SIZE.unpack_from(codestream, 4)
    (x, y, x0, y0, tile_x, tile_y, tile_x0, tile_y0), components, depth = size[2:10], size[10], size[11]
    if tile_x == 0 or tile_y == 0 or -(-(x - tile_x0) // tile_x) * -(-(y - tile_y0) // tile_y) > _LARGEST_TILE_COUNT:
        raise ValueError("The JPEG 2000 image is cut into too many tiles.")
    return Stated(y - y0, x - x0, components, (depth & 0x7F) + 1, bool(depth & 0x80))
