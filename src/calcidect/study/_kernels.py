"""How sharp a reconstruction kernel is, by the vendors' names for it: a table, one row a family.

Convolution Kernel (0018,1210) is free text of each vendor. Sharpness is a rank from 0 (smoothest) to 1 (sharpest in
use); it orders kernels of one vendor, and says next to nothing across vendors. An unknown name has none.

Sources: Siemens' operating instructions of the SOMATOM Sensation (B10s extremely soft, B30s and B40s standard, B50s to
B80s for extremities; the last letter depends on the rotation time), and the names of its later kernels (two letters and
a number that grows with resolution). Of the other vendors, the usual order in use; not seen in a manual by us.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Family = Literal["soft", "medium", "sharp", "quantitative"]

_UNKNOWN_SHARPNESS = 0.5
"""What an unknown kernel counts as where kernels are ranked: neither soft nor sharp (our rule)."""

SHARP = 0.5
"""Siemens names kernels from 50 up for 'higher sharpness, as for extremities' (Sensation operating instructions, body
kernels B10 to B80); later letters keep the scale. Such kernels usually enhance edges."""
_SOFT = 0.3  # B10 to B20 are 'smooth' there


@dataclass(frozen=True)
class KernelFamily:
    """Kernels that one vendor names in one way.

    Parameters
    ----------
    vendor : str
        Whose they are.
    maker : str or None
        What Manufacturer must hold, lower case; None where the name is unlike any other vendor's.
    pattern : re.Pattern
        Whole name, upper case; group ``name`` is what two matched kernels share, group ``number`` the sharpness x 100.
    ranks : mapping of str to float
        Sharpness by name, where it is no number.
    is_quantitative : bool
        Whether the family is made for measuring HU, without edge enhancement.
    example : str
        A name of it.
    """

    vendor: str
    maker: str | None
    pattern: re.Pattern[str]
    ranks: dict[str, float]
    is_quantitative: bool
    example: str


@dataclass(frozen=True)
class Kernel:
    """A kernel, as far as its name is known.

    Parameters
    ----------
    name : str
        What two matched kernels share.
    sharpness : float or None
        0 to 1; None if the name is unknown.
    is_quantitative : bool
        Whether it belongs to a family made for measuring HU.
    """

    name: str
    sharpness: float | None
    is_quantitative: bool = False

    @property
    def rank(self) -> float:
        """Sharpness to order kernels by, 0 to 1, the middle if it is unknown."""
        return _UNKNOWN_SHARPNESS if self.sharpness is None else self.sharpness

    @property
    def family(self) -> Family | None:
        """What it is for; None if unknown. Quantitative kernels keep HU at edges, however sharp they are."""
        if self.sharpness is None:
            return None
        if self.is_quantitative:
            return "quantitative"
        return "sharp" if self.sharpness >= SHARP else "soft" if self.sharpness < _SOFT else "medium"


def _family(
    vendor: str,
    maker: str | None,
    pattern: str,
    example: str,
    ranks: dict[str, float] | None = None,
    is_quantitative: bool = False,
) -> KernelFamily:
    return KernelFamily(vendor, maker, re.compile(pattern), ranks or {}, is_quantitative, example)


_GE = {
    "SOFT": 0.2, "STANDARD": 0.35, "STD": 0.35, "STND": 0.35, "CHEST": 0.4, "DETAIL": 0.45, "LUNG": 0.75, "BONE": 0.75,
    "BONEPLUS": 0.85, "BONE PLUS": 0.85, "ULTRA": 0.9, "EDGE": 1.0,
}  # fmt: skip
_CANON = {**dict.fromkeys("012", 0.3), "3": 0.7, "4": 0.35, "5": 0.8, **dict.fromkeys("678", 0.85)}
_PHILIPS = {
    "SA": 0.2, "A": 0.25, "B": 0.35, "UA": 0.25, "UB": 0.35, "UC": 0.4, "C": 0.45, "CA": 0.35, "CB": 0.4, "CC": 0.45,
    "CD": 0.45, "EB": 0.35, "EC": 0.4, "D": 0.7, "L": 0.75, "E": 0.9, "YA": 0.7, "YB": 0.75, "YC": 0.85, "YD": 0.95,
}  # fmt: skip

FAMILIES: tuple[KernelFamily, ...] = (
    # D, Q and Qr are quantitative; I is the iterative twin of B. The last letter tells rotation time or platform.
    _family("Siemens", None, r"(?P<name>(?:D|Q|QR)(?P<number>\d{2}))[A-Z]?", "Qr36d", is_quantitative=True),
    _family("Siemens", None, r"(?P<name>(?:[BHIJSTU]|[BHSTU][A-Z])(?P<number>\d{2}))[A-Z]?", "Br64d"),
    # Toshiba's and Canon's numbers are no order: the tens tell what a kernel is for (1 body, 3 bone, 5 lung, 8 fine).
    _family("Canon", None, r"(?P<name>FC(?P<tens>\d)\d(?:[-_ ].*)?)", "FC13-H", _CANON),
    _family("GE", None, rf"(?P<name>{'|'.join(_GE)})[+]?", "STANDARD", _GE),
    _family("Philips", "philips", rf"(?P<name>{'|'.join(_PHILIPS)})", "YA", _PHILIPS),
)


def kernel_of(text: str, manufacturer: str = "") -> Kernel:
    """Return what is known of a kernel.

    Parameters
    ----------
    text : str
        Convolution Kernel; of several values, joined by backslashes, the first is the kernel and the next usually the
        strength of an iterative reconstruction.
    manufacturer : str
        Manufacturer; some vendors' kernels are a single letter.
    """
    name = text.split("\\")[0].strip().upper()
    maker = manufacturer.lower()
    for family in FAMILIES:
        match = family.pattern.fullmatch(name)
        if match and (family.maker is None or family.maker in maker):
            return Kernel(match["name"], _sharpness(family, match), family.is_quantitative)
    return Kernel(name, None)


def _sharpness(family: KernelFamily, match: re.Match[str]) -> float | None:
    groups = match.groupdict()
    if "number" in groups:
        return int(groups["number"]) / 100
    return family.ranks.get(groups.get("tens") or groups["name"])  # Canon names tens that have no use of their own
