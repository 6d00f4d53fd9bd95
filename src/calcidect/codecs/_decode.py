"""One compressed image becomes stored values, by the decoder of its transfer syntax.

RLE and JPEG 2000 by the plugins of pylibjpeg, JPEG-LS by pyjpegls (all MIT), JPEG lossless by SimpleITK (Apache-2.0):
the usual plugin for JPEG, pylibjpeg-libjpeg, is GPL and is not used.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.codecs._codestream import Stated, j2k_codestream, j2k_stated, jpeg_stated, rle_segments

RLE = "1.2.840.10008.1.2.5"
JPEG_LOSSLESS = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")  # process 14: any selection value, and value 1
JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")


@dataclass(frozen=True, slots=True)
class Coding:
    """How one compressed image is to be read.

    Parameters
    ----------
    syntax : str
        UID of the transfer syntax.
    rows, columns : int
        Size.
    bits_allocated : int
        8 or 16.
    """

    syntax: str
    rows: int
    columns: int
    bits_allocated: int


def decode(frame: bytes, coding: Coding) -> NDArray[Any]:
    """Return the stored bits of one image.

    Parameters
    ----------
    frame : bytes
        The compressed image.
    coding : Coding
        What the header says of it.

    Returns
    -------
    array, shape (rows, columns)
        Integers of 8 or 16 bits. Their sign is the decoder's: the header's Pixel Representation tells the right one.

    Raises
    ------
    Exception
        Nearly anything, if the image is damaged, is not of the stated size, or no decoder is known.
    """
    stored = _decoder_of(coding.syntax)(frame, coding)
    return stored.reshape(coding.rows, coding.columns)


def _decoder_of(syntax: str) -> Callable[[bytes, Coding], NDArray[Any]]:
    for syntaxes, decoder in (
        ((RLE,), _rle),
        (JPEG_LS, _jpeg_ls),
        (JPEG_2000, _jpeg_2000),
        (JPEG_LOSSLESS, _jpeg_lossless),
    ):
        if syntax in syntaxes:
            return decoder
    raise ValueError("No decoder is known for the transfer syntax.")


def _rle(frame: bytes, coding: Coding) -> NDArray[Any]:
    """Put together the bytes of each value, which stand in segments of their own, the highest first (PS3.5 G.2)."""
    pixels = coding.rows * coding.columns
    segments = [_unpacked(segment, pixels) for segment in rle_segments(frame, coding.bits_allocated // 8)]
    return np.ascontiguousarray(np.stack(segments[::-1], axis=1)).view(f"<u{len(segments)}")


def _unpacked(segment: bytes, pixels: int) -> NDArray[Any]:
    from rle.rle import decode_segment  # decode_frame writes a traceback of its own if a segment is too long

    values = np.frombuffer(decode_segment(segment), np.uint8)
    if values.size < pixels:
        raise ValueError("An RLE segment is too short.")
    return values[:pixels]


def _jpeg_ls(frame: bytes, coding: Coding) -> NDArray[Any]:
    from jpeg_ls import decode_pixel_data

    stated = _checked(jpeg_stated(frame), coding)
    return _values(decode_pixel_data(frame)[0], stated.bits)


def _jpeg_2000(frame: bytes, coding: Coding) -> NDArray[Any]:
    from openjpeg.utils import decode_pixel_data

    codestream = j2k_codestream(frame)
    stated = _checked(j2k_stated(codestream), coding)
    return _values(decode_pixel_data(codestream, version=2), stated.bits)


def _jpeg_lossless(frame: bytes, coding: Coding) -> NDArray[Any]:
    """Decode by way of a DICOM file made here, since SimpleITK reads files only; of the original it holds no more."""
    import SimpleITK as sitk

    stated = _checked(jpeg_stated(frame), coding)
    with tempfile.TemporaryDirectory(prefix="calcidect-", ignore_cleanup_errors=True) as folder:
        path = Path(folder, "image.dcm")
        _write_bare(path, frame, coding, stated)
        reader = sitk.ImageFileReader()
        reader.SetImageIO("GDCMImageIO")
        reader.SetFileName(str(path))
        stored = sitk.GetArrayFromImage(reader.Execute())
    if stored.dtype.kind not in "iu" or stored.dtype.itemsize > 2:
        raise ValueError("The decoder gave no integers of 16 bits.")
    return np.asarray(stored)


def _write_bare(path: Path, frame: bytes, coding: Coding, stated: Stated) -> None:
    """Write a DICOM file with one JPEG image and nothing that is not needed to read it."""
    from pydicom import Dataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import UID

    bare = Dataset()
    bare.file_meta = FileMetaDataset()
    bare.file_meta.TransferSyntaxUID = UID(coding.syntax)
    bare.SOPClassUID, bare.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.1"
    bare.SamplesPerPixel, bare.PhotometricInterpretation, bare.PixelRepresentation = 1, "MONOCHROME2", 0
    bare.Rows, bare.Columns = coding.rows, coding.columns
    bare.BitsAllocated = 8 if stated.bits <= 8 else 16
    bare.BitsStored, bare.HighBit = stated.bits, stated.bits - 1
    bare.PixelData = encapsulate([frame], has_bot=False)
    bare["PixelData"].VR = "OB"
    bare.save_as(path, enforce_file_format=True)


def _checked(stated: Stated, coding: Coding) -> Stated:
    """Return what the image states, if it is what the header says."""
    if (stated.rows, stated.columns, stated.components) != (coding.rows, coding.columns, 1):
        raise ValueError("The compressed image is of another size than its header says.")
    if not 2 <= stated.bits <= 16:
        raise ValueError("The compressed image has no 2 to 16 bits.")
    return stated


def _values(content: Any, bits: int) -> NDArray[Any]:
    return np.frombuffer(content, np.uint8 if bits <= 8 else "<u2")
