"""What X-rays made an image: the vendors' many ways to say so.

The order, first that speaks wins (domain: DICOM Supplement 188 where it is written, habits of vendors where not):

1. Monoenergetic Energy Equivalent (0018,937C)
2. ``70 keV`` in Series Description, Image Type or Philips' Image Label (00E1,1040): KVP says 120 in all of these
3. KVP, with tin from Filter Type, Filter Material or ``Sn`` in the description, for KVP does not tell it
4. ``80kV`` in Series Description, where KVP is empty

Mixed (blended) images, material maps and images that are not in HU are no member of a pair.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from calcidect.study._header import ImageHeader, Labels
from calcidect.study._types import Energy

MIXTURE = "mixture of several energies"

_KEV = re.compile(r"(?<![\d.])(\d{2,3})(?:\.0+)?\s*keV", re.IGNORECASE)
_KV = re.compile(r"(?<![\d.])(\d{2,3})\s*kV", re.IGNORECASE)
_TIN_TEXT = re.compile(r"(?<![A-Za-z])Sn\s?(\d{2,3})")
_TIN_FILTER = re.compile(r"\b(SN|TIN)\b", re.IGNORECASE)
_MIXED = re.compile(r"(?<![A-Za-z])[MF]_-?\d\.\d|AVERAGE|MIXED|BLEND|OPTIMUM.?CONTRAST", re.IGNORECASE)
_MATERIAL = re.compile(
    r"MAT_|EFF_ATOMIC_NUM|ELECTRON_DENSITY|ELECTRON DENSITY|Z.?EFF|RHO.?Z|(?<![A-Z])RHO(?![A-Z])|"
    r"\bVNC|VIRTUAL.?NON|SUPPRESS|"
    r"(WATER|\bHA|HAP|HYDROXYAPATITE|CALCIUM|IODINE|URIC ACID|FAT)\s?\(",  # GE: HAP(Water), Uric Acid(Calcium)
    re.IGNORECASE,
)


@dataclass(frozen=True)
class EnergyFound:
    """An image's X-rays, and how that is known.

    Parameters
    ----------
    energy : Energy or None
        None if the image can't be one energy of a pair.
    source : str
        Where it was read from.
    why_not : str
        Why there is none; empty if there is.
    """

    energy: Energy | None
    source: str = ""
    why_not: str = ""


def find_energy(image: ImageHeader) -> EnergyFound:
    """Tell what X-rays made an image, or why it is no member of a pair."""
    obstacle = _obstacle(image)
    if obstacle:
        return EnergyFound(None, why_not=obstacle)
    return _virtual(image.labels) or _tube(image.labels)


def _obstacle(image: ImageHeader) -> str:
    labels, pixels = image.labels, image.pixels
    texts = f"{labels.image_type} {labels.description}"
    if "LOCALIZER" in labels.image_type:
        return "localiser"
    if pixels and (pixels.samples != 1):
        return "colour picture"
    if pixels and pixels.unit not in ("", "HU"):
        return f"not in HU but in {pixels.unit}"
    if _MATERIAL.search(texts):
        return "material map"
    return ""


def _virtual(labels: Labels) -> EnergyFound | None:
    if labels.kev:
        return EnergyFound(Energy("kev", labels.kev), "Monoenergetic Energy Equivalent (0018,937C)")
    places = {
        "Series Description": labels.description,
        "Image Label (00E1,1040)": labels.private_label,
        "Image Type": labels.image_type,
    }
    for place, text in places.items():
        match = _KEV.search(text)
        if match:
            return EnergyFound(Energy("kev", float(match[1])), place)
    return None


def _tube(labels: Labels) -> EnergyFound:
    if labels.is_blended or _MIXED.search(f"{labels.image_type} {labels.description}"):
        return EnergyFound(None, why_not=MIXTURE)
    place, kilovolt = "KVP", labels.kvp
    if not kilovolt:
        match = _KV.search(labels.description)
        place, kilovolt = "Series Description", float(match[1]) if match else None
    if not kilovolt:
        return EnergyFound(None, why_not="states no energy")
    tin_place = _tin_place(labels, kilovolt)
    if not tin_place:
        return EnergyFound(Energy("kv", kilovolt), place)
    source = place if place == tin_place else f"{place}, tin from {tin_place}"
    return EnergyFound(Energy("kv", kilovolt, tin=True), source)


def _tin_place(labels: Labels, kilovolt: float) -> str:
    """Return where tin is stated; empty if nowhere. A description may name the other tube's: its voltage must fit."""
    if _TIN_FILTER.search(labels.filter_text):
        return "Filter Type"
    voltages = [float(text) for text in _TIN_TEXT.findall(labels.description)]
    return "Series Description" if kilovolt in voltages else ""
