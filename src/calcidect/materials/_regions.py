"""Milligrams of crystal in a region, from host-subtracted integrals over the region and its halo.

An excess is ``sum over voxels of (HU - HU_host) * voxel volume``, HU mm3: it does not depend on a threshold, nor on
the blur. ``HU mm3 / (HU per mg/cm3) / 1000 = mg``, since 1 cm3 is 1000 mm3.
"""

from __future__ import annotations

import numpy as np

from calcidect.geometry import FloatArray
from calcidect.materials._calibration import MODEL

_MM3_PER_CM3 = 1000.0


def crystal_mass(
    excess_hu_mm3: tuple[float, float],
    covariance_hu2_mm6: FloatArray,
    hu_per_mg_per_cm3: tuple[float, float],
    calibration_fraction2: FloatArray | None = None,
) -> tuple[float, float]:
    """Return the milligrams of a region that holds one crystal, and their standard deviation.

    Generalised least squares over both energies, ``m = k^T C^-1 e / k^T C^-1 k / 1000``, where C holds noise, host
    and calibration. Where the host is known well, both energies add their signals; where it is not, C is large along
    the line from fat to muscle, and what counts is how far the region lies off that line.

    Parameters
    ----------
    excess_hu_mm3 : tuple of float
        Host-subtracted integrals, low and high energy.
    covariance_hu2_mm6 : array, shape (2, 2)
        Of the two integrals: noise and host.
    hu_per_mg_per_cm3 : tuple of float
        Of the crystal in the region's host, low and high energy.
    calibration_fraction2 : array, shape (2, 2), optional
        Covariance of the relative errors of ``hu_per_mg_per_cm3`` (`Calibration`); of the model if not given.
    """
    if calibration_fraction2 is None:
        calibration_fraction2 = MODEL.covariance_fraction2("hydroxyapatite")
    k, excess = np.array(hu_per_mg_per_cm3), np.array(excess_hu_mm3)
    first_mg, _ = _least_squares(k, excess, np.asarray(covariance_hu2_mm6, float))
    signal = k * first_mg * _MM3_PER_CM3
    calibration = np.outer(signal, signal) * np.asarray(calibration_fraction2, float)
    return _least_squares(k, excess, np.asarray(covariance_hu2_mm6, float) + calibration)


def _least_squares(k: FloatArray, excess: FloatArray, covariance: FloatArray) -> tuple[float, float]:
    weighted = np.linalg.solve(covariance, k)
    power = float(weighted @ k)
    return float(weighted @ excess) / power / _MM3_PER_CM3, float(1 / np.sqrt(power)) / _MM3_PER_CM3
