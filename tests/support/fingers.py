"""Fingers as rods of skin over fat and muscle in air, seen through known kernels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from calcidect.geometry import Grid, Volume

Array = NDArray[np.float64]
FWHM = 2 * np.sqrt(2 * np.log(2))
FINE = 4  # fine pixels a pixel


def gaussian(fwhm_mm: float) -> Callable[[Array, float], Array]:
    """Return a kernel that blurs by a Gaussian; it takes a fine image and its pixel in mm."""
    return lambda image, pixel_mm: gaussian_filter(image, fwhm_mm / FWHM / pixel_mm)


def unsharp(fwhm_mm: float, amount: float, wide_mm: float = 2.4) -> Callable[[Array, float], Array]:
    """Return a kernel that enhances edges: (1 + amount) of a narrow Gaussian less ``amount`` of a wide one."""

    def kernel(image: Array, pixel_mm: float) -> Array:
        narrow, wide = (gaussian_filter(image, w / FWHM / pixel_mm) for w in (fwhm_mm, wide_mm))
        return (1 + amount) * narrow - amount * wide

    return kernel


def fingers(
    kernel: Callable[[Array, float], Array], *, pixel_mm: float = 0.5, noise_hu: float = 20.0, seed: int = 1,
    slices: int = 18, correlated_pixels: float = 0.0, air_hu: float = -1000.0, lowest_hu: float = -1024.0,
) -> Volume:  # fmt: skip
    """Return two fingers with bones, on slices that are equal but for their noise."""
    size = round(70 / pixel_mm)
    fine_mm = pixel_mm / FINE
    at = (np.arange(size * FINE) + 0.5) * fine_mm
    image = np.full((size * FINE, size * FINE), air_hu)
    for x, y in ((21.3, 35.1), (49.2, 34.4)):
        r = np.hypot(at[None, :] - x, at[:, None] - y)
        for radius, hu in ((9.0, 70.0), (7.6, -100.0), (6.0, 50.0), (4.5, 1200.0), (3.2, -60.0)):
            image[r < radius] = hu
    seen = kernel(image, fine_mm).reshape(size, FINE, size, FINE).mean((1, 3))
    noise = np.random.default_rng(seed).standard_normal((slices, size, size))
    if correlated_pixels:
        noise = gaussian_filter(noise, (0, correlated_pixels, correlated_pixels))
    hu = seen + noise * (noise_hu / noise.std())
    grid = Grid((size, size, slices), (pixel_mm, pixel_mm, 0.5))
    return Volume(np.clip(np.rint(hu), lowest_hu, 3071).astype(np.int16), grid)
