"""A deposit's amounts: mass from deposit and halo with the host taken off, volume at half maximum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.materials import (
    Classification,
    HostLine,
    Sensitivity,
    SoftTissue,
    classify,
    excess_covariance,
    in_host,
)
from calcidect.settings import FindingsSettings

_CLEAR_OF_BONE_MM = 1.0
_CLEAR_OF_SKIN_MM = 1.0
"""The blur of bone and of the skin's edge (FWHM up to 1.2 mm) is down to a fiftieth there."""
_RING_CLEARANCE_MM = 0.5
_BLUR_SIGMA_MM = 0.42
_MINIMUM_RING_VOXELS = 12
_SOFT_TISSUE_HU = (-200.0, 160.0)
_PLATEAU_QUANTILE = 0.9
_CALIBRATION_SD_FRACTION = 0.03
"""Spectra differ between scanners of one type: model against published ratios, 1 to 4.5 % (domain facts 2.3)."""
_SUBVOXELS = 3


@dataclass(frozen=True, eq=False)
class Surroundings:
    """One deposit in its box: images and distances, float32, shape (k, j, i).

    Parameters
    ----------
    low, high : array
        HU.
    mask : bool array
        The deposit's mineral.
    away_mm, bone_mm, depth_mm, others_mm : array
        Distance to this deposit, to bone, to the skin from inside, and to other deposits.
    spacing_mm : tuple of float
        Along i, j, k.
    """

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    mask: NDArray[np.bool_]
    away_mm: NDArray[np.float32]
    bone_mm: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    others_mm: NDArray[np.float32]
    spacing_mm: tuple[float, float, float]

    @property
    def voxel_mm3(self) -> float:
        """Volume of a voxel."""
        return float(np.prod(self.spacing_mm))


@dataclass(frozen=True)
class Amounts:
    """What a deposit holds; masses are None where its material does not allow them."""

    classification: Classification
    ha_mass_mg: float | None
    ha_mass_sd_mg: float | None
    urate_mass_mg: float | None
    excess_low_hu_mm3: float
    excess_high_hu_mm3: float


def amounts(
    around: Surroundings, line: HostLine, sensitivity: Sensitivity, tissue: SoftTissue, settings: FindingsSettings
) -> Amounts:
    """Return material and masses of a deposit.

    The region is the deposit and its halo, without what bone, skin or a neighbour could blur into; the part of the
    deposit's own blurred signal that lies outside it is made up for by the blurred shape's share. Hydroxyapatite is
    integrated off the host line, less what the ring around shows there; urate off the ring's median.
    """
    region, ring, share = _regions(around, settings)
    low_host, high_host, host_sd = _host(around, ring, tissue)
    voxels = int(region.sum())
    excess_low = float((around.low[region] - low_host).sum()) * around.voxel_mm3 / share
    excess_high = float((around.high[region] - high_host).sum()) * around.voxel_mm3 / share
    covariance = excess_covariance(voxels, around.voxel_mm3, tissue.noise_hu, tissue.correlated_voxels, host_sd)
    found = classify(excess_low, excess_high, covariance, in_host(sensitivity, low_host, high_host))
    if found.material == "urate":
        urate_mg = excess_low / in_host(sensitivity, low_host, high_host).msu_low / 1000
        return Amounts(found, 0.0, None, max(urate_mg, 0.0), excess_low, excess_high)
    mass, sd = _ha_mass(around, region, ring, share, line, sensitivity, tissue)
    return Amounts(found, max(mass, 0.0), sd, 0.0, excess_low, excess_high)


