"""Which two series are the pair, by their headers; then, by their pixels, whether the headers are right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import Notice, StudyRefusedError
from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._energy import MIXTURE
from calcidect.study._grids import how_grids_relate
from calcidect.study._series import Series
from calcidect.study._stack import Stack
from calcidect.study._types import Energy, Pair

LOWEST_KEV = 40.0
"""Below 40 keV vendors give no images of hands; the lowest usual step of every vendor is 40 keV (docs/dicom.md)."""

DENSE_HU = 300.0
"""Voxels above it are dense calcium (docs/dicom.md)."""

# HU per mg/cm3 of hydroxyapatite behind 3 cm of water (docs/method/materials.md, section 1): low voltages, then
# 140 kV and Sn140 kV.
_HU_PER_MG_LOW = {70.0: 2.59, 80.0: 2.27, 90.0: 2.05, 100.0: 1.89}
_HU_PER_MG_140, _HU_PER_MG_SN140 = 1.55, 1.07
_BONE_OF_HYDROXYAPATITE = 0.91  # bone's ratio is 0.87-0.94 of pure hydroxyapatite's, on simulated hands of seven pairs

_MINIMUM_DENSE_VOXELS = 50  # our rule: the median of fewer is noise
_SAMPLED_VOXELS = 2**22  # enough for a median; a whole study has forty times as many
_SIEMENS_KERNEL = re.compile(r"[A-Z][a-z]?(\d{2})[a-z]?")  # D30f, Qr36d, Br64: the number is the sharpness


@dataclass(frozen=True)
class SeriesPair:
    """Two series of one place and kernel, lower energy first."""

    low: Series
    high: Series

    @property
    def pair(self) -> Pair:
        """Their energies."""
        return Pair(_energy(self.low), _energy(self.high))

    @property
    def frames_differ(self) -> bool:
        """Whether they state different frames of reference: then the pixels must show that they are of one scan."""
        return self.low.images[0].frame_uid != self.high.images[0].frame_uid

    @property
    def stacks(self) -> tuple[Stack, Stack]:
        """Their slices in order."""
        assert self.low.stack is not None
        assert self.high.stack is not None
        return self.low.stack, self.high.stack


def find_pairs(series: Sequence[Series], settings: StudySettings) -> tuple[SeriesPair, ...]:
    """Return every pair that the headers allow: same frame of reference, grid, kernel and kind of energy.

    Of several virtual monoenergetic series the lowest from 40 keV up and the highest are taken: any two hold all the
    information there is, and the two farthest apart lose least of it to noise.
    """
    usable = [one for one in series if one.stack and one.found.energy and not _is_too_low(one.found.energy)]
    # Where series lie voxel on voxel, they belong together; only where none do may one be cropped or interpolated.
    return _grouped(usable, settings, is_exact=True) or _grouped(usable, settings, is_exact=False)


def _grouped(series: Sequence[Series], settings: StudySettings, *, is_exact: bool) -> tuple[SeriesPair, ...]:
    groups: list[list[Series]] = []
    for one in series:
        for group in groups:
            if not _why_apart(group[0], one, settings, is_exact=is_exact):
                group.append(one)
                break
        else:
            groups.append([one])
    return tuple(pair for group in groups for pair in _extremes(group))


def _is_too_low(energy: Energy) -> bool:
    return energy.kind == "kev" and energy.value < LOWEST_KEV


def _extremes(group: Sequence[Series]) -> list[SeriesPair]:
    """Return the pairs of lowest and highest energy; more than one where an energy is there twice."""
    ranks = [_rank(one) for one in group]
    lows = [one for one, rank in zip(group, ranks, strict=True) if rank == min(ranks)]
    highs = [one for one, rank in zip(group, ranks, strict=True) if rank == max(ranks)]
    return [SeriesPair(low, high) for low in lows for high in highs] if min(ranks) < max(ranks) else []


def choose_pair(series: Sequence[Series], pairs: Sequence[SeriesPair], settings: StudySettings) -> SeriesPair:
    """Return the pair that is meant.

    Where one place holds several, tube voltages go before virtual images (they are what was measured), and the
    softest kernel before sharper ones (sharp kernels fake ratios at edges).

    Raises
    ------
    StudyRefusedError
        If there is none, saying why, or no reason to prefer one: ``several_pairs``.
    """
    if not pairs:
        raise _why_none(series, settings)
    best = [pair for pair in pairs if _preference(pair) == min(map(_preference, pairs))]
    place = pairs[0].stacks[0].grid
    elsewhere = any(not place.is_same_as(pair.stacks[0].grid, settings.position_tolerance_mm) for pair in pairs)
    if len(best) > 1 or elsewhere:
        raise refusals.several_pairs([pair.pair.name for pair in pairs])
    return best[0]


def _preference(pair: SeriesPair) -> tuple[bool, int]:
    sharpness = _SIEMENS_KERNEL.match(pair.low.kernel)
    return pair.pair.low.kind == "kev", int(sharpness[1]) if sharpness else 0


def _energy(series: Series) -> Energy:
    assert series.found.energy is not None
    return series.found.energy


def _rank(series: Series) -> tuple[float, bool]:
    energy = _energy(series)
    return energy.value, energy.tin  # tin hardens a beam: of equal voltages, the filtered one is the high energy


def _why_apart(one: Series, other: Series, settings: StudySettings, *, is_exact: bool = False) -> str:
    """Tell why two series can't be a pair, or not one that lies voxel on voxel in one frame; empty if they can."""
    assert one.stack is not None
    assert other.stack is not None
    if _energy(one).kind != _energy(other).kind:
        return "one is a tube voltage and the other a virtual monoenergetic image"
    if one.images[0].study_uid != other.images[0].study_uid:
        return "they are of different studies"
    relation = how_grids_relate(one.stack, other.stack, settings)
    is_one_frame = one.images[0].frame_uid == other.images[0].frame_uid
    if not is_one_frame and (is_exact or relation.kind != "same"):
        return "they lie in different frames of reference, so they were not scanned together"
    if relation.why_apart or (is_exact and relation.kind != "same"):
        return relation.why_apart or "their slices do not lie in the same places, or differ in number or size"
    if one.kernel != other.kernel:
        return "they were reconstructed with different kernels"
    return ""


