"""Bone or deposit: the first classical rule.

Energy can't tell them apart, structure can: **bone has a shell**. Dense voxels fall into connected pieces; a piece is
bone if it is less dense deep inside than at its rim (marrow in a cortex), or as large as a row of bones. What is left
is deposit, but for the pair of sesamoids of the thumb and for deep, compact ossicles beside bone. A deposit that is in
contact with bone is taken for bone by this rule (docs/limitations.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._mineral import MineralImage
from calcidect.geometry import FloatArray
from calcidect.study import depth_mm

_LEVELS_HU = (300.0, 220.0, 150.0)
"""Pieces are looked for from dense to dilute, so that a dilute deposit is not swallowed by a bone's blur."""
_MARROW_RATIO = 0.87
"""Simulated bones that stand alone have 0.1 to 0.84 (a dense pisiform), solid deposits 0.94 to 1.25 (a blurred rim)."""
_MINIMUM_BONE_MM3 = 60.0
_ROW_OF_BONES_MM3 = 5000.0
_MINIMUM_DEPTH_MM = 1.2
_MINIMUM_CORE_MM3 = 1.2
_SESAMOID_MM3 = (20.0, 120.0)
_SESAMOIDS_APART_MM = (4.5, 12.0)
_SESAMOID_TO_BONE_MM = 3.2
_SINGLE_SESAMOID_MM3 = (8.0, 50.0)
_SINGLE_SESAMOID_DEPTH_MM = 2.5
"""Sesamoids lie in the palmar plate, behind the flexor tendon; small deposits beside bone lie under the skin."""
_SINGLE_SESAMOID_MG_PER_CM3 = 350.0
"""They are bone, of which blur leaves half in so small a piece. Chosen on simulated hands: sesamoids 400 to 640."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A connected piece of dense voxels.

    Parameters
    ----------
    label : int
        In the label array.
    kind : {"bone", "deposit", "sesamoid", "ossicle"}
        The thumb's pair are sesamoids; a single one, of which joint can't be told, is an ossicle.
    volume_mm3 : float
        At its level.
    centre : array, shape (3,)
        Voxel coordinates (k, j, i) in the hand's box.
    """

    label: int
    kind: str
    volume_mm3: float
    centre: FloatArray


def split_mineral(
    image: MineralImage, spacing_mm: tuple[float, float, float], radial: FloatArray
) -> tuple[NDArray[np.int32], tuple[Piece, ...]]:
    """Return every mineral voxel's piece and what each piece is.

    Parameters
    ----------
    image : MineralImage
    spacing_mm : tuple of float
        Along i, j, k.
    radial : array, shape (3,)
        Unit vector towards the thumb, along the array's axes (i, j, k).

    Returns
    -------
    labels : int32 array
        0 is no mineral.
    pieces : tuple of Piece
    """
    cores, pieces = _cores(image, spacing_mm)
    pieces = _with_trabeculae(cores, pieces)
    pieces = _with_sesamoids(cores, pieces, spacing_mm, radial[::-1])
    pieces = _with_ossicles(image, cores, pieces, spacing_mm)
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
            centre = np.array([np.mean(c) + part.start for c, part in zip(np.nonzero(mask), box, strict=True)])
            pieces.append(Piece(len(pieces) + 1, kind, volume_mm3, centre))
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
    density = image.smooth_low_hu[box]
    rim = density[(depth > 0.3) & (depth < 1.1)]
    inner = density[depth > 0.6 * deepest]
    ratio = float(inner.mean() / rim.mean()) if rim.size else 1.0
    return ratio < _MARROW_RATIO or (volume_mm3 > _ROW_OF_BONES_MM3 and ratio < 1.0)


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
    return tuple(Piece(p.label, "bone", p.volume_mm3, p.centre) if enclosed[p.label] else p for p in pieces)


