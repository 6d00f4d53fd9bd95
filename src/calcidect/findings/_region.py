"""A deposit's amounts: mass from deposit and halo with the host taken off, volume at half maximum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._gather import distance_mm
from calcidect.findings._integral import Integral, integral_of
from calcidect.findings._material import material_of
from calcidect.geometry import FloatArray
from calcidect.materials import (
    Classification,
    HostLine,
    Sensitivity,
    SoftTissue,
    crystal_mass,
    in_host,
)
from calcidect.settings import FindingsSettings

_CLEAR_OF_BONE_MM = 1.0
_CLEAR_OF_SKIN_MM = 1.0
"""The blur of bone and of the skin's edge (FWHM up to 1.2 mm) is down to a fortieth there."""
_RING_CLEARANCE_MM = 0.5
_BLUR_SIGMA_MM = 0.42
_SOFT_TISSUE_HU = (-200.0, 160.0)
_FAT_HU = -110.0
"""At 70 to 100 kV (docs/method/materials.md, section 2); its HU at the high energy lie on the scan's host line."""
_SMOOTH_MM = 0.5
"""Before soft tissue is told by its HU, so that noise does not cut its bright half off."""
_PLATEAU_SMOOTH_MM = 0.4
"""Between 0.3 and 0.5 volumes of simulated deposits come out 11 % too small to 7 % too large, on average."""
_PLATEAU_MM = 1.5
"""Over this distance a deposit's density is taken as one; parts farther apart have half maxima of their own."""
_UNEVEN_SHARE = 0.5
"""The host's standard deviation, as a share of the ring's own unevenness: half of it is explained by interpolation.
Between 0.4 and 1 the masses of simulated deposits hardly change (docs/method/anatomy.md)."""
_SUBVOXELS = 3


@dataclass(frozen=True, eq=False)
class Surroundings:
    """One deposit in its box: images and distances, float32, shape (k, j, i).

    Parameters
    ----------
    low : array
        HU.
    high : array or None
        HU; None of a single-energy scan.
    mask : bool array
        The deposit's mineral.
    away_mm, bone_mm, depth_mm, others_mm : array
        Distance to this deposit, to bone, to the skin from inside, and to other deposits.
    spacing_mm : tuple of float
        Along i, j, k.
    clipped : bool array or None
        Low-energy voxels at the top of the stored range, filled in from the high energy; None if there are none.
    """

    low: NDArray[np.float32]
    high: NDArray[np.float32] | None
    mask: NDArray[np.bool_]
    away_mm: NDArray[np.float32]
    bone_mm: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    others_mm: NDArray[np.float32]
    spacing_mm: tuple[float, float, float]
    clipped: NDArray[np.bool_] | None = None

    @property
    def voxel_mm3(self) -> float:
        """Volume of a voxel."""
        return float(np.prod(self.spacing_mm))


@dataclass(frozen=True)
class Amounts:
    """What a deposit holds, and the share of its blurred shape that was seen.

    An indeterminate deposit has the mass it would have as hydroxyapatite; urate has no standard deviation of that. Of
    one energy there is neither class nor mass.
    """

    classification: Classification | None
    ha_mass_mg: float | None
    ha_mass_sd_mg: float | None
    urate_mass_mg: float | None
    excess_low_hu_mm3: float
    excess_high_hu_mm3: float | None
    share: float
    host_low_hu: float


def amounts(
    around: Surroundings, line: HostLine, sensitivity: Sensitivity, tissue: SoftTissue, settings: FindingsSettings
) -> Amounts:
    """Return material and masses of a deposit.

    The region is the deposit's mineral and its halo, the halo without what bone, skin or a neighbour could blur into.
    Both energies are integrated over the host, which is interpolated from the ring (`integral_of`). The part of the
    deposit's own blurred signal that the region misses, or that the ring takes for host, is made up for by the share
    that the same sums keep of its blurred shape. The mass is the least-squares fit of both integrals by one crystal.
    """
    assert around.high is not None
    integral, ring = _integral(around, settings)
    images = around.low, around.high
    host_hu, host_covariance = _host(images, integral, ring, line, tissue)
    excess = np.array([integral.excess_hu_voxels(i, h) for i, h in zip(images, host_hu, strict=True)])
    noise = tissue.covariance.of_sums(integral.weights) + host_covariance * integral.window.sum() ** 2
    covariance = noise * (around.voxel_mm3 / integral.share) ** 2
    excess_low, excess_high = (float(e) * around.voxel_mm3 for e in excess)
    k = in_host(sensitivity, *host_hu)
    uneven_hu2 = host_covariance / _UNEVEN_SHARE**2
    found = material_of(
        images, around.clipped, integral.window, integral.host, host_hu, host_covariance, uneven_hu2, k, tissue,
        around.spacing_mm,
    )  # fmt: skip
    if found.material == "urate":
        mass, _ = crystal_mass((excess_low, excess_high), covariance, (k.msu_low, k.msu_high))
        return Amounts(found, 0.0, None, max(mass, 0.0), excess_low, excess_high, integral.share, host_hu[0])
    mass, sd = crystal_mass((excess_low, excess_high), covariance, (k.ha_low, k.ha_high))
    return Amounts(found, max(mass, 0.0), sd, 0.0, excess_low, excess_high, integral.share, host_hu[0])


