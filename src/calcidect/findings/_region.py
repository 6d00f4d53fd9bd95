"""A deposit's amounts: mass from deposit and halo with the host taken off, shape by the contour that fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._ellipsoid import as_ellipsoid
from calcidect.findings._integral import Integral, integral_of
from calcidect.findings._material import material_of
from calcidect.findings._ring import CLEAR_OF_BONE_MM, Ring, clear_voxels, ring_of
from calcidect.findings._shape import Shape, find_shape
from calcidect.findings._surroundings import Surroundings
from calcidect.findings._types import Material
from calcidect.findings._unmix import SURFACE_SD_MM, surface_mg_per_mm, unmixed
from calcidect.geometry import FloatArray
from calcidect.materials import (
    MODEL,
    Calibration,
    Classification,
    HostLine,
    Sensitivity,
    SoftTissue,
    crystal_mass,
    in_host,
)
from calcidect.settings import FindingsSettings

_FAT_HU = -110.0
"""At 70 to 100 kV (docs/method/materials.md, section 2); its HU at the high energy lie on the scan's host line."""
_CLEAR_SHARE = 0.5
"""Our choice: with less than half clear of bone, skin and neighbours, more would be inferred than measured; what bone
leaves of its blur, and air, then weigh less."""
_UNEVEN_SHARE = 0.35
"""The host's standard deviation, as a share of what the interpolation leaves of the ring itself, voxel by voxel: over a
deposit such differences average out in part (docs/method/anatomy.md)."""
_INFERRED_SD = 0.12
"""Standard deviation of what is inferred of a deposit where bone, skin or a neighbour hides its edge, as a share of
that, measured on simulated hands (docs/method/anatomy.md)."""


@dataclass(frozen=True)
class Amounts:
    """What a deposit holds, its shape, and the share of that, blurred, which shows clear of bone, skin and neighbours.

    An indeterminate deposit has the mass it would have as hydroxyapatite; urate has no standard deviation of that. Of
    one energy there is neither class nor mass.
    """

    shape: Shape
    classification: Classification | None
    ha_mass_mg: float | None
    ha_mass_sd_mg: float | None
    urate_mass_mg: float | None
    excess_low_hu_mm3: float
    excess_high_hu_mm3: float | None
    visible: float
    signal_to_noise: float


def amounts(
    around: Surroundings, line: HostLine, sensitivity: Sensitivity, tissue: SoftTissue, settings: FindingsSettings,
    calibration: Calibration = MODEL, told: Material | None = None,
) -> Amounts:  # fmt: skip
    """Return shape, material and masses of a deposit.

    The host is interpolated from the ring, and what bone and neighbours blur in is taken off (`unmixed`). What is left
    above the host tells the shape (`find_shape`), and the shape what each voxel counts (`integral_of`), outside of
    bone, skin and neighbours. The part of the deposit's own blurred signal that is not counted, or that the ring takes
    for host, is made up for by the share that the same sums keep of the shape. The mass is the least-squares fit of
    both integrals by one crystal: the one that the integrals tell, or ``told``, where another rule names the material.
    """
    assert around.high is not None
    ring = ring_of(around, tissue, settings)
    typical = _typical_host(line, tissue)
    added, above = _unmixed((around.low, around.high), around, ring, typical.mean(0), tissue)
    images = [image - part for image, part in zip((around.low, around.high), added, strict=True)]
    uneven = _uneven(images, ring, typical, tissue)
    weights = _weights(sensitivity, tissue.covariance.of_voxel + uneven)
    shape, integral = _shape_and_integral(above, weights, around, ring, tissue)
    host_hu, host_covariance = _host(images, integral, typical, uneven)
    low, high = (integral.excess_hu_voxels(i, h) * around.voxel_mm3 for i, h in zip(images, host_hu, strict=True))
    k = in_host(sensitivity, *host_hu)
    scale = (around.voxel_mm3 / integral.share) ** 2
    noise = tissue.covariance.of_sums(integral.weights) * scale
    covariance = noise + host_covariance * integral.window.sum() ** 2 * scale
    found = material_of(above, around.clipped, integral.window, ring, host_covariance, k, tissue, around.spacing_mm)
    found = replace(found, material=told) if told else found
    crystal = sum(w * (image + part) for w, image, part in zip(weights, above, added, strict=True))
    surface_mg = SURFACE_SD_MM * surface_mg_per_mm(shape.filled, np.asarray(crystal), around)
    inferred_share = _INFERRED_SD * (1 - integral.visible)
    masses = _masses((low, high), covariance, k, found.material, calibration, surface_mg, inferred_share)
    snr = _signal_to_noise((low, high), (k.ha_low, k.ha_high), noise)
    return Amounts(shape, found, *masses, low, high, integral.visible, snr)