def _why_none(series: Sequence[Series], settings: StudySettings) -> StudyRefusedError:
    """Return why there is no pair, the most telling reason first."""
    stated = [one for one in series if one.found.energy]
    if not stated:
        return refusals.no_energy(list(dict.fromkeys(one.found.why_not for one in series)))
    # A scout of three slices says nothing about the scan beside it.
    large = [one for one in stated if 2 * len(one.images) >= max(len(other.images) for other in stated)]
    broken = [one.problem for one in large if one.problem]
    if broken:
        return refusals.together(_of_series(large))
    energies = sorted({str(_energy(one)) for one in large})
    mixtures = sum(one.found.why_not == MIXTURE for one in series)
    if len(energies) > 1:
        return _why_unlike(large, settings)
    if mixtures:
        return refusals.no_pair(f"one is of {energies[0]}, the other a mixture of several energies")
    if len(large) > 1:
        return refusals.no_pair(f"all {len(large)} series are of {energies[0]}")
    return refusals.one_energy(energies[0])


def _of_series(series: Sequence[Series]) -> list[StudyRefusedError]:
    """Return the problems of some series, each with the energies that have it and those that are whole."""
    problems = {one.problem.found: one.problem for one in series if one.problem}
    ordered = sorted(series, key=_rank)
    whole = list(dict.fromkeys(str(_energy(one)) for one in ordered if not one.problem))
    told = []
    for found, problem in problems.items():
        having = [str(_energy(one)) for one in ordered if one.problem and one.problem.found == found]
        told.append(refusals.in_series(problem, list(dict.fromkeys(having)), whole))
    return told


def _why_unlike(series: Sequence[Series], settings: StudySettings) -> StudyRefusedError:
    """Return why series of different energies make no pair."""
    first, *rest = sorted(series, key=_rank)
    others = [one for one in rest if _energy(one) != _energy(first)]
    reason, other = next(
        ((why, one) for one in others if (why := _why_apart(first, one, settings))),
        (f"both must be at least {LOWEST_KEV:g} keV", others[0]),
    )
    assert first.stack is not None
    assert other.stack is not None
    is_of_grids = reason == how_grids_relate(first.stack, other.stack, settings).why_apart
    return (refusals.grids_differ if is_of_grids else refusals.no_pair)(
        f"{_energy(first)} and {_energy(other)}: {reason}"
    )


def bone_ratio(low: NDArray[Any], high: NDArray[Any], maximum_hu: tuple[float, float]) -> float:
    """Return the median of HU low / HU high of dense calcium.

    Parameters
    ----------
    low, high : array, shape (slices, rows, columns)
        HU.
    maximum_hu : tuple of float
        Highest value that each can store; clipped voxels are left out.

    Raises
    ------
    StudyRefusedError
        If there is next to no dense calcium: ``no_dense_calcium``.
    """
    step = max(1, low.size // _SAMPLED_VOXELS)
    low, high = low[::step], high[::step]
    # The mean of both is above the threshold, so that neither image is favoured should the labels be swapped.
    dense = (low.astype(np.float32) + high > 2 * DENSE_HU) & (low < maximum_hu[0]) & (high < maximum_hu[1])
    if np.count_nonzero(dense) < _MINIMUM_DENSE_VOXELS:
        raise refusals.no_dense_calcium()
    return float(np.median(low[dense].astype(float) / np.maximum(high[dense].astype(float), 1.0)))


def confirm_energies(pair: Pair, ratio: float, settings: StudySettings) -> tuple[Notice, ...]:
    """Compare what the headers say with what the pixels say.

    Raises
    ------
    StudyRefusedError
        ``energies_swapped`` or ``bone_ratio_low``.
    """
    if ratio <= 1 / settings.minimum_bone_ratio:
        raise refusals.energies_swapped(str(pair.low), str(pair.high), ratio)
    if ratio < settings.minimum_bone_ratio:
        raise refusals.bone_ratio_low(ratio, settings.minimum_bone_ratio)
    boundary = _tin_boundary(pair)
    if boundary is None or (ratio > boundary) == pair.high.tin:
        return ()
    message = (
        f"The bone ratio of {ratio:.2f} does not fit the stated pair {pair.name}: "
        f"a beam {'without' if pair.high.tin else 'with'} tin would."
    )
    return (Notice("tin_unconfirmed", message, "All densities, if the stated filter is wrong."),)


def _tin_boundary(pair: Pair) -> float | None:
    """Return the bone ratio half way (geometrically) between pairs without and with tin, for known low voltages."""
    low = _HU_PER_MG_LOW.get(pair.low.value) if pair.low.kind == "kv" else None
    return low * _BONE_OF_HYDROXYAPATITE / (_HU_PER_MG_140 * _HU_PER_MG_SN140) ** 0.5 if low else None
