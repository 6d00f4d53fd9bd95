"""The scatter of a deposit's voxels: points (HU high, HU low) on a line from host to crystal, whatever the host.

A line fitted with errors in both axes needs no even host's HU; the integrals (`crystal_mass`) need no spread of
densities. A host that is not even is taken off first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray
from calcidect.materials._noise_covariance import NoiseCovariance

_FEWEST_VOXELS = 12
_HOST_REACH_MM = 2.0
"""Our rule: unevenness of the host (a fascia, a border) goes together over about the size of a deposit."""
_NOISE_SD_FRACTION = 0.1
"""Of the noise: it is measured within 6 % on blocks, and differs between a hand's middle and its edge."""


@dataclass(frozen=True, eq=False)
class Scatter:
    """How far the voxels' spread reaches along both energies: the direction of their line, and its error.

    Parameters
    ----------
    low_hu2, high_hu2 : float
        Sums of ``w * HU`` over the voxels, the weights w adding up to 0, what noise adds taken off.
    covariance_hu4 : array, shape (2, 2)
        Of the two.
    """

    low_hu2: float
    high_hu2: float
    covariance_hu4: FloatArray

    @property
    def slope(self) -> float:
        """Return HU low per HU high."""
        return self.low_hu2 / self.high_hu2

    @property
    def slope_sd(self) -> float:
        """Return the slope's standard deviation, by propagation of the errors of both axes."""
        gradient = np.array([1.0, -self.slope]) / self.high_hu2
        return sqrt(float(gradient @ self.covariance_hu4 @ gradient))


def scatter_of(
    low_hu: NDArray[Any], high_hu: NDArray[Any], voxels: NDArray[np.bool_], noise: NoiseCovariance,
    uneven_hu2: FloatArray, spacing_mm: tuple[float, float, float],
    host_weights: Callable[[FloatArray], FloatArray] | None = None,
) -> Scatter | None:  # fmt: skip
    """Fit a line through the voxels' points (total least squares); None where they show no more than noise.

    With the points p centred on their mean, their scatter ``S = sum p p^T`` holds the signal's and the noise's,
    ``N = n C - cov(sum) / n`` (C the noise of a voxel). The line is that of the greatest generalised eigenvalue of S
    and C, ``S v = lambda C v`` (Fuller, Measurement Error Models, 1987, section 1.3: Deming's regression where the
    energies' noise is independent). Its direction is ``(S - N) v``, a weighted sum over the voxels with
    ``w = p^T v``. As these weights add up to 0, a constant host drops out, and the covariance of the sum follows
    from the noise's own, so that correlated voxels count less. Added to it: the host's unevenness, taken as correlated
    over 2 mm, and a tenth of error of the noise in N.

    Parameters
    ----------
    low_hu, high_hu : array, shape (k, j, i)
        As scanned where the host is even; else above the host at each place.
    voxels : bool array
        Deposit and halo.
    noise : NoiseCovariance
    uneven_hu2 : array, shape (2, 2)
        Covariance of the host's HU around, beyond noise.
    spacing_mm : tuple of float
        Along i, j, k.
    host_weights : callable or None
        Where a host, told by voxels around, is taken off the images: from weights w to what each of those voxels
        counts in ``sum(w * host)``.
    """
    from scipy.linalg import eigh

    count = int(voxels.sum())
    if count < _FEWEST_VOXELS:
        return None
    points = np.stack([low_hu[voxels], high_hu[voxels]], -1).astype(float)
    points -= points.mean(0)
    of_noise = count * noise.of_voxel - noise.of_sums(voxels.astype(float)) / count
    signal = points.T @ points - of_noise
    v = eigh(points.T @ points, noise.of_voxel)[1][:, -1]
    if v @ signal @ v <= 0:
        return None
    along = signal @ v
    v, along = (v, along) if along.sum() > 0 else (-v, -along)
    weights = np.zeros(low_hu.shape)
    weights[voxels] = points @ v
    unknown = 2 * _NOISE_SD_FRACTION * of_noise @ v
    in_image = weights if host_weights is None else weights - host_weights(weights)
    covariance = noise.of_sums(in_image) + uneven_hu2 * _felt(weights, spacing_mm) + np.outer(unknown, unknown)
    return Scatter(float(along[0]), float(along[1]), covariance)


def _felt(weights: FloatArray, spacing_mm: tuple[float, float, float]) -> float:
    """Return ``sum over x, y of w(x) w(y) exp(-|x - y|^2 / 2 reach^2)``."""
    from scipy.ndimage import gaussian_filter

    sigma = [_HOST_REACH_MM / s for s in spacing_mm[::-1]]
    area = (2 * pi) ** 1.5 * _HOST_REACH_MM**3 / float(np.prod(spacing_mm))
    felt = float((weights * gaussian_filter(weights, sigma, mode="constant")).sum())
    return float(max(area * felt, 0.0))
