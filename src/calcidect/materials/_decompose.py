"""Voxel maps of hydroxyapatite and urate: two energies, two crystals, the host from the scan's soft tissue."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Volume
from calcidect.materials._metal import find_metal, metal_notices
from calcidect.materials._noise import SoftTissue, measure_soft_tissue, noise_notices
from calcidect.materials._path import slice_paths_cm
from calcidect.materials._ray import MODEL_SD_FRACTION, distance_sd
from calcidect.materials._sensitivity import HA_G_PER_CM3, MSU_G_PER_CM3, in_host, sensitivity
from calcidect.materials._single import single_energy_maps
from calcidect.materials._types import MaterialMaps, Sensitivity
from calcidect.progress import Progress, silent
from calcidect.settings import Settings
from calcidect.study import Study

_BLOCK_SLICES = 16
_ONE_CRYSTAL_SD = 2.0  # 95 % of the voxels of one crystal lie this near to its ray
_SOLID_HA, _SOLID_MSU = 1000.0 * HA_G_PER_CM3, 1000.0 * MSU_G_PER_CM3  # mg/cm3


def decompose(study: Study, settings: Settings = Settings(), progress: Progress = silent) -> MaterialMaps:  # noqa: B008
    """Return the concentrations of hydroxyapatite and urate in every mineral voxel.

    In voxels above ``settings.materials.mineral_threshold_hu`` at the low energy, solves
    ``HU - HU_host = k_HA c_HA + k_MSU c_MSU`` at both energies, with the host's HU from the scan's soft tissue
    and k from the slice's water path; for one crystal where one is enough (``solve_crystals``). Where only the low
    energy is clipped, the high energy alone tells hydroxyapatite. Elsewhere the maps are 0.

    A voxel of another host (tendon, fat) is wrong by that host; regions are measured with their own host
    (``crystal_mass``). A single-energy scan has no concentrations: the maps are None.

    Parameters
    ----------
    study : Study
        Low and high energy on one grid, or one energy alone.
    settings : Settings
        Thresholds of body and mineral.
    progress : callable
        Told the step and the fraction done.

    Raises
    ------
    InputRefusedError
        If the pair has no table or the scan shows no soft tissue.
    """
    if study.high is None or study.pair is None:
        return single_energy_maps(study, count_clipped(study), settings.materials)
    paths_cm = slice_paths_cm(study.low, settings.anatomy.body_threshold_hu)
    typical = sensitivity(study.pair, float(np.median(paths_cm)))
    soft = measure_soft_tissue(study.low, study.high)
    clipped = count_clipped(study)
    metal = find_metal(study.low, study.high, study.maximum_hu, typical)
    maps = np.zeros((2, *study.low.array.shape), np.float32)
    for block in _blocks(len(paths_cm)):
        progress("materials", block.start / len(paths_cm))
        in_soft_tissue = in_host(sensitivity(study.pair, float(paths_cm[block].mean())), *soft.host_hu)
        _solve_block(study, study.high, block, in_soft_tissue, soft, settings.materials.mineral_threshold_hu, maps)
    progress("materials", 1.0)
    return MaterialMaps(
        hydroxyapatite=study.low.like(maps[0]),
        urate=study.low.like(maps[1]),
        low=study.low,
        high=study.high,
        sensitivity=typical,
        soft_tissue=soft,
        clipped_voxels=clipped,
        notices=(
            *noise_notices(soft, typical, study.low.grid.voxel_volume_mm3, settings.materials),
            *metal_notices(metal),
        ),
        slice_path_cm=tuple(float(p) for p in paths_cm),
        pair=study.pair,
        metal=metal,
        quality=study.quality,
    )


def count_clipped(study: Study) -> tuple[int, ...]:
    """Return how many voxels of each image, low energy first, sit at the top of the stored range."""
    images = [volume for volume in (study.low, study.high) if volume is not None]
    return tuple(
        sum(int(np.count_nonzero(volume.array[block] >= top)) for block in _blocks(len(volume.array)))
        for volume, top in zip(images, study.maximum_hu, strict=True)
    )


def solve_crystals(
    excess_low_hu: FloatArray, excess_high_hu: FloatArray, sensitivity: Sensitivity, noise_hu: tuple[float, ...]
) -> tuple[FloatArray, FloatArray]:
    """Return HA and MSU in mg/cm3 that explain host-subtracted HU, by one crystal where one is enough.

    The crystal whose ray is nearer (``distance_sd``) is fitted alone by weighted least squares,
    ``c = sum(k e / var) / sum(k^2 / var)``, if the point lies within 2 standard deviations of its ray. Else both
    equations are solved for both crystals; should one come out negative, the nearer crystal alone stands.
    One before two, for the second would otherwise absorb noise, the model's error and collagen: cortical bone
    would be full of urate.

    Parameters
    ----------
    excess_low_hu, excess_high_hu : array, shape (n,)
        HU above the host.
    sensitivity : Sensitivity
        In that host.
    noise_hu : tuple of float
        Standard deviation of a voxel at low and high energy.

    Returns
    -------
    tuple of array, shape (n,)
        HA and MSU, mg/cm3, from 0 to the density of the solids.
    """
    s, low, high = sensitivity, excess_low_hu, excess_high_hu
    ha_ray, msu_ray = (s.ha_low, s.ha_high), (s.msu_low, s.msu_high)
    noise_variances = noise_hu[0] ** 2, noise_hu[1] ** 2, 0.0
    ha_distance, msu_distance = (distance_sd(low, high, ray, noise_variances) for ray in (ha_ray, msu_ray))
    determinant = s.ha_low * s.msu_high - s.ha_high * s.msu_low
    ha = (s.msu_high * low - s.msu_low * high) / determinant
    msu = (s.ha_low * high - s.ha_high * low) / determinant
    both = (np.minimum(ha_distance, msu_distance) > _ONE_CRYSTAL_SD) & (ha > 0) & (msu > 0)
    ha_alone = ha_distance <= msu_distance
    ha = np.where(both, ha, np.where(ha_alone, _one_crystal(low, high, ha_ray, noise_hu), 0.0))
    msu = np.where(both, msu, np.where(ha_alone, 0.0, _one_crystal(low, high, msu_ray, noise_hu)))
    return np.clip(ha, 0.0, _SOLID_HA), np.clip(msu, 0.0, _SOLID_MSU)


def _one_crystal(low: FloatArray, high: FloatArray, k: tuple[float, float], noise_hu: tuple[float, ...]) -> FloatArray:
    """Return the concentration of one crystal alone, by least squares weighted by noise and model error."""
    weight_low, weight_high = (
        1.0 / (noise**2 + (MODEL_SD_FRACTION * excess) ** 2)
        for noise, excess in zip(noise_hu, (low, high), strict=True)
    )
    power = weight_low * k[0] ** 2 + weight_high * k[1] ** 2
    return np.asarray((weight_low * k[0] * low + weight_high * k[1] * high) / power)


def _solve_block(
    study: Study, high_energy: Volume, block: slice, in_soft_tissue: Sensitivity, soft: SoftTissue, threshold_hu: float,
    maps: NDArray[np.float32],
) -> None:  # fmt: skip
    """Fill a block of both maps, shape (crystals, slices, rows, columns)."""
    low, high = study.low.array[block], high_energy.array[block]
    where = np.nonzero(low >= threshold_hu)
    excess_low, excess_high = low[where] - soft.host_hu[0], high[where] - soft.host_hu[1]
    ha, msu = solve_crystals(excess_low, excess_high, in_soft_tissue, soft.noise_hu)
    clipped = (low[where] >= study.maximum_hu[0]) & (high[where] < study.maximum_hu[1])
    ha[clipped] = np.clip(excess_high[clipped] / in_soft_tissue.ha_high, 0.0, _SOLID_HA)
    msu[clipped] = 0.0
    maps[0, block][where] = ha
    maps[1, block][where] = msu


def _blocks(slices: int) -> Iterator[slice]:
    return (slice(k, min(k + _BLOCK_SLICES, slices)) for k in range(0, slices, _BLOCK_SLICES))
