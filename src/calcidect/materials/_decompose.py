"""Voxel maps of hydroxyapatite and urate: two energies, two crystals, the host from the scan's soft tissue."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import Notice
from calcidect.geometry import FloatArray
from calcidect.materials._noise import SoftTissue, measure_soft_tissue
from calcidect.materials._path import slice_paths_cm
from calcidect.materials._sensitivity import HA_G_PER_CM3, MSU_G_PER_CM3, in_host, sensitivity
from calcidect.materials._types import MaterialMaps, Sensitivity
from calcidect.progress import Progress, silent
from calcidect.settings import Settings
from calcidect.study import Study

_BLOCK_SLICES = 16


def decompose(study: Study, settings: Settings = Settings(), progress: Progress = silent) -> MaterialMaps:  # noqa: B008
    """Return the concentrations of hydroxyapatite and urate in every mineral voxel.

    In voxels above ``settings.anatomy.mineral_threshold_hu`` at the low energy, solves
    ``HU - HU_host = k_HA c_HA + k_MSU c_MSU`` at both energies, with the host's HU from the scan's soft tissue
    and k from the slice's water path. Where one solution is negative, the other crystal alone is fitted to both
    energies by least squares, weighted by noise. Concentrations end at the solid crystals' density. Where an
    image is clipped, the other energy alone tells hydroxyapatite. Elsewhere the maps are 0.

    A voxel of another host (tendon, fat) is wrong by that host; regions are measured with their own host
    (``region_masses``).

    Parameters
    ----------
    study : Study
        Low and high energy on one grid.
    settings : Settings
        Thresholds of body and mineral.
    progress : callable
        Told the step and the fraction done.

    Raises
    ------
    InputRefusedError
        If the pair has no table or the scan shows no soft tissue.
    """
    paths_cm = slice_paths_cm(study.low, settings.anatomy.body_threshold_hu)
    typical = sensitivity(study.pair, float(np.median(paths_cm)))
    soft = measure_soft_tissue(study.low, study.high)
    maps = np.zeros((2, *study.low.array.shape), np.float32)
    for block in _blocks(len(paths_cm)):
        progress("materials", block.start / len(paths_cm))
        in_soft_tissue = in_host(sensitivity(study.pair, float(paths_cm[block].mean())), *soft.host_hu)
        _solve_block(study, block, in_soft_tissue, soft, settings.anatomy.mineral_threshold_hu, maps)
    progress("materials", 1.0)
    return MaterialMaps(
        hydroxyapatite=study.low.like(maps[0]),
        urate=study.low.like(maps[1]),
        low=study.low,
        high=study.high,
        sensitivity=typical,
        noise_hu=soft.noise_hu,
        notices=_clipping_notices(study),
        slice_path_cm=tuple(float(p) for p in paths_cm),
        correlated_voxels=soft.correlated_voxels,
    )


def count_clipped(study: Study) -> tuple[int, int]:
    """Return how many voxels sit at the top of the stored range, at the low and the high energy."""
    counts = [
        sum(int(np.count_nonzero(volume.array[block] >= top)) for block in _blocks(len(volume.array)))
        for volume, top in zip((study.low, study.high), study.maximum_hu, strict=True)
    ]
    return counts[0], counts[1]


def solve_two_crystals(
    excess_low_hu: FloatArray, excess_high_hu: FloatArray, sensitivity: Sensitivity, noise_hu: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Return HA and MSU in mg/cm3, neither negative, that explain host-subtracted HU best.

    The minimum over c >= 0 of ``sum over energies of ((excess - k_HA c_HA - k_MSU c_MSU) / noise)^2``: the exact
    solution of the two equations where it is not negative, else the better of the two single crystals.

    Parameters
    ----------
    excess_low_hu, excess_high_hu : array, shape (n,)
        HU above the host.
    sensitivity : Sensitivity
        In that host.
    noise_hu : tuple of float
        Weights: standard deviation at low and high energy.

    Returns
    -------
    tuple of array, shape (n,)
        HA and MSU, mg/cm3, up to the density of the solids.
    """
    s = sensitivity
    determinant = s.ha_low * s.msu_high - s.ha_high * s.msu_low
    ha = (s.msu_high * excess_low_hu - s.msu_low * excess_high_hu) / determinant
    msu = (s.ha_low * excess_high_hu - s.ha_high * excess_low_hu) / determinant
    ha_alone, ha_gain = _one_crystal(excess_low_hu, excess_high_hu, (s.ha_low, s.ha_high), noise_hu)
    msu_alone, msu_gain = _one_crystal(excess_low_hu, excess_high_hu, (s.msu_low, s.msu_high), noise_hu)
    both, ha_better = (ha >= 0) & (msu >= 0), ha_gain >= msu_gain
    ha = np.where(both, ha, np.where(ha_better, ha_alone, 0.0))
    msu = np.where(both, msu, np.where(ha_better, 0.0, msu_alone))
    return np.minimum(ha, 1000.0 * HA_G_PER_CM3), np.minimum(msu, 1000.0 * MSU_G_PER_CM3)


def _one_crystal(
    low: FloatArray, high: FloatArray, k: tuple[float, float], noise_hu: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Return the concentration of one crystal alone, not negative, and how much it lowers the squared residual."""
    weight_low, weight_high = noise_hu[0] ** -2, noise_hu[1] ** -2
    power = weight_low * k[0] ** 2 + weight_high * k[1] ** 2
    amount = np.maximum((weight_low * k[0] * low + weight_high * k[1] * high) / power, 0.0)
    return amount, amount**2 * power


def _solve_block(
    study: Study, block: slice, in_soft_tissue: Sensitivity, soft: SoftTissue, threshold_hu: float,
    maps: NDArray[np.float32],
) -> None:  # fmt: skip
    """Fill a block of both maps, shape (crystals, slices, rows, columns)."""
    low, high = study.low.array[block], study.high.array[block]
    where = np.nonzero(low >= threshold_hu)
    excess_low, excess_high = low[where] - soft.host_hu[0], high[where] - soft.host_hu[1]
    ha, msu = solve_two_crystals(excess_low, excess_high, in_soft_tissue, soft.noise_hu)
    clipped = (low[where] >= study.maximum_hu[0]) & (high[where] < study.maximum_hu[1])
    ha[clipped], msu[clipped] = excess_high[clipped] / in_soft_tissue.ha_high, 0.0
    maps[0, block][where] = np.clip(ha, 0.0, 1000.0 * HA_G_PER_CM3)
    maps[1, block][where] = msu


def _clipping_notices(study: Study) -> tuple[Notice, ...]:
    low, high = count_clipped(study)
    if not low + high:
        return ()
    return (
        Notice(
            "clipped",
            f"{low} voxels at {study.pair.low} and {high} at {study.pair.high} sit at the top of the stored range.",
            "Where only the low energy is clipped, hydroxyapatite comes from the high energy alone; where both "
            "are, its mass is too small.",
        ),
    )


def _blocks(slices: int) -> Iterator[slice]:
    return (slice(k, min(k + _BLOCK_SLICES, slices)) for k in range(0, slices, _BLOCK_SLICES))
