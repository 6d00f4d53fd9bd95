"""Which of the 29 bones every voxel of bone belongs to: by the articulated hand fitted to it.

A fit that explains the bone of the scan names it; one that does not names nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._fit_model import SEEN, Fit
from calcidect.anatomy._hand_model import (
    HandModel,
    directions,
    expected_surface,
    posed_points,
    volumes_mm3,
)
from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._tendons import posed_tendons
from calcidect.anatomy._types import BONES, BoneFrame, Tendon
from calcidect.geometry import FloatArray, Grid

UNNAMED = len(BONES) + 1
_LEAST_QUALITY, _LEAST_CONFIDENCE = 0.7, 0.6
"""Our choice: a fit of less names no bone, a bone of less is not named."""
_EXPLAINED_MM = 1.0
_LEFT = 0.1
_SPECK_MM3 = 8.0
"""Our choice: a ball of 2.5 mm. Less than that goes to the nearest bone."""
_AT_ONCE = 200_000
"""Points, so that memory does not grow with the hand."""
_NOT_OF_A_BONE_MM = 3.0
"""Our choice: what lies farther from every fitted bone is bone without a name; fits are a millimetre wrong at most."""


@dataclass(frozen=True, eq=False)
class NamedBones:
    """The bones of one hand by name.

    Parameters
    ----------
    labels : uint8 array, shape (k, j, i)
        0 no bone, 1 to 29 in the order of ``BONES``, 30 bone without a name.
    frames : dict
        Name to where that bone lies, also of bones that are not in the scan or too unsure to be named.
    radiocarpal_mm : float or None
        Position of the joint line along the hand's distal axis.
    missing : tuple of str
        Bones that the scan should show and does not.
    unnamed_mm3 : float
    quality : float
        Of the fit, 0 to 1.
    tendons : tuple of Tendon
        Where the fitted bones hold them, LPS.
    """

    labels: NDArray[np.uint8]
    frames: dict[str, BoneFrame]
    radiocarpal_mm: float | None
    missing: tuple[str, ...] = ()
    unnamed_mm3: float = 0.0
    quality: float = 0.0
    tendons: tuple[Tendon, ...] = ()


@dataclass(frozen=True, eq=False)
class Placed:
    """Voxels against the fitted hand, each shape (n,).

    Parameters
    ----------
    index : int array, shape (n, 3)
        Voxels (k, j, i).
    distance_mm : float32 array
        From the surface of the nearest bone, negative inside.
    bone : int array
        The nearest, in the order of ``BONES``.
    """

    index: NDArray[np.intp]
    distance_mm: NDArray[np.float32]
    bone: NDArray[np.intp]

    def within(self, distance_mm: float, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return, on an array of a shape, the voxels that lie deeper than that distance."""
        deep = np.zeros(shape, bool)
        deep[tuple(self.index[self.distance_mm < distance_mm].T)] = True
        return deep


def placed(mask: NDArray[np.bool_], best: FoundPose, model: HandModel) -> Placed:
    """Return where the voxels of a mask lie against the fitted hand."""
    index = np.stack(np.nonzero(mask), -1)
    bone, distance_mm = nearest_bone(model, best.found, best.space.point_of(index))
    return Placed(index, distance_mm, bone)


def names_bones(best: FoundPose) -> bool:
    """Tell whether a fit is good enough to name bones."""
    return best.quality >= _LEAST_QUALITY


def unnamed(bones: NDArray[np.bool_]) -> NamedBones:
    """Return bones of which no name is known."""
    return NamedBones(np.where(bones, UNNAMED, 0).astype(np.uint8), {}, None)


def name_bones(
    bones: NDArray[np.bool_], placed: Placed, read: NDArray[np.uint8], best: FoundPose, model: HandModel
) -> NamedBones:
    """Return the name of every voxel of bone.

    Parameters
    ----------
    bones : bool array, shape (k, j, i)
    placed : Placed
        Mineral that holds all of them.
    read : uint8 array
        The network's classes.
    best : FoundPose
        The model fitted to them.
    model : HandModel
        Refined to the scan.
    """
    found, space = best.found, best.space
    own = bones[tuple(placed.index.T)]
    index, owner, least_mm = placed.index[own], placed.bone[own], placed.distance_mm[own]
    agreed = read[tuple(index.T)] == owner + 1  # the fit can't tell how the base of a lost fingertip is turned
    fitted = _share(owner, least_mm < _EXPLAINED_MM) * np.minimum(1.0, found.matched / 0.5)
    confidence = np.maximum(fitted, _share(owner, agreed))
    labels = np.zeros(bones.shape, np.uint8)
    labels[tuple(index.T)] = owner + 1
    unsure = np.zeros(bones.shape, bool)
    unsure[tuple(index.T)] = (confidence < _LEAST_CONFIDENCE)[owner] | (least_mm >= _NOT_OF_A_BONE_MM)
    unsure = _without_specks(unsure, space.grid)
    labels[unsure] = UNNAMED
    return NamedBones(
        labels,
        _frames(model, found, space, confidence, fitted),
        _radiocarpal_mm(model, found),
        _missing(model, found, labels, space.grid),
        float(unsure.sum()) * space.grid.voxel_volume_mm3,
        best.quality,
        tuple(replace(t, path_mm=space.lps_of(t.path_mm)) for t in posed_tendons(model, found.posed)),
    )


