"""One file's header, read once and turned into plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom import Dataset

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"

_NAME = 0x00100010
_BLENDED_CODE = "113097"  # DCM, multi-energy proportional weighting: the image mixes several energies
_PIXEL_DATA = b"\xe0\x7f\x10\x00"  # (7FE0,0010), little endian
_LARGEST_NUMBER = 1e9  # no length, voltage or size of a CT image comes near: beyond it, the file is damaged
_IMPLICIT = "1.2.840.10008.1.2"
_EXPLICIT = "1.2.840.10008.1.2.1"

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How stored values become HU, and where they stand in the file.

    Parameters
    ----------
    syntax : str
        Name of the transfer syntax.
    offset : int or None
        First byte of uncompressed pixels in the file; None where a decoder is needed.
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
    """

    syntax: str
    offset: int | None
    bits_allocated: int
    bits_stored: int
    samples: int
    signed: bool
    slope: float
    intercept: float
    unit: str
    padding: int | None


@dataclass(frozen=True, slots=True)
class Labels:
    """The texts of a header that may tell what X-rays made the image.

    Parameters
    ----------
    image_type, description, private_label, filter_text, kernel : str
        Image Type (joined by backslashes), Series Description, Philips' Image Label (00E1,1040), Filter Type with
        Filter Material, Convolution Kernel.
    kvp, kev : float or None
        KVP, and Monoenergetic Energy Equivalent (0018,937C).
    is_blended : bool
        Whether the standard's own attributes call it a mixture of several energies.
    """

    image_type: str
    description: str
    private_label: str
    filter_text: str
    kernel: str
    kvp: float | None
    kev: float | None
    is_blended: bool


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What is needed of one CT image.

    Parameters
    ----------
    path : Path
        The file.
    file_bytes : int
        Its length, to see whether it changed.
    instance_uid, series_uid, study_uid, frame_uid : str
        As stored.
    position_mm, orientation, spacing_mm : tuple of float or None
        Image Position (Patient), Image Orientation (Patient), Pixel Spacing (rows, columns).
    rows, columns : int
        Size.
    labels : Labels
        What X-rays made it.
    pixels : PixelFormat or None
        None where the pixels are absent or cut off.
    """

    path: Path
    file_bytes: int
    instance_uid: str
    series_uid: str
    study_uid: str
    frame_uid: str
    position_mm: Numbers | None
    orientation: Numbers | None
    spacing_mm: Numbers | None
    rows: int
    columns: int
    labels: Labels
    pixels: PixelFormat | None


@dataclass(frozen=True, slots=True)
class Person:
    """Whose image it is; leaves the study room only as a pseudonym, an age and a sex."""

    patient_id: str
    name: str
    birth_date: str
    age: str
    sex: str
    study_date: str
    manufacturer: str

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells two people apart."""
        return self.patient_id, self.name, self.birth_date


class Values:
    """Plain values of one header.

    Converting an element is what costs time in reading thousands of headers, and nearly all elements of a series
    are equal: each run of bytes is converted once, and the result remembered in ``memory``.
    """

    def __init__(self, dataset: Dataset, memory: dict[tuple[object, ...], Any]) -> None:
        self.dataset, self._memory = dataset, memory
        self._elements = {int(tag): element for tag, element in dataset.items()}  # not yet converted

    def text(self, tag: int) -> str:
        """Return the value as text, several joined by backslashes; empty if absent."""
        text: str = self._remembered("text", tag, _as_text)
        return text

    def numbers(self, tag: int) -> Numbers | None:
        """Return finite numbers, or None if absent or no numbers."""
        numbers: Numbers | None = self._remembered("numbers", tag, _as_numbers)
        return numbers

    def vector(self, tag: int, length: int) -> Numbers | None:
        """Return so many finite numbers, or None."""
        numbers = self.numbers(tag)
        return numbers if numbers and len(numbers) == length else None

    def number(self, tag: int) -> float | None:
        """Return one finite number, or None."""
        numbers = self.vector(tag, 1)
        return numbers[0] if numbers else None

    def items(self, tag: int) -> list[Dataset]:
        """Return the items of a sequence; none if absent."""
        return list(self.dataset[tag].value or ()) if tag in self._elements else []

    def _remembered(self, kind: str, tag: int, convert: Callable[[Any], Any]) -> Any:
        element = self._elements.get(tag)
        key = kind, tag, None if element is None else str(element.VR), _bytes_of(element)
        if key not in self._memory:
            self._memory[key] = convert(None if element is None else self.dataset[tag].value)
        return self._memory[key]