def amounts_of_one_energy(around: Surroundings, tissue: SoftTissue, settings: FindingsSettings) -> Amounts:
    """Return what one energy tells of a deposit: its shape, and how far it stands out from the host around it.

    Ring, shape and share as of two energies (`amounts`); without a ring, the host is half way from fat to muscle.
    """
    ring = ring_of(around, tissue, settings)
    typical = 0.5 * (_FAT_HU + tissue.host_hu[0])
    added, above = _unmixed((around.low,), around, ring, (typical,), tissue)
    image = around.low - added[0]
    shape, integral = _shape_and_integral(above, np.ones(1), around, ring, tissue)
    host_hu = integral.host_hu(image) if integral.has_ring else typical
    excess = integral.excess_hu_voxels(image, host_hu) * around.voxel_mm3
    noise = tissue.covariance.of_sums(integral.weights)[:1, :1] * (around.voxel_mm3 / integral.share) ** 2
    snr = _signal_to_noise((excess,), (1.0,), noise)
    return Amounts(shape, None, None, None, None, excess, None, integral.visible, snr)


def _unmixed(
    images: Sequence[NDArray[np.float32]], around: Surroundings, ring: Ring, typical_hu: Sequence[float] | FloatArray,
    tissue: SoftTissue,
) -> tuple[list[FloatArray], list[FloatArray]]:  # fmt: skip
    """Return what bone and neighbours add to each image, and what is left of it above the host."""
    above = [_above_host(image, level, ring) for image, level in zip(images, typical_hu, strict=True)]
    noise_hu = [float(sd) for sd in np.sqrt(np.diag(tissue.covariance.of_voxel))]
    added = unmixed(above, around, noise_hu[: len(above)])
    return added, [image - part for image, part in zip(above, added, strict=True)]


def _shape_and_integral(
    above: Sequence[FloatArray], weights: FloatArray, around: Surroundings, ring: Ring, tissue: SoftTissue
) -> tuple[Shape, Integral]:
    """Return a deposit's shape by the weighted images above the host, and what each voxel counts."""
    excess = np.asarray(sum(w * image for w, image in zip(weights, above, strict=True)))
    noise = tissue.covariance
    noise_sd = float(np.sqrt(weights @ noise.of_voxel[: len(weights), : len(weights)] @ weights))
    outside = clear_voxels(around)
    apart = outside & (around.bone_mm > CLEAR_OF_BONE_MM)
    # Bone that was not told as bone blurs on beside it: what lies clear of bone says more, where there is enough of it.
    clear = apart if (around.mask & apart).sum() >= _CLEAR_SHARE * around.mask.sum() else outside
    # Air only darkens the deposit's mineral, and bone's blur is taken off. No more than its mineral: skin is brighter
    # than fat, and would pass for the edge of a dilute deposit.
    free = clear | (around.mask & (around.others_mm > 0))
    shape = find_shape(np.asarray(excess, np.float32), around, clear, free)
    shape = as_ellipsoid(shape, excess, around, apart, noise_sd, noise)
    shows = float(shape.signal[clear].sum()) >= _CLEAR_SHARE * float(shape.signal.sum())
    seen = clear if shows else free
    return shape, integral_of(shape.filled, shape.signal, seen, ring, noise if shape.is_ellipsoid else None)


