"""Two material maps become two HU images: the formulas, and a look at the pixels first.

docs/method/materials.md, section 8, holds the derivation and what it leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import Notice
from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._maps import PARTNERS, MapKind, MapPair
from calcidect.study._sample import sampled_slices
from calcidect.study._types import Energy, Pair

COMPUTED_PAIR = Pair(Energy("kev", 50), Energy("kev", 100))
"""Where maps are computed to: two energies in the middle of what scanners offer, far enough apart for every crystal."""

HA_RELATIVE_ATTENUATION = (2.58513, 1.18256)
"""Mass attenuation of hydroxyapatite relative to water's at 50 and 100 keV (Elam, Ravel and Sieber 2002, by XrayDB; the
same numbers as in the materials room's table, which a test holds together)."""

_ELECTRONS_PER_G = (250 / 502.31, 10 / 18.015)  # of Ca5(PO4)3OH and of water: electrons and mass of a formula unit
_HA_ATOMS = ((20, 5), (15, 3), (8, 13), (1, 1))  # atomic number, atoms in a formula unit
_WATER_ATOMS = ((8, 1), (1, 2))

_SOFT_TISSUE: dict[MapKind, tuple[float, float]] = {
    "hydroxyapatite": (-200.0, 200.0),
    "water": (800.0, 1200.0),
    "electron density": (0.85, 1.15),
    "effective atomic number": (6.0, 8.6),
}
"""Where the median over the body must lie: fat to muscle (docs/method/materials.md, section 8) with a tenth to either
side; no two overlap, so that swapped maps and wrong units are seen."""
_LOWEST_HU, _HIGHEST_HU = -1024, 32767


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
            if pair.kinds == PARTNERS[0]:
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
    factors, kinds = pair.factors, pair.kinds
    sample = [values.ravel() * factor for values, factor in zip(sampled_slices(first, second), factors, strict=True)]
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
    body = values[0] + values[1] > 500.0 if kinds == PARTNERS[0] else values[0] > 0.5
    if not body.any():
        return float("nan"), float("nan")
    return float(np.median(values[0][body])), float(np.median(values[1][body]))


def map_notice(kinds: tuple[MapKind, MapKind]) -> Notice:
    """Return what the reader of numbers from maps must know."""
    effect = "Materials and masses rest on the scanner's own decomposition."
    if kinds == PARTNERS[1]:
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
