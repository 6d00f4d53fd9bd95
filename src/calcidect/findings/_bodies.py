"""Which mineral is one deposit: necks part bodies, narrow gaps do not.

The inside distance of a deposit is a landscape whose summits are the middles of its bodies; a summit's height is half a
body's thickness, the highest pass between two summits half the thickness of their neck. Summits are joined from the
highest pass down. A pass lower than half the lower summit is a neck and parts them (result contract). What a gap of at
most 2 mm divides is joined after that, the narrowest gap first, and never two bodies that a neck parts.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._gather import from_the_largest
from calcidect.findings._inside import Floats, Inside, Mask, inside_of
from calcidect.geometry import neighbouring, widened
from calcidect.settings import FindingsSettings

Labels = NDArray[np.int32]

_RIPPLE_MM = 0.1
"""Our choice: what depths differ by less are steps of the cells: neither a summit above a pass, nor a neck."""
_MARGIN_MM = 4.0
"""Around a group of bodies, for the soft tissue that tells its host."""


def part_bodies(
    labels: Labels, count: int, low: Floats, free: Mask, spacing_mm: tuple[float, float, float], blur_mm: float,
    settings: FindingsSettings,
) -> tuple[Labels, int]:  # fmt: skip
    """Return deposits, 1 to n from the largest, and n: each group of `gather` parted where necks or gaps part it.

    Parameters
    ----------
    labels : int32 array, shape (k, j, i)
        Groups of mineral, 1 to ``count``.
    count : int
    low : float32 array
        HU.
    free : bool array
        What is neither bone nor outside the hand.
    spacing_mm : tuple of float
        Along i, j, k.
    blur_mm : float
        Full width at half maximum of the scan's blur.
    settings : FindingsSettings
    """
    from scipy.ndimage import find_objects

    parted, last = np.zeros_like(labels), 0
    margin = np.ceil(_MARGIN_MM / np.array(spacing_mm[::-1])).astype(int)
    for number, tight in enumerate(find_objects(labels, count), start=1):
        box = widened(tight, margin)
        mask = labels[box] == number
        own = free[box] & (mask | (labels[box] == 0))
        inside = inside_of(low[box], mask, own, spacing_mm)
        if inside.mask.any():
            bodies = np.where(mask, inside.at_voxels(bodies_of(inside, settings, blur_mm)), 0)
        else:  # nothing stands out of its surroundings by half
            bodies = mask.astype(np.int32)
        parted[box][mask] = bodies[mask] + last
        last += int(bodies.max())
    return from_the_largest(parted, float(np.prod(spacing_mm)), settings.minimum_volume_mm3)


def bodies_of(inside: Inside, settings: FindingsSettings, blur_mm: float) -> Labels:
    """Return the body that each cell is in or nearest to, 1 to n.

    Parameters
    ----------
    inside : Inside
    settings : FindingsSettings
    blur_mm : float
        Full width at half maximum of the scan's blur.
    """
    from scipy.ndimage import distance_transform_edt, label

    lumps = lumps_of(inside, settings.neck_share, blur_mm)
    pieces, _ = label(inside.mask, np.ones((3, 3, 3)))
    away, nearest = distance_transform_edt(lumps == 0, inside.cell_mm[::-1], return_indices=True)
    territory = lumps[tuple(nearest)]
    quarter = float(np.mean(inside.cell_mm)) / 4  # the farther cell beside a gap's middle lies beyond it by as much
    gaps = _between(territory, quarter - away)
    piece = {int(lump): int(pieces[at]) for lump, at in _first_cells(lumps)}
    groups = {lump: {lump} for lump in piece}
    for half_gap, one, other in sorted(((-v, *pair) for pair, v in gaps.items())):
        first, second = groups[one], groups[other]
        parted_by_neck = {piece[n] for n in first} & {piece[n] for n in second}
        if first is second or parted_by_neck or 2 * half_gap > settings.join_gap_mm:
            continue
        first |= second
        groups.update(dict.fromkeys(second, first))
    names = np.zeros(int(lumps.max()) + 1, np.int32)
    for number, members in enumerate(_distinct(groups), start=1):
        names[sorted(members)] = number
    bodies: Labels = names[territory]
    return bodies


def lumps_of(inside: Inside, neck_share: float, blur_mm: float) -> Labels:
    """Return what necks leave in one: labels of the cells inside, 1 to n, 0 outside.

    Parameters
    ----------
    inside : Inside
    neck_share : float
        A neck is thinner than this share of the thinner body's thickness.
    blur_mm : float
        Full width at half maximum. A body that is less than twice as thick is never parted: half its thickness would
        be less than the blur, so that its necks look thinner than they are.
    """
    import SimpleITK as sitk

    height = sitk.GetImageFromArray(-inside.depth_mm)
    basins = sitk.GetArrayFromImage(sitk.MorphologicalWatershed(height, _RIPPLE_MM, False, True)).astype(np.int32)
    basins = np.where(inside.mask, basins, 0)
    summits = np.zeros(int(basins.max()) + 1, np.float32)
    np.maximum.at(summits, basins.ravel(), inside.depth_mm.ravel())
    root = np.arange(len(summits))
    passes = _between(basins, inside.depth_mm)
    for height_mm, one, other in sorted(((v, *pair) for pair, v in passes.items()), reverse=True):
        high, low = sorted((root[one], root[other]), key=lambda n: summits[n], reverse=True)
        is_neck = height_mm + _RIPPLE_MM < neck_share * summits[low] and summits[low] >= blur_mm
        if high != low and not is_neck:
            root[root == low] = high
    names = np.unique(root[basins[inside.mask]], return_inverse=True)[1]
    lumps = np.zeros(basins.shape, np.int32)
    lumps[inside.mask] = names.ravel() + 1
    return lumps


def _between(labels: Labels, height: NDArray[np.floating]) -> dict[tuple[int, int], float]:
    """Return the highest pass between each two labels that meet: the lower of two neighbouring cells."""
    passes: dict[tuple[int, int], float] = {}
    for axis in range(3):
        ahead, behind = neighbouring(axis)
        meet = (labels[ahead] != labels[behind]) & (labels[ahead] > 0) & (labels[behind] > 0)
        pairs = np.sort(np.stack([labels[ahead][meet], labels[behind][meet]], -1), axis=1)
        heights = np.minimum(height[ahead][meet], height[behind][meet])
        for (one, other), value in zip(pairs.tolist(), heights.tolist(), strict=True):
            passes[one, other] = max(passes.get((one, other), -np.inf), value)
    return passes


def _first_cells(labels: Labels) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Return every label with one of its cells."""
    values, first = np.unique(labels, return_index=True)
    for value, index in zip(values, first, strict=True):
        if value > 0:
            yield int(value), tuple(int(n) for n in np.unravel_index(index, labels.shape))


def _distinct(groups: dict[int, set[int]]) -> list[set[int]]:
    """Return the sets of a dictionary, each once, by their lowest member."""
    return [members for lump, members in sorted(groups.items()) if lump == min(members)]
