"""How the noise of voxels goes together: between neighbours, between slices, between the two energies.

What a sum or a mean over voxels is uncertain by follows from it, whatever the weights (`NoiseCovariance.of_sums`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray

REACH_MM = 2.5
"""Beyond it noise is taken as independent: twice the blur of a soft kernel (FWHM 1.2 mm)."""

_FLAT_MM = 1.5
"""Up to it the measured covariance counts whole."""

_OUTLIER_SD = 4.0
_LEAST_PAIRS = 200


@dataclass(frozen=True, eq=False)
class NoiseCovariance:
    """Covariance of the noise at two voxels: ``in_plane[energies, row lag, column lag] along[slice lag]``.

    Taken as separable into plane and slices, as filtered back projection followed by a slice profile makes it.

    Parameters
    ----------
    in_plane : array, shape (3, 2 n + 1, 2 m + 1)
        HU2; of low with low, high with high, low with high energy. The middle is lag 0.
    along : array, shape (slices,)
        Correlation at slice lags 0, 1, 2 ...; the first is 1.
    """

    in_plane: FloatArray
    along: FloatArray

    @classmethod
    def independent(cls, noise_hu: Sequence[float], neighbours: float = 1.0) -> NoiseCovariance:
        """Return that of voxels which share their noise with none; ``neighbours`` scales the variance of sums."""
        low, high = noise_hu[0], noise_hu[-1]
        return cls(np.array([low**2, high**2, 0.0]).reshape(3, 1, 1) * neighbours, np.ones(1))

    @property
    def of_voxel(self) -> FloatArray:
        """Return the covariance (2, 2), HU2, of one voxel at both energies."""
        low, high, cross = self.in_plane[:, self.in_plane.shape[1] // 2, self.in_plane.shape[2] // 2]
        return np.array([[low, cross], [cross, high]])

    def of_sums(self, weights: FloatArray) -> FloatArray:
        """Return the covariance (2, 2), HU2, of ``sum(weights * image)`` at low and high energy.

        ``sum over x, y of w(x) w(y) C(x - y)``, by the power spectrum of the weights (Wiener and Khinchin); what the
        measured covariance has of negative power is set to 0.

        Parameters
        ----------
        weights : array, shape (k, j, i)
        """
        from scipy.fft import next_fast_len

        reach = (len(self.along) - 1, self.in_plane.shape[1] // 2, self.in_plane.shape[2] // 2)
        shape = [next_fast_len(n + r, real=True) for n, r in zip(weights.shape, reach, strict=True)]
        power = np.abs(np.fft.rfftn(weights, shape, axes=(0, 1, 2))) ** 2
        both = np.full(power.shape[-1], 2.0)  # a real transform holds one of each pair of frequencies
        both[0] = 1.0
        if shape[-1] % 2 == 0:
            both[-1] = 1.0
        low, high, cross = (float((power * self._power(n, shape) * both).sum()) / np.prod(shape) for n in range(3))
        bound = 0.99 * np.sqrt(low * high)
        cross = float(np.clip(cross, -bound, bound))
        return np.array([[low, cross], [cross, high]])

    def relative_power(self, shape: Sequence[int]) -> FloatArray:
        """Return the noise's power spectrum, as times that of white noise, mean of both energies.

        Parameters
        ----------
        shape : sequence of int
            Of the image; the frequencies are those of its ``rfftn``.
        """
        variances = np.diag(self.of_voxel)
        return np.asarray((self._power(0, shape) / variances[0] + self._power(1, shape) / variances[1]) / 2)

    def _power(self, energies: int, shape: Sequence[int]) -> FloatArray:
        plane = np.zeros(shape[1:])
        rows, columns = (np.arange(n) - n // 2 for n in self.in_plane.shape[1:])
        np.add.at(plane, (rows[:, None] % shape[1], columns[None] % shape[2]), self.in_plane[energies])
        line = np.zeros(shape[0])
        for lag, value in enumerate(self.along):
            line[lag % shape[0]] += value
            if lag:
                line[-lag % shape[0]] += value
        in_plane, along = np.fft.rfft2(plane).real, np.fft.fft(line).real
        if energies < 2:
            in_plane = np.maximum(in_plane, 0.0)
        return np.asarray(np.maximum(along, 0.0)[:, None, None] * in_plane)


def covariance_of(
    differences: NDArray[Any], chosen: NDArray[np.bool_], noise_hu: Sequence[float], spacing_mm: tuple[float, ...]
) -> NoiseCovariance:
    """Return the covariance from images that hold noise alone, such as differences of slices.

    Parameters
    ----------
    differences : array, shape (energies, stacks, slices, rows, columns)
        Neighbouring slices of several stacks; scaled here to ``noise_hu``. One energy or two.
    chosen : bool array, shape (stacks, slices, rows, columns)
        Which voxels count.
    noise_hu : sequence of float
        Standard deviation of a voxel, of each energy.
    spacing_mm : tuple of float
        Along i, j, k.
    """
    counted = chosen.astype(np.float32)
    images = [_centred(image, chosen) for image in differences]
    reach = [round(REACH_MM / s) for s in spacing_mm[1::-1]]
    pairs = _correlated(counted, counted, reach)
    images = images if len(images) == 2 else [images[0], images[0]]
    sd = [float(np.sqrt((image**2).sum() / max(counted.sum(), 1))) or 1.0 for image in images]
    taper = _taper(reach, spacing_mm)
    planes = []
    for a, b in ((0, 0), (1, 1), (0, 1)):
        scale = noise_hu[min(a, len(noise_hu) - 1)] * noise_hu[min(b, len(noise_hu) - 1)] / (sd[a] * sd[b])
        mean = np.where(pairs >= _LEAST_PAIRS, _correlated(images[a], images[b], reach) / np.maximum(pairs, 1), 0.0)
        planes.append(taper * scale * 0.5 * (mean + mean[::-1, ::-1]))
    return NoiseCovariance(np.array(planes), _along(images, counted))


def _centred(image: NDArray[Any], chosen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return an image without its mean, 0 where it does not count, outliers drawn in."""
    values = image[chosen]
    middle = float(np.median(values))
    limit = _OUTLIER_SD * 1.4826 * float(np.median(np.abs(values - middle)))
    return np.where(chosen, np.clip(image - middle, -limit, limit), 0).astype(np.float32)


