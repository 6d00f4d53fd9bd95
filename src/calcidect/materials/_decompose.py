"""Voxel maps of hydroxyapatite and urate: two energies, two crystals, the host from the soft tissue around."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from calcidect.geometry import FloatArray
from calcidect.materials._crystals import solve_voxels
from calcidect.materials._halo import find_mineral, grown
from calcidect.materials._host_map import map_host
from calcidect.materials._metal import find_metal, metal_notices
from calcidect.materials._noise import measure_soft_tissue, noise_notices
from calcidect.materials._path import slice_paths_cm
from calcidect.materials._sensitivity import sensitivity
from calcidect.materials._single import single_energy_maps
from calcidect.materials._solve import Rays
from calcidect.materials._types import MaterialMaps
from calcidect.progress import Progress, silent
from calcidect.settings import Settings
from calcidect.study import Pair, Study

_BLOCK_SLICES = 16


def decompose(study: Study, settings: Settings = Settings(), progress: Progress = silent) -> MaterialMaps:  # noqa: B008
    """Return the concentrations of hydroxyapatite and urate in every voxel of mineral and its halo.

    Mineral is above ``settings.materials.mineral_threshold_hu`` at the low energy, its halo within 1 mm. There,
    ``HU - HU_host = k_HA c_HA + k_MSU c_MSU`` is solved at both energies, with the host's HU from the soft tissue
    around (`map_host`) and k from the slice's water path and that host; for one crystal where one is enough
    (`solve_voxels`).
    Elsewhere the concentrations are 0. A single-energy scan has none.

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
    progress("materials", 0.0)
    paths_cm = slice_paths_cm(study.low, settings.anatomy.body_threshold_hu)
    typical = sensitivity(study.pair, float(np.median(paths_cm)))
    soft = measure_soft_tissue(study.low, study.high)
    noise_hu2 = np.diag(np.square(soft.noise_hu))
    clipped = count_clipped(study)
    metal = find_metal(study.low, study.high, study.maximum_hu, typical)
    progress("materials", 0.3)
    mineral = find_mineral(study.low, settings.materials.mineral_threshold_hu)
    solved = grown(mineral, study.low.grid.spacing_mm)
    air = grown(study.low.array < settings.anatomy.body_threshold_hu, study.low.grid.spacing_mm)
    host = map_host(study.low, study.high, ~(solved | air), soft, noise_hu2)
    del air
    progress("materials", 0.6)
    concentrations = solve_voxels(study, mineral, solved, host, _rays_of(study.pair, paths_cm), soft, noise_hu2)
    progress("materials", 1.0)
    return MaterialMaps(
        concentrations=concentrations,
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


def _rays_of(pair: Pair, paths_cm: FloatArray) -> Rays:
    """Return HU per mg/cm3 in water, slice by slice."""
    of_slices = [sensitivity(pair, float(path)) for path in paths_cm]
    return Rays(
        *(np.array([getattr(k, name) for k in of_slices]) for name in ("ha_low", "ha_high", "msu_low", "msu_high"))
    )


def _blocks(slices: int) -> Iterator[slice]:
    return (slice(k, min(k + _BLOCK_SLICES, slices)) for k in range(0, slices, _BLOCK_SLICES))
