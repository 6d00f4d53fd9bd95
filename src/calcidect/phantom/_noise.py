"""Noise as filtered back projection makes it: correlated, with little power at low frequencies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def correlated_noise(
    shape: tuple[int, int, int], sigma_voxels: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return noise of standard deviation 1.

    In the plane, white noise is band-passed by a difference of Gaussians, which approximates the ramp times
    apodisation of a soft kernel; along z it is smoothed by the slice profile.

    Parameters
    ----------
    shape : tuple of int
        Slices, rows, columns.
    sigma_voxels : tuple of float
        Standard deviation of the blur in the plane (pixels) and along z (slices).
    rng : numpy Generator
    """
    from scipy.ndimage import gaussian_filter, gaussian_filter1d

    plane, slices = (max(s, 0.3) for s in sigma_voxels)
    noise = rng.standard_normal(shape, dtype=np.float32)
    gaussian_filter1d(noise, slices / np.sqrt(2), axis=0, output=noise, truncate=3)
    # In slices: the two-dimensional filter runs slice by slice, in memory of one slice.
    for image in noise:
        image[...] = gaussian_filter(image, 0.9 * plane, truncate=3) - 0.85 * gaussian_filter(
            image, 2.0 * plane, truncate=3
        )
    inner = noise[: min(shape[0], 40), ::3, ::3]
    return np.asarray(noise / inner.std())
