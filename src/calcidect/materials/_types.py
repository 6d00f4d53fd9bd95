"""What the materials room gives: ``MaterialMaps``."""

from __future__ import annotations

from dataclasses import dataclass, field

from calcidect.errors import Notice
from calcidect.geometry import Volume
from calcidect.materials._noise import SoftTissue
from calcidect.study import Pair, StudyQuality


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
    """Concentrations, and the two images they come from, on one grid.

    Parameters
    ----------
    hydroxyapatite, urate : Volume
        float32, mg/cm3, not negative.
    low, high : Volume
        HU.
    sensitivity : Sensitivity
        What was used.
    soft_tissue : SoftTissue
        Noise and the host's HU, measured in this scan.
    clipped_voxels : tuple of int
        At the top of the stored range, at low and high energy.
    notices : tuple of Notice
        What the reader should know.
    slice_path_cm : tuple of float
        Water-equivalent path of the X-rays in each slice; empty where not measured.
    pair : Pair or None
        The energies; None where only ``sensitivity`` is known.
    metal : Metal
        What is too dense for calcium.
    quality : StudyQuality or None
        What the study room found of the scan's quality.
    """

    hydroxyapatite: Volume
    urate: Volume
    low: Volume
    high: Volume
    sensitivity: Sensitivity
    soft_tissue: SoftTissue
    clipped_voxels: tuple[int, int] = (0, 0)
    notices: tuple[Notice, ...] = field(default=())
    slice_path_cm: tuple[float, ...] = ()
    pair: Pair | None = None
    metal: Metal = Metal()
    quality: StudyQuality | None = None