def amounts_of_one_energy(around: Surroundings, tissue: SoftTissue, settings: FindingsSettings) -> Amounts:
    """Return what one energy tells of a deposit: the host around it, and how far it stands out from that.

    Region, ring and share as of two energies (`amounts`); without a ring, the host is half way from fat to muscle.
    """
    integral, _ = _integral(around, settings)
    host_hu = integral.host_hu(around.low) if integral.has_ring else 0.5 * (_FAT_HU + tissue.host_hu[0])
    excess = integral.excess_hu_voxels(around.low, host_hu) * around.voxel_mm3
    return Amounts(None, None, None, None, excess, None, integral.share, host_hu)


def _integral(around: Surroundings, settings: FindingsSettings) -> tuple[Integral, NDArray[np.bool_]]:
    """Return what each voxel counts, and the ring that tells the host."""
    from scipy.ndimage import gaussian_filter

    dense = around.mask & (around.low >= half_maximum_hu(around))
    soft = gaussian_filter(around.low, [_SMOOTH_MM / s for s in around.spacing_mm[::-1]])
    from_dense_mm = distance_mm(dense, around.spacing_mm)
    clear = (around.bone_mm > _CLEAR_OF_BONE_MM) & (around.depth_mm > _CLEAR_OF_SKIN_MM) & (
        around.others_mm > around.away_mm
    )  # fmt: skip
    region = (around.mask & (around.others_mm > 0)) | (clear & (from_dense_mm <= settings.halo_mm))
    ring = (
        clear
        & (from_dense_mm > settings.halo_mm)
        & (from_dense_mm <= settings.halo_mm + settings.ring_mm)
        & (around.away_mm > _RING_CLEARANCE_MM)
        & (around.bone_mm > _CLEAR_OF_BONE_MM + _RING_CLEARANCE_MM)
        & (around.depth_mm > _CLEAR_OF_SKIN_MM + _RING_CLEARANCE_MM)
        & (soft > _SOFT_TISSUE_HU[0]) & (soft < _SOFT_TISSUE_HU[1])
    )  # fmt: skip
    filled = gaussian_filter(dense.astype(np.float32), [_BLUR_SIGMA_MM / s for s in around.spacing_mm[::-1]])
    return integral_of(region, ring, filled, around.spacing_mm), ring


def _host(
    images: tuple[NDArray[np.float32], NDArray[np.float32]], integral: Integral, ring: NDArray[np.bool_],
    line: HostLine, tissue: SoftTissue,
) -> tuple[tuple[float, float], FloatArray]:  # fmt: skip
    """Return the host's mean HU at both energies and what it is uncertain by besides noise, covariance (2, 2).

    Without a ring, any mixture of fat and muscle.
    """
    if not integral.has_ring:
        fat, muscle = np.array([_FAT_HU, line.alpha_hu + line.beta * _FAT_HU]), np.array(tissue.host_hu)
        low, high = 0.5 * (fat + muscle)
        return (float(low), float(high)), np.outer(0.5 * (muscle - fat), 0.5 * (muscle - fat))
    uneven = np.cov(images[0][ring], images[1][ring]) - tissue.covariance.of_voxel
    return (integral.host_hu(images[0]), integral.host_hu(images[1])), _UNEVEN_SHARE**2 * _not_negative(uneven)


def _not_negative(covariance: FloatArray) -> FloatArray:
    """Return a symmetric matrix with its negative eigenvalues set to zero."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.maximum(values, 0.0) @ vectors.T)


def half_maximum_hu(around: Surroundings, host_hu: float = 0.0) -> NDArray[np.float32]:
    """Return the level half way from host to plateau at each voxel; the plateau is the brightest within 1.5 mm.

    Never above that brightest voxel, so that something always reaches it.
    """
    from scipy.ndimage import gaussian_filter, maximum_filter

    smooth = gaussian_filter(around.low, [_PLATEAU_SMOOTH_MM / s for s in around.spacing_mm[::-1]])
    inside = np.where(around.mask, np.minimum(smooth, around.low.max()), np.float32(-1024))
    size = [2 * round(_PLATEAU_MM / s) + 1 for s in around.spacing_mm[::-1]]
    plateau = maximum_filter(inside, size)
    return np.asarray(np.minimum(host_hu + 0.5 * (plateau - host_hu), plateau), np.float32)


def half_maximum(around: Surroundings, host_hu: float) -> tuple[NDArray[np.bool_], float]:
    """Return the deposit's voxels at half maximum, and its volume in mm3 at the same level, to a third of a voxel.

    The image is interpolated linearly at 27 points a voxel; points nearer to another deposit, or in bone, do not
    count. At least the brightest voxel belongs to the deposit.
    """
    from scipy.ndimage import map_coordinates

    level = half_maximum_hu(around, host_hu)
    mine = (around.away_mm <= 0.5 * max(around.spacing_mm)) & (around.bone_mm > 0) & (around.others_mm > around.away_mm)
    voxels = mine & (around.low >= level)
    brightest = np.unravel_index(int(np.where(around.mask, around.low, -np.inf).argmax()), around.low.shape)
    voxels[brightest] = True
    index = np.stack(np.nonzero(mine | voxels), -1).astype(float)
    steps = (np.arange(_SUBVOXELS) - (_SUBVOXELS - 1) / 2) / _SUBVOXELS
    count = 0
    for shift in np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3):
        at = (index + shift).T
        low, needed = (map_coordinates(image, at, order=1, mode="nearest") for image in (around.low, level))
        count += int((low >= needed).sum())
    return voxels, max(count, 1) / _SUBVOXELS**3 * around.voxel_mm3
