"""The hands in the scan: what lies inside a skin, one body a hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._mineral import depth_mm
from calcidect.errors import StudyRefusedError
from calcidect.geometry import Volume

_COARSE_MM = 1.6
_OPENING_MM = 3.2
"""A table top or a sheet is thinner than twice this; so is the tip of a slender finger, which is given back."""
_FINGERTIP_CM3 = 3.0
"""More than the end of any finger, less than any piece of a table."""
_REACH_MM = 3.0
"""Opening rounds a hand's edges by less."""
_MINIMUM_HAND_CM3 = 40.0
"""A small woman's hand without forearm is above 150 cm3; a part cut off by the field of view may be less."""
_DEEPEST_MM = 50.0
"""Below the skin: our rule, since no hand, wrist or forearm is 10 cm thick; heads, knees and trunks are."""
_BONE_SHARE = (0.01, 0.5)
"""Of a hand's volume: simulated ones have 0.14 (above 300 HU), a dry skull 0.8. Our rule: a hand is more soft tissue
than bone and deposits together."""
_CORE_MM = 9.0
"""Deeper than any place where two hands touch, or a finger; palms and forearms are deeper still."""


@dataclass(frozen=True, eq=False)
class Body:
    """One hand's inside, on a box of the scan's grid.

    Parameters
    ----------
    start, size : tuple of int
        First voxel (i, j, k) and voxels along i, j, k.
    mask : bool array, shape (k, j, i) of the box
    """

    start: tuple[int, int, int]
    size: tuple[int, int, int]
    mask: NDArray[np.bool_]


def find_bodies(low: Volume, threshold_hu: float, bone_threshold_hu: float) -> tuple[Body, ...]:
    """Return the hands of a scan, largest first.

    On a coarse grid, what is denser than ``threshold_hu`` and thicker than 3 mm falls into connected parts; parts of
    hand size that hold mineral, are mostly soft tissue and are less than 10 cm thick are hands. Two hands that touch
    are parted by flooding from their cores (a watershed of the depth below the skin), since they touch at fingers and
    edges, which are thinner than palms.

    Raises
    ------
    StudyRefusedError
        If nothing in the scan is a hand.
    """
    si, sj, sk = (max(round(_COARSE_MM / s), 1) for s in low.grid.spacing_mm)
    step = (si, sj, sk)
    coarse = low.array[:: step[2], :: step[1], :: step[0]]
    x, y, z = low.grid.spacing_mm
    spacing = (x * si, y * sj, z * sk)
    labels, thickest_mm = _coarse_hands(coarse > threshold_hu, coarse > bone_threshold_hu, spacing)
    if labels.max() == 0:
        thick = f" A part of it is {thickest_mm / 10:.0f} cm thick." if thickest_mm > 2 * _DEEPEST_MM else ""
        raise StudyRefusedError(
            "no_hand",
            found=f"Nothing in the scan has the size of a hand, with bone inside and soft tissue around it.{thick}",
            expected="A CT of one or both hands.",
            remedy="Check that the right series were exported; scans of other body parts can't be read.",
        )
    bodies = [_fine(low, threshold_hu, labels, label, step) for label in range(1, int(labels.max()) + 1)]
    return tuple(sorted(bodies, key=lambda body: -int(body.mask.sum())))


def _coarse_hands(
    inside: NDArray[np.bool_], mineral: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> tuple[NDArray[np.int32], float]:
    """Return labels 1, 2 of the hands on the coarse grid, and the thickness in mm of the thickest part."""
    import SimpleITK as sitk

    depth = depth_mm(inside, spacing_mm)
    voxel_cm3 = float(np.prod(spacing_mm)) / 1000
    opened = inside & (depth_mm(~(depth > _OPENING_MM), spacing_mm) <= _OPENING_MM + 0.5)
    opened |= _fingertips(inside & ~opened, mineral, voxel_cm3)
    parts = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(opened.astype(np.uint8))))
    labels = np.zeros(inside.shape, np.int32)
    for part in np.nonzero(np.bincount(parts.ravel()) * voxel_cm3 >= _MINIMUM_HAND_CM3)[0]:
        mask = parts == part
        if part == 0 or not _is_hand_like(mineral[mask], depth[mask]):
            continue
        split = _split(mask, depth, spacing_mm)
        labels[mask] = split[mask] + labels.max()
    return labels, 2 * float(depth.max())


def _is_hand_like(mineral: NDArray[np.bool_], depth_mm: NDArray[np.float32]) -> bool:
    """Tell whether a part, given as its voxels, is no thicker than a hand and has its share of bone."""
    return bool(_BONE_SHARE[0] <= mineral.mean() <= _BONE_SHARE[1] and depth_mm.max() <= _DEEPEST_MM)


def _fingertips(removed: NDArray[np.bool_], mineral: NDArray[np.bool_], voxel_cm3: float) -> NDArray[np.bool_]:
    """Return the small pieces with mineral inside, of what the opening removed."""
    from scipy.ndimage import label

    pieces, count = label(removed)
    small = np.bincount(pieces.ravel(), minlength=count + 1) * voxel_cm3 < _FINGERTIP_CM3
    with_mineral = np.bincount(pieces[mineral], minlength=count + 1) > 0
    kept = small & with_mineral
    kept[0] = False
    return np.asarray(kept[pieces])


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


def _fine(low: Volume, threshold_hu: float, labels: NDArray[np.int32], label: int, step: tuple[int, ...]) -> Body:
    """Return a hand's mask on the scan's own grid: denser than the threshold, on or beside this label, filled."""
    from scipy.ndimage import binary_fill_holes, distance_transform_edt

    k, j, i = np.nonzero(labels == label)
    first = np.maximum(np.array([i.min() - 3, j.min() - 3, k.min() - 3]), 0) * step
    last = np.minimum((np.array([i.max() + 4, j.max() + 4, k.max() + 4])) * step, low.grid.size)
    box = tuple(slice(int(a), int(b)) for a, b in zip(first[::-1], last[::-1], strict=True))
    coarse_box = tuple(slice(part.start // s, -(-part.stop // s)) for part, s in zip(box, step[::-1], strict=True))
    nearby = labels[coarse_box]
    spacing = [s * n for s, n in zip(low.grid.spacing_mm[::-1], step[::-1], strict=True)]
    away, nearest = distance_transform_edt(nearby == 0, sampling=spacing, return_indices=True)
    mine = (nearby[tuple(nearest)] == label) & (away <= _REACH_MM)  # what opening removed farther away is a table
    for axis, s in enumerate(step[::-1]):
        mine = np.repeat(mine, s, axis=axis)
    mask = (low.array[box] > threshold_hu) & mine[: box[0].stop - box[0].start, : box[1].stop - box[1].start,
                                                  : box[2].stop - box[2].start]  # fmt: skip
    for image in mask:
        binary_fill_holes(image, output=image)
    start, size = first, last - first
    return Body((int(start[0]), int(start[1]), int(start[2])), (int(size[0]), int(size[1]), int(size[2])), mask)