def _with_sesamoids(
    cores: NDArray[np.int32],
    pieces: tuple[Piece, ...],
    spacing_mm: tuple[float, float, float],
    radial: FloatArray,
) -> tuple[Piece, ...]:
    """Return the pieces, the thumb's pair of sesamoids named as such.

    They are two alike, compact pieces side by side, close to bone and in the thumb's half of the hand (the
    thumb is turned, so that no direction holds for all). Every hand has them.
    """
    from scipy.ndimage import find_objects

    spacing = np.array(spacing_mm[::-1])
    bones = np.isin(cores, [p.label for p in pieces if p.kind == "bone"])
    small = [p for p in pieces if p.kind == "deposit" and _SESAMOID_MM3[0] <= p.volume_mm3 <= _SESAMOID_MM3[1]]
    index = np.stack(np.nonzero(bones)[:3], -1)[::97] * spacing
    middle = float(np.median(index @ radial)) if len(index) else 0.0
    boxes = find_objects(cores, max_label=len(pieces))
    small = [p for p in small if _is_compact(cores[boxes[p.label - 1]] == p.label, p, spacing)]
    small = [p for p in small if _is_beside_bone(bones, p, spacing)]
    small = [p for p in small if (p.centre * spacing) @ radial > middle]
    best: tuple[float, int, int] | None = None
    for n, first in enumerate(small):
        for second in small[n + 1 :]:
            apart = float(np.linalg.norm((first.centre - second.centre) * spacing))
            likeness = min(first.volume_mm3, second.volume_mm3) / max(first.volume_mm3, second.volume_mm3)
            if _SESAMOIDS_APART_MM[0] <= apart <= _SESAMOIDS_APART_MM[1] and likeness > 0.5:
                candidate = (likeness, first.label, second.label)
                best = max(best, candidate) if best else candidate
    chosen = best[1:] if best else ()
    return tuple(Piece(p.label, "sesamoid", p.volume_mm3, p.centre) if p.label in chosen else p for p in pieces)


def _with_ossicles(
    image: MineralImage,
    cores: NDArray[np.int32],
    pieces: tuple[Piece, ...],
    spacing_mm: tuple[float, float, float],
) -> tuple[Piece, ...]:
    """Return the pieces, small ones that lie as single sesamoids do counted as ossicles.

    Thumb IP, MCP 2 and MCP 5 have one in half of all hands (Yammine, Clin Anat 2014;27:1291). They are compact, dense,
    close to bone and deep. A deposit of that size and shape in that place can't be told from one (docs/limitations.md).
    """
    from scipy.ndimage import find_objects

    spacing, boxes = np.array(spacing_mm[::-1]), find_objects(cores, max_label=len(pieces))
    bones = np.isin(cores, [p.label for p in pieces if p.kind == "bone"])
    found = []
    for p in pieces:
        if p.kind != "deposit" or not _SINGLE_SESAMOID_MM3[0] <= p.volume_mm3 <= _SINGLE_SESAMOID_MM3[1]:
            continue
        box = boxes[p.label - 1]
        own = cores[box] == p.label
        deep = float(image.depth_mm[box][own].min()) >= _SINGLE_SESAMOID_DEPTH_MM
        dense = float(np.quantile(image.ha_mg_per_cm3[box][own], 0.9)) >= _SINGLE_SESAMOID_MG_PER_CM3
        if deep and dense and _is_compact(own, p, spacing) and _is_beside_bone(bones, p, spacing):
            found.append(p.label)
    return tuple(Piece(p.label, "ossicle", p.volume_mm3, p.centre) if p.label in found else p for p in pieces)


def _is_compact(own: NDArray[np.bool_], piece: Piece, spacing: FloatArray) -> bool:
    """Tell whether a piece, given as its voxels in a box, is no longer than 1.9 times a ball of its volume."""
    points = np.stack(np.nonzero(own), -1) * spacing
    if len(points) < 4:
        return False
    longest = 4 * np.sqrt(np.linalg.eigvalsh(np.cov(points.T))[-1] * 5 / 4)  # an ellipsoid's axis is 2 sqrt(5 variance)
    return bool(longest < 1.9 * (6 * piece.volume_mm3 / np.pi) ** (1 / 3))


def _is_beside_bone(bones: NDArray[np.bool_], piece: Piece, spacing: FloatArray) -> bool:
    """Tell whether bone lies within the distance that a sesamoid keeps."""
    reach = (6 * piece.volume_mm3 / np.pi) ** (1 / 3) / 2 + _SESAMOID_TO_BONE_MM
    box = _box_around(bones, piece.centre, reach, spacing)
    offset = (np.stack(np.nonzero(bones[box]), -1) + [part.start for part in box] - piece.centre) * spacing
    return bool((np.linalg.norm(offset, axis=1) < reach).any())


def _box_around(
    array: NDArray[np.generic], centre: FloatArray, reach_mm: float, spacing: FloatArray
) -> tuple[slice, slice, slice]:
    low = np.maximum(np.floor(centre - reach_mm / spacing).astype(int), 0)
    high = np.minimum(np.ceil(centre + reach_mm / spacing).astype(int) + 1, array.shape)
    k, j, i = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return k, j, i


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
