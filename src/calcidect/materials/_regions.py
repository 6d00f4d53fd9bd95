"""Milligrams of crystal in a region, from host-subtracted integrals over the region and its halo.

An excess is ``sum over voxels of (HU - HU_host) * voxel volume``, HU mm3: it does not depend on a threshold, nor on
the blur. ``HU mm3 / (HU per mg/cm3) / 1000 = mg``, since 1 cm3 is 1000 mm3.
"""

from __future__ import annotations

import numpy as np

from calcidect.geometry import FloatArray
from calcidect.materials._types import Sensitivity

CALIBRATION_SD_FRACTION = 0.033
"""Root mean square deviation of the model's calcium ratios from the five published ones (docs/method/materials.md,
section 1). Replace it where a scan is calibrated by a phantom."""

_MM3_PER_CM3 = 1000.0


def region_masses(excess_low_hu_mm3: float, excess_high_hu_mm3: float, sensitivity: Sensitivity) -> tuple[float, float]:
    """Return milligrams of hydroxyapatite and of urate: two equations, two unknowns.

    Parameters
    ----------
    excess_low_hu_mm3, excess_high_hu_mm3 : float
        Host-subtracted integrals.
    sensitivity : Sensitivity
        In the region's host (see ``in_host``), at the region's water path.

    Returns
    -------
    tuple of float
        HA and MSU in mg. Unbiased, so noise may take one below zero.
    """
    ha_mg, msu_mg = _inverse(sensitivity) @ [excess_low_hu_mm3, excess_high_hu_mm3]
    return float(ha_mg), float(msu_mg)


def region_mass_covariance(covariance_hu2_mm6: FloatArray, sensitivity: Sensitivity) -> FloatArray:
    """Return the covariance, mg2, shape (2, 2), of HA and MSU from that of the two integrals.

    Linear propagation, exact here: ``A C A^T`` with A the inverse sensitivities. The calibration's own error,
    ``CALIBRATION_SD_FRACTION`` of the mass, is not in it.
    """
    inverse = _inverse(sensitivity)
    return np.asarray(inverse @ np.asarray(covariance_hu2_mm6, float) @ inverse.T)


def hydroxyapatite_mass(
    excess_low_hu_mm3: float,
    excess_high_hu_mm3: float,
    covariance_hu2_mm6: FloatArray,
    sensitivity: Sensitivity,
    calibration_sd_fraction: float = CALIBRATION_SD_FRACTION,
) -> tuple[float, float]:
    """Return the milligrams of a region known to hold hydroxyapatite only, and their standard deviation.

    Generalised least squares over both energies, ``m = k^T C^-1 e / k^T C^-1 k / 1000``: several times less noise
    than solving for two crystals.

    Parameters
    ----------
    excess_low_hu_mm3, excess_high_hu_mm3 : float
        Host-subtracted integrals.
    covariance_hu2_mm6 : array, shape (2, 2)
        Of the two integrals; see ``excess_covariance``.
    sensitivity : Sensitivity
        In the region's host.
    calibration_sd_fraction : float
        Of the mass; added to the noise in quadrature.
    """
    k = np.array([sensitivity.ha_low, sensitivity.ha_high])
    weighted = np.linalg.solve(np.asarray(covariance_hu2_mm6, float), k)
    mass_mg = float(weighted @ [excess_low_hu_mm3, excess_high_hu_mm3] / (weighted @ k)) / _MM3_PER_CM3
    noise_mg = 1.0 / np.sqrt(weighted @ k) / _MM3_PER_CM3
    return mass_mg, float(np.hypot(noise_mg, calibration_sd_fraction * mass_mg))


def excess_covariance(
    voxels: int, voxel_volume_mm3: float, noise_hu: tuple[float, float], correlated_voxels: float,
    host_sd_hu: tuple[float, float],
) -> FloatArray:  # fmt: skip
    """Return the covariance, HU2 mm6, shape (2, 2), of two integrals over the same voxels.

    ``V^2 (n q noise^2 + n^2 host_sd^2)`` at each energy, with n voxels of volume V of which q share their noise. The
    host's error is common to all voxels and rules in large regions. The two energies' noise is independent.

    Parameters
    ----------
    voxels : int
        Integrated.
    voxel_volume_mm3 : float
        Of one.
    noise_hu : tuple of float
        Standard deviation of a voxel, low and high energy.
    correlated_voxels : float
        As in ``SoftTissue``.
    host_sd_hu : tuple of float
        Standard error of the host's HU, low and high energy.
    """
    variance = [
        voxel_volume_mm3**2 * (voxels * correlated_voxels * noise**2 + (voxels * host) ** 2)
        for noise, host in zip(noise_hu, host_sd_hu, strict=True)
    ]
    return np.diag(variance)


def _inverse(sensitivity: Sensitivity) -> FloatArray:
    """Return the matrix, shape (2, 2), from HU mm3 (low, high) to mg (HA, MSU)."""
    matrix = [[sensitivity.ha_low, sensitivity.msu_low], [sensitivity.ha_high, sensitivity.msu_high]]
    return np.asarray(np.linalg.inv(np.array(matrix)) / _MM3_PER_CM3)
