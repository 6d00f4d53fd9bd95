"""How the pixels of an image are stored, and how they become HU."""

from __future__ import annotations

from dataclasses import dataclass, replace

from calcidect.study._head import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, Head
from calcidect.study._values import Values

NATIVE = (IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED)
"""Transfer syntaxes whose pixels need no decoder."""

_JPEG_LS_NEAR_LOSSLESS = "1.2.840.10008.1.2.4.81"
_JPEG_2000 = "1.2.840.10008.1.2.4.91"  # with or without loss


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How stored values become HU, and where they stand in the file.

    Parameters
    ----------
    syntax : str
        UID of the transfer syntax.
    offset : int
        First byte of the value of Pixel Data, in the file or in what a deflated file inflates to.
    bits_allocated, bits_stored, samples : int
        As in the Image Pixel module.
    signed : bool
        Pixel Representation.
    slope, intercept : float
        HU = slope x stored + intercept.
    unit : str
        Rescale Type; empty where it is not stated, which for a CT image means HU.
    padding : int or None
        Stored value outside the field of view.
    frame, frames : int
        Which frame it is, from 0, and how many the file holds.
    is_lossy : bool
        Whether the pixels were compressed with loss.
    """

    syntax: str
    offset: int
    bits_allocated: int
    bits_stored: int
    samples: int
    signed: bool
    slope: float
    intercept: float
    unit: str
    padding: int | None
    frame: int = 0
    frames: int = 1
    is_lossy: bool = False

    @property
    def syntax_name(self) -> str:
        """Name of the transfer syntax."""
        from pydicom.uid import AllTransferSyntaxes

        return next((str(uid.name) for uid in AllTransferSyntaxes if uid == self.syntax), "unknown")


def pixel_format(
    values: Values, head: Head, file_bytes: int, maximum_matrix: int, frames: int = 1
) -> PixelFormat | None:
    """Return how the pixels of a file are stored; None where they are absent or cut off.

    Parameters
    ----------
    values : Values
        Of the file, or of its first frame.
    head : Head
        Where the pixels begin.
    file_bytes : int
        Length of the file.
    maximum_matrix : int
        More rows or columns than that are taken for damage.
    frames : int
        How many the file states.

    Raises
    ------
    ValueError
        If the pixels are described by numbers that can't be: the file is damaged.
    """
    bits, samples = int(values.number(0x00280100) or 16), int(values.number(0x00280002) or 1)
    bits_stored = int(values.number(0x00280101) or bits)
    rows, columns = int(values.number(0x00280010) or 0), int(values.number(0x00280011) or 0)
    if not (0 < rows <= maximum_matrix and 0 < columns <= maximum_matrix and 0 < bits_stored <= bits and samples > 0):
        raise ValueError("The pixels are described by impossible numbers.")
    if head.pixels_at is None:
        return None
    if head.syntax in NATIVE:
        wanted = rows * columns * samples * bits // 8 * frames
        if head.pixel_bytes < wanted or (head.syntax != DEFLATED and head.pixels_at + wanted > file_bytes):
            return None
    stored = PixelFormat(
        syntax=head.syntax,
        offset=head.pixels_at,
        bits_allocated=bits,
        bits_stored=bits_stored,
        samples=samples,
        signed=values.number(0x00280103) == 1,
        slope=1.0,
        intercept=0.0,
        unit="",
        padding=None,
        frames=frames,
        is_lossy=_is_lossy(values, head.syntax),
    )
    return rescaled(stored, values, 0)


def rescaled(stored: PixelFormat, values: Values, frame: int) -> PixelFormat:
    """Return the format of one frame, with its own scale.

    Raises
    ------
    ValueError
        If the slope is 0.
    """
    slope, padding = values.number(0x00281053), values.number(0x00280120)
    if slope == 0:
        raise ValueError("All stored values mean the same.")
    return replace(
        stored,
        slope=1.0 if slope is None else slope,
        intercept=values.number(0x00281052) or 0.0,
        unit=values.text(0x00281054).upper(),
        padding=None if padding is None else int(padding),
        frame=frame,
    )


def _is_lossy(values: Values, syntax: str) -> bool:
    """Tell whether compression changed the values: by Lossy Image Compression, else by what the syntax allows."""
    stated = values.text(0x00282110)
    return stated == "01" or (stated != "00" and syntax in (_JPEG_LS_NEAR_LOSSLESS, _JPEG_2000))
