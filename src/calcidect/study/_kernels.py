"""Names of reconstruction kernels: what vendors call them, and how sharp they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Family = Literal["soft", "medium", "sharp", "quantitative"]

SHARPEST_MEDIUM = 49
"""Siemens names kernels from 50 up for 'higher sharpness, as for extremities' (Sensation operating instructions, body
kernels B10 to B80); later letters keep the scale."""


@dataclass(frozen=True)
class Kernel:
    """What a kernel's name says.

    Parameters
    ----------
    family : {"soft", "medium", "sharp", "quantitative"}
        Quantitative kernels keep HU at edges, however sharp they are.
    sharpness : int
        On Siemens' scale, 10 to 90; other vendors' kernels are put beside the Siemens kernel of the same use.
    """

    family: Family
    sharpness: int

    @property
    def enhances_edges(self) -> bool:
        """Whether kernels of this name usually enhance edges."""
        return self.family == "sharp"


# Pattern of the whole name -> family and sharpness; None: the number in the name is the sharpness. The first that fits.
# Siemens from its operating instructions; the others by the use that their names stand for, not seen in their manuals.
KERNELS: tuple[tuple[str, Family | None, int | None], ...] = (
    (r"FC0\d(-H)?", "soft", 20),  # Canon, Toshiba: body with correction of hardening, body, head, ...
    (r"FC[12]\d(-H)?", "medium", 35),
    (r"FC[3458]\d(-H)?", "sharp", 65),  # ... bone, lung and inner ear
    (r"Q[A-Z]?R?(\d\d)[A-Z]?", "quantitative", None),  # Siemens: Q30f, Qr36d
    (r"[A-Z][A-Z]?(\d\d)[SFHMD]?(\\\d)?", None, None),  # Siemens: B30f, D30f, Br40d\3, Hr60, I31f\3, Ur77
    (r"(SOFT|SMOOTH)\+?", "soft", 20),  # GE, also at others
    (r"(STANDARD|STND|STD)\+?", "medium", 35),
    (r"(CHST|CHEST|DETAIL|DET)\+?", "medium", 45),
    (r"(BONE|BONEPLUS|BONE ?PLUS|LUNG|EDGE|EDGEPLUS|EDGE ?PLUS|ULTRA|HD ?.*)\+?", "sharp", 65),
    (r"A|SA|UA|SMOOTH \(A\)", "soft", 20),  # Philips
    (r"B|SB|UB|C|SC|UC|CB|XC[AB]?|STANDARD \(B\)", "medium", 35),
    (r"D|E|F|L|Y[A-D]?|DETAIL \(D\)|SHARP.*", "sharp", 60),
)


def kernel_of(name: str) -> Kernel | None:
    """Return what a kernel's name says, or None if it is not known.

    Parameters
    ----------
    name : str
        Convolution Kernel (0018,1210); of several values joined by backslashes, the first decides where the whole
        does not.
    """
    text = name.strip().upper()
    for one in dict.fromkeys((text, text.split("\\")[0].strip())):
        for pattern, family, sharpness in KERNELS:
            match = re.fullmatch(pattern, one)
            if match:
                number = int(match[1]) if sharpness is None else sharpness
                return Kernel(family or _family_of(number), number)
    return None


def _family_of(sharpness: int) -> Family:
    if sharpness > SHARPEST_MEDIUM:
        return "sharp"
    return "soft" if sharpness < 30 else "medium"
