"""HU per mg/cm3 of hydroxyapatite (HA) and monosodium urate (MSU), for each pair of energies.

Read from ``data/sensitivity.json``, made by ``scripts/build_tables.py`` from tube spectra and cross sections. Method,
sources and comparison with published values: docs/method/materials.md.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from calcidect.errors import InputRefusedError
from calcidect.materials._types import MaterialMaps, Sensitivity
from calcidect.study import Energy, Pair

MINIMUM_HA_RATIO = 1.2
"""Below it two images are no usable pair (docs/dicom.md, 'Which pair'); the weakest pair in use, TwinBeam, has 1.42."""

HA_G_PER_CM3, MSU_G_PER_CM3 = 3.16, 1.72
"""Densities of the solid crystals (docs/method/materials.md, section 1): what a crystal displaces of its host."""

_REMEDY_KV = (
    "Export the scan again as two virtual monoenergetic series, for example 50 and 100 keV, which need no table; "
    "or add the beam to scripts/build_tables.py and rebuild the tables."
)


def sensitivity(pair: Pair, path_cm: float) -> Sensitivity:
    """Return how many HU one mg/cm3 of each crystal adds in water.

    ``k = [ <mu/rho>_crystal / <mu/rho>_water ] / rho_water - 1000 / rho_crystal / 1000`` in HU per mg/cm3, where <>
    averages over the signal that is left behind ``path_cm`` of water: the crystal's attenuation less that of the
    water which it displaces. Linear in concentration. Of a virtual monoenergetic image (VMI) the average is over one
    energy, and the path plays no part.

    Parameters
    ----------
    pair : Pair
        Two tube voltages of the table, or two photon energies of 40 to 200 keV.
    path_cm : float
        Water-equivalent path of the X-rays through the object, cm; beyond 20 cm, the end of the table, 20 is used.

    Raises
    ------
    InputRefusedError
        If an energy is not tabulated, kV and keV are mixed, or the two energies hardly differ. Tube voltages between
        the tabulated ones are not interpolated: such a beam means another filter or detector as often as another
        voltage.
    ValueError
        If the path is negative.
    """
    if not path_cm >= 0:
        raise ValueError(f"A water path can't be negative, but it is {path_cm} cm.")
    if pair.low.kind != pair.high.kind:
        raise _refused(
            "energies_mixed", f"The pair {pair} mixes a tube voltage with a photon energy.", "Two kV or two keV series."
        )
    (ha_low, msu_low), (ha_high, msu_high) = (_hu_per_mg(energy, path_cm) for energy in (pair.low, pair.high))
    if ha_low < MINIMUM_HA_RATIO * ha_high:
        raise _refused(
            "energies_too_close",
            f"At {pair.low} and {pair.high} hydroxyapatite has a ratio of {ha_low / ha_high:.2f}.",
            f"The lower energy first, and a ratio of at least {MINIMUM_HA_RATIO:g}.",
        )
    return Sensitivity(ha_low, ha_high, msu_low, msu_high, _source(pair, path_cm))


def hydroxyapatite_hu_per_mg(energy: Energy, path_cm: float = 3.0) -> float:
    """Return how many HU one mg/cm3 of hydroxyapatite adds in water at one energy; see `sensitivity`.

    Raises
    ------
    InputRefusedError
        If the energy is not tabulated.
    """
    return _hu_per_mg(energy, path_cm)[0]


def sensitivity_in_slice(maps: MaterialMaps, slice_index: int) -> Sensitivity:
    """Return the sensitivity for the water path of one slice; the scan's typical one where paths are not known.

    A fingertip is crossed by 1 cm of water, a wrist by 6 cm: at 80 kV that is 8 % in HU per mg/cm3.
    """
    assert maps.sensitivity is not None  # maps of two energies
    if maps.pair is None or not maps.slice_path_cm:
        return maps.sensitivity
    return maps.calibration.applied(sensitivity(maps.pair, maps.slice_path_cm[slice_index]))


def in_host(sensitivity: Sensitivity, host_low_hu: float, host_high_hu: float) -> Sensitivity:
    """Return the sensitivity where the crystals displace a host other than water.

    ``k_host = k_water - HU_host / (1000 rho_crystal)``: in a tendon of 110 HU, urate adds a fifth less.

    Parameters
    ----------
    sensitivity : Sensitivity
        In water.
    host_low_hu, host_high_hu : float
        HU of the host without crystals.
    """
    ha, msu = 1000.0 * HA_G_PER_CM3, 1000.0 * MSU_G_PER_CM3
    return replace(
        sensitivity,
        ha_low=sensitivity.ha_low - host_low_hu / ha,
        ha_high=sensitivity.ha_high - host_high_hu / ha,
        msu_low=sensitivity.msu_low - host_low_hu / msu,
        msu_high=sensitivity.msu_high - host_high_hu / msu,
        source=f"{sensitivity.source}, in a host of {host_low_hu:.0f}/{host_high_hu:.0f} HU",
    )


def _hu_per_mg(energy: Energy, path_cm: float) -> tuple[float, float]:
    """Return HU per mg/cm3 of HA and MSU in water."""
    return _monoenergetic(energy) if energy.kind == "kev" else _polychromatic(energy, path_cm)


def _polychromatic(energy: Energy, path_cm: float) -> tuple[float, float]:
    table = _table()
    beam = table["beams"].get(energy.beam)
    if beam is None:
        known = ", ".join(f"{name} kV" for name in table["beams"])
        raise _refused("beam_unknown", f"There is no table for a beam of {energy}.", f"One of {known}.")
    ha, msu = (float(np.interp(path_cm, table["path_cm"], beam[name])) for name in ("ha", "msu"))
    return ha, msu


def _monoenergetic(energy: Energy) -> tuple[float, float]:
    table = _table()["monoenergetic"]
    grid = table["energy_kev"]
    if not grid[0] <= energy.value <= grid[-1]:
        raise _refused(
            "kev_out_of_range", f"An image is of {energy}.", f"A photon energy from {grid[0]:g} to {grid[-1]:g} keV."
        )
    water, ha, msu = (
        np.exp(np.interp(np.log(energy.value), np.log(grid), np.log(table[name]))) for name in ("water", "ha", "msu")
    )
    return float(ha / water - 1 / HA_G_PER_CM3), float(msu / water - 1 / MSU_G_PER_CM3)


def _refused(code: str, found: str, expected: str) -> InputRefusedError:
    return InputRefusedError(code, found=found, expected=expected, remedy=_REMEDY_KV)


def _source(pair: Pair, path_cm: float) -> str:
    made = _table()["made"]
    tables = f"XrayDB {made['xraydb']}"
    if pair.low.kind == "kev":
        return f"model {pair.name}: {tables}"
    return f"model {pair.name}, {path_cm:.1f} cm of water: SpekPy {made['spekpy']}, {tables}"


@cache
def _table() -> Any:
    return json.loads((files("calcidect.materials") / "data" / "sensitivity.json").read_text(encoding="utf-8"))
