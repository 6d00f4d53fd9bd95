"""What any beam makes of the crystals: HU per mg/cm3 in water, from tube voltage and filters.

From ``data/beams.json``, made by ``scripts/build_tables.py``: spectra of a tungsten tube without filters, attenuation
of filters, water and crystals, and the detector. Method, sources and comparison with published values:
docs/method/materials.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from calcidect.geometry import FloatArray
from calcidect.settings import BeamSettings

HA_G_PER_CM3, MSU_G_PER_CM3 = 3.16, 1.72
"""Densities of the solid crystals (docs/method/materials.md, section 1): what a crystal displaces of its host."""

BUILT_IN: Mapping[str, BeamSettings] = {
    **{f"{kv}": BeamSettings(tube_kv=kv) for kv in (70, 80, 90, 100, 110, 120, 130, 135, 140)},
    "Sn140": BeamSettings(tube_kv=140, tin_mm=0.4),
    "Sn150": BeamSettings(tube_kv=150, tin_mm=0.6),
}
"""By the name that ``Energy.beam`` gives. Tin: 0.4 mm on the second dual-source generation, 0.6 mm on the third."""

_PATHS_CM: FloatArray = np.concatenate([np.arange(0.0, 8.0, 0.5), np.arange(8.0, 20.5, 2.0)])
_WATER_G_PER_CM3 = 1.0


@dataclass(frozen=True, eq=False)
class BeamTable:
    """HU per mg/cm3 of hydroxyapatite and urate in water, behind each path of water."""

    path_cm: FloatArray
    ha: FloatArray
    msu: FloatArray

    def at(self, path_cm: Any) -> tuple[FloatArray, FloatArray]:
        """Return both, linear between the paths; beyond 20 cm, the end of the table, 20 is used."""
        ha, msu = (np.asarray(np.interp(path_cm, self.path_cm, k)) for k in (self.ha, self.msu))
        return ha, msu


@lru_cache(maxsize=64)
def table_of(beam: BeamSettings) -> BeamTable:
    """Return what a beam makes of the crystals.

    ``k = [ <mu/rho>_crystal / <mu/rho>_water ] / rho_water - 1 / rho_crystal`` in HU per mg/cm3, where <> averages
    over the signal left behind a path of water: photons of the tube, behind its filters, each with the energy it leaves
    in the detector.
    """
    table = beams_table()
    photons = np.array(table["photons"][f"{beam.tube_kv:g}"])
    n = len(photons)
    water, ha, msu = (np.array(table["cm2_per_g"][name])[:n] for name in ("water", "ha", "msu"))
    filters = sum(mm * np.array(table["filter_per_mm"][name])[:n] for name, mm in beam.filters_mm.items())
    energy_kev, detected = (np.array(table[name])[:n] for name in ("energy_kev", "detected"))
    signal = photons * np.exp(-filters) * energy_kev * detected
    left = signal * np.exp(-np.outer(_PATHS_CM, water) * _WATER_G_PER_CM3)
    of_crystals = (
        left @ crystal / (left @ water) / _WATER_G_PER_CM3 - 1 / density
        for crystal, density in ((ha, HA_G_PER_CM3), (msu, MSU_G_PER_CM3))
    )
    return BeamTable(_PATHS_CM, *of_crystals)


@cache
def beams_table() -> Any:
    """Return the shipped table."""
    return json.loads((files("calcidect.materials") / "data" / "beams.json").read_text(encoding="utf-8"))
