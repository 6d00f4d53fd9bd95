"""The scanner: digital hands become low- and high-energy images in HU.

What it models: the beam's spectrum (by table), hardening by the water-equivalent path through each place, the
in-plane blur and the slice profile (Gaussians), sampling, correlated noise, motion of each hand between the
energies, errors of the water calibration, clipping. What it leaves out is listed in docs/limitations.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Grid, Volume
from calcidect.phantom._attenuation import TissueAttenuation, load_attenuation
from calcidect.phantom._hand import DigitalHand
from calcidect.phantom._motion import HandMotion, cropped_to, looked_up, margin_grid, motion_of
from calcidect.phantom._noise import correlated_noise
from calcidect.phantom._path import PathMap, water_path
from calcidect.progress import Progress, silent
from calcidect.study import Energy, Pair

_SIGMA_OF_FWHM = 1 / (2 * np.sqrt(2 * np.log(2)))
_SLAB_VOXELS = 48


@dataclass(frozen=True)
class ScannerSettings:
    """How the scan is taken.

    Parameters
    ----------
    pair : Pair
        Energies, low first.
    vendor : str
        Style of the DICOM headers.
    pixel_mm, slice_step_mm : float
        Sampling.
    blur_fwhm_mm : float
        In-plane resolution of the kernel.
    thickness_mm : float
        Full width at half maximum of the slice profile.
    noise_hu : tuple of float
        Standard deviation of a voxel in 3 cm of water, low and high energy.
    shift_mm : tuple of float
        How far the hands move (x, y, z) before the high-energy image is taken; (0, 0, 0) on dual-source scanners.
    motion : tuple of HandMotion
        How single hands move besides.
    maximum_hu : float
        Top of the stored range.
    offset_hu : tuple of float
        Error of the water calibration, low and high energy.
    gain : tuple of float
        Factor on every crystal's signal, low and high energy: no scanner is exactly like the model.
    """

    pair: Pair
    vendor: str
    pixel_mm: float
    slice_step_mm: float
    blur_fwhm_mm: float
    thickness_mm: float
    noise_hu: tuple[float, float]
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    maximum_hu: float = 3071.0
    offset_hu: tuple[float, float] = (0.0, 0.0)
    gain: tuple[float, float] = (1.0, 1.0)
    motion: tuple[HandMotion, ...] = ()


def scan_grid(hands: list[DigitalHand], settings: ScannerSettings, matrix: int | None = None) -> Grid:
    """Return a square grid that holds the hands, cutting through the forearms as a scan does.

    Parameters
    ----------
    hands : list of DigitalHand
    settings : ScannerSettings
    matrix : int, optional
        Rows and columns, with pixels as large as the field of view needs; by default as many as the asked pixels need,
        in steps of 16.
    """
    corners = np.array([hand.grid.point_of(c) for hand in hands for c in ((0, 0, 0), np.array(hand.grid.size) - 1)])
    low, high = corners.min(0), corners.max(0)
    bottom = max(hand.grid.origin_mm[2] for hand in hands) + 2 * settings.thickness_mm + 1
    width = float(max(high[:2] - low[:2])) + 6
    pixels = matrix or int(np.ceil(width / settings.pixel_mm / 16)) * 16
    pixel = max(settings.pixel_mm, width / pixels)
    slices = int(np.ceil((high[2] + 4 - bottom) / settings.slice_step_mm))
    middle = 0.5 * (low + high)
    half = 0.5 * (pixels - 1) * pixel
    return Grid(
        (pixels, pixels, slices),
        (pixel, pixel, settings.slice_step_mm),
        (middle[0] - half, middle[1] - half, bottom),
    )


def scan(
    hands: list[DigitalHand], settings: ScannerSettings, grid: Grid, seed: int, progress: Progress = silent
) -> tuple[Volume, Volume]:
    """Return the low- and the high-energy image, int16 HU, on ``grid``.

    Parameters
    ----------
    hands : list of DigitalHand
    settings : ScannerSettings
    grid : Grid
        Axis-aligned scanner grid.
    seed : int
        Of the noise.
    progress : callable
    """
    path = water_path(hands)
    images = []
    for n, energy in enumerate((settings.pair.low, settings.pair.high)):
        progress("scan", n / 2)
        image = noiseless(hands, settings, grid, energy, path)
        sigma = (settings.blur_fwhm_mm * _SIGMA_OF_FWHM / grid.spacing_mm[0],
                 settings.thickness_mm * _SIGMA_OF_FWHM / settings.slice_step_mm)  # fmt: skip
        noise = correlated_noise(grid.shape, sigma, np.random.default_rng([seed, 11, n]))
        noise *= path.noise_factor(grid) * np.float32(settings.noise_hu[n])
        image += noise
        del noise
        np.rint(image, out=image)
        images.append(Volume(np.clip(image, -1024, settings.maximum_hu).astype(np.int16), grid))
    progress("scan", 1.0)
    return images[0], images[1]


def noiseless(
    hands: list[DigitalHand], settings: ScannerSettings, grid: Grid, energy: Energy, path: PathMap
) -> NDArray[np.float32]:
    """Return one energy's image in HU, float32, before noise, rounding and clipping."""
    n = 0 if energy == settings.pair.low else 1
    beam = load_attenuation(energy)
    image = np.full(grid.shape, -1000.0, np.float32)
    for hand in hands:
        motion = motion_of(hand.side, hand.grid, settings.motion, settings.shift_mm) if n else None
        turns = motion is not None and motion.turns

        def slab_of(start: int, stop: int, hand: DigitalHand = hand) -> NDArray[np.float32]:
            return _signal(hand, start, stop, beam, path, settings.gain[n])

        if motion is not None and turns:
            wide = margin_grid(hand.grid, _sigma_mm(settings))
            spread = sampling(hand.grid, wide, settings, np.zeros(3))
            box, values = looked_up(spread.sampled(slab_of), cropped_to(wide, spread.box), motion, grid)
        else:
            target = sampling(hand.grid, grid, settings, np.zeros(3) if motion is None else motion.shift_mm)
            box, values = target.box, target.sampled(slab_of)
        image[box] += values
    return image + np.float32(settings.offset_hu[n])


