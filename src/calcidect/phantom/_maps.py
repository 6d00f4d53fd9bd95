"""Write a simulated scan as material maps, as workstations export them.

HAP(Water) with Water(HAP), or electron density with effective atomic number; computed from the two virtual
monoenergetic images (VMI) of 50 and 100 keV that the simulated scanner makes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Volume
from calcidect.phantom._attenuation import load_attenuation
from calcidect.phantom._dicom import ScanLabels, write_series
from calcidect.phantom._vendors import VENDOR_STYLES, VendorStyle
from calcidect.study import Energy

KEV = (50.0, 100.0)
ZEFF_EXPONENT = 3.1
_Z_WATER, _Z_HA = 7.4453, 15.9729  # effective atomic numbers with that exponent
_ELECTRONS_HA_PER_WATER = (250 / 502.31) / (10 / 18.015)  # per gram, of Ca5(PO4)3OH and of water
_LOWEST_DENSITY = 0.2  # of water: in air there is no atomic number to compute


@dataclass(frozen=True)
class MapStyle:
    """How one kind of map is written.

    Parameters
    ----------
    description : str
        Series Description.
    rescale_type, slope, intercept : str, float, float
        Unit, and how stored values become it.
    image_type : tuple of str, optional
        In place of the vendor's.
    """

    description: str
    rescale_type: str
    slope: float
    intercept: float
    image_type: tuple[str, ...] = ()


GE_MAPS = (MapStyle("HAP(Water)", "mg/cm3", 0.1, -1000.0), MapStyle("Water(HAP)", "mg/cm3", 0.1, -1000.0))
STANDARD_MAPS = (
    MapStyle("Hydroxyapatite", "MGML", 1.0, -1024.0, ("DERIVED", "PRIMARY", "AXIAL", "MAT_SPECIFIC")),
    MapStyle("Water", "MGML", 1.0, -1024.0, ("DERIVED", "PRIMARY", "AXIAL", "MAT_SPECIFIC")),
)
PHILIPS_MAPS = (
    MapStyle("Electron Density[%EDW]", "%EDW", 0.01, 0.0),
    MapStyle("Z Effective", "10^-2 Z_EFF", 0.1, 0.0),
)


def write_maps(
    low: Volume,
    high: Volume,
    folder: Path,
    *,
    styles: tuple[MapStyle, MapStyle],
    vendor: str,
    seed: int,
    thickness_mm: float,
    labels: ScanLabels | None = None,
) -> None:
    """Write two maps, each as one series in its own folder, ``first/`` and ``second/``.

    Parameters
    ----------
    low, high : Volume
        HU at 50 and 100 keV on one grid.
    folder : Path
        Made if absent.
    styles : tuple of MapStyle
        `GE_MAPS` or `STANDARD_MAPS` for concentrations, `PHILIPS_MAPS` for density and atomic number.
    vendor : str
        A key of `VENDOR_STYLES`, for what stands around the pixels.
    seed, thickness_mm, labels
        As in `write_pair`.
    """
    of_numbers = styles[1].rescale_type.endswith("Z_EFF")
    maps = density_and_number(low.array, high.array) if of_numbers else concentrations(low.array, high.array)
    scales = (100.0, 100.0) if of_numbers else (1.0, 1.0)  # per cent, and hundredths of an atomic number
    vendor_style = replace(VENDOR_STYLES[vendor], signed=False, multi_energy="", private_label=False)
    for number, (name, values, scale, style) in enumerate(zip(("first", "second"), maps, scales, styles, strict=True)):
        write_series(
            low.like(values * scale),
            folder / name,
            style=_with(vendor_style, style),
            number=number,
            description=style.description,
            scale=(style.slope, style.intercept, style.rescale_type),
            seed=seed,
            thickness_mm=thickness_mm,
            labels=labels or ScanLabels(),
        )


def _with(vendor: VendorStyle, style: MapStyle) -> VendorStyle:
    return replace(vendor, bits_stored=16, image_type=style.image_type or vendor.image_type)


def concentrations(low_hu: NDArray[Any], high_hu: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return hydroxyapatite and water, mg/cm3, that have these HU at 50 and 100 keV."""
    r_low, r_high = _relative_attenuation()
    ha = (low_hu - high_hu.astype(float)) / (r_low - r_high)
    return ha, high_hu + 1000.0 - r_high * ha


def density_and_number(low_hu: NDArray[Any], high_hu: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return electron density (water is 1) and effective atomic number that have these HU at 50 and 100 keV."""
    slopes = [
        (r / _ELECTRONS_HA_PER_WATER - 1.0) / (_Z_HA**ZEFF_EXPONENT - _Z_WATER**ZEFF_EXPONENT)
        for r in _relative_attenuation()
    ]
    low, high = (np.asarray(hu, float) / 1000.0 + 1.0 for hu in (low_hu, high_hu))
    excess = (low - high) / (slopes[0] - slopes[1])  # density times (Z^m - that of water)
    density = np.maximum(low - slopes[0] * excess, 0.0)
    power = _Z_WATER**ZEFF_EXPONENT + np.divide(excess, density, where=density > _LOWEST_DENSITY, out=0.0 * excess)
    number = np.where(density > _LOWEST_DENSITY, np.maximum(power, 0.0) ** (1 / ZEFF_EXPONENT), 0.0)
    return density, number


def _relative_attenuation() -> tuple[float, float]:
    """Return the mass attenuation of hydroxyapatite relative to water's at 50 and 100 keV."""
    low, high = (float(load_attenuation(Energy("kev", kev)).ha[0]) for kev in KEV)
    return low, high
