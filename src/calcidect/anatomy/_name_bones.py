"""Which of the 29 bones every voxel of bone belongs to: by the articulated hand fitted to it.

A fit that explains the bone of the scan names it; one that does not names nothing. Where the first start leads
nowhere, others are tried: bent fingers, spread fingers, other sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._fit_model import Fit, fit
from calcidect.anatomy._hand_model import (
    DISTANCE_STEP_MM,
    FARTHEST_MM,
    HandModel,
    load_hand_model,
    number_of_parameters,
    of_bone,
    pose,
    posed_points,
)
from calcidect.anatomy._hand_space import HandSpace, Surface, surface_of
from calcidect.anatomy._types import BONES, BoneFrame
from calcidect.geometry import FloatArray, Grid

UNNAMED = len(BONES) + 1
_GOOD_MATCH, _GOOD_MISFIT_MM = 0.85, 0.6
"""Our choice: simulated hands have 0.95 and 0.26 mm; no other start is tried beyond."""
_LEAST_MATCH = 0.6
"""Our choice: a fit of less names no bone, a bone of less is not named."""
_SEEN = 0.5
_EXPLAINED_MM = 1.0
_LEFT = 0.1
_LEAST_POINTS = 100
_SPECK_MM3 = 8.0
"""Our choice: a ball of 2.5 mm. Less than that goes to the nearest bone."""
_NOT_OF_A_BONE_MM = 3.0
"""Our choice: what lies farther from every fitted bone is bone without a name; fits are a millimetre wrong at most."""
_STARTS: tuple[tuple[float, float, float], ...] = (
    (0.0, 0.0, 1.0), (0.6, 0.0, 1.0), (0.0, 0.0, 0.9), (0.0, 0.0, 1.1), (0.0, 0.15, 1.0), (1.1, 0.0, 1.0),
)  # fmt: skip
"""Bend of every finger joint in rad beyond a flat hand's, spread of neighbouring fingers in rad, size."""


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
    """

    labels: NDArray[np.uint8]
    frames: dict[str, BoneFrame]
    radiocarpal_mm: float | None
    missing: tuple[str, ...] = ()
    unnamed_mm3: float = 0.0


def name_bones(
    surface_mask: NDArray[np.bool_], bones: NDArray[np.bool_], space: HandSpace, wrist_mm: float | None
) -> NamedBones:
    """Return the name of every voxel of bone.

    Parameters
    ----------
    surface_mask : bool array, shape (k, j, i)
        Bone to which the model is fitted.
    bones : bool array
        Bone that is named.
    space : HandSpace
    wrist_mm : float or None
        The radiocarpal line along the distal axis, where it is known.
    """
    model = load_hand_model()
    scan = surface_of(surface_mask, space)
    found = fit_hand(model, scan, space, wrist_mm) if len(scan.points_mm) > _LEAST_POINTS else None
    if found is None or _score(found) < _LEAST_MATCH:
        return NamedBones(np.where(bones, UNNAMED, 0).astype(np.uint8), {}, None)
    index = np.stack(np.nonzero(bones), -1)
    away = distances(model, found, space.point_of(index))
    owner, least_mm = away.argmin(0), away.min(0)
    confidence = _confidence(model, found, owner, least_mm)
    labels = np.zeros(bones.shape, np.uint8)
    labels[tuple(index.T)] = owner + 1
    unsure = np.zeros(bones.shape, bool)
    unsure[tuple(index.T)] = (confidence < _LEAST_MATCH)[owner] | (least_mm >= _NOT_OF_A_BONE_MM)
    unsure = _without_specks(unsure, space.grid)
    labels[unsure] = UNNAMED
    return NamedBones(
        labels,
        _frames(model, found, space, confidence),
        _radiocarpal_mm(model, found),
        _missing(model, found, labels, space.grid),
        float(unsure.sum()) * space.grid.voxel_volume_mm3,
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
    expected = [
        float((bone.distance < 0).sum() * np.linalg.det(matrix))
        for bone, matrix in zip(model.bones, found.posed.matrices, strict=True)
    ]
    gone = (found.seen > _SEEN) & (there < _LEFT * np.array(expected))
    return tuple(bone.name for bone, is_gone in zip(model.bones, gone, strict=True) if is_gone)


def fit_hand(model: HandModel, scan: Surface, space: HandSpace, wrist_mm: float | None) -> Fit:
    """Return the best fit of the model to a hand's bones; the first that is good enough."""
    best: Fit | None = None
    for bend, spread, size in _STARTS:
        found = fit(model, scan, start_of(model, scan, wrist_mm, bend, spread, size), space.holds)
        if best is None or _score(found) > _score(best):
            best = found
        if _score(best) >= _GOOD_MATCH and best.misfit_mm <= _GOOD_MISFIT_MM:
            break
    assert best is not None
    return best


