"""A scanner that shares nothing with the phantom's: slice profile, transfer function, noise with a ramp, 12 bits.

Blur is a transfer function in frequency space: flat at first and falling as ``1 / (1 + (f / f50)^p)``, some with edges
enhanced by a hump of up to 15 %. Images are looked up between fine voxels by their Fourier series, so that nothing is
interpolated. Noise has the power of filtered back-projection, ``f MTF(f)^2`` (Kijewski and Judy, Phys Med Biol
1987;32:565), stronger in one direction, and neighbouring slices share some of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from .physics import WATER_MU_PER_CM


@dataclass(frozen=True)
class Scanner:
    """How a scan is made: two beams; mm, HU; ``half_mm`` is the frequency of half transfer as a length, 1 / (2 f50)."""

    pair: tuple[str, str]
    vendor: str
    pixel_mm: float
    slice_mm: float
    thickness_mm: float
    flat: float  # share of the slice profile that is its flat top: 0 a triangle, 1 a box
    half_mm: float
    steep: float
    hump: float
    noise_hu: tuple[float, float]
    anisotropy: float
    gain: tuple[float, float]
    offset_hu: tuple[float, float]
    shift_kev: float


PAIRS = ((("80", "Sn150"), "siemens"), (("80", "140"), "siemens"), (("100", "Sn150"), "siemens"),
         (("70", "Sn150"), "siemens"), (("80", "135"), "canon"))  # fmt: skip


_SMALLEST_MM3 = 0.08  # of a voxel, so that a hand has at most some 25 million


def draw_scanner(rng: np.random.Generator) -> Scanner:
    """Draw a scanner and protocol, in the ranges of hand protocols."""
    pair, vendor = PAIRS[rng.integers(len(PAIRS))]
    pixel, step = 0.0, 0.0
    while pixel**2 * step < _SMALLEST_MM3:
        pixel, step = rng.uniform(0.25, 0.6), rng.choice([0.4, 0.5, 0.6, 0.75, 1.0])
    low = rng.uniform(14, 32)
    return Scanner(
        pair, vendor, float(pixel), float(step), float(min(1.0, step * rng.uniform(1.0, 1.4))),
        rng.uniform(0, 0.8), rng.uniform(0.7, 1.2), rng.uniform(2, 4), float(rng.choice([0, 0, 0.08, 0.15])),
        (low, low * rng.uniform(0.55, 0.9)), rng.uniform(0, 0.4),
        tuple(rng.normal(1, 0.01, 2)), tuple(rng.normal(0, 2, 2)), rng.uniform(-1, 1),
    )  # fmt: skip


def transfer(f: np.ndarray, s: Scanner) -> np.ndarray:
    """Return the MTF at frequencies in 1/mm."""
    middle = 1 / (2 * s.half_mm)
    return (
        (1 + s.hump * 4 * (f / middle) ** 2 * np.exp(-2 * (f / middle) ** 2))
        / (1 + (f / middle) ** s.steep)
        * np.exp(-((f / (3 * middle)) ** 4))
    )


def slice_weights(n_fine: int, step: float, centres: np.ndarray, thickness: float, flat: float) -> np.ndarray:
    """Return weights (slices, fine slices) of a trapezoid as wide at half height as the slice; rows add up to 1."""
    offset = np.abs(step * np.arange(n_fine)[None] - centres[:, None])
    ramp = max((1 - flat) * thickness, 0.2 * step)
    weights = np.clip((thickness / 2 + ramp / 2 - offset) / ramp, 0, 1)
    return weights / weights.sum(1, keepdims=True)


def fourier_lookup(frequencies: np.ndarray, n: int, places: np.ndarray) -> np.ndarray:
    """Return the matrix that evaluates a Fourier series of n samples at places (mm from the first sample)."""
    return (np.exp(2j * np.pi * places[:, None] * frequencies[None]) / n).astype(np.complex64)


def image(hu: np.ndarray, step: float, s: Scanner, places: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the noiseless image, shape (x, y, z) of the scanner, of fine HU (x, y, z)."""
    weights = slice_weights(hu.shape[2], step, places[2], s.thickness_mm, s.flat).astype(np.float32)
    fx, fy = fft.rfftfreq(hu.shape[0], step), fft.fftfreq(hu.shape[1], step)
    mtf = transfer(np.hypot(fx[:, None], fy[None]), s)
    mtf[1 : (hu.shape[0] + 1) // 2] *= 2  # half of the frequencies stand for both halves
    left, right = fourier_lookup(fx, hu.shape[0], places[0]), fourier_lookup(fy, hu.shape[1], places[1]).T
    fine = np.ascontiguousarray(hu.transpose(2, 0, 1))
    out = np.empty((len(places[0]), len(places[1]), len(places[2])), np.float32)
    for k, weight in enumerate(weights):
        some = np.flatnonzero(weight)
        slab = np.tensordot(weight[some], fine[some[0] : some[-1] + 1], 1) + 1000
        spectrum = fft.fft(fft.rfft(slab, axis=0), axis=1) * mtf
        out[..., k] = (left @ (spectrum.astype(np.complex64) @ right)).real - 1000
    return out


def noise(size: tuple[int, int, int], s: Scanner, sd_hu: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return noise (x, y, z) of the standard deviation (z,) of each slice."""
    fx, fy = (np.fft.fftfreq(n, s.pixel_mm) for n in size[:2])
    f = np.hypot(fx[:, None], fy[None])
    direction = 1 + s.anisotropy * (fx[:, None] ** 2 - fy[None] ** 2) / np.maximum(f, 1e-9) ** 2
    amplitude = np.sqrt(f * direction) * transfer(f, s)
    amplitude = (amplitude / np.sqrt((amplitude**2).mean())).astype(np.float32)
    out = np.empty(size, np.float32)
    for k in range(size[2]):
        out[..., k] = fft.ifft2(fft.fft2(rng.standard_normal(size[:2], np.float32)) * amplitude).real
    share = np.clip(s.thickness_mm / s.slice_mm - 0.7, 0, 0.6)  # slices that overlap see the same rays
    mixed = out + share * np.roll(out, 1, axis=2)
    return mixed / np.sqrt(1 + share**2) * sd_hu


def scanned(
    hu: np.ndarray, step: float, s: Scanner, which: int, places: tuple[np.ndarray, np.ndarray, np.ndarray],
    water_cm: np.ndarray, rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """Return one beam's image as stored: rounded, 12 bits (-1024 to 3071 HU), int16 (x, y, z).

    ``water_cm`` is what the beam crosses at each fine slice; noise grows with it.
    """
    clean = (image(hu, step, s, places) + 1000) * s.gain[which] - 1000 + s.offset_hu[which]
    water = np.interp(places[2], step * np.arange(len(water_cm)), water_cm)
    sd = s.noise_hu[which] * np.exp(WATER_MU_PER_CM * (water - 3) / 2)
    return np.clip(np.rint(clean + noise(clean.shape, s, sd, rng)), -1024, 3071).astype(np.int16)