def _without_specks(mask: NDArray[np.bool_], grid: Grid) -> NDArray[np.bool_]:
    """Return a mask without parts that are too small to be a bone or a deposit of their own."""
    from scipy.ndimage import label

    if not mask.any():
        return mask
    parts, _ = label(mask)
    large = np.bincount(parts.ravel()) * grid.voxel_volume_mm3 >= _SPECK_MM3
    large[0] = False
    return np.asarray(large[parts])


def _missing(model: HandModel, found: Fit, labels: NDArray[np.uint8], grid: Grid) -> tuple[str, ...]:
    """Return the bones in the field of view of which less than a tenth of the expected volume is there."""
    there = np.bincount(labels.ravel(), minlength=UNNAMED + 1)[1:UNNAMED] * grid.voxel_volume_mm3
    gone = (found.seen > SEEN) & (there < _LEFT * volumes_mm3(model, found.posed))
    return tuple(bone.name for bone, is_gone in zip(model.bones, gone, strict=True) if is_gone)


def nearest_bone(model: HandModel, found: Fit, points_mm: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return, for points (n, 3), the bone whose surface they lie deepest in or nearest to, and that signed distance."""
    owner, least_mm = np.zeros(len(points_mm), np.intp), np.zeros(len(points_mm), np.float32)
    for start in range(0, len(points_mm), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        away = distances(model, found, points_mm[part])
        owner[part], least_mm[part] = away.argmin(0), away.min(0)
    return owner, least_mm


def distances(model: HandModel, found: Fit, points_mm: FloatArray) -> NDArray[np.float32]:
    """Return the signed distance of points to every fitted bone, shape (bones, n), as `distance_to` each."""
    return np.stack([distance_to(model, found, n, points_mm) for n in range(len(model.bones))])


def distance_to(model: HandModel, found: Fit, bone: int, points_mm: FloatArray) -> NDArray[np.float32]:
    """Return the signed distance of points (n, 3) to a fitted bone: negative inside, 6.35 mm of the model at most."""
    return expected_surface(model, found.posed, bone).distance_mm(points_mm)


def _share(owner: NDArray[np.intp], which: NDArray[np.bool_]) -> FloatArray:
    """Return the share of each bone's voxels that count, 0 of a bone without any."""
    owned, counted = (np.bincount(bones, minlength=len(BONES)) for bones in (owner, owner[which]))
    return np.asarray(counted / np.maximum(owned, 1))


def _frames(
    model: HandModel, found: Fit, space: HandSpace, confidence: FloatArray, fitted: FloatArray
) -> dict[str, BoneFrame]:
    """Return where every bone lies, in LPS."""
    frames = {}
    points, _ = posed_points(model, found.posed)
    for n, bone in enumerate(model.bones):
        _, along, palmar = space.lps_of(directions(bone) @ found.posed.rotations[n].T)
        joint = space.lps_of(found.posed.origins_mm[n][None])[0]
        points_lps = space.lps_of(points[model.bone_of_point == n])
        expected = expected_surface(model, found.posed, n).turned(space.axes)
        frames[bone.name] = BoneFrame(
            joint, along, palmar, float(confidence[n]), float(found.seen[n]), points_lps, float(fitted[n]), expected
        )
    return frames


def _radiocarpal_mm(model: HandModel, found: Fit) -> float | None:
    """Return where the joint line lies: at the proximal ends of lunate and scaphoid."""
    points, _ = posed_points(model, found.posed)
    ends = []
    for name in ("lunate", "scaphoid"):
        n = BONES.index(name)
        if found.seen[n] < SEEN:
            return None
        along = points[model.bone_of_point == n, 1]
        ends.append(np.quantile(along, 0.05))
    return float(np.mean(ends))