def _score(found: Fit) -> float:
    """Return the share of the model's bones in the scan that lies on bone; each bone counts the same."""
    seen = found.seen > _SEEN
    return float(found.matched[seen].mean()) if seen.any() else 0.0


def start_of(
    model: HandModel, scan: Surface, wrist_mm: float | None, bend: float = 0.0, spread: float = 0.0, size: float = 1.0
) -> FloatArray:
    """Return parameters that lay the model's wrist, fingertips and middle where the scan has them.

    Parameters
    ----------
    bend, spread : float
        Of every finger joint and between neighbouring fingers, rad.
    size : float
        On top of what wrist and fingertips tell.
    """
    parameters = np.zeros(number_of_parameters(model))
    for bone, own in zip(model.bones, of_bone(parameters), strict=True):
        if bone.name[-1] in "2345" and "phalanx" in bone.name:
            own[0] = bend
            own[1] = spread * (int(bone.name[-1]) - 3) if bone.name.startswith("proximal") else 0.0
    points, _ = posed_points(model, pose(model, parameters))
    lunate = points[model.bone_of_point == BONES.index("lunate")]
    bottom, top = lunate[:, 1].min(), points[:, 1].max()
    tip = np.quantile(scan.points_mm[:, 1], 0.999)
    scale = size if wrist_mm is None else size * float(np.clip((tip - wrist_mm) / (top - bottom), 0.75, 1.3))
    low = tip - scale * (top - bottom)
    part, own_part = scan.points_mm[scan.points_mm[:, 1] > low], points[points[:, 1] > bottom]
    root = model.bones[BONES.index("capitate")].joint_mm
    for axis in (0, 2):
        middle = scale * (np.median(own_part[:, axis]) - root[axis])
        parameters[3 + axis] = np.median(part[:, axis]) - root[axis] - middle
    parameters[4] = tip - root[1] - scale * (top - root[1])
    parameters[6] = np.log(scale)
    return parameters


def distances(model: HandModel, found: Fit, points_mm: FloatArray) -> NDArray[np.float32]:
    """Return the signed distance of points to every fitted bone, shape (bones, n): negative inside, 6.35 mm at most."""
    from scipy.ndimage import map_coordinates

    away = np.full((len(model.bones), len(points_mm)), FARTHEST_MM, np.float32)
    for n, bone in enumerate(model.bones):
        matrix = found.posed.matrices[n]
        rest = (points_mm - found.posed.origins_mm[n]) @ np.linalg.inv(matrix).T + bone.joint_mm
        index = (rest - bone.first_mm)[:, ::-1]
        inside = ((index > -1) & (index < np.array(bone.distance.shape))).all(1)
        values = map_coordinates(bone.distance.astype(np.float32), index[inside].T, order=1, mode="nearest")
        away[n, inside] = DISTANCE_STEP_MM * values * float(np.cbrt(np.linalg.det(matrix)))
    return away


def _confidence(model: HandModel, found: Fit, owner: NDArray[np.intp], least_mm: NDArray[np.float32]) -> FloatArray:
    """Return, per bone, the share of its voxels that the fitted bone explains, less where half of it has no match.

    A lost tip takes matches away without making the name less sure.
    """
    count = len(model.bones)
    owned = np.bincount(owner, minlength=count)
    explained = np.bincount(owner[least_mm < _EXPLAINED_MM], minlength=count) / np.maximum(owned, 1)
    return np.asarray(explained * np.minimum(1.0, found.matched / 0.5))


def _frames(model: HandModel, found: Fit, space: HandSpace, confidence: FloatArray) -> dict[str, BoneFrame]:
    """Return where every bone lies, in LPS."""
    frames = {}
    for n, bone in enumerate(model.bones):
        _, palmar, along = space.lps_of((found.posed.rotations[n] @ bone.axes.T).T)
        joint = space.lps_of(found.posed.origins_mm[n][None])[0]
        frames[bone.name] = BoneFrame(joint, along, palmar, float(confidence[n]), float(found.seen[n]))
    return frames


def _radiocarpal_mm(model: HandModel, found: Fit) -> float | None:
    """Return where the joint line lies: at the proximal ends of lunate and scaphoid."""
    points, _ = posed_points(model, found.posed)
    ends = []
    for name in ("lunate", "scaphoid"):
        n = BONES.index(name)
        if found.seen[n] < _SEEN:
            return None
        along = points[model.bone_of_point == n, 1]
        ends.append(np.quantile(along, 0.05))
    return float(np.mean(ends))
