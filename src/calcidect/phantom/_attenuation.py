"""What the simulated scanner's X-rays see: HU of tissues and crystals by beam and local water path.

Read from ``data/tissues.json``, made by ``scripts/build_tables.py``. The analysis has a table and code of its
own and knows no tissue: the phantom does not share its shortcuts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import InputRefusedError
from calcidect.geometry import FloatArray
from calcidect.study import Energy

PATH_STEP_CM = 0.1
"""Width of a path bin; HU change by less than 0.3 % from bin to bin."""


class Tissue(IntEnum):
    """Host tissues, the labels of the digital hand. Compositions and densities: docs/method/materials.md."""

    AIR = 0
    FAT = 1
    MUSCLE = 2
    TENDON = 3
    SKIN = 4
    NAIL = 5
    CARTILAGE = 6
    MARROW = 7
    MATRIX = 8
    CONNECTIVE = 9
    BLOOD = 10
    RED_MARROW = 11
    WATER = 12


@dataclass(frozen=True, eq=False)
class TissueAttenuation:
    """What one beam sees, for paths of 0, 0.1, 0.2 ... cm of water.

    Crystals of c mg/cm3 take the share ``phi = c / (1000 g_per_cm3)`` of the volume from their host:
    ``HU + 1000 = (1 - phi) (HU_host + 1000) + c k``, where k is ``ha`` or ``msu``.

    Parameters
    ----------
    energy : Energy
        The beam, or the energy of a virtual monoenergetic image (then all bins are equal).
    host_hu : float32 array, shape (path bins, tissues)
        HU of the pure tissue; index with ``bin_of(path)`` and a ``Tissue``.
    ha, msu : float32 array, shape (path bins,)
        HU that one mg/cm3 adds, displacement not counted (that is the first term above).
    ha_g_per_cm3, msu_g_per_cm3 : float
        Densities of the solid crystals.
    """

    energy: Energy
    host_hu: NDArray[np.float32]
    ha: NDArray[np.float32]
    msu: NDArray[np.float32]
    ha_g_per_cm3: float
    msu_g_per_cm3: float

    def bin_of(self, path_cm: Any) -> NDArray[np.intp]:
        """Return the nearest path bin; beyond the table, its end."""
        index = np.rint(np.asarray(path_cm, float) / PATH_STEP_CM).astype(np.intp)
        return np.clip(index, 0, len(self.ha) - 1)

    def hu(self, tissue: Any, path_cm: Any, ha_mg_per_cm3: Any = 0.0, msu_mg_per_cm3: Any = 0.0) -> FloatArray:
        """Return the HU of crystals in a tissue; the arguments broadcast."""
        bins = self.bin_of(path_cm)
        ha, msu = np.asarray(ha_mg_per_cm3, float), np.asarray(msu_mg_per_cm3, float)
        displaced = (ha / self.ha_g_per_cm3 + msu / self.msu_g_per_cm3) / 1000.0
        host = self.host_hu[bins, np.asarray(tissue, np.intp)].astype(float) + 1000.0
        return np.asarray((1.0 - displaced) * host + ha * self.ha[bins] + msu * self.msu[bins] - 1000.0)


def known_beams() -> tuple[str, ...]:
    """Return the names of the tube voltages in the table, such as ``80`` and ``Sn150``."""
    return tuple(_table()["beams"])


@cache
def load_attenuation(energy: Energy) -> TissueAttenuation:
    """Return what a beam, or a virtual monoenergetic image, sees.

    Raises
    ------
    InputRefusedError
        If the tube voltage or the photon energy is not in the table.
    """
    table = _table()
    path_cm = np.arange(0.0, table["path_cm"][-1] + PATH_STEP_CM / 2, PATH_STEP_CM)
    rows = _monoenergetic(energy, path_cm) if energy.kind == "kev" else _polychromatic(energy, path_cm)
    tissues, ha, msu = (np.ascontiguousarray(r, np.float32) for r in rows)
    for array in (tissues, ha, msu):
        array.setflags(write=False)
    solid = table["crystal_g_per_cm3"]
    return TissueAttenuation(energy, tissues, ha, msu, solid["ha"], solid["msu"])


def _polychromatic(energy: Energy, path_cm: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    table = _table()
    beam = table["beams"].get(energy.beam)
    if beam is None:
        raise _refused(energy, f"One of the beams {', '.join(known_beams())}.")
    tissues, ha, msu = (
        np.array([np.interp(path_cm, table["path_cm"], row) for row in rows])
        for rows in (beam["tissues"], [beam["ha"]], [beam["msu"]])
    )
    return 1000.0 * tissues.T - 1000.0, ha[0], msu[0]


def _monoenergetic(energy: Energy, path_cm: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    table = _table()
    grid, rows = table["energy_kev"], table["monoenergetic"]
    if not grid[0] <= energy.value <= grid[-1]:
        raise _refused(energy, f"A photon energy from {grid[0]:g} to {grid[-1]:g} keV.")
    tissues = np.array([np.interp(energy.value, grid, row) for row in rows["tissues"]])
    ha, msu = (np.full(path_cm.shape, np.interp(energy.value, grid, rows[n])) for n in ("ha", "msu"))
    return np.tile(1000.0 * tissues - 1000.0, (len(path_cm), 1)), ha, msu


def _refused(energy: Energy, expected: str) -> InputRefusedError:
    return InputRefusedError(
        "energy_not_tabulated",
        found=f"The simulated scanner has no table for {energy}.",
        expected=expected,
        remedy="Choose an energy of the table, or add the beam to scripts/build_tables.py and run it.",
    )


@cache
def _table() -> Any:
    return json.loads((files("calcidect.phantom") / "data" / "tissues.json").read_text(encoding="utf-8"))
