"""The hands in a scan on a coarse grid: connected parts inside a skin, parted where two touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Volume

_COARSE_MM = 1.6
_OPENING_MM = 3.2
"""A table top or a sheet is thinner than twice this; so is the tip of a slender finger, which is given back."""
_FINGERTIP_CM3 = 3.0
"""More than the end of any finger, less than any piece of a table."""
_MINIMUM_HAND_CM3 = 40.0
"""A small woman's hand without forearm is above 150 cm3; a part cut off by the field of view may be less."""
_DEEPEST_MM = 50.0
MOST_HAND_THICKNESS_MM = 2 * _DEEPEST_MM
"""Our rule: no hand, wrist or forearm is 10 cm thick; heads, knees and trunks are."""
_BONE_SHARE = (0.01, 0.5)
"""Of a hand's volume: simulated ones have 0.14 (above 300 HU), a dry skull 0.8. Our rule: a hand is more soft tissue
than bone and deposits together."""
_CORE_MM = 9.0
"""Deeper than any place where two hands touch, or a finger; palms and forearms are deeper still."""


@dataclass(frozen=True, eq=False)
class CoarseHands:
    """Labels of the hands on every few voxels of a scan.

    Parameters
    ----------
    labels : int32 array, shape (k, j, i) of the coarse grid
        0 outside, 1, 2, ... a hand each.
    step : tuple of int
        Voxels of the scan from one coarse voxel to the next, along i, j, k; the first is voxel (0, 0, 0).
    thickest_mm : float
        Thickness of the thickest part, hand or not.
    """

    labels: NDArray[np.int32]
    step: tuple[int, int, int]
    thickest_mm: float

    @property
    def number(self) -> int:
        """How many hands there are."""
        return int(self.labels.max())


def coarse_hands(low: Volume, threshold_hu: float, bone_threshold_hu: float) -> CoarseHands:
    """Return the hands of a scan, on a coarse grid.

    What is denser than ``threshold_hu`` and thicker than 3 mm falls into connected parts; parts of hand size that hold
    mineral, are mostly soft tissue and are less than 10 cm thick are hands. Two hands that touch are parted by flooding
    from their cores (a watershed of the depth below the skin), since they touch at fingers and edges, which are thinner
    than palms.

    Parameters
    ----------
    low : Volume
        HU of the low energy.
    threshold_hu, bone_threshold_hu : float
        Inside of the skin, and mineral, are denser.
    """
    x, y, z = low.grid.spacing_mm
    si, sj, sk = (max(round(_COARSE_MM / s), 1) for s in (x, y, z))
    coarse = low.array[::sk, ::sj, ::si]
    inside, spacing_mm = coarse > threshold_hu, (x * si, y * sj, z * sk)
    depth = depth_mm(inside, spacing_mm)
    labels = _labels(inside, coarse > bone_threshold_hu, depth, spacing_mm)
    return CoarseHands(labels, (si, sj, sk), 2 * float(depth.max()))


def _labels(
    inside: NDArray[np.bool_],
    mineral: NDArray[np.bool_],
    depth: NDArray[np.float32],
    spacing_mm: tuple[float, float, float],
) -> NDArray[np.int32]:
    """Return labels 1, 2, ... of the hands."""
    voxel_cm3 = float(np.prod(spacing_mm)) / 1000
    opened = inside & (depth_mm(~(depth > _OPENING_MM), spacing_mm) <= _OPENING_MM + 0.5)
    opened |= _fingertips(inside, opened, mineral, voxel_cm3)
    parts = _with_fingers(opened, inside, voxel_cm3)
    labels = np.zeros(inside.shape, np.int32)
    for part in np.nonzero(np.bincount(parts.ravel()) * voxel_cm3 >= _MINIMUM_HAND_CM3)[0]:
        mask = parts == part
        if part == 0 or not _is_hand_like(mineral[mask], depth[mask]):
            continue
        split = _split(mask, depth, spacing_mm)
        labels[mask] = split[mask] + labels.max()
    return labels


def _with_fingers(opened: NDArray[np.bool_], inside: NDArray[np.bool_], voxel_cm3: float) -> NDArray[np.int32]:
    """Return connected parts of what the opening left; what a thin joint has parted from a hand is part of it."""
    from scipy.ndimage import binary_dilation, distance_transform_edt, label

    parts, count = label(opened)
    joined, _ = label(binary_dilation(opened, mask=inside))
    is_hand = np.bincount(parts.ravel(), minlength=count + 1) * voxel_cm3 >= _MINIMUM_HAND_CM3
    is_hand[0] = False
    if not is_hand.any():
        return np.asarray(joined * opened, np.int32)
    nearest = tuple(distance_transform_edt(~is_hand[parts], return_distances=False, return_indices=True))
    return np.asarray(np.where(opened & (joined == joined[nearest]), parts[nearest], parts), np.int32)


def _is_hand_like(mineral: NDArray[np.bool_], depth_mm: NDArray[np.float32]) -> bool:
    """Tell whether a part, given as its voxels, is no thicker than a hand and has its share of bone."""
    return bool(_BONE_SHARE[0] <= mineral.mean() <= _BONE_SHARE[1] and depth_mm.max() <= _DEEPEST_MM)


def _fingertips(
    inside: NDArray[np.bool_], opened: NDArray[np.bool_], mineral: NDArray[np.bool_], voxel_cm3: float
) -> NDArray[np.bool_]:
    """Return the small pieces with mineral inside, of what the opening removed.

    It rounds every edge, too, and the rims that it takes there join fingertips to each other: what lies beside the rest
    belongs to a piece, but joins none.
    """
    from scipy.ndimage import binary_dilation, label

    removed, all_ways = inside & ~opened, np.ones((3, 3, 3))
    pieces, count = label(removed & ~binary_dilation(opened, all_ways), all_ways)
    small = np.bincount(pieces.ravel(), minlength=count + 1) * voxel_cm3 < _FINGERTIP_CM3
    kept = small & (np.bincount(pieces[mineral], minlength=count + 1) > 0)
    kept[0] = False
    return np.asarray(removed & binary_dilation(kept[pieces], all_ways, iterations=2))


def _split(
    mask: NDArray[np.bool_], depth: NDArray[np.float32], spacing_mm: tuple[float, float, float]
) -> NDArray[np.int32]:
    """Return 1, or 1 and 2 where the part holds two cores of comparable size."""
    import SimpleITK as sitk

    cores = sitk.GetArrayFromImage(
        sitk.ConnectedComponent(sitk.GetImageFromArray((mask & (depth > _CORE_MM)).astype(np.uint8)))
    )
    sizes = np.bincount(cores.ravel())
    sizes[0] = 0
    order = np.argsort(sizes)[::-1]
    if len(order) < 3 or sizes[order[1]] < 0.3 * sizes[order[0]] or sizes[order[1]] == 0:
        return mask.astype(np.int32)
    markers = np.zeros(mask.shape, np.uint8)
    markers[cores == order[0]], markers[cores == order[1]] = 1, 2
    flooded = sitk.MorphologicalWatershedFromMarkers(
        sitk.GetImageFromArray(-depth), sitk.GetImageFromArray(markers), markWatershedLine=False
    )
    return np.asarray(sitk.GetArrayFromImage(flooded)).astype(np.int32)


def depth_mm(mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Return the distance from inside a mask to its outside, 0 outside; the array's border is not outside."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(spacing_mm)
    distance = sitk.SignedMaurerDistanceMap(image, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    return np.asarray(np.maximum(sitk.GetArrayFromImage(distance), 0), np.float32)
