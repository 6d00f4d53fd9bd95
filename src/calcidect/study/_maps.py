"""Material maps as input: which series are a pair of them, in which unit, and how they become two HU images.

Two basis maps and two virtual monoenergetic images (VMI) carry the same information, so the maps are turned into VMIs
of 50 and 100 keV, and everything behind goes on as with a VMI pair. Formulas: docs/method/materials.md, section 8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import Notice
from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._header import ImageHeader
from calcidect.study._series import Series
from calcidect.study._stack import Stack
from calcidect.study._types import Energy, Pair

MapKind = Literal["hydroxyapatite", "water", "electron density", "effective atomic number"]

COMPUTED_PAIR = Pair(Energy("kev", 50), Energy("kev", 100))
"""Where maps are computed to: two energies in the middle of what scanners offer, far enough apart for every crystal."""

HA_RELATIVE_ATTENUATION = (2.58513, 1.18256)
"""Mass attenuation of hydroxyapatite relative to water's at 50 and 100 keV (Elam, Ravel and Sieber 2002, by XrayDB; the
same numbers as in the materials room's table, which a test holds together)."""

_ELECTRONS_PER_G = (250 / 502.31, 10 / 18.015)  # of Ca5(PO4)3OH and of water: electrons and mass of a formula unit
_HA_ATOMS = ((20, 5), (15, 3), (8, 13), (1, 1))  # atomic number, atoms in a formula unit
_WATER_ATOMS = ((8, 1), (1, 2))
_WATER_ELECTRONS_1E23_PER_ML = 3.343

_PARTNERS: tuple[tuple[MapKind, MapKind], ...] = (
    ("hydroxyapatite", "water"),
    ("electron density", "effective atomic number"),
)
"""Which two maps belong together, the better pair first: concentrations are linear in HU, atomic numbers are not."""

_MATERIALS = {"HAP": "hydroxyapatite", "HYDROXYAPATITE": "hydroxyapatite", "HA": "hydroxyapatite", "WATER": "water"}
_OF_IN = re.compile(
    r"(?<![A-Za-z])([A-Za-z]+(?: ACID)?)\s?\(\s?([A-Za-z]+(?: ACID)?)\s?\)", re.IGNORECASE
)  # GE: HAP(Water)
_KNOWN_OTHERS = ("CALCIUM", "IODINE", "URIC ACID", "FAT", "GADOLINIUM", "BLOOD", "IRON")
_DENSITY = re.compile(r"ELECTRON.?DENSITY|%EDW|(?<![A-Za-z])RHO(?![A-Za-z])(?!.?Z)", re.IGNORECASE)
_NUMBER = re.compile(r"EFF_ATOMIC_NUM|Z.?EFF|EFFECTIVE.(Z|ATOMIC)", re.IGNORECASE)
_CODES = {"256579008": "hydroxyapatite", "11713004": "water"}  # SNOMED CT, of DICOM's CID 300

_FACTOR = re.compile(r"(%|10\^-?\d+|\d+(?:\.\d+)?)?\s*(.*)")
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

_SOFT_TISSUE: dict[MapKind, tuple[float, float]] = {
    "hydroxyapatite": (-200.0, 200.0),
    "water": (800.0, 1200.0),
    "electron density": (0.85, 1.15),
    "effective atomic number": (6.0, 8.6),
}
"""Where the median over the body must lie: fat to muscle (docs/method/materials.md, section 8) with a tenth to either
side; no two overlap, so that swapped maps and wrong units are seen."""
_SAMPLED_VOXELS = 2**22
_LOWEST_HU, _HIGHEST_HU = -1024, 32767


@dataclass(frozen=True)
class MapFound:
    """What one image maps, and the factor from its unit to mg/cm3, to water's electron density or to atomic number."""

    kind: MapKind
    factor: float


