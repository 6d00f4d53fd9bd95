"""One deposit in a box of soft tissue, by the phantom's physics: what regions are measured on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from calcidect.findings._gather import distance_mm
from calcidect.findings._surroundings import Blur, Surroundings
from calcidect.materials import HostLine, Sensitivity, SoftTissue, sensitivity
from calcidect.materials._noise_covariance import NoiseCovariance, covariance_of
from calcidect.phantom._attenuation import Tissue, load_attenuation
from calcidect.phantom._noise import correlated_noise
from calcidect.study import Pair

_FINE = 3
_FWHM_TO_SIGMA = 1 / 2.3548
PATH_CM = 3.0


@dataclass(frozen=True, eq=False)
class Block:
    """A deposit, and what was put in."""

    around: Surroundings
    mass_mg: float
    line: HostLine
    tissue: SoftTissue
    sensitivity: Sensitivity
    ends_hu: tuple[float, float]
    label: str


def block(
    pair: Pair, diameter_mm: float, *, ha: float = 0.0, msu: float = 0.0, host: Tissue = Tissue.MUSCLE,
    beyond: Tissue | None = None, noise_hu: tuple[float, float] = (25.0, 20.0), thickness_mm: float = 0.6,
    seed: int = 1, maximum_hu: float = 3071.0, blur_mm: float = 0.9, mask_hu: float = 175.0, ratio_factor: float = 1.0,
) -> Block:  # fmt: skip
    """Return a blurred ball in a host, or on the border of two, stored as a scanner does.

    ``ratio_factor`` scales the crystal's low-energy signal: another crystal's ratio.
    """
    rng = np.random.default_rng(seed)
    spacing = (0.4, 0.4, min(thickness_mm, 0.6))
    size = np.ceil((diameter_mm + 11.0) / np.array(spacing[::-1])).astype(int)
    fine = np.array(spacing[::-1]) / _FINE
    centre = rng.uniform(-0.3, 0.3, 3)
    z, y, x = np.meshgrid(
        *[(np.arange(n * _FINE) - n * _FINE / 2 + 0.5) * s - c for n, s, c in zip(size, fine, centre, strict=True)],
        indexing="ij", sparse=True,
    )  # fmt: skip
    inside = (x * x + y * y + z * z < (diameter_mm / 2) ** 2).astype(np.float32)
    blur = np.array([thickness_mm, blur_mm, blur_mm]) * _FWHM_TO_SIGMA
    shape = _sampled(gaussian_filter(inside, blur / fine))
    far_side: NDArray[np.float32] | np.float32 = np.float32(0)
    if beyond is not None:
        halves = np.broadcast_to(x > 0, inside.shape).astype(np.float32)
        far_side = _sampled(gaussian_filter(halves, blur / fine))
    correlation = tuple(float(b) for b in blur[:2] / np.array([spacing[2], spacing[0]]))
    images, ends, tissues = [], [], []
    for n, energy in enumerate((pair.low, pair.high)):
        beam = load_attenuation(energy)
        here = float(beam.hu(host, PATH_CM))
        there = float(beam.hu(beyond if beyond is not None else host, PATH_CM))
        signal = (float(beam.hu(host, PATH_CM, ha, msu)) - here) * (ratio_factor if n == 0 else 1.0)
        clean = here + (there - here) * far_side + signal * shape
        ends.append(here + signal)
        tissues.append([float(beam.hu(t, PATH_CM)) for t in (Tissue.FAT, Tissue.MUSCLE)])
        noise = correlated_noise(clean.shape, correlation[::-1], np.random.default_rng([seed, n])) * noise_hu[n]
        images.append(np.minimum(np.rint(clean + noise), maximum_hu).astype(np.float32))
    (fat_low, muscle_low), (fat_high, muscle_high) = tissues
    beta = (muscle_high - fat_high) / (muscle_low - fat_low)
    line = HostLine(muscle_high - beta * muscle_low, beta)
    mask = _mineral(images[0], images[1], line, pair, spacing, mask_hu) & (shape > 0.01)
    far = np.full(mask.shape, 30.0, np.float32)
    around = Surroundings(
        images[0], images[1], mask, distance_mm(mask, spacing), far, far, far, spacing, Blur(blur_mm, thickness_mm)
    )
    mass_mg = float(inside.sum() * fine.prod()) * (ha + msu) / 1000
    host_hu = (muscle_low, muscle_high)
    return Block(
        around, mass_mg, line,
        SoftTissue(noise_hu, host_hu, 4.0, covariance_of_noise(noise_hu, tuple(blur), spacing)),
        sensitivity(pair, PATH_CM), (ends[0], ends[1]),
        f"{pair} {diameter_mm:.1f} mm HA {ha:.0f} MSU {msu:.0f} {host.name}/{beyond.name if beyond is not None else ''}"
        f" noise {noise_hu} {thickness_mm} mm",
    )  # fmt: skip


def _mineral(
    low: NDArray[np.float32], high: NDArray[np.float32], line: HostLine, pair: Pair,
    spacing: tuple[float, float, float], dense_hu: float,
) -> NDArray[np.bool_]:  # fmt: skip
    """Return mineral as the anatomy room finds it: off the host's line, or dense."""
    soft_low, soft_high = (gaussian_filter(image, 0.5 / np.array(spacing[::-1])) for image in (low, high))
    calcium = line.hydroxyapatite(soft_low, soft_high, sensitivity(pair, PATH_CM)) > 60.0
    return (calcium & (soft_low > 40.0)) | (soft_low > dense_hu)


def covariance_of_noise(
    noise_hu: tuple[float, float], blur_mm: tuple[float, ...], spacing_mm: tuple[float, float, float]
) -> NoiseCovariance:
    """Return the covariance as a scan shows it: measured in a block of noise alone."""
    unit, (low, high) = _covariance_of_unit_noise(blur_mm, spacing_mm), noise_hu
    return replace(unit, in_plane=unit.in_plane * np.array([low**2, high**2, low * high])[:, None, None])


@cache
def _covariance_of_unit_noise(
    blur_mm: tuple[float, ...], spacing_mm: tuple[float, float, float]
) -> NoiseCovariance:  # fmt: skip
    correlation = (float(blur_mm[1] / spacing_mm[0]), float(blur_mm[0] / spacing_mm[2]))
    stacks = [correlated_noise((24, 96, 96), correlation, np.random.default_rng([9, n])) for n in (0, 1)]
    images = np.array(stacks, np.float32)[:, None]
    return covariance_of(images, np.ones(images.shape[1:], bool), (1.0, 1.0), spacing_mm)


def _sampled(fine: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a fine image at the middle of each voxel: what blurs a scan is in its blur, not in its sampling."""
    middle = slice(_FINE // 2, None, _FINE)
    return np.asarray(fine[middle, middle, middle], np.float32)