def _regions(around: Surroundings, settings: FindingsSettings) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float]:
    """Return region, ring, and the share of the deposit's blurred signal inside the region."""
    from scipy.ndimage import gaussian_filter

    clear = (around.bone_mm > _CLEAR_OF_BONE_MM) & (around.depth_mm > _CLEAR_OF_SKIN_MM) & (
        around.others_mm > around.away_mm
    )  # fmt: skip
    region = (around.mask & (around.others_mm > 0)) | (clear & (around.away_mm <= settings.halo_mm))
    ring = (
        clear
        & (around.away_mm > settings.halo_mm)
        & (around.away_mm <= settings.halo_mm + settings.ring_mm)
        & (around.bone_mm > _CLEAR_OF_BONE_MM + _RING_CLEARANCE_MM)
        & (around.depth_mm > _CLEAR_OF_SKIN_MM + _RING_CLEARANCE_MM)
        & (around.low > _SOFT_TISSUE_HU[0]) & (around.low < _SOFT_TISSUE_HU[1])
    )  # fmt: skip
    dense = around.mask & (around.low >= half_maximum_hu(around.low, around.mask, 0.0))
    signal = gaussian_filter(dense.astype(np.float32), [_BLUR_SIGMA_MM / s for s in around.spacing_mm[::-1]])
    share = float(signal[region].sum() / signal.sum()) if signal.any() else 1.0
    return region, ring, max(share, 0.3)


def _host(
    around: Surroundings, ring: NDArray[np.bool_], tissue: SoftTissue
) -> tuple[float, float, tuple[float, float]]:
    """Return the host's HU at both energies and its standard errors; the scan's soft tissue where there is no ring."""
    if ring.sum() < _MINIMUM_RING_VOXELS:
        return *tissue.host_hu, (40.0, 30.0)
    low, high = around.low[ring], around.high[ring]
    effective = max(ring.sum() / tissue.correlated_voxels, 1.0)
    errors = [float(np.std(a)) / np.sqrt(effective) for a in (low, high)]
    return float(np.median(low)), float(np.median(high)), (errors[0], errors[1])


def _ha_mass(
    around: Surroundings, region: NDArray[np.bool_], ring: NDArray[np.bool_], share: float, line: HostLine,
    sensitivity: Sensitivity, tissue: SoftTissue,
) -> tuple[float, float]:  # fmt: skip
    """Return mg of hydroxyapatite in the region, and the standard deviation from noise, host and calibration."""
    ha = line.hydroxyapatite(around.low, around.high, sensitivity)
    background = float(np.median(ha[ring])) if ring.sum() >= _MINIMUM_RING_VOXELS else 0.0
    mass = float((ha[region] - background).sum()) * around.voxel_mm3 / 1000 / share
    per_mg = abs(sensitivity.ha_high - line.beta * sensitivity.ha_low)
    noise = float(np.hypot(tissue.noise_hu[1], line.beta * tissue.noise_hu[0])) / per_mg
    voxels, of_ring = float(region.sum()), max(float(ring.sum()), _MINIMUM_RING_VOXELS)
    variance = tissue.correlated_voxels * noise**2 * (voxels + voxels**2 / of_ring)
    noise_mg = np.sqrt(variance) * around.voxel_mm3 / 1000 / share
    return mass, float(np.hypot(noise_mg, _CALIBRATION_SD_FRACTION * mass))


def half_maximum_hu(low: NDArray[np.float32], mask: NDArray[np.bool_], host_hu: float) -> float:
    """Return the level half way between host and plateau (the 90th percentile inside)."""
    return host_hu + 0.5 * (float(np.quantile(low[mask], _PLATEAU_QUANTILE)) - host_hu)


def half_maximum(around: Surroundings, host_hu: float) -> tuple[NDArray[np.bool_], float]:
    """Return the deposit's voxels at half maximum, and its volume in mm3 at the same level, to a third of a voxel.

    The image is interpolated linearly at 27 points a voxel; points nearer to another deposit, or in bone, do not
    count. At least the brightest voxel belongs to the deposit.
    """
    from scipy.ndimage import map_coordinates

    level = half_maximum_hu(around.low, around.mask, host_hu)
    mine = (around.away_mm <= 0.5 * max(around.spacing_mm)) & (around.bone_mm > 0) & (around.others_mm > around.away_mm)
    voxels = mine & (around.low >= level)
    brightest = np.unravel_index(int(np.where(around.mask, around.low, -np.inf).argmax()), around.low.shape)
    voxels[brightest] = True
    index = np.stack(np.nonzero(mine | voxels), -1).astype(float)
    steps = (np.arange(_SUBVOXELS) - (_SUBVOXELS - 1) / 2) / _SUBVOXELS
    count = 0
    for shift in np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3):
        count += int((map_coordinates(around.low, (index + shift).T, order=1, mode="nearest") >= level).sum())
    return voxels, max(count, 1) / _SUBVOXELS**3 * around.voxel_mm3
