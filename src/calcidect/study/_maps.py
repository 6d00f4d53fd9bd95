"""Material maps as input: which series are a pair of them, in which unit, and how they become two HU images.

Two basis maps and two virtual monoenergetic images (VMI) carry the same information, so the maps are turned into VMIs
of 50 and 100 keV, and everything behind goes on as with a VMI pair. Formulas: docs/method/materials.md, section 8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._header import ImageHeader
from calcidect.study._series import Series
from calcidect.study._stack import Stack

MapKind = Literal["hydroxyapatite", "water", "electron density", "effective atomic number"]

_WATER_ELECTRONS_1E23_PER_ML = 3.343

PARTNERS: tuple[tuple[MapKind, MapKind], ...] = (
    ("hydroxyapatite", "water"),
    ("electron density", "effective atomic number"),
)
"""Which two maps belong together, the better pair first: concentrations are linear in HU, atomic numbers are not."""

_MATERIALS = {"HAP": "hydroxyapatite", "HYDROXYAPATITE": "hydroxyapatite", "HA": "hydroxyapatite", "WATER": "water"}
# GE: HAP(Water), Uric Acid(Calcium)
_OF_IN = re.compile(r"(?<![A-Za-z])([A-Za-z]+(?: ACID)?)\s?\(\s?([A-Za-z]+(?: ACID)?)\s?\)", re.IGNORECASE)
_KNOWN_OTHERS = ("CALCIUM", "IODINE", "URIC ACID", "FAT", "GADOLINIUM", "BLOOD", "IRON")
_DENSITY = re.compile(r"ELECTRON.?DENSITY|%EDW|(?<![A-Za-z])RHO(?![A-Za-z])(?!.?Z)", re.IGNORECASE)
_NUMBER = re.compile(r"EFF_ATOMIC_NUM|Z.?EFF|EFFECTIVE.(Z|ATOMIC)", re.IGNORECASE)
_CODES = {"256579008": "hydroxyapatite", "11713004": "water"}  # SNOMED CT, of DICOM's CID 300

_FACTOR = re.compile(r"(%|10\^-?\d|\d{1,4}(?:\.\d{1,4})?)?\s*(.*)", re.DOTALL)
_PER_VOLUME = ("ML", "CM3", "CC", "CCM")
_UNITS: dict[MapKind, dict[str, float]] = {
    "hydroxyapatite": {
        f"{mass}{volume}": factor
        for volume in _PER_VOLUME
        for mass, factor in (("UG", 1e-3), ("\u039cG", 1e-3), ("MG", 1.0), ("G", 1e3))
    },
    "electron density": {"ED": 1 / _WATER_ELECTRONS_1E23_PER_ML, "EDW": 1.0, "": 1.0},
    "effective atomic number": {"ZEFF": 1.0, "Z": 1.0},
}
_UNITS["water"] = _UNITS["hydroxyapatite"]
"""Units by name, upper case without signs: factor to mg/cm3, to water's electron density, to atomic number."""


@dataclass(frozen=True)
class MapFound:
    """What one image maps, and the factor from its unit to mg/cm3, to water's electron density or to atomic number."""

    kind: MapKind
    factor: float


@dataclass(frozen=True)
class MapPair:
    """Two series of maps of one place that belong together, in the order of `PARTNERS`, and what they are."""

    first: Series
    second: Series
    maps: tuple[MapFound, MapFound]

    @property
    def kinds(self) -> tuple[MapKind, MapKind]:
        """What they map."""
        return self.maps[0].kind, self.maps[1].kind

    @property
    def factors(self) -> tuple[float, float]:
        """From their units to the internal ones."""
        return self.maps[0].factor, self.maps[1].factor

    @property
    def name(self) -> str:
        """Short name, such as ``maps of hydroxyapatite and water``."""
        return f"maps of {' and '.join(self.kinds)}"

    @property
    def stacks(self) -> tuple[Stack, Stack]:
        """Their slices in order."""
        assert self.first.stack is not None
        assert self.second.stack is not None
        return self.first.stack, self.second.stack


def map_of(series: Series) -> MapFound | None:
    """Return what a series maps; None if it is no map that can be read, or one energy."""
    found = find_map(series.images[0]) if series.found.energy is None else None
    return found if isinstance(found, MapFound) else None


def find_map(image: ImageHeader) -> MapFound | str:
    """Return what an image maps and its unit, or why it can't be read as a map; empty if it is none.

    A name in the text wins (GE's ``HAP(Water)``), then the standard's Image Type with the codes of the material, then
    words (Philips' ``Electron Density[%EDW]``). The basis matters: ``Water(Calcium)`` is another map than
    ``Water(HAP)``.
    """
    labels, pixels = image.labels, image.pixels
    if pixels is None or pixels.samples != 1:
        return ""
    text = f"{labels.description} {labels.private_label}"
    kind = _kind_by_name(text) or _kind_by_standard(image) or _kind_by_words(f"{text} {labels.image_type}")
    if not isinstance(kind, str) or kind not in _UNITS:
        return str(kind or "")
    return _with_unit(kind, pixels.unit, text)