def _signal(
    hand: DigitalHand, start: int, stop: int, beam: TissueAttenuation, path: PathMap, gain: float
) -> NDArray[np.float32]:
    """Return HU + 1000 of a slab of the fine grid: host displaced by crystal, plus crystal."""
    bins = path.bins(hand.grid, start, stop, beam)
    tissue, ha = hand.tissue[start:stop], hand.ha_mg_per_cm3[start:stop]
    msu = hand.msu_mg_per_cm3[start:stop]
    tissues = beam.host_hu.shape[1]
    signal = np.take(beam.host_hu.ravel() + np.float32(1000), bins.astype(np.uint16) * np.uint16(tissues) + tissue)
    for crystal, per_mg, density in ((ha, beam.ha, beam.ha_g_per_cm3), (msu, beam.msu, beam.msu_g_per_cm3)):
        where = np.nonzero(crystal)
        amount = crystal[where]
        signal[where] *= 1 - amount / np.float32(1000 * density)
        signal[where] += np.float32(gain) * amount * per_mg[bins[where]]
    return signal


@dataclass(frozen=True, eq=False)
class Sampling:
    """Blur and sampling of a fine grid onto a box of the scanner's grid, one matrix an axis.

    ``weights[a]`` has a row per scanner voxel and a column per fine voxel: the integral of the point-spread
    function over that fine voxel, so that sums times voxel volume are kept.
    """

    box: tuple[slice, slice, slice]
    weights: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]

    def sampled(self, slab_of: object) -> NDArray[np.float32]:
        """Return the sampled box of a fine array that is given slab by slab: ``slab_of(start, stop)``."""
        assert callable(slab_of)
        wz, wy, wx = self.weights
        out = np.zeros((wz.shape[0], wy.shape[0] * wx.shape[0]), np.float32)
        for start in range(0, wz.shape[1], _SLAB_VOXELS):
            stop = min(start + _SLAB_VOXELS, wz.shape[1])
            rows = np.nonzero(wz[:, start:stop].any(1))[0]
            if len(rows) == 0:
                continue
            plane = np.matmul(wy, np.matmul(slab_of(start, stop), wx.T))
            out[rows[0] : rows[-1] + 1] += wz[rows[0] : rows[-1] + 1, start:stop] @ plane.reshape(stop - start, -1)
        return out.reshape(wz.shape[0], wy.shape[0], wx.shape[0])


