"""The vendors' habits of saying what X-rays made an image: a table, one row a habit.

Most scans predate the multi-energy attributes of DICOM (Supplement 188) or leave them out; then texts are all there is.
`calcidect.study._energy` reads this table and knows no vendor. A further habit is a further row, with an example that
the tests hold it to (tests/study/test_habits.py). A row holds for every manufacturer: anonymisers remove that name, and
workstations make series of other vendors' scans; the vendor's name says where the habit was met.

Sources: PS3.3 C.8.15 and C.8.2.2 (Supplement 188) for the standard's rows; the others are what archives of these
scanners usually hold. Except for Philips', they were not seen on files of our own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Sense = Literal[
    "photon energy", "unstated photon energy", "own voltage", "voltage", "tin", "gold", "mixture", "split beam",
    "material map", "threshold image", "dual energy",
]  # fmt: skip

PLACES = {
    "description": "Series Description",
    "private_label": "Image Label (00E1,1040)",
    "image_type": "Image Type",
    "filter_text": "Filter Type",
    "protocol": "Protocol Name",
}
"""Attribute of `Labels`, and its name for people."""


@dataclass(frozen=True)
class Habit:
    """One way to say one thing.

    Parameters
    ----------
    vendor : str
        Where it was met; ``any`` for what the standard or all of them say.
    sense : Sense
        What it says. A pattern of ``photon energy``, a voltage, ``tin`` or ``gold`` may have a group: the number of
        keV or kV that it says it of.
    where : tuple of str
        Attributes of `Labels`, in the order in which they are asked.
    pattern : re.Pattern
        What is looked for there, upper and lower case alike.
    example : str
        A text as it occurs.
    """

    vendor: str
    sense: Sense
    where: tuple[str, ...]
    pattern: re.Pattern[str]
    example: str


def _habit(vendor: str, sense: Sense, where: str, pattern: str, example: str) -> Habit:
    return Habit(vendor, sense, tuple(where.split()), re.compile(pattern, re.IGNORECASE), example)


_TITLES = "description protocol"
_TEXTS = "description private_label image_type"
_WORD = r"(?<![A-Za-z])"  # no letter before: unlike \b, it lets an underscore or a digit stand there
_END = r"(?![A-Za-z])"
_ALONE = r"(?![A-Za-z\d]|[\s_]?\d)"  # "80 kV Sn150" says nothing of 80 kV
_KV = r"\s*kVp?"
_BEFORE_METAL = r"(?<![\d.])(\d{2,3})(?:" + _KV + r")?[\s_+]*"

_MONO = _WORD + r"(?:Mono(?:\s?Plus|\+|energetic(?:\s?Plus)?)?|VMI)[\s_]+([3-9]\d|1\d\d|200)(?![\d.x])"
_THRESHOLD = _WORD + r"(?:T3D(?![A-Za-z])|THRESHOLD|(?:LOW|HIGH|ENERGY)[\s_]?BIN|BIN[\s_]?\d)"
_MIX = "AVERAGE|" + _WORD + "(?:MIX(?:ED|TURE)?|COMPOSITE)" + _END + "|BLEND|OPTIMUM.?CONTRAST"
_GE_MAP = r"(?:WATER|HAP|HYDROXYAPATITE|CALCIUM|IODINE|URIC ACID|FAT)\s?\("
_PHILIPS_MAP = (
    r"Z.?EFF|ELECTRON.DENSITY|(?:CALCIUM|BONE|WATER|FAT|IODINE).?SUPPR|IODINE.?(?:NO|DENSITY)|"
    r"URIC ACID.?(?:PAIR|NO|\[)"
)

HABITS: tuple[Habit, ...] = (
    # Virtual monoenergetic images: KVP says 120 or 140 in all of them.
    _habit("any", "photon energy", _TEXTS, r"(?<![\d.])(?<!\d-)(\d{2,3})(?:\.0+)?[\s_]*keV", "MonoE 50keV[HU]"),
    _habit("Siemens", "photon energy", "description", _MONO, "Hand MonoPlus 70"),
    _habit("any", "unstated photon energy", "image_type", _WORD + "VMI" + _END, r"DERIVED\PRIMARY\AXIAL\VMI"),
    # Tube voltages in words, asked where KVP is empty. "A" and "B" are Siemens' tubes; neither is always the low one.
    _habit(
        "Siemens", "own voltage", "description", _WORD + r"[A-D]_(?:Sn|Au)?(\d{2,3})" + _KV, "DE 0.75 D30f B_Sn140kV"
    ),
    _habit("any", "voltage", "description", r"(?<![\d.])(\d{2,3})(?=/(?:Sn)?\d{2,3}" + _KV + ")", "80/Sn150 kV"),
    _habit("any", "voltage", "description", r"(?<![\d.])(\d{2,3})" + _KV, "Dual 135kVp"),
    # Filters: KVP does not tell them. A text may name the other tube's, so that its voltage must fit KVP.
    _habit("any", "tin", "filter_text", _WORD + "(?:Sn|tin)" + _END, "WEDGE_3 TIN"),
    _habit("Siemens", "tin", "description", _WORD + r"Sn[\s_]?(\d{2,3})(?!\d)", "DE_Gout 0.75 Qr36 B_Sn150kV"),
    _habit("Siemens", "tin", "description", _BEFORE_METAL + "Sn" + _ALONE, "Hand 150kV+Sn"),
    _habit("Siemens TwinBeam", "gold", "filter_text", _WORD + "(?:Au|gold)" + _END, "SPLIT GOLD"),
    _habit("Siemens TwinBeam", "gold", "description", _WORD + r"Au[\s_]?(\d{2,3})(?!\d)", "TwinBeam 0.75 Qr40 Au120kV"),
    _habit("Siemens TwinBeam", "gold", "description", _BEFORE_METAL + "Au" + _ALONE, "TwinBeam 120kV Au"),
    # Images made of both energies.
    _habit("Siemens", "mixture", "description", _WORD + r"[MF]_-?\d\.\d", "DE_Gout 0.75 D30f M_0.5"),
    _habit("any", "mixture", "description image_type", _MIX, "DE_Gout AVERAGE"),
    # Both halves of the split beam in one image; a half names itself beside (rows tin and gold), and is asked before.
    _habit("Siemens TwinBeam", "split beam", "description", r"AuSn[\s_]?\d", "TwinBeam 1.5 Qr40 AuSn120"),
    # Photon counting: what lies above a threshold, of one beam. Tables for integrating detectors do not hold of it.
    _habit("Siemens photon counting", "threshold image", "description image_type", _THRESHOLD, "Hand T3D 0.4 Qr40"),
    # What is no attenuation of one energy.
    _habit(
        "any",
        "material map",
        "image_type",
        "MAT_|EFF_ATOMIC_NUM|ELECTRON_DENSITY",
        r"DERIVED\PRIMARY\AXIAL\MAT_SPECIFIC",
    ),
    _habit("GE", "material map", "description image_type", _GE_MAP, "HAP(Water)"),
    _habit("Philips", "material map", _TEXTS, _PHILIPS_MAP, "Z Effective"),
    _habit("Siemens", "material map", "description image_type", "RHO.?Z|" + _WORD + "VNC|VIRTUAL.?NON", "Hand VNCa"),
    _habit("Canon", "material map", "description", "MATERIAL.?MAP|IODINE.?MAP", "Iodine Map 0.5"),
    # Signs that an image is one half of a dual-energy scan.
    _habit("Siemens", "dual energy", "image_type", _WORD + "DUAL" + _END, r"ORIGINAL\PRIMARY\AXIAL\CT_SOM5 SPI DUAL"),
    _habit(
        "Siemens", "dual energy", _TITLES, _WORD + "DE_|TWIN.?(?:BEAM|SPIRAL)|DUAL.?SPIRAL", "DE_Gout 0.75 D30f A_80kV"
    ),
    _habit("any", "dual energy", _TITLES, "DUAL.?ENERGY|" + _WORD + "DECT" + _END, "Dual Energy Hand 0.5"),
    _habit("GE", "dual energy", f"{_TITLES} image_type", _WORD + "GSI" + _END, "GSI Hand 70 keV"),
    _habit("Philips", "dual energy", _TITLES, _WORD + "(?:SPECTRAL|SBI)" + _END, "Spectral Hand"),
)
