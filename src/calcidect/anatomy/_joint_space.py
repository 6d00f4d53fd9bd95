"""Calcified cartilage: thin mineral between two bones of a joint.

In chondrocalcinosis the wrist's triangular fibrocartilage, between the ulna's head, lunate and triquetrum, and the
cartilage of MCP joints calcify (Zhang et al., Ann Rheum Dis 2011;70:563).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._hand_model import load_hand_model
from calcidect.anatomy._name_bones import distances
from calcidect.anatomy._parts import Part
from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray

_SPACE_MM, _ULNAR_SPACE_MM = 4.0, 8.0
"""From bone to bone. Joint spaces are 1 to 3 mm wide, beside the ulna's head up to 6 with the disc; and the fit may be
a millimetre off."""
_OPPOSED = -0.5
"""Cosine: the two bones lie on opposite sides, within 60 degrees. Beside a joint both lie on one."""
_IN_SPACE = 0.7
_THIN_MM = 3.0
"""Of one voxel's layer up to the disc's thickness."""
_STEP_MM = 0.5
_WRIST = tuple(name for name in BONES if not name[-1].isdigit()) + tuple(f"metacarpal_{ray}" for ray in range(1, 6))


def find_cartilage(parts: list[Part], best: FoundPose) -> list[Part]:
    """Return the parts that lie in a joint space and are thin."""
    return [part for part in parts if _thickness_mm(part) <= _THIN_MM and _share_in_space(part, best) >= _IN_SPACE]


def _thickness_mm(part: Part) -> float:
    """Return the thinnest axis of an ellipsoid that spreads like the part's dense voxels."""
    points = part.points_mm[part.dense]
    return float(2 * np.sqrt(5 * max(np.linalg.eigvalsh(np.cov(points.T))[0], 0.0))) if len(points) > 3 else np.inf


def _share_in_space(part: Part, best: FoundPose) -> float:
    points = best.space.point_of(part.index[part.dense])
    away, towards = _nearest(points, best)
    first, second = np.argsort(away, axis=0)[:2]
    n = np.arange(len(points))
    cosine = (towards[first, n] * towards[second, n]).sum(1)
    wide = np.where(_is_ulna(first) | _is_ulna(second), _ULNAR_SPACE_MM, _SPACE_MM)
    between = (away[first, n] + away[second, n] <= wide) & (cosine <= _OPPOSED) & _joins()[first, second]
    return float(between.mean())


def _nearest(points_mm: FloatArray, best: FoundPose) -> tuple[FloatArray, FloatArray]:
    """Return the distance of points to each bone, shape (bones, n), and unit vectors away from it, (bones, n, 3)."""
    model = load_hand_model()
    away = distances(model, best.found, points_mm).astype(float)
    slope = [
        distances(model, best.found, points_mm + step) - distances(model, best.found, points_mm - step)
        for step in _STEP_MM * np.eye(3)
    ]
    towards = np.stack(slope, -1).astype(float)
    return away, towards / np.maximum(np.linalg.norm(towards, axis=-1, keepdims=True), 1e-6)


def _is_ulna(bone: NDArray[np.intp]) -> NDArray[np.bool_]:
    return np.asarray(bone == BONES.index("ulna"))


def _joins() -> NDArray[np.bool_]:
    """Return, shape (bones, bones), which bones form joints: neighbours along a ray, and those of the wrist."""
    model = load_hand_model()
    joined = np.zeros((len(BONES), len(BONES)), bool)
    for n, bone in enumerate(model.bones):
        if bone.parent >= 0:
            joined[n, bone.parent] = joined[bone.parent, n] = True
    wrist = np.isin(BONES, _WRIST)
    return joined | (wrist[:, None] & wrist[None, :])
