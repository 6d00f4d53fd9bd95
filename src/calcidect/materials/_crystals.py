"""Every voxel of mineral and halo, solved: first the mineral, then its halo, which shares the mineral's crystals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray
from calcidect.materials._coarse import CoarseGrid, Floats, Places
from calcidect.materials._concentrations import Concentrations
from calcidect.materials._halo import Mask
from calcidect.materials._host_map import HostMap
from calcidect.materials._local_rays import LocalRays
from calcidect.materials._noise import SoftTissue
from calcidect.materials._solve import Excess, Rays, bounded, one_ray, solve_mineral
from calcidect.study import Study

_CHUNK_VOXELS = 1 << 18
_LOCAL_SIGMA_MM = 0.6
"""Our choice: wider than the scan's blur (sigma up to 0.5 mm), narrower than the 2 mm between deposits."""
_SMALLEST_WEIGHT = 1e-6


@dataclass(frozen=True, eq=False)
class _Voxels:
    """The voxels to solve, and what is known of them before.

    ``at``: rising flat indices. ``low``, ``high``: HU above the host. ``mineral``: or else halo. ``clipped``:
    at the low energy; the high one is used alone.
    """

    at: NDArray[np.int64]
    low: Floats
    high: Floats
    mineral: Mask
    clipped: Mask


def solve_voxels(
    study: Study,
    mineral: Mask,
    solved: Mask,
    host: HostMap,
    in_water: LocalRays,
    tissue: SoftTissue,
    noise_hu2: FloatArray,
) -> Concentrations:
    """Return hydroxyapatite and urate, with their standard deviations, wherever ``solved`` is true.

    Mineral: `solve_mineral`; where the low energy is clipped, hydroxyapatite from the high energy alone. Halo: one ray,
    that of the mixture of crystals in the mineral around, for blur spreads them alike. What noise makes negative
    becomes 0, and the positive halo around is lowered by as much: the sum over a deposit stays what was measured.

    Parameters
    ----------
    study : Study
        Of two energies.
    mineral, solved : bool array
        Mineral; mineral and halo.
    host : HostMap
        Around them.
    in_water : LocalRays
        HU per mg/cm3 in water.
    tissue : SoftTissue
        How far noise is correlated.
    noise_hu2 : array, shape (2, 2)
        Covariance of a voxel's noise.
    """
    voxels = _excess(study, mineral, solved, host)
    noise = noise_hu2.astype(np.float32)  # a double would turn every voxel into one
    values = np.zeros((4, len(voxels.at)), np.float32)
    _solve_all_mineral(voxels, host, in_water, tissue, noise, values)
    _solve_all_halo(voxels, host, in_water, noise, values)
    _keep_sums(voxels, host.coarse, values)
    return Concentrations(study.low.grid, voxels.at, *values)


def _excess(study: Study, mineral: Mask, solved: Mask, host: HostMap) -> _Voxels:
    """Return the voxels to solve, with what their HU lie above the host."""
    assert study.high is not None
    at = np.flatnonzero(solved)
    low, high = np.empty(len(at), np.float32), np.empty(len(at), np.float32)
    clipped = np.empty(len(at), bool)
    for chunk, places in _chunks(at, host.coarse):
        low_host, high_host = host.coarse.interpolated(places, host.low_hu, host.high_hu)
        low_hu = study.low.array[places]
        low[chunk], high[chunk] = low_hu - low_host, study.high.array[places] - high_host
        clipped[chunk] = low_hu >= study.maximum_hu[0]
    return _Voxels(at, low, high, mineral.reshape(-1)[at], clipped)


def _solve_all_mineral(
    voxels: _Voxels, host: HostMap, in_water: LocalRays, tissue: SoftTissue, noise_hu2: Floats, values: Floats
) -> None:
    """Fill HA, its standard deviation, MSU and its own, shape (4, n), of all mineral voxels."""
    coarse = host.coarse
    weight, low, high = (
        coarse.smoothed(field, _LOCAL_SIGMA_MM)
        for field in _sums(voxels, coarse, ~voxels.clipped, np.ones_like(voxels.low), voxels.low, voxels.high)
    )
    independent = coarse.cells_under(_LOCAL_SIGMA_MM) / tissue.correlated_voxels
    for here, places in _chunks(voxels.at, coarse, voxels.mineral):
        excess, k = _excess_of(voxels, here, places, host, noise_hu2), _rays(voxels, here, places, host, in_water)
        number, mean_low, mean_high = coarse.interpolated(places, weight, low, high)
        number = np.maximum(number, _SMALLEST_WEIGHT)
        noise_share = np.minimum(1.0 / (number * independent), 1.0) - 1.0
        around = Excess(
            mean_low / number,
            mean_high / number,
            excess.low_hu2 + noise_share * noise_hu2[0, 0],
            excess.high_hu2 + noise_share * noise_hu2[1, 1],
            excess.both_hu2 + noise_share * noise_hu2[0, 1],
        )
        solved = np.stack(solve_mineral(excess, around, k))
        clipped = voxels.clipped[here]
        solved[:, clipped] = 0.0
        solved[0, clipped] = (excess.high / k.ha_high)[clipped]
        solved[1, clipped] = (np.sqrt(excess.high_hu2) / k.ha_high)[clipped]
        solved[0], solved[2] = bounded(solved[0], solved[2])
        values[:, here] = solved


