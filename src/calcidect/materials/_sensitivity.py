"""HU per mg/cm3 of hydroxyapatite (HA) and monosodium urate (MSU), for each pair of energies.

Of tube voltages from spectra and filters (`_beams`), of photon energies from cross sections. Method, sources and
comparison with published values: docs/method/materials.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from calcidect.errors import InputRefusedError
from calcidect.geometry import FloatArray
from calcidect.materials._beams import BUILT_IN, HA_G_PER_CM3, MSU_G_PER_CM3, beams_table, table_of
from calcidect.materials._path import path_at_cm
from calcidect.materials._types import MaterialMaps, Sensitivity
from calcidect.settings import BeamSettings
from calcidect.study import Energy, Pair

MINIMUM_HA_RATIO = 1.2
"""Below it two images are no usable pair (docs/dicom.md, 'Which pair'); the weakest pair in use, TwinBeam, has 1.42."""

_NO_MORE: Mapping[str, BeamSettings] = {}

_REMEDY_KV = (
    "Export the scan again as two virtual monoenergetic series, for example 50 and 100 keV, which need no table; "
    "or name the beam with its filters in a settings file, under [materials.beams] (docs/how-to.md)."
)


def sensitivity(pair: Pair, path_cm: float, beams: Mapping[str, BeamSettings] = _NO_MORE) -> Sensitivity:
    """Return how many HU one mg/cm3 of each crystal adds in water.

    ``k = [ <mu/rho>_crystal / <mu/rho>_water ] / rho_water - 1000 / rho_crystal / 1000`` in HU per mg/cm3, where <>
    averages over the signal that is left behind ``path_cm`` of water: the crystal's attenuation less that of the
    water which it displaces. Linear in concentration. Of a virtual monoenergetic image (VMI) the average is over one
    energy, and the path plays no part.

    Parameters
    ----------
    pair : Pair
        Two tube voltages of known beams, or two photon energies of 40 to 200 keV.
    path_cm : float
        Water-equivalent path of the X-rays through the object, cm; beyond 20 cm, the end of the table, 20 is used.
    beams : mapping of str to BeamSettings
        ``settings.materials.beams``: beams beside the built-in ones, or in their place.

    Raises
    ------
    InputRefusedError
        If an energy is not known, kV and keV are mixed, or the two energies hardly differ. No beam is taken for one
        that is near by: another voltage means another filter as often as not.
    ValueError
        If the path is negative.
    """
    if not path_cm >= 0:
        raise ValueError(f"A water path can't be negative, but it is {path_cm} cm.")
    if pair.low.kind != pair.high.kind:
        raise _refused(
            "energies_mixed", f"The pair {pair} mixes a tube voltage with a photon energy.", "Two kV or two keV series."
        )
    (ha_low, msu_low), (ha_high, msu_high) = (hu_per_mg(energy, path_cm, beams) for energy in (pair.low, pair.high))
    if ha_low < MINIMUM_HA_RATIO * ha_high:
        raise _refused(
            "energies_too_close",
            f"At {pair.low} and {pair.high} hydroxyapatite has a ratio of {ha_low / ha_high:.2f}.",
            f"The lower energy first, and a ratio of at least {MINIMUM_HA_RATIO:g}.",
        )
    return Sensitivity(float(ha_low), float(ha_high), float(msu_low), float(msu_high), _source(pair, path_cm, beams))


def hydroxyapatite_hu_per_mg(energy: Energy, path_cm: float = 3.0) -> float:
    """Return how many HU one mg/cm3 of hydroxyapatite adds in water at one energy; see `sensitivity`.

    Raises
    ------
    InputRefusedError
        If the energy is not tabulated.
    """
    return float(hu_per_mg(energy, path_cm)[0])


def sensitivity_at(maps: MaterialMaps, points_mm: Any) -> Sensitivity:
    """Return the sensitivity for the mean water path at some points; the scan's typical one where paths are not known.

    A fingertip is crossed by 1 cm of water, a wrist by 6 cm: at 80 kV that is 8 % in HU per mg/cm3.

    Parameters
    ----------
    maps : MaterialMaps
        Of two energies.
    points_mm : array, shape (..., 3)
        LPS; for a deposit, its voxels.
    """
    assert maps.sensitivity is not None  # maps of two energies
    if maps.pair is None or maps.path_cm is None:
        return maps.sensitivity
    path_cm = float(path_at_cm(maps.path_cm, points_mm).mean())
    return maps.calibration.applied(sensitivity(maps.pair, path_cm, maps.beams))


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


def hu_per_mg(
    energy: Energy, path_cm: Any, beams: Mapping[str, BeamSettings] = _NO_MORE
) -> tuple[FloatArray | float, FloatArray | float]:  # fmt: skip
    """Return HU per mg/cm3 of HA and MSU in water behind paths (cm, array or number); one number each of a VMI.

    Raises
    ------
    InputRefusedError
        If the energy is not known.
    """
    if energy.kind == "kev":
        return _monoenergetic(energy)
    known = {**BUILT_IN, **beams}
    if energy.beam not in known:
        expected = f"One of {', '.join(f'{name} kV' for name in known)}."
        raise _refused("beam_unknown", f"There is no table for a beam of {energy}.", expected)
    return table_of(known[energy.beam]).at(path_cm)


def _monoenergetic(energy: Energy) -> tuple[float, float]:
    table = beams_table()["monoenergetic"]
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


def _source(pair: Pair, path_cm: float, beams: Mapping[str, BeamSettings]) -> str:
    made = beams_table()["made"]
    tables = f"XrayDB {made['xraydb']}"
    if pair.low.kind == "kev":
        return f"model {pair.name}: {tables}"
    own = [name for name in (pair.low.beam, pair.high.beam) if name in beams]
    settings = f" ({' and '.join(own)} by the settings)" if own else ""
    return f"model {pair.name}{settings}, {path_cm:.1f} cm of water: SpekPy {made['spekpy']}, {tables}"