def _masses(
    excess_hu_mm3: tuple[float, float], covariance: FloatArray, k: Sensitivity, material: Material,
    calibration: Calibration, surface_mg: float, inferred_share: float,
) -> tuple[float, float | None, float]:  # fmt: skip
    """Return the mass of hydroxyapatite, its standard deviation, and the mass of urate, mg, of one crystal.

    ``surface_mg`` is the standard deviation for the place of the border with bone, ``inferred_share`` that for what is
    hidden, of the mass.
    """
    known = calibration.covariance_fraction2(material)
    if material == "urate":
        mass, _ = crystal_mass(excess_hu_mm3, covariance, (k.msu_low, k.msu_high), known)
        return 0.0, None, max(mass, 0.0)
    mass, sd = crystal_mass(excess_hu_mm3, covariance, (k.ha_low, k.ha_high), known)
    mass = max(mass, 0.0)
    return mass, float(np.linalg.norm([sd, surface_mg, inferred_share * mass])), 0.0


def _signal_to_noise(excess: Sequence[float], k: Sequence[float], noise: FloatArray) -> float:
    """Return by how many times its noise the deposit's integral, of both energies together, exceeds the host."""
    weighted = np.linalg.solve(noise, np.array(k))
    return float(weighted @ np.array(excess) / np.sqrt(weighted @ np.array(k)))


def _above_host(image: NDArray[np.float32], typical_hu: float, ring: Ring) -> FloatArray:
    """Return an image above the host that the ring tells, or above a typical one."""
    return np.asarray(image - (ring.under(image) if ring.tells else typical_hu))


def _weights(sensitivity: Sensitivity, covariance_hu2: FloatArray) -> FloatArray:
    """Return the weights of the two energies whose sum is HA in mg/cm3 with the least deviation."""
    k = np.array([sensitivity.ha_low, sensitivity.ha_high])
    weights = np.linalg.solve(covariance_hu2, k)
    return np.asarray(weights / (weights @ k))


def _typical_host(line: HostLine, tissue: SoftTissue) -> FloatArray:
    """Return fat and muscle of the scan, shape (2, 2), HU at both energies."""
    return np.array([[_FAT_HU, line.alpha_hu + line.beta * _FAT_HU], tissue.host_hu])


def _host(
    images: Sequence[FloatArray], integral: Integral, typical: FloatArray, uneven: FloatArray
) -> tuple[tuple[float, float], FloatArray]:  # fmt: skip
    """Return the host's mean HU at both energies and what it is uncertain by besides noise, covariance (2, 2).

    Without a ring, any mixture of fat and muscle.
    """
    if not integral.has_ring:
        low, high = typical.mean(0)
        return (float(low), float(high)), uneven
    return (integral.host_hu(images[0]), integral.host_hu(images[1])), _UNEVEN_SHARE**2 * uneven


def _uneven(images: Sequence[FloatArray], ring: Ring, typical: FloatArray, tissue: SoftTissue) -> FloatArray:
    """Return by how much the ring differs, beyond noise, from what it tells itself; covariance (2, 2) of both energies.

    Without a ring, of any mixture of fat and muscle.
    """
    if not ring.tells:
        half = 0.5 * (typical[1] - typical[0])
        return np.outer(half, half)
    left = [ring.left(image) for image in images]
    return _not_negative(np.cov(left[0], left[1]) - tissue.covariance.of_voxel)


def _not_negative(covariance: FloatArray) -> FloatArray:
    """Return a symmetric matrix with its negative eigenvalues set to zero."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.maximum(values, 0.0) @ vectors.T)
