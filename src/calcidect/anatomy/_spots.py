"""Spots of hydroxyapatite too small to reach the density of mineral: told by how they stand out from what is around.

A body of 1 mm and 400 mg/cm3, blurred by the scan and smoothed, is no denser than 50 mg/cm3, and in fat darker than
muscle. It is brighter than everything 2 mm away from it in every direction, which a tendon, a vessel, a nerve or a
septum is not, and brighter in the ratio of hydroxyapatite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._mineral import ABOVE_TISSUE_NOISE, BRIGHTEST_TISSUE_HU, robust_sd
from calcidect.geometry import FloatArray
from calcidect.materials import HostLine, Sensitivity, distance_sd

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_NOISE_FACTOR = 5.0
"""Above all of the shell. Rose, J Opt Soc Am 1948 (doi 10.1364/JOSA.38.000196). Ten simulated hands gave no false one
between 5 and 6."""
_MINIMUM_HA_MG_PER_CM3 = 18.0
"""Our choice: two thirds of what a body of 1 mm and 400 mg/cm3 shows in slices of 1 mm, 27 mg/cm3."""
_SHELL_MM = (1.7, 2.3)
_PEAK_MM = 1.0
_BACKGROUND_MM = 1.5
_LEAST_NOISE_HU = 0.1  # of images without any


@dataclass(frozen=True, eq=False)
class _Contrast:
    """How far peaks stand out: from the brightest of the shell, HA in mg/cm3, and in ``hu``, shape (n, 2)."""

    above_shell: FloatArray
    hu: FloatArray


def find_spots(
    smooth_low: Floats,
    smooth_high: Floats,
    free: Mask,
    quiet: Mask,
    deep: Mask,
    spacing_mm: tuple[float, float, float],
    line: HostLine,
    sensitivity: Sensitivity,
) -> Mask:
    """Return the voxels of small bodies of hydroxyapatite.

    Parameters
    ----------
    smooth_low, smooth_high : float32 array, shape (k, j, i)
        HU, smoothed by 0.5 mm.
    free : bool array
        Voxels in which a spot may lie: inside the body, outside of other mineral.
    quiet : bool array
        Soft tissue, in which noise is measured.
    deep : bool array
        Deeper than nail and skin: no soft tissue there is brighter than tendon.
    spacing_mm : tuple of float
        Along i, j, k.
    line : HostLine
        Of the scan.
    sensitivity : Sensitivity
        Of the pair.
    """
    from scipy.ndimage import gaussian_filter

    k = np.array([sensitivity.ha_low, sensitivity.ha_high])
    noise_hu2 = _noise(smooth_low, smooth_high, quiet, spacing_mm)
    weights = np.linalg.solve(noise_hu2, k)
    weights /= weights @ k
    density = (weights[0] * smooth_low + weights[1] * smooth_high).astype(np.float32)
    least = max(_MINIMUM_HA_MG_PER_CM3, _NOISE_FACTOR * float(np.sqrt(weights @ noise_hu2 @ weights)))
    around = gaussian_filter(density, [_BACKGROUND_MM / s for s in spacing_mm[::-1]])
    peaks = _peaks(density, around, free, least, spacing_mm)
    contrast = _contrast(peaks, density, (smooth_low, smooth_high), spacing_mm)
    variances = noise_hu2[0, 0], noise_hu2[1, 1], noise_hu2[0, 1]
    of_calcium, of_tissue = (
        distance_sd(contrast.hu[:, 0], contrast.hu[:, 1], ray, variances)
        for ray in ((sensitivity.ha_low, sensitivity.ha_high), (1.0, line.beta))
    )
    too_bright = deep & (smooth_low > BRIGHTEST_TISSUE_HU + ABOVE_TISSUE_NOISE * float(noise_hu2[0, 0]) ** 0.5)
    good = (contrast.above_shell > least) & ((of_calcium < of_tissue) | too_bright[tuple(peaks.T)])
    return _bodies(peaks[good], density, around, free, spacing_mm)


def _noise(low: Floats, high: Floats, quiet: Mask, spacing_mm: tuple[float, float, float]) -> FloatArray:
    """Return the covariance (2, 2) of what differs from the mean around, in soft tissue; robust against structures."""
    from scipy.ndimage import gaussian_filter

    sigma = [_BACKGROUND_MM / s for s in spacing_mm[::-1]]
    low, high = ((image - gaussian_filter(image, sigma))[quiet] for image in (low, high))
    if low.size == 0:
        return np.diag([1.0, 1.0])
    of_low, of_high, of_sum = (max(robust_sd(values), _LEAST_NOISE_HU) ** 2 for values in (low, high, low + high))
    bound = 0.95 * float(np.sqrt(of_low * of_high))
    both = float(np.clip((of_sum - of_low - of_high) / 2, -bound, bound))
    return np.array([[of_low, both], [both, of_high]])


def _peaks(
    density: Floats, around: Floats, free: Mask, least: float, spacing_mm: tuple[float, float, float]
) -> NDArray[np.intp]:  # fmt: skip
    """Return where an image is brightest within 1 mm and well above the mean around, shape (n, 3)."""
    from scipy.ndimage import maximum_filter

    size = [2 * max(1, round(_PEAK_MM / s)) + 1 for s in spacing_mm[::-1]]
    return np.argwhere(free & (density == maximum_filter(density, size)) & (density > around + np.float32(least)))


def _contrast(
    peaks: NDArray[np.intp], density: Floats, images: tuple[Floats, Floats], spacing_mm: tuple[float, float, float]
) -> _Contrast:  # fmt: skip
    """Return how far peaks stand out from the brightest, and in HU from the median, of the shell 2 mm away."""
    reach = np.ceil(_SHELL_MM[1] / np.array(spacing_mm[::-1])).astype(int)
    offsets = np.stack(np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij"), -1).reshape(-1, 3)
    away = np.linalg.norm(offsets * np.array(spacing_mm[::-1]), axis=1)
    offsets = offsets[(away >= _SHELL_MM[0]) & (away <= _SHELL_MM[1])]
    shell = np.clip(peaks[:, None] + offsets, 0, np.array(density.shape) - 1)
    at, around = tuple(peaks.T), tuple(np.moveaxis(shell, -1, 0))
    hu = [image[at] - np.median(image[around], axis=1) for image in images]
    above = density[at] - density[around].max(axis=1, initial=-np.inf)
    return _Contrast(above.astype(float), np.stack(hu, -1).astype(float))


def _bodies(
    peaks: NDArray[np.intp], density: Floats, around: Floats, free: Mask, spacing_mm: tuple[float, float, float]
) -> Mask:  # fmt: skip
    """Return the voxels within 1 mm of peaks that are brighter than half way from the mean around to the peak."""
    found = np.zeros(density.shape, bool)
    spacing = np.array(spacing_mm[::-1])
    reach = np.ceil(_PEAK_MM / spacing).astype(int)
    for peak in peaks:
        box = tuple(slice(max(p - r, 0), p + r + 1) for p, r in zip(peak, reach, strict=True))
        index = np.stack(np.meshgrid(*(np.arange(b.start, b.start + n) for b, n in
                                       zip(box, found[box].shape, strict=True)), indexing="ij"), -1)  # fmt: skip
        near = np.linalg.norm((index - peak) * spacing, axis=-1) <= _PEAK_MM
        level = 0.5 * (density[tuple(peak)] + around[tuple(peak)])
        found[box] |= near & free[box] & (density[box] >= level)
    return found
