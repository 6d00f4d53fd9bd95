"""Calcified cartilage: thin mineral between two bones of a joint.

In chondrocalcinosis the wrist's triangular fibrocartilage, between the ulna's head, lunate and triquetrum, and the
cartilage of MCP joints calcify (Zhang et al., Ann Rheum Dis 2011;70:563).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._hand_model import load_hand_model
from calcidect.anatomy._name_bones import distances
from calcidect.anatomy._parts import Part
from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray

_SPACE_MM, _ULNAR_SPACE_MM = 4.0, 10.0
"""From bone to bone: joint spaces are 1 to 3 mm wide, and the fit may be a millimetre off. The disc fills the space
beyond the ulna's head, which lies 6 to 10 mm from the triquetrum in the fitted hand."""
_OPPOSED = -0.5
"""Cosine: the two bones lie on opposite sides, within 60 degrees. Beside a joint both lie on one."""
_IN_SPACE = 0.7
_THIN_MM = 3.0
"""Of one voxel's layer up to the disc's thickness."""
_STEP_MM = 0.5
_WRIST = tuple(name for name in BONES if not name[-1].isdigit()) + tuple(f"metacarpal_{ray}" for ray in range(1, 6))


def find_cartilage(parts: list[Part], best: FoundPose) -> list[Part]:
    """Return the parts that lie in a joint space and are thin."""
    thin = [part for part in parts if part.axes_mm is not None and part.axes_mm[0] <= _THIN_MM]
    return [part for part in thin if _share_in_space(part, best) >= _IN_SPACE]


def _share_in_space(part: Part, best: FoundPose) -> float:
    """Return the share of a part's dense voxels between two bones of one joint."""
    away, outward = _from_bones(best.space.point_of(part.index[part.dense]), best)
    inside = np.zeros(away.shape[1], bool)
    for first, second in _joints():
        wide_mm = _ULNAR_SPACE_MM if "ulna" in (BONES[first], BONES[second]) else _SPACE_MM
        is_opposed = (outward[first] * outward[second]).sum(1) <= _OPPOSED
        inside |= (away[first] + away[second] <= wide_mm) & is_opposed
    return float(inside.mean())


def _from_bones(points_mm: FloatArray, best: FoundPose) -> tuple[FloatArray, FloatArray]:
    """Return the distance of points to each bone, shape (bones, n), and unit vectors away from it, (bones, n, 3)."""
    model = load_hand_model()
    away = distances(model, best.found, points_mm).astype(float)
    slope = [
        distances(model, best.found, points_mm + step) - distances(model, best.found, points_mm - step)
        for step in _STEP_MM * np.eye(3)
    ]
    outward = np.stack(slope, -1).astype(float)
    return away, outward / np.maximum(np.linalg.norm(outward, axis=-1, keepdims=True), 1e-6)


def _joints() -> list[tuple[int, int]]:
    """Return the pairs of bones that form joints: neighbours along a ray, and those of the wrist."""
    along = [(n, bone.parent) for n, bone in enumerate(load_hand_model().bones) if bone.parent >= 0]
    return along + list(combinations([BONES.index(name) for name in _WRIST], 2))
