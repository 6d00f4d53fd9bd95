"""Voxel maps of hydroxyapatite and urate: two energies, two crystals, the host from the soft tissue around."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from calcidect.geometry import Volume, box_around
from calcidect.materials._calibration import MODEL, Calibration, confirm_pair
from calcidect.materials._concentrations import Concentrations
from calcidect.materials._crystals import solve_voxels
from calcidect.materials._halo import Mask, find_mineral, grown
from calcidect.materials._host_map import map_host
from calcidect.materials._local_rays import LocalRays
from calcidect.materials._metal import metal_bodies, metal_notices, metal_of, metal_points_mm
from calcidect.materials._model_of import model_of
from calcidect.materials._noise import SoftTissue, measure_soft_tissue, noise_notices
from calcidect.materials._path import slice_paths_cm, water_path
from calcidect.materials._sensitivity import sensitivity
from calcidect.materials._single import single_energy_maps
from calcidect.materials._types import MaterialMaps
from calcidect.progress import Progress, silent
from calcidect.settings import Settings
from calcidect.study import Study

_BLOCK_SLICES = 16
_AIR_MM = 5.0
"""Left around the body: more than the boxes over which noise is measured."""
_MARGIN_MM = 15.0
"""Around the mineral: soft tissue beyond tells nothing of its host."""


def decompose(
    study: Study,
    settings: Settings = Settings(),  # noqa: B008
    progress: Progress = silent,
    calibration: Calibration = MODEL,
) -> MaterialMaps:
    """Return the concentrations of hydroxyapatite and urate in every voxel of mineral and its halo.

    Mineral is above ``settings.materials.mineral_threshold_hu`` at the low energy, its halo within 1 mm. There,
    ``HU - HU_host = k_HA c_HA + k_MSU c_MSU`` is solved at both energies, with the host's HU from the soft tissue
    around (`map_host`) and k from the local water path and that host; for one crystal where one is enough
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
    calibration : Calibration
        Of the scanner; the model's sensitivities are multiplied by its factors. Of the model, that of the pair.

    Raises
    ------
    InputRefusedError
        If the pair has no table, the calibration is of another pair, or the scan shows no soft tissue.
    """
    if study.high is None or study.pair is None:
        return single_energy_maps(study, count_clipped(study), settings.materials)
    progress("materials", 0.0)
    confirm_pair(calibration, study.pair.name)
    calibration = model_of(study.pair) if calibration.kind == "model" else calibration
    path_cm = water_path(study.low, settings.anatomy.body_threshold_hu, settings.materials.mineral_path_factor)
    paths_cm = slice_paths_cm(path_cm, study.low, settings.anatomy.body_threshold_hu)
    beams = settings.materials.beams
    typical = calibration.applied(sensitivity(study.pair, float(np.median(paths_cm)), beams))
    body, start = _body(study, settings.anatomy.body_threshold_hu)
    soft = measure_soft_tissue(body.low, body.high)
    clipped = count_clipped(study)
    bodies = metal_bodies(study.low, study.high, study.maximum_hu, typical)
    metal = metal_of(bodies, study.high)
    progress("materials", 0.3)
    found = _concentrations(body, path_cm, soft, settings, calibration)
    concentrations = found.placed_in(study.low.grid, start)
    progress("materials", 1.0)
    return MaterialMaps(
        concentrations=concentrations,
        low=study.low,
        high=study.high,
        sensitivity=typical,
        soft_tissue=soft,
        clipped_voxels=clipped,
        maximum_hu=study.maximum_hu,
        notices=(
            *noise_notices(soft, typical, study.low.grid.voxel_volume_mm3, settings.materials),
            *metal_notices(metal),
        ),
        slice_path_cm=tuple(float(p) for p in paths_cm),
        path_cm=path_cm,
        pair=study.pair,
        beams=beams,
        metal=metal,
        metal_points_mm=metal_points_mm(bodies, study.high),
        motion=study.motion,
        quality=study.quality,
        calibration=calibration,
    )


def _body(study: Study, threshold_hu: float) -> tuple[Study, tuple[int, int, int]]:
    """Return the study without the rows and columns of air around the body, and the voxel where it begins."""
    part = _around(study.low.array > threshold_hu, study.low.grid.spacing_mm, _AIR_MM)
    if part is None:
        return study, (0, 0, 0)
    (i, j, _), (ni, nj, _) = part
    return _cropped(study, (i, j, 0), (ni, nj, study.low.grid.size[2])), (i, j, 0)


def _concentrations(
    study: Study, path_cm: Volume, soft: SoftTissue, settings: Settings, calibration: Calibration
) -> Concentrations:  # fmt: skip
    """Return the concentrations of a scan of two energies, found in the part of it that holds mineral."""
    whole, spacing_mm = study.low.grid, study.low.grid.spacing_mm
    part = _around(study.low.array >= settings.materials.mineral_threshold_hu, spacing_mm, _MARGIN_MM)
    if part is None:
        return Concentrations.none(whole)
    (start, size), noise_hu2 = part, soft.covariance.of_voxel
    near = _cropped(study, start, size)
    assert near.pair is not None  # a study of two energies
    in_water = LocalRays.of(near.pair, path_cm, near.low.grid, settings.materials.beams, calibration)
    mineral = find_mineral(near.low, settings.materials.mineral_threshold_hu)
    solved = grown(mineral, spacing_mm)
    clear = grown(near.low.array < settings.anatomy.body_threshold_hu, spacing_mm)
    np.logical_or(clear, solved, out=clear)
    np.logical_not(clear, out=clear)
    host = map_host(near, clear, soft, noise_hu2)
    found = solve_voxels(near, mineral, solved, host, in_water, soft, noise_hu2)
    return found.placed_in(whole, start)


def _cropped(study: Study, start: tuple[int, int, int], size: tuple[int, int, int]) -> Study:
    """Return a part of both images of a study."""
    assert study.high is not None
    return replace(study, low=study.low.cropped(start, size), high=study.high.cropped(start, size))


def _around(
    mask: Mask, spacing_mm: tuple[float, float, float], margin_mm: float
) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
    """Return start and size (i, j, k) of the box around a mask, with a margin; None if the mask is empty."""
    box = box_around(mask, [round(margin_mm / spacing) for spacing in spacing_mm[::-1]])
    if box is None:
        return None
    k, j, i = box
    return (i.start, j.start, k.start), (i.stop - i.start, j.stop - j.start, k.stop - k.start)


def count_clipped(study: Study) -> tuple[int, ...]:
    """Return how many voxels of each image, low energy first, sit at the top of the stored range."""
    images = [volume for volume in (study.low, study.high) if volume is not None]
    return tuple(
        sum(int(np.count_nonzero(volume.array[block] >= top)) for block in _blocks(len(volume.array)))
        for volume, top in zip(images, study.maximum_hu, strict=True)
    )


def _blocks(slices: int) -> Iterator[slice]:
    return (slice(k, min(k + _BLOCK_SLICES, slices)) for k in range(0, slices, _BLOCK_SLICES))
