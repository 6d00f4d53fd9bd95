"""Bone or deposit: the first classical rule.

Energy can't tell them apart, structure can: **bone has a shell**. Dense voxels fall into connected pieces; a piece is
bone if it is less dense deep inside than at its rim (marrow in a cortex), or as large as a row of bones. What is left
is deposit, or mineral that place tells from one (`_sort_mineral`). A deposit in contact with bone is part of that
bone's piece until the fitted hand parts them (`_against_bone`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._mineral import MineralImage
from calcidect.study import depth_mm

_LEVELS_HU = (300.0, 220.0, 150.0)
"""Pieces are looked for from dense to dilute, so that a dilute deposit is not swallowed by a bone's blur."""
MARROW_RATIO = 0.87
"""Simulated bones that stand alone have 0.1 to 0.84 (a dense pisiform), solid deposits 0.94 to 1.25 (a blurred rim)."""
_MINIMUM_BONE_MM3 = 60.0
_ROW_OF_BONES_MM3 = 5000.0
_MINIMUM_DEPTH_MM = 1.2
_MINIMUM_CORE_MM3 = 1.2


@dataclass(frozen=True, eq=False)
class Piece:
    """A connected piece of dense voxels.

    Parameters
    ----------
    label : int
        In the label array.
    kind : {"bone", "deposit"}
    volume_mm3 : float
        At its level.
    """

    label: int
    kind: str
    volume_mm3: float


def split_mineral(
    image: MineralImage, spacing_mm: tuple[float, float, float]
) -> tuple[NDArray[np.int32], tuple[Piece, ...]]:
    """Return every mineral voxel's piece and what each piece is.

    Parameters
    ----------
    image : MineralImage
    spacing_mm : tuple of float
        Along i, j, k.

    Returns
    -------
    labels : int32 array
        0 is no mineral.
    pieces : tuple of Piece
    """
    cores, pieces = _cores(image, spacing_mm)
    pieces = _with_trabeculae(cores, pieces)
    return _grown(image, cores), pieces


def _cores(image: MineralImage, spacing_mm: tuple[float, float, float]) -> tuple[NDArray[np.int32], tuple[Piece, ...]]:
    """Return pieces found at their densest level, labelled from 1."""
    from scipy.ndimage import find_objects, label

    voxel_mm3 = float(np.prod(spacing_mm))
    labels = np.zeros(image.mask.shape, np.int32)
    pieces: list[Piece] = []
    for level in _LEVELS_HU:
        parts, _ = label(image.mask & (image.low_hu > level))
        for number, box in enumerate(find_objects(parts), start=1):
            mask = parts[box] == number
            volume_mm3 = float(mask.sum()) * voxel_mm3
            if volume_mm3 < _MINIMUM_CORE_MM3 or (labels[box][mask] > 0).any():
                continue
            labels[box][mask] = len(pieces) + 1
            kind = "bone" if _is_bone(image, box, mask, volume_mm3, spacing_mm) else "deposit"
            pieces.append(Piece(len(pieces) + 1, kind, volume_mm3))
    return labels, tuple(pieces)


def _is_bone(
    image: MineralImage, box: tuple[slice, ...], mask: NDArray[np.bool_], volume_mm3: float,
    spacing_mm: tuple[float, float, float],
) -> bool:  # fmt: skip
    """Tell whether a piece has a shell around less dense marrow, or is larger than any deposit with a solid core."""
    if volume_mm3 < _MINIMUM_BONE_MM3:
        return False
    filled = np.pad(fill_holes(mask), 1)
    depth = depth_mm(filled, spacing_mm)[1:-1, 1:-1, 1:-1]
    deepest = float(depth.max())
    if deepest < _MINIMUM_DEPTH_MM:
        return False
    ratio = marrow_ratio(depth, image.smooth_low_hu[box], depth > 0)
    return ratio is not None and ratio < (1.0 if volume_mm3 > _ROW_OF_BONES_MM3 else MARROW_RATIO)


def marrow_ratio(depth: NDArray[np.float32], density: NDArray[np.float32], part: NDArray[np.bool_]) -> float | None:
    """Return how dense a part of a body is deep inside against its rim, 0.3 to 1.1 mm deep; None if it has no rim."""
    rim = part & (depth > 0.3) & (depth < 1.1)
    inner = part & (depth > 0.6 * float(depth[part].max()))
    return float(density[inner].mean() / density[rim].mean()) if rim.any() else None


def fill_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask with its holes filled, in three dimensions and slice by slice: the scan cuts shafts open."""
    from scipy.ndimage import binary_fill_holes

    filled = np.asarray(binary_fill_holes(mask))
    for image in filled:
        binary_fill_holes(image, output=image)
    return filled


def _with_trabeculae(cores: NDArray[np.int32], pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Return the pieces, those that lie inside the shell of a bone counted as bone."""
    inside = fill_holes(np.isin(cores, [p.label for p in pieces if p.kind == "bone"]))
    count = np.bincount(cores.ravel(), minlength=len(pieces) + 1)
    enclosed = np.bincount(cores[inside], minlength=len(pieces) + 1) > 0.5 * count
    return tuple(Piece(p.label, "bone", p.volume_mm3) if enclosed[p.label] else p for p in pieces)


def _grown(image: MineralImage, cores: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the cores flooded, from dense to dilute, over the mineral around them; each voxel to one piece."""
    import SimpleITK as sitk

    allowed = image.mask | (cores > 0)
    height = np.where(allowed, -image.low_hu, np.float32(1e4)).astype(np.float32)
    markers = np.where(allowed, cores, cores.max() + 1).astype(np.int32)  # the rest is one more basin
    flooded = sitk.MorphologicalWatershedFromMarkers(
        sitk.GetImageFromArray(height), sitk.GetImageFromArray(markers), markWatershedLine=False
    )
    labels = np.asarray(sitk.GetArrayFromImage(flooded)).astype(np.int32)
    return np.where(allowed & (labels <= cores.max()), labels, 0).astype(np.int32)
