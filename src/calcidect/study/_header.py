"""What is needed of one CT image: a file, or a frame of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calcidect.study._pixel_format import PixelFormat
from calcidect.study._values import Numbers, Values

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"

_NAME = 0x00100010
# Defined terms of Patient Position (PS3.3 C.7.3.1.1.2): which part enters first, and on what it lies.
_POSITIONS = frozenset(
    {f"{first}{lies}" for first in ("HF", "FF", "AF", "PF") for lies in ("P", "S", "DR", "DL")}
    | {f"{first}{lies}" for first in ("LF", "RF") for lies in ("P", "S")}
)
_NO_CONTRAST = ("", "NO", "NONE", "N", "0", "-", "NO CONTRAST", "WITHOUT", "NATIVE", "N/A")
_BLENDED_CODE = "113097"  # DCM, multi-energy proportional weighting: the image mixes several energies


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
    protocol, manufacturer : str
        Protocol Name, Manufacturer.
    is_multi_energy : bool
        Whether Multi-energy CT Acquisition (0018,9361) says YES.
    source_kvp : tuple of float
        The different KVP of the X-ray sources (Supplement 188), which may leave the image's own KVP empty.
    quantity, basis : str
        Of material maps, codes and words of what the pixels measure (Real World Value Mapping), and of the materials
        into which the scan was decomposed (0018,9381).
    """

    image_type: str
    description: str
    private_label: str
    filter_text: str
    kernel: str
    kvp: float | None
    kev: float | None
    is_blended: bool
    protocol: str = ""
    manufacturer: str = ""
    is_multi_energy: bool = False
    source_kvp: tuple[float, ...] = ()
    quantity: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How the scan was taken.

    Parameters
    ----------
    number : str
        Acquisition Number.
    started_at : str
        Acquisition DateTime, or Date and Time, as stored.
    thickness_mm : float or None
        Slice Thickness.
    patient_position : str
        Patient Position, ``HFP``; empty if absent, or none of the standard's terms.
    has_contrast : bool
        Whether a contrast medium is stated; what it was is not kept.
    """

    number: str = ""
    started_at: str = ""
    thickness_mm: float | None = None
    patient_position: str = ""
    has_contrast: bool = False


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
    series_number : str
        Series Number.
    acquisition : Acquisition
        How it was taken.
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
    series_number: str = ""
    acquisition: Acquisition = Acquisition()


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


def image_header(values: Values, path: Path, file_bytes: int, pixels: PixelFormat | None) -> ImageHeader:
    """Return what is needed of a CT image.

    Parameters
    ----------
    values : Values
        Of a file, or of one frame of it.
    path, file_bytes
        The file and its length.
    pixels : PixelFormat or None
        How its pixels are stored.
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
        pixels=pixels,
        series_number=values.text(0x00200011),
        acquisition=_acquisition(values),
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


def _acquisition(values: Values) -> Acquisition:
    thickness_mm, position = values.number(0x00180050), values.text(0x00185100).upper()
    return Acquisition(
        number=values.text(0x00200012),
        started_at=values.text(0x0008002A) or values.text(0x00080022) + values.text(0x00080032),
        thickness_mm=thickness_mm if thickness_mm and thickness_mm > 0 else None,
        patient_position=position if position in _POSITIONS else "",
        has_contrast=_has_contrast(values),
    )


def _has_contrast(values: Values) -> bool:
    """Tell whether an agent, its code or a volume of it is stated (PS3.3 C.7.6.4, C.7.6.4b)."""
    agent, volume_ml = values.text(0x00180010).upper().strip(" .^"), values.number(0x00181041)
    used = [item for item in values.items(0x00189341) if item.get("ContrastBolusAgentAdministered") != "NO"]
    return bool(agent not in _NO_CONTRAST or values.items(0x00180012) or used or volume_ml)


def _labels(values: Values) -> Labels:
    derivations = [str(item.get("CodeValue", "")) for item in values.items(0x00089215)]
    energies = [item.get("MonoenergeticEnergyEquivalent") for item in values.items(0x00189364)]
    is_philips = values.text(0x00E10010) == "ELSCINT1"
    tubes = [
        Values(tube, values.memory)
        for item in values.items(0x00189362)
        for tube in item.get("CTXRayDetailsSequence") or ()
    ]
    image_type = values.text(0x00080008).upper()
    return Labels(
        image_type=image_type,
        description=values.text(0x0008103E),
        private_label=values.text(0x00E11040) if is_philips else "",
        filter_text=_filter_of([values]) or _filter_of(tubes),
        kernel=values.text(0x00181210),
        kvp=values.number(0x00180060),
        kev=next((float(kev) for kev in energies if kev), None),
        is_blended=_BLENDED_CODE in derivations or bool(values.items(0x00189360)),
        protocol=values.text(0x00181030),
        manufacturer=values.text(0x00080070),
        is_multi_energy=values.text(0x00189361).upper() == "YES",
        source_kvp=tuple(sorted({kvp for kvp in (tube.number(0x00180060) for tube in tubes) if kvp})),
        quantity=_words_of(values, image_type, 0x00409096, ("QuantityDefinitionSequence", "ConceptCodeSequence")),
        basis=_words_of(values, image_type, 0x00189363, ("DecompositionMaterialSequence", "MaterialCodeSequence")),
    )


def _filter_of(tubes: Sequence[Values]) -> str:
    """Return Filter Type and Filter Material of the one beam that made the image; empty where several did."""
    texts = {f"{tube.text(0x00181160)} {tube.text(0x00187050)}".strip() for tube in tubes}
    return texts.pop() if len(texts) == 1 else ""


def _words_of(values: Values, image_type: str, tag: int, sequences: tuple[str, ...]) -> str:
    """Return the codes and meanings that stand in nested sequences of a material map, to be searched as text."""
    items = values.items(tag) if "MAT_" in image_type else []  # of other images, reading them would only take time
    for name in sequences:
        items = [inner for item in items for inner in item.get(name) or ()]
    return " ".join(f"{item.get('CodeValue', '')} {item.get('CodeMeaning', '')}" for item in items)