def _bytes_of(element: Any) -> bytes | str:
    """Return what tells two values of one element apart."""
    value = getattr(element, "value", None)
    return value if isinstance(value, bytes) else str(value)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    is_list = isinstance(value, list | tuple) or type(value).__name__ == "MultiValue"
    return "\\".join(map(str, value)) if is_list else str(value).strip()


def _as_numbers(value: Any) -> Numbers | None:
    if value is None or value == "":
        return None
    several = value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    try:
        numbers = tuple(float(item) for item in several)
    except (TypeError, ValueError):
        return None
    return numbers if all(abs(number) < _LARGEST_NUMBER for number in numbers) else None  # false of NaN, too


def image_header(values: Values, path: Path, file_bytes: int, tail: bytes, tail_at: int) -> ImageHeader:
    """Return what is needed of a CT image.

    Parameters
    ----------
    values : Values
        Of a dataset read up to its pixels.
    path, file_bytes
        The file and its length.
    tail : bytes
        The 12 bytes at which reading stopped: where the pixels begin.
    tail_at : int
        Where in the file they stand.

    Raises
    ------
    ValueError
        If the pixels are described by numbers that can't be: the file is damaged.
    """
    return ImageHeader(
        path=path,
        file_bytes=file_bytes,
        instance_uid=values.text(0x00080018),
        series_uid=values.text(0x0020000E),
        study_uid=values.text(0x0020000D),
        frame_uid=values.text(0x00200052),
        position_mm=values.vector(0x00200032, 3),
        orientation=values.vector(0x00200037, 6),
        spacing_mm=values.vector(0x00280030, 2),
        rows=int(values.number(0x00280010) or 0),
        columns=int(values.number(0x00280011) or 0),
        labels=_labels(values),
        pixels=_pixel_format(values, file_bytes, tail, tail_at),
    )


def person_of(values: Values) -> Person:
    """Return whose image it is."""
    return Person(
        patient_id=values.text(0x00100020),
        name=values.text(_NAME).rstrip("^ ").upper(),
        birth_date=values.text(0x00100030),
        age=values.text(0x00101010),
        sex=values.text(0x00100040),
        study_date=values.text(0x00080020),
        manufacturer=values.text(0x00080070),
    )


def _labels(values: Values) -> Labels:
    derivations = [str(item.get("CodeValue", "")) for item in values.items(0x00089215)]
    energies = [item.get("MonoenergeticEnergyEquivalent") for item in values.items(0x00189364)]
    is_philips = values.text(0x00E10010) == "ELSCINT1"
    return Labels(
        image_type=values.text(0x00080008).upper(),
        description=values.text(0x0008103E),
        private_label=values.text(0x00E11040) if is_philips else "",
        filter_text=f"{values.text(0x00181160)} {values.text(0x00187050)}",
        kernel=values.text(0x00181210),
        kvp=values.number(0x00180060),
        kev=next((float(kev) for kev in energies if kev), None),
        is_blended=_BLENDED_CODE in derivations or bool(values.items(0x00189360)),
    )


def _pixel_format(values: Values, file_bytes: int, tail: bytes, tail_at: int) -> PixelFormat | None:
    syntax = values.dataset.file_meta.TransferSyntaxUID
    slope = values.number(0x00281053)
    bits, samples = int(values.number(0x00280100) or 16), int(values.number(0x00280002) or 1)
    bits_stored = int(values.number(0x00280101) or bits)
    rows, columns = int(values.number(0x00280010) or 0), int(values.number(0x00280011) or 0)
    if not (rows > 0 and columns > 0 and 0 < bits_stored <= bits and samples > 0 and slope != 0):
        raise ValueError("The pixels are described by impossible numbers.")
    offset = None
    if syntax in (_IMPLICIT, _EXPLICIT):
        if tail[:4] != _PIXEL_DATA:
            return None
        offset = tail_at + (8 if syntax == _IMPLICIT else 12)
        stored = int.from_bytes(tail[4:8] if syntax == _IMPLICIT else tail[8:12], "little")
        wanted = rows * columns * samples * bits // 8
        if stored < wanted or offset + wanted > file_bytes:
            return None
    padding = values.number(0x00280120)
    return PixelFormat(
        syntax=str(syntax.name),
        offset=offset,
        bits_allocated=bits,
        bits_stored=bits_stored,
        samples=samples,
        signed=values.number(0x00280103) == 1,
        slope=1.0 if slope is None else slope,
        intercept=values.number(0x00281052) or 0.0,
        unit=values.text(0x00281054).upper(),
        padding=None if padding is None else int(padding),
    )