def sampling(fine: Grid, grid: Grid, settings: ScannerSettings, shift_mm: FloatArray) -> Sampling:
    """Return how a fine grid, shifted, is seen on the scanner's grid."""
    sigma = _sigma_mm(settings)
    boxes, weights = [], []
    for axis in range(3):
        part, matrix = _axis_weights(fine, grid, axis, float(shift_mm[axis]), float(sigma[axis]))
        boxes.append(part)
        weights.append(matrix)
    return Sampling((boxes[2], boxes[1], boxes[0]), (weights[2], weights[1], weights[0]))


def _sigma_mm(settings: ScannerSettings) -> FloatArray:
    fwhm = np.array([settings.blur_fwhm_mm, settings.blur_fwhm_mm, settings.thickness_mm])
    return np.asarray(fwhm * _SIGMA_OF_FWHM)


def _axis_weights(
    fine: Grid, grid: Grid, axis: int, shift_mm: float, sigma_mm: float
) -> tuple[slice, NDArray[np.float32]]:
    from scipy.special import ndtr

    edges = fine.origin_mm[axis] + shift_mm + (np.arange(fine.size[axis] + 1) - 0.5) * fine.spacing_mm[axis]
    centres = grid.origin_mm[axis] + np.arange(grid.size[axis]) * grid.spacing_mm[axis]
    seen = np.nonzero((centres > edges[0] - 4 * sigma_mm) & (centres < edges[-1] + 4 * sigma_mm))[0]
    part = slice(int(seen[0]), int(seen[-1]) + 1)
    cumulative = ndtr((edges[None] - centres[part, None]) / sigma_mm)
    return part, np.diff(cumulative, axis=1).astype(np.float32)


def box_share(
    mask: NDArray[np.float32], fine: Grid, grid: Grid
) -> tuple[tuple[slice, slice, slice], NDArray[np.float32]]:
    """Return which share of each scanner voxel a fine array fills, in the box where it can be above zero.

    Parameters
    ----------
    mask : float32 array on ``fine``
        0 to 1.
    fine, grid : Grid
        Axis-aligned.
    """
    boxes, weights = [], []
    for axis in range(3):
        edges = fine.origin_mm[axis] + (np.arange(fine.size[axis] + 1) - 0.5) * fine.spacing_mm[axis]
        step = grid.spacing_mm[axis]
        low = grid.origin_mm[axis] + (np.arange(grid.size[axis]) - 0.5) * step
        seen = np.nonzero((low + step > edges[0]) & (low < edges[-1]))[0]
        if len(seen) == 0:
            return (slice(0, 0), slice(0, 0), slice(0, 0)), np.zeros((0, 0, 0), np.float32)
        part = slice(int(seen[0]), int(seen[-1]) + 1)
        first, last = low[part, None], low[part, None] + step
        overlap = np.minimum(edges[None, 1:], last) - np.maximum(edges[None, :-1], first)
        boxes.append(part)
        weights.append(np.maximum(overlap, 0).astype(np.float32) / np.float32(step))
    share = np.matmul(weights[1], np.matmul(mask, weights[0].T))
    share = np.tensordot(weights[2], share, axes=(1, 0))
    return (boxes[2], boxes[1], boxes[0]), share