def _correlated(a: NDArray[np.float32], b: NDArray[np.float32], reach: Sequence[int]) -> FloatArray:
    """Return ``sum over x of a(x) b(x + lag)`` within slices, for lags of up to ``reach`` rows and columns."""
    from scipy.fft import irfft2, next_fast_len, rfft2

    rows, columns = reach
    shape = [next_fast_len(n + r, real=True) for n, r in zip(a.shape[-2:], reach, strict=True)]
    total: NDArray[Any] = np.zeros((shape[0], shape[1] // 2 + 1), complex)
    for one, other in zip(a.reshape(-1, *a.shape[-2:]), b.reshape(-1, *b.shape[-2:]), strict=True):
        total += np.conj(rfft2(one, shape)) * rfft2(other, shape)
    at_lags = irfft2(total, shape)
    return np.asarray(at_lags[np.ix_(np.arange(-rows, rows + 1), np.arange(-columns, columns + 1))])


def _along(images: Sequence[NDArray[np.float32]], counted: NDArray[np.float32]) -> FloatArray:
    """Return the correlation between slices; it ends where it is no longer positive."""
    correlation = [1.0]
    for lag in range(1, counted.shape[1]):
        both = counted[:, lag:] * counted[:, :-lag]
        power = sum(float((both * (i[:, lag:] ** 2 + i[:, :-lag] ** 2)).sum()) / 2 for i in images)
        shared = sum(float((i[:, lag:] * i[:, :-lag]).sum()) for i in images)
        value = shared / power if power else 0.0
        if value <= 0.02:
            break
        correlation.append(value)
    return np.array(correlation)


def _taper(reach: Sequence[int], spacing_mm: tuple[float, ...]) -> FloatArray:
    """Return weights that fall from 1 to 0 before the reach (Hann), which keep the tail's own error out."""
    rows, columns = (np.arange(-n, n + 1) * s for n, s in zip(reach, spacing_mm[1::-1], strict=True))
    lag_mm = np.hypot(rows[:, None], columns[None])
    fallen = np.clip((lag_mm - _FLAT_MM) / (REACH_MM - _FLAT_MM), 0.0, 1.0)
    return np.asarray(np.cos(0.5 * np.pi * fallen) ** 2)