def _kind_by_name(text: str) -> str | None:
    """Return what a name such as HAP(Water) says: a kind, or why it is none; None without such a name."""
    for of, basis in _OF_IN.findall(text):
        names = of.upper(), basis.upper()
        if not set(names) & {*_MATERIALS, *_KNOWN_OTHERS}:
            continue
        materials = [_MATERIALS.get(name) for name in names]
        if set(materials) == {"hydroxyapatite", "water"}:
            return materials[0]
        return f"material map of {of} in {basis}, not of hydroxyapatite and water"
    return None


def _kind_by_standard(image: ImageHeader) -> str | None:
    """Return what Image Type and codes say (PS3.3 C.8.15.2.1.1.5, CID 300)."""
    labels = image.labels
    if "MAT_SPECIFIC" not in labels.image_type:
        return None
    if labels.basis and not all(_mentions(labels.basis, material) for material in ("hydroxyapatite", "water")):
        return "material map of another basis than hydroxyapatite and water"
    said = labels.quantity or labels.description
    named = [material for material in ("hydroxyapatite", "water") if _mentions(said, material)]
    return named[0] if len(named) == 1 else "material map that does not tell its material"


def _mentions(text: str, material: str) -> bool:
    words = set(re.findall(r"[A-Z0-9]+", text.upper()))
    return any(of == material and word in words for word, of in (*_MATERIALS.items(), *_CODES.items()))


def _kind_by_words(text: str) -> str | None:
    density, number = _DENSITY.search(text), _NUMBER.search(text)
    if density and number:
        return "picture of electron density and atomic number together"
    return "electron density" if density else "effective atomic number" if number else None


def _with_unit(kind: MapKind, unit: str, text: str) -> MapFound | str:
    """Return a map with the factor of its unit: by Rescale Type, else by brackets in the text, else the usual one."""
    if unit not in ("", "HU", "US"):
        factor = _factor_of(kind, unit)
        return f"map of {kind} in the unknown unit {unit}" if factor is None else MapFound(kind, factor)
    bracketed = (_factor_of(kind, inner) for inner in re.findall(r"\[([^\]]+)\]", text))
    return MapFound(kind, next((factor for factor in bracketed if factor), 1.0))


def _factor_of(kind: MapKind, unit: str) -> float | None:
    """Return the factor of a unit such as ``mg/cm3``, ``%EDW`` or ``10^-2 Z_EFF``; None if it is not known."""
    match = _FACTOR.fullmatch(unit.strip().upper())
    assert match is not None  # both parts may be empty
    prefix, name = match[1] or "1", re.sub(r"[^A-Z0-9\u039c]", "", match[2].replace("\u00b3", "3"))
    base = _UNITS[kind].get(name)
    if base is None:
        return None
    if prefix == "%":
        return 0.01 * base
    return base * (10.0 ** int(prefix[3:]) if prefix.startswith("10^") else float(prefix))


def find_map_pairs(series: Sequence[Series], settings: StudySettings) -> tuple[MapPair, ...]:
    """Return every two maps that belong together: of one frame of reference, grid and kernel."""
    maps = [(one, found) for one in series if one.stack and (found := map_of(one))]
    return tuple(
        MapPair(one, other, (found, its))
        for kinds in PARTNERS
        for one, found in maps
        for other, its in maps
        if (found.kind, its.kind) == kinds and _belong_together(one, other, settings)
    )


def _belong_together(one: Series, other: Series, settings: StudySettings) -> bool:
    assert one.stack is not None
    assert other.stack is not None
    return (
        one.images[0].frame_uid == other.images[0].frame_uid
        and one.kernel == other.kernel
        and one.stack.grid.is_same_as(other.stack.grid, settings.position_tolerance_mm)
    )


def choose_maps(pairs: Sequence[MapPair]) -> MapPair | None:
    """Return the pair of maps to read, of hydroxyapatite and water before density and number; None without any.

    Raises
    ------
    StudyRefusedError
        ``several_pairs`` if there are several of the better kind.
    """
    if not pairs:
        return None
    best = [pair for pair in pairs if pair.kinds == pairs[0].kinds]
    if len(best) > 1:
        raise refusals.several_pairs([pair.name for pair in pairs], "the place scanned or the reconstruction")
    return best[0]


def without_partner(series: Sequence[Series]) -> str:
    """Return what a map without its partner lacks, as the end of a sentence; empty if there is none."""
    kinds = [found.kind for one in series if (found := map_of(one))]
    for first, second in PARTNERS:
        for kind, partner in ((first, second), (second, first)):
            if kind in kinds:
                return f"a map of {kind} needs one of {partner}, of the same slices and kernel, beside it"
    return ""