@dataclass(frozen=True)
class MapPair:
    """Two series of maps of one place that belong together, in the order of `_PARTNERS`."""

    first: Series
    second: Series

    @property
    def kinds(self) -> tuple[MapKind, MapKind]:
        """What they map."""
        found = [map_of(series) for series in (self.first, self.second)]
        assert found[0] is not None
        assert found[1] is not None
        return found[0].kind, found[1].kind

    @property
    def factors(self) -> tuple[float, float]:
        """From their units to the internal ones."""
        found = [map_of(series) for series in (self.first, self.second)]
        assert found[0] is not None
        assert found[1] is not None
        return found[0].factor, found[1].factor

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
    maps = [(one, found.kind) for one in series if one.stack and (found := map_of(one))]
    return tuple(
        MapPair(one, other)
        for first, second in _PARTNERS
        for one, kind in maps
        for other, its_kind in maps
        if (kind, its_kind) == (first, second) and _belong_together(one, other, settings)
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
        raise refusals.several_pairs([pair.name for pair in pairs])
    return best[0]


def without_partner(series: Sequence[Series]) -> str:
    """Return what a map without its partner lacks, as the end of a sentence; empty if there is none."""
    kinds = [found.kind for one in series if (found := map_of(one))]
    for first, second in _PARTNERS:
        for kind, partner in ((first, second), (second, first)):
            if kind in kinds:
                return f"a map of {kind} needs one of {partner}, of the same slices and kernel, beside it"
    return ""


def monoenergetic_images(
    pair: MapPair, first: NDArray[Any], second: NDArray[Any], settings: StudySettings
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return HU at 50 and 100 keV, whole numbers, from the values of two maps in the units of their headers.

    Parameters
    ----------
    pair : MapPair
        What they are.
    first, second : array, shape (slices, rows, columns)
        Values in the order of the pair.
    settings : StudySettings
        The exponent of the effective atomic number.

    Raises
    ------
    StudyRefusedError
        ``maps_swapped`` or ``maps_implausible``: what should be soft tissue is none.
    """
    factors = [np.float32(factor) for factor in pair.factors]
    _check_soft_tissue(pair, first, second)
    low, high = np.empty(first.shape, np.int16), np.empty(first.shape, np.int16)
    for k in range(len(first)):
        values = first[k] * factors[0], second[k] * factors[1]
        for image, attenuation in zip((low, high), HA_RELATIVE_ATTENUATION, strict=True):
            if pair.kinds == _PARTNERS[0]:
                hu = hu_of_concentrations(*values, attenuation)
            else:
                hu = hu_of_density_and_number(*values, attenuation, settings.zeff_exponent)
            image[k] = np.rint(np.clip(hu, _LOWEST_HU, _HIGHEST_HU))
    return low, high


def hu_of_concentrations(ha_mg_per_cm3: Any, water_mg_per_cm3: Any, ha_relative_attenuation: float) -> Any:
    """Return HU of so much hydroxyapatite and water in a voxel; what the crystal displaces is missing in the water.

    ``mu / mu_water = (c_w + r c_HA) / 1000``, r the mass attenuation relative to water's; HU are 1000 (that - 1).
    """
    return water_mg_per_cm3 + ha_relative_attenuation * ha_mg_per_cm3 - 1000.0


def hu_of_density_and_number(
    electron_density: Any, atomic_number: Any, ha_relative_attenuation: float, exponent: float
) -> Any:  # fmt: skip
    """Return HU of an electron density (water is 1) and an effective atomic number.

    Attenuation per electron is taken as linear in Z^m, on the line through water and hydroxyapatite:
    ``mu / mu_water = rho_e (1 + (s - 1) (Z^m - Z_w^m) / (Z_HA^m - Z_w^m))``, s that of hydroxyapatite per electron
    relative to water's. ``Z_eff^m`` is the mean of Z^m over electrons, so every mixture of the two comes out exactly.

    Parameters
    ----------
    electron_density, atomic_number : array or float
        Of a voxel.
    ha_relative_attenuation : float
        Mass attenuation of hydroxyapatite relative to water's.
    exponent : float
        m, with which the scanner made its atomic numbers.
    """
    water, ha = (mean_power_of_number(atoms, exponent) for atoms in (_WATER_ATOMS, _HA_ATOMS))
    per_electron = ha_relative_attenuation * _ELECTRONS_PER_G[1] / _ELECTRONS_PER_G[0]
    slope = (per_electron - 1.0) / (ha - water)
    return 1000.0 * (electron_density * (1.0 + slope * (np.maximum(atomic_number, 0.0) ** exponent - water)) - 1.0)


def mean_power_of_number(atoms: Sequence[tuple[int, int]], exponent: float) -> float:
    """Return the mean of Z^m over electrons; its m-th root is the effective atomic number.

    Parameters
    ----------
    atoms : sequence of (int, int)
        Atomic number, and atoms in a formula unit.
    exponent : float
        m.
    """
    electrons = sum(number * count for number, count in atoms)
    return float(sum(number * count * float(number) ** exponent for number, count in atoms) / electrons)


def _check_soft_tissue(pair: MapPair, first: NDArray[Any], second: NDArray[Any]) -> None:
    """Refuse maps whose median over the body is not that of soft tissue, of which a hand has more than of bone."""
    step = max(1, first.size // _SAMPLED_VOXELS)
    factors, kinds = pair.factors, pair.kinds
    sample = [values[::step].ravel() * factor for values, factor in zip((first, second), factors, strict=True)]
    medians = _medians_in_body(kinds, sample)
    if not all(low <= median <= high for median, (low, high) in zip(medians, _limits(kinds), strict=True)):
        swapped = _medians_in_body(kinds, sample[::-1])
        if all(low <= median <= high for median, (low, high) in zip(swapped, _limits(kinds), strict=True)):
            raise refusals.maps_swapped(kinds)
        raise refusals.maps_implausible(kinds, medians, _limits(kinds))


def _limits(kinds: tuple[MapKind, MapKind]) -> list[tuple[float, float]]:
    return [_SOFT_TISSUE[kind] for kind in kinds]


def _medians_in_body(kinds: tuple[MapKind, MapKind], values: list[NDArray[Any]]) -> tuple[float, float]:
    """Return both medians where half as much is as in water; NaN where nothing is."""
    body = values[0] + values[1] > 500.0 if kinds == _PARTNERS[0] else values[0] > 0.5
    if not body.any():
        return float("nan"), float("nan")
    return float(np.median(values[0][body])), float(np.median(values[1][body]))


def map_notice(kinds: tuple[MapKind, MapKind]) -> Notice:
    """Return what the reader of numbers from maps must know."""
    effect = "Materials and masses rest on the scanner's own decomposition."
    if kinds == _PARTNERS[1]:
        effect += (
            " The atomic number is turned back by the formula for water and hydroxyapatite: with another exponent than "
            "study.zeff_exponent, masses are off by some percent."
        )
    return Notice(
        "material_maps",
        f"The images of {COMPUTED_PAIR.low} and {COMPUTED_PAIR.high} were computed from maps of {' and '.join(kinds)}.",
        effect,
    )


def confirm_maps(pair: MapPair, bone_ratio: float, settings: StudySettings) -> None:
    """Refuse maps whose bone is not brighter at 50 than at 100 keV.

    Raises
    ------
    StudyRefusedError
        ``maps_implausible``.
    """
    if bone_ratio < settings.minimum_bone_ratio:
        raise refusals.maps_without_calcium(pair.kinds, bone_ratio)
