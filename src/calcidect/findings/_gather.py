"""Mineral voxels become deposits: what lies within 2 mm belongs together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def distance_mm(mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Return every voxel's distance to a mask, 0 inside, infinite where the mask is empty.

    From voxel centre to voxel centre, less half a voxel's mean edge for the mask's surface.
    """
    import SimpleITK as sitk

    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(spacing_mm)
    distance = sitk.SignedMaurerDistanceMap(image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    half = 0.5 * float(np.mean(spacing_mm))
    return np.where(mask, 0, np.maximum(sitk.GetArrayFromImage(distance) - half, 0)).astype(np.float32)


def gather(
    mineral: NDArray[np.bool_], spacing_mm: tuple[float, float, float], join_gap_mm: float, minimum_mm3: float
) -> tuple[NDArray[np.int32], int]:
    """Return labels of deposits, 1 to n from the largest, and n.

    Parameters
    ----------
    mineral : bool array
        Mineral outside bone.
    spacing_mm : tuple of float
        Along i, j, k.
    join_gap_mm : float
        Parts with gaps of at most this belong together: both are grown by half of it, and touch.
    minimum_mm3 : float
        Smaller deposits are dropped.
    """
    from scipy.ndimage import label

    grown = distance_mm(mineral, spacing_mm) <= join_gap_mm / 2
    parts, _ = label(grown, np.ones((3, 3, 3)))
    parts[~mineral] = 0
    return from_the_largest(parts, float(np.prod(spacing_mm)), minimum_mm3)


def from_the_largest(parts: NDArray[np.integer], voxel_mm3: float, minimum_mm3: float) -> tuple[NDArray[np.int32], int]:
    """Return labels numbered anew, 1 to n from the largest, without those of less than a volume, and n."""
    volumes = np.bincount(parts.ravel()) * voxel_mm3
    volumes[0] = 0
    kept = [int(n) for n in np.argsort(-volumes, kind="stable") if volumes[n] >= minimum_mm3]
    renumbered = np.zeros(len(volumes), np.int32)
    renumbered[kept] = np.arange(1, len(kept) + 1)
    return renumbered[parts], len(kept)