def _solve_all_halo(
    voxels: _Voxels, host: HostMap, in_water: LocalRays, noise_hu2: Floats, values: Floats
) -> None:  # fmt: skip
    """Fill the halo's voxels, signed."""
    coarse = host.coarse
    ha, msu = (
        coarse.smoothed(field, _LOCAL_SIGMA_MM) for field in _sums(voxels, coarse, voxels.mineral, values[0], values[2])
    )
    share = (ha + _SMALLEST_WEIGHT) / (ha + msu + _SMALLEST_WEIGHT)
    for here, places in _chunks(voxels.at, coarse, ~voxels.mineral):
        ha_share = share.reshape(-1)[coarse.cell_of(places)]
        ray = _rays(voxels, here, places, host, in_water).mixed(ha_share)
        amount, sd = one_ray(_excess_of(voxels, here, places, host, noise_hu2), ray)
        values[:, here] = ha_share * amount, ha_share * sd, (1 - ha_share) * amount, (1 - ha_share) * sd


def _keep_sums(voxels: _Voxels, coarse: CoarseGrid, values: Floats) -> None:
    """Make the halo's concentrations positive, and keep their local sums."""
    halo = ~voxels.mineral
    signed = values[0] + values[2]  # of one sign in a halo, where both lie along one ray
    positive = np.maximum(signed, 0.0)
    signed_sum, positive_sum = (
        coarse.smoothed(field, 2 * _LOCAL_SIGMA_MM) for field in _sums(voxels, coarse, halo, signed, positive)
    )
    kept = np.clip(signed_sum / np.maximum(positive_sum, _SMALLEST_WEIGHT), 0.0, 1.0).reshape(-1)
    for here, places in _chunks(voxels.at, coarse, halo):
        values[::2, here] = np.maximum(values[::2, here], 0.0) * kept[coarse.cell_of(places)]


def _excess_of(
    voxels: _Voxels, here: NDArray[np.intp], places: Places, host: HostMap, noise_hu2: Floats
) -> Excess:  # fmt: skip
    cell = host.coarse.cell_of(places)
    variances = (
        field.reshape(-1)[cell] + noise
        for field, noise in (
            (host.low_hu2, noise_hu2[0, 0]), (host.high_hu2, noise_hu2[1, 1]), (host.both_hu2, noise_hu2[0, 1])
        )
    )  # fmt: skip
    return Excess(voxels.low[here], voxels.high[here], *variances)


def _rays(voxels: _Voxels, here: NDArray[np.intp], places: Places, host: HostMap, in_water: LocalRays) -> Rays:
    """Return HU per mg/cm3 of voxels on the path through them and in their own host."""
    cell = host.coarse.cell_of(places)
    return Rays.in_hosts(in_water.at(places), host.low_hu.reshape(-1)[cell], host.high_hu.reshape(-1)[cell])


def _sums(voxels: _Voxels, coarse: CoarseGrid, which: Mask, *values: Floats) -> list[FloatArray]:
    """Return the sums over each cell's voxels of one kind."""
    total = [np.zeros(coarse.cells) for _ in values]
    for here, places in _chunks(voxels.at, coarse, which):
        cell = coarse.cell_of(places)
        for sums, value in zip(total, values, strict=True):
            coarse.add(sums, cell, value[here])
    return total


def _chunks(
    at: NDArray[np.int64], coarse: CoarseGrid, which: Mask | None = None
) -> Iterator[tuple[NDArray[np.intp], Places]]:
    """Yield the numbers of some of the voxels, a part at a time, and where these lie: slices, rows, columns."""
    for start in range(0, len(at), _CHUNK_VOXELS):
        end = min(start + _CHUNK_VOXELS, len(at))
        here = np.arange(start, end) if which is None else start + np.flatnonzero(which[start:end])
        yield here, np.unravel_index(at[here], coarse.shape)
