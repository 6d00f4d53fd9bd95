"""Whether the pixels bear out the headers: dense calcium is brighter at low energy, by a ratio that the pair gives.

The expected ratio is that of hydroxyapatite in water behind 3 cm of water (docs/method/materials.md, section 1). This
room keeps a small table of its own: the materials room, which holds the large one, comes after it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import Notice
from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._sample import DENSE_HU, sampled_slices
from calcidect.study._types import Energy, Pair

# HU per mg/cm3. That of 150 kV without tin continues the row from 120 to 140 kV; it serves to tell it from Sn150 only.
_HU_PER_MG_KV = {
    "70": 2.59, "80": 2.27, "90": 2.05, "100": 1.89, "110": 1.77, "120": 1.68, "130": 1.60, "135": 1.57, "140": 1.54,
    "150": 1.49, "Sn140": 1.06, "Sn150": 0.95,
}  # fmt: skip
_RATIO_OF_PAIR = {"Au120/Sn120": 1.42}  # the split beam's halves are known by their ratio only (same model)
_HU_PER_MG_KEV = {
    40: 3.36, 45: 2.75, 50: 2.27, 60: 1.66, 70: 1.31, 80: 1.09, 90: 0.96, 100: 0.87, 120: 0.76, 140: 0.70, 190: 0.64,
}  # fmt: skip
_BONE_OF_HYDROXYAPATITE = 0.91  # bone's ratio is 0.87-0.94 of pure hydroxyapatite's, on simulated hands of seven pairs

_MINIMUM_DENSE_VOXELS = 50  # our rule: the median of fewer is noise


def hydroxyapatite_ratio(pair: Pair) -> float | None:
    """Return HU low / HU high of hydroxyapatite in water; None for beams that are not in the table."""
    if pair.name in _RATIO_OF_PAIR:
        return _RATIO_OF_PAIR[pair.name]
    low, high = (_hu_per_mg(energy) for energy in (pair.low, pair.high))
    return low / high if low and high else None


def _hu_per_mg(energy: Energy) -> float | None:
    if energy.kind == "kv":
        return _HU_PER_MG_KV.get(energy.beam)
    kev, hu = np.array(list(_HU_PER_MG_KEV)), np.array(list(_HU_PER_MG_KEV.values()))
    if not kev[0] <= energy.value <= kev[-1]:
        return None
    return float(np.exp(np.interp(np.log(energy.value), np.log(kev), np.log(hu))))


def bone_ratio(low: NDArray[Any], high: NDArray[Any], maximum_hu: tuple[float, float]) -> float:
    """Return the median of HU low / HU high of dense calcium, away from its edges.

    Edges are left out where that leaves enough: blur and motion between the energies fake ratios there.

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
    low, high = sampled_slices(low, high)
    # The mean of both is above the threshold, so that neither image is favoured should the labels be swapped.
    dense = (low.astype(np.float32) + high > 2 * DENSE_HU) & (low < maximum_hu[0]) & (high < maximum_hu[1])
    inner = _without_edges(dense)
    if np.count_nonzero(inner) >= _MINIMUM_DENSE_VOXELS:
        dense = inner
    elif np.count_nonzero(dense) < _MINIMUM_DENSE_VOXELS:
        raise refusals.no_dense_calcium()
    return float(np.median(low[dense].astype(float) / np.maximum(high[dense].astype(float), 1.0)))


def _without_edges(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return voxels whose four neighbours in the slice are in the mask, too."""
    inner = np.zeros_like(mask)
    inner[:, 1:-1, 1:-1] = (
        mask[:, 1:-1, 1:-1] & mask[:, :-2, 1:-1] & mask[:, 2:, 1:-1] & mask[:, 1:-1, :-2] & mask[:, 1:-1, 2:]
    )
    return inner


def confirm_energies(pair: Pair, ratio: float, settings: StudySettings) -> tuple[Pair, tuple[Notice, ...]]:
    """Compare what the headers say with what the pixels say.

    Returns
    -------
    Pair
        The stated one; with a tin filter, where the headers are silent on filters and bone fits no other.
    tuple of Notice
        ``tin_from_pixels``, ``ratio_unexpected``.

    Raises
    ------
    StudyRefusedError
        ``energies_swapped`` or ``bone_ratio_low``.
    """
    if ratio <= 1 / settings.minimum_bone_ratio:
        raise refusals.energies_swapped(str(pair.low), str(pair.high), ratio)
    if ratio < settings.minimum_bone_ratio:
        raise refusals.bone_ratio_low(ratio, settings.minimum_bone_ratio)
    if _fits(pair, ratio, settings) is not False:
        return pair, ()
    other = _with_other_filter(pair)
    other_fits = other is not None and _fits(other, ratio, settings)
    if other is not None and other_fits and not pair.high.filter:
        return other, (_tin_from_pixels(pair, other, ratio),)
    expected = _BONE_OF_HYDROXYAPATITE * (hydroxyapatite_ratio(pair) or 0)
    hint = f" It fits {other.name}." if other is not None and other_fits else ""
    message = f"Bone has a ratio of {ratio:.2f}; {pair.name} gives about {expected:.2f}.{hint}"
    return pair, (
        Notice("ratio_unexpected", message, "All densities and masses, if the stated energies or filters are wrong."),
    )


def _fits(pair: Pair, ratio: float, settings: StudySettings) -> bool | None:
    """Tell whether bone's ratio is what a pair gives, within the tolerance; None if the pair is not in the table."""
    hydroxyapatite = hydroxyapatite_ratio(pair)
    if hydroxyapatite is None:
        return None
    relative = ratio / (_BONE_OF_HYDROXYAPATITE * hydroxyapatite)
    return 1 / settings.bone_ratio_factor <= relative <= settings.bone_ratio_factor


def _with_other_filter(pair: Pair) -> Pair | None:
    """Return the pair with tin on its high beam, or without, whichever is not stated; None where that is no beam."""
    if pair.high.kind == "kev" or pair.high.filter == "Au":
        return None
    other = replace(pair, high=replace(pair.high, filter="" if pair.high.filter else "Sn"))
    return other if hydroxyapatite_ratio(other) else None


def _tin_from_pixels(stated: Pair, taken: Pair, ratio: float) -> Notice:
    return Notice(
        "tin_from_pixels",
        f"The headers name no filter ({stated.name}), but bone's ratio of {ratio:.2f} is that of {taken.name}, which "
        "was taken.",
        "All densities and masses, should the beam have had no tin filter.",
    )
