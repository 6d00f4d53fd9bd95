"""Vendors' raw spectral objects: recognised, so that the user is told what to export in their stead.

They hold what the detector or the basis decomposition gave, in forms that only the vendor's workstation reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from calcidect.study._values import Values

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_RAW_DATA = "1.2.840.10008.5.1.4.1.1.66"
_GE_PRIVATE = "1.2.840.113619."
_SBI = re.compile(r"(?<![A-Za-z])SBI(?![A-Za-z])")


@dataclass(frozen=True)
class RawKind:
    """One vendor's raw objects.

    Parameters
    ----------
    name : str
        What they are called.
    is_one : callable
        Whether an object, by its SOP class and header, is one.
    remedy : str
        What to export instead, as a sentence.
    """

    name: str
    is_one: Callable[[str, Values], bool]
    remedy: str


def _is_sbi(kind: str, values: Values) -> bool:
    return kind.startswith(_SECONDARY_CAPTURE) and bool(
        _SBI.search(values.text(0x00080008)) or _SBI.match(values.text(0x0008103E))
    )


def _is_ge_raw(kind: str, values: Values) -> bool:
    return kind.startswith(_GE_PRIVATE) or (
        kind.startswith(_RAW_DATA) and values.text(0x00080070).upper().startswith("GE ")
    )


RAW_KINDS = (
    RawKind(
        "Philips spectral base images (SBI)",
        _is_sbi,
        "On the Philips workstation (Spectral Diagnostic Suite or IntelliSpace Portal) export, of the same slices, two "
        "monoenergetic series, such as MonoE 50 keV and MonoE 100 keV, in HU; or Electron Density with Z Effective.",
    ),
    RawKind(
        "GE raw spectral data (GSI)",
        _is_ge_raw,
        "On the GE workstation (GSI Viewer) export, of the same slices, two monochromatic series, of 50 keV and 100 "
        "keV, in HU; or HAP(Water) with Water(HAP).",
    ),
)
"""Habits of the vendors (docs/dicom.md); a further vendor is a further row."""


def raw_kind_of(kind: str, values: Values) -> str | None:
    """Return what raw object it is, or None if it is none.

    Parameters
    ----------
    kind : str
        SOP Class UID.
    values : Values
        The header.
    """
    return next((row.name for row in RAW_KINDS if row.is_one(kind, values)), None)


def remedies_for(found: Mapping[str, int]) -> str:
    """Return what to export instead of the raw objects found."""
    return " ".join(row.remedy for row in RAW_KINDS if row.name in found)
