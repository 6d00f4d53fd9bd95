"""What the materials room gives: ``MaterialMaps``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from calcidect.errors import Notice
from calcidect.geometry import FloatArray, Volume
from calcidect.materials._calibration import MODEL, Calibration
from calcidect.materials._concentrations import Concentrations
from calcidect.materials._noise import SoftTissue
from calcidect.settings import BeamSettings
from calcidect.study import Energy, Motion, Pair, StudyQuality


@dataclass(frozen=True)
class Sensitivity:
    """How many HU one mg/cm3 of crystal adds in water, at each energy of a pair.

    Parameters
    ----------
    ha_low, ha_high, msu_low, msu_high : float
        HU per mg/cm3; the crystal displaces water.
    source : str
        Where the numbers come from.
    """

    ha_low: float
    ha_high: float
    msu_low: float
    msu_high: float
    source: str

    @property
    def ha_ratio(self) -> float:
        """Dual-energy ratio of hydroxyapatite in water."""
        return self.ha_low / self.ha_high

    @property
    def msu_ratio(self) -> float:
        """Dual-energy ratio of monosodium urate in water."""
        return self.msu_low / self.msu_high


@dataclass(frozen=True)
class Metal:
    """What is too dense for calcium.

    Parameters
    ----------
    volume_mm3 : float
        Of the voxels above the limit: the metal and its bloom.
    bodies : int
        How many do not touch.
    thirds : tuple of str
        Where in the stack: ``first``, ``middle``, ``last``, by the order of slices along the normal.
    """

    volume_mm3: float = 0.0
    bodies: int = 0
    thirds: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class MaterialMaps:
    """Concentrations, and the two images they come from, on one grid; of a single-energy scan its image alone.

    Parameters
    ----------
    concentrations : Concentrations or None
        Hydroxyapatite and urate, each with its standard deviation; None of a single-energy scan.
    low : Volume
        HU at the low, or the only, energy.
    high : Volume or None
        HU; None of a single-energy scan.
    sensitivity : Sensitivity or None
        What was used; None of a single-energy scan.
    soft_tissue : SoftTissue
        Noise and the host's HU, measured in this scan.
    clipped_voxels : tuple of int
        At the top of the stored range, of each image, low first.
    maximum_hu : tuple of float
        Where the stored range of each image ends, low first; infinite where not known.
    notices : tuple of Notice
        What the reader should know.
    slice_path_cm : tuple of float
        Water-equivalent path of the X-rays in each slice, for the voxel maps; empty where not measured.
    path_cm : Volume or None
        The same at each place, on a coarse grid (`water_path`); None where not measured.
    pair : Pair or None
        The energies; None where only ``sensitivity`` is known.
    beams : mapping of str to BeamSettings
        Beams of the settings, beside the built-in ones or in their place.
    metal : Metal
        What is too dense for calcium.
    metal_points_mm : array, shape (n, 3)
        Where it is, LPS, about 1 mm apart.
    motion : tuple of Motion
        Of each hand between the energies, as the study room left it.
    quality : StudyQuality or None
        What the study room found of the scan's quality.
    single_energy : Energy or None
        The energy of a single-energy scan.
    calibration : Calibration
        Factors on the model's sensitivities, which ``sensitivity`` holds already.

    Raises
    ------
    ValueError
        If the maps are neither of one energy nor of two.
    """

    concentrations: Concentrations | None
    low: Volume
    high: Volume | None
    sensitivity: Sensitivity | None
    soft_tissue: SoftTissue
    clipped_voxels: tuple[int, ...] = (0, 0)
    notices: tuple[Notice, ...] = field(default=())
    slice_path_cm: tuple[float, ...] = ()
    path_cm: Volume | None = None
    pair: Pair | None = None
    beams: Mapping[str, BeamSettings] = field(default_factory=dict)
    metal: Metal = Metal()
    metal_points_mm: FloatArray = field(default_factory=lambda: np.zeros((0, 3)))
    motion: tuple[Motion, ...] = ()
    quality: StudyQuality | None = None
    single_energy: Energy | None = None
    calibration: Calibration = MODEL
    maximum_hu: tuple[float, ...] = (math.inf, math.inf)

    def __post_init__(self) -> None:
        second = (self.concentrations, self.high, self.sensitivity)
        if any((part is None) != (self.single_energy is not None) for part in second):
            raise ValueError("Maps of two energies hold both images and both crystals, those of one energy neither.")

    @property
    def hydroxyapatite(self) -> Volume | None:
        """Dense, float32, mg/cm3, made anew at each call; None of a single-energy scan."""
        return None if self.concentrations is None else self.concentrations.volume("hydroxyapatite")

    @property
    def urate(self) -> Volume | None:
        """Dense, float32, mg/cm3, made anew at each call; None of a single-energy scan."""
        return None if self.concentrations is None else self.concentrations.volume("urate")
