"""DICOM files in every transfer syntax that CT uses, and an encoder of JPEG lossless, of which no package has one."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

LOSSLESS = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEG2000Lossless,
)


def encode(stored: np.ndarray, uid: UID, bits: int, near: int = 0) -> bytes:
    """Compress the bits of one image; stored values of 16 bits, of which the lowest ``bits`` are kept."""
    pattern = stored.astype(np.uint16) & (2**bits - 1)
    if uid in (JPEGLossless, JPEGLosslessSV1):
        return jpeg_lossless(pattern, bits, selection=1 if uid == JPEGLosslessSV1 else 6)
    if uid in (JPEGLSLossless, JPEGLSNearLossless):
        from jpeg_ls import encode_buffer

        rows, columns = pattern.shape
        return bytes(encode_buffer(pattern.tobytes(), rows, columns, 1, bits, lossy_error=near))
    raise ValueError(uid)


def compress(dataset: Dataset, uid: UID, near: int = 0) -> None:
    """Give a data set with uncompressed pixels another transfer syntax, without touching other attributes."""
    frames = np.atleast_3d(dataset.pixel_array.T).T
    if uid in (RLELossless, JPEG2000Lossless):
        dataset.compress(uid, generate_instance_uid=False)
    elif uid == JPEG2000:
        dataset.compress(uid, generate_instance_uid=False, j2k_psnr=[95])
    elif uid.is_encapsulated:
        dataset.PixelData = encapsulate([encode(frame, uid, dataset.BitsStored, near) for frame in frames])
        dataset["PixelData"].VR = "OB"
    elif uid == ExplicitVRBigEndian:
        dataset.PixelData = frames.byteswap().tobytes()
    dataset.file_meta.TransferSyntaxUID = uid


def rewrite(path: Path, uid: UID, edit: Callable[[Dataset], None] = lambda _: None, near: int = 0) -> None:
    """Rewrite a file in another transfer syntax."""
    dataset = dcmread(path)
    compress(dataset, uid, near)
    edit(dataset)
    dcmwrite(path, dataset, implicit_vr=uid == ImplicitVRLittleEndian, little_endian=uid != ExplicitVRBigEndian)


def jpeg_lossless(image: np.ndarray, bits: int, selection: int) -> bytes:
    """Return an image as JPEG, process 14 (ISO/IEC 10918-1, annex H), with a Huffman table of equal codes."""
    rows, columns = image.shape
    differences = (image.astype(np.int64) - _predicted(image.astype(np.int64), bits, selection)) & 0xFFFF
    stream = "".join(_code(int(value)) for value in differences.ravel())
    stream += "1" * (-len(stream) % 8)
    entropy = int(stream, 2).to_bytes(len(stream) // 8, "big").replace(b"\xff", b"\xff\x00")
    frame = struct.pack(">BHHB3B", bits, rows, columns, 1, 1, 0x11, 0)
    lengths = bytes(17 if length == 5 else 0 for length in range(1, 17))
    return b"".join(
        [
            b"\xff\xd8",
            _segment(0xC3, frame),
            _segment(0xC4, b"\x00" + lengths + bytes(range(17))),
            _segment(0xDA, bytes([1, 1, 0x00, selection, 0, 0])),
            entropy,
            b"\xff\xd9",
        ]
    )


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _predicted(image: np.ndarray, bits: int, selection: int) -> np.ndarray:
    left, above, corner = (np.zeros_like(image) for _ in range(3))
    left[:, 1:], above[1:], corner[1:, 1:] = image[:, :-1], image[:-1], image[:-1, :-1]
    predicted: Any = {1: left, 6: above + ((left - corner) >> 1)}[selection].copy()
    predicted[0] = left[0]
    predicted[1:, 0] = above[1:, 0]
    predicted[0, 0] = 2 ** (bits - 1)
    return predicted  # type: ignore[no-any-return]


def _code(difference: int) -> str:
    """Return category and bits of a difference modulo 2^16."""
    if difference == 0x8000:
        return f"{16:05b}"
    value = difference - 0x10000 if difference > 0x8000 else difference
    category = abs(value).bit_length()
    extra = value if value > 0 else value + (1 << category) - 1
    return f"{category:05b}" + (f"{extra:0{category}b}" if category else "")
