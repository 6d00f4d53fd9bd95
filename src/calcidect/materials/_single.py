"""What one energy tells: noise and soft tissue, and how bright mineral is; no material."""

from __future__ import annotations

from functools import cache

import numpy as np

from calcidect.materials._noise import measure_soft_tissue, noise_notices
from calcidect.materials._sensitivity import hydroxyapatite_hu_per_mg
from calcidect.materials._types import MaterialMaps
from calcidect.settings import MaterialsSettings
from calcidect.study import Energy, Study

_REFERENCE = Energy("kv", 80)
_TABULATED_KV = (70.0, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0, 135.0, 140.0)
_TABULATED_TIN_KV = (140.0, 150.0)


def single_energy_maps(study: Study, clipped_voxels: tuple[int, ...], settings: MaterialsSettings) -> MaterialMaps:
    """Return the maps of a single-energy scan: its image, noise and soft tissue, without any concentration.

    Parameters
    ----------
    study : Study
        Of one energy.
    clipped_voxels : tuple of int
        As ``count_clipped`` gives them.
    settings : MaterialsSettings
        The limit of noise.

    Raises
    ------
    InputRefusedError
        If the scan shows no soft tissue.
    """
    assert study.single_energy is not None
    soft = measure_soft_tissue(study.low, None)
    return MaterialMaps(
        concentrations=None,
        low=study.low,
        high=None,
        sensitivity=None,
        soft_tissue=soft,
        clipped_voxels=clipped_voxels,
        maximum_hu=study.maximum_hu,
        notices=noise_notices(soft, None, study.low.grid.voxel_volume_mm3, settings),
        quality=study.quality,
        single_energy=study.single_energy,
    )


@cache
def brightness_of_80_kv(energy: Energy) -> float:
    """Return how many times as bright mineral would be at 80 kV as it is at another energy.

    For rules of shape that were made at 80 kV; never for a mass: between tabulated voltages it is interpolated, and
    beyond them the nearest is taken, whatever filter the beam had.
    """
    reference = hydroxyapatite_hu_per_mg(_REFERENCE)
    if energy.kind == "kev":
        return reference / hydroxyapatite_hu_per_mg(Energy("kev", float(np.clip(energy.value, 40.0, 200.0))))
    voltages = _TABULATED_TIN_KV if energy.filter == "Sn" else _TABULATED_KV
    known = [hydroxyapatite_hu_per_mg(Energy("kv", kv, energy.filter)) for kv in voltages]
    return reference / float(np.interp(energy.value, voltages, known))
