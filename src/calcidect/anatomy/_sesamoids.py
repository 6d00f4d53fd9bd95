"""Sesamoids and ossicles: small, compact, dense bone in tendons and capsules beside the joints.

Sesamoids lie in the palmar plate of a joint, in front of the head of its proximal bone: two at the thumb's MCP joint in
every hand, one at the MCP joints of the index and little finger in 60 % and at the thumb's IP joint in 16 to 53 %
(Chen, Int J Clin Exp Med 2015;8:11721; Yammine, Clin Anat 2014;27:1291).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._courses import phalanges
from calcidect.anatomy._fitted_bones import FittedBone
from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._mineral import MineralImage
from calcidect.anatomy._parts import Part
from calcidect.geometry import FloatArray

_JOINTS = {
    "mcp_1": ("metacarpal_1", "proximal_phalanx_1", 2),
    "ip_1": ("proximal_phalanx_1", "distal_phalanx_1", 1),
    "mcp_2": ("metacarpal_2", "proximal_phalanx_2", 1),
    "mcp_5": ("metacarpal_5", "proximal_phalanx_5", 1),
}
"""Joint to the bones that it joins, and how many sesamoids it may have."""
_LONGEST_MM = {"mcp_1": 8.5, "ip_1": 6.0, "mcp_2": 6.0, "mcp_5": 6.0}
"""Of the thumb's pair 5.2 mm on average, standard deviation 1.0 (Rai, JPRAS Open 2025, doi
10.1016/j.jpra.2025.10.017); the others are smaller: our choice."""
_SHORTEST_MM = 1.5
_PALMAR_DEGREES = 75.0
"""Our choice: the cone, from the joint's middle, that holds the palmar plate whether the joint is bent or not."""
_HEAD_MM = 8.0
"""From the bone's end: a head is about half a ball of that radius. What is nearer to the shaft lies in muscle."""
_FROM_HEAD_MM = 4.0
"""Our choice: a sesamoid glides on the head's cartilage (1 mm) and may lie 2 mm off the fitted bone."""
_SESAMOID_MG_PER_CM3 = 250.0
"""Our choice: spongy bone in a thin shell, of which blur leaves half."""

_OSSICLE_MM3 = (4.0, 40.0)
_OSSICLE_DEPTH_MM = 2.5
"""Ossicles lie in capsules and tendons; small deposits beside bone lie under the skin."""
_END_SHARE = 0.15
"""Our choice: of a metacarpal, of radius and ulna, what belongs to the wrist."""
SMALL_BONE_MG_PER_CM3 = 350.0
"""Bone, of which blur leaves half in so small a piece. Chosen on simulated hands: sesamoids 400 to 640."""
_OSSICLE_FROM_BONE_MM = 3.2
_OSSICLE_MG_PER_CM3 = 750.0
"""Our choice: an ossicle is spongy in a thin shell, as a sesamoid is; a stone is denser than both."""


def find_sesamoids(parts: Iterable[Part], bones: dict[str, FittedBone], space: HandSpace) -> dict[str, list[Part]]:
    """Return joint to the parts that are its sesamoids, by the fitted hand.

    Parameters
    ----------
    parts : iterable of Part
    bones : dict
        The fitted bones.
    space : HandSpace
        Of the fit.
    """
    likely = [p for p in parts if p.is_compact and p.ha_mg_per_cm3 >= _SESAMOID_MG_PER_CM3]
    found = {}
    for joint, (near, far, number) in _JOINTS.items():
        fitting = [p for p in likely if _SHORTEST_MM <= p.longest_mm <= _LONGEST_MM[joint]]
        angles = [(_degrees_off_palm(space.point_of(p.index), bones[near], bones[far]), p) for p in fitting]
        best = sorted((pair for pair in angles if pair[0] <= _PALMAR_DEGREES), key=lambda pair: pair[0])
        found[joint] = [p for _, p in best[:number]]
    return found


def _degrees_off_palm(points_mm: FloatArray, near: FittedBone, far: FittedBone) -> float:
    """Return the angle, at a joint's middle, between its palm and a body's middle; 180 of one not at the head."""
    from scipy.spatial import cKDTree

    away, nearest = cKDTree(near.surface_mm).query(near.local(points_mm))
    closest = int(away.argmin())
    from_end = near.surface_mm[:, 1].max() - near.surface_mm[nearest[closest], 1]
    if away[closest] > _FROM_HEAD_MM or from_end > _HEAD_MM:
        return 180.0
    palmar = near.axes[2] + far.axes[2]
    offset = points_mm.mean(0) - far.origin_mm
    cosine = offset @ palmar / (np.linalg.norm(offset) * np.linalg.norm(palmar))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def find_ossicles(
    parts: Iterable[Part],
    image: MineralImage,
    bones: NDArray[np.bool_],
    fitted: dict[str, FittedBone],
    space: HandSpace,
) -> list[Part]:
    """Return the small, compact, dense parts deep beside bone where accessory bones are: the wrist and palmar plates.

    A deposit of that size and shape in that place can't be told from one (docs/limitations.md).

    Parameters
    ----------
    parts : iterable of Part
    image : MineralImage
    bones : bool array, shape (k, j, i)
    fitted : dict
        The fitted bones.
    space : HandSpace
        Of the fit.
    """
    likely = [
        p
        for p in parts
        if p.is_compact
        and _OSSICLE_MM3[0] <= p.dense_mm3 <= _OSSICLE_MM3[1]
        and SMALL_BONE_MG_PER_CM3 <= p.ha_mg_per_cm3 <= _OSSICLE_MG_PER_CM3
        and float(image.depth_mm[p.at].min()) >= _OSSICLE_DEPTH_MM
    ]
    spacing = np.array(space.grid.spacing_mm[::-1])
    near = [p for p in likely if _from_bone_mm(p, bones, spacing) <= _OSSICLE_FROM_BONE_MM]
    return [p for p in near if _is_at_wrist_or_palmar_plate(space.point_of(p.index), fitted)]


def _is_at_wrist_or_palmar_plate(points_mm: FloatArray, fitted: dict[str, FittedBone]) -> bool:
    from scipy.spatial import cKDTree

    away = {name: cKDTree(bone.surface_mm).query(bone.local(points_mm))[0].min() for name, bone in fitted.items()}
    nearest = min(away, key=lambda name: float(away[name]))
    share = _share_along(points_mm, fitted[nearest])
    if nearest in ("radius", "ulna"):
        return share > 1 - _END_SHARE
    if not nearest[-1].isdigit():
        return True
    is_base = nearest.startswith("metacarpal") and share < _END_SHARE
    return is_base or _is_in_palmar_plate(points_mm, nearest[-1], fitted)


def _share_along(points_mm: FloatArray, bone: FittedBone) -> float:
    """Return where a body's middle lies along a bone: 0 at its proximal end, 1 at its distal one."""
    first, last = bone.surface_mm[:, 1].min(), bone.surface_mm[:, 1].max()
    return float((bone.local(points_mm)[:, 1].mean() - first) / (last - first))


def _is_in_palmar_plate(points_mm: FloatArray, digit: str, fitted: dict[str, FittedBone]) -> bool:
    """Tell whether a body lies in the palmar plate of any joint of a digit."""
    joints = pairwise((f"metacarpal_{digit}", *phalanges(int(digit))))
    return any(_degrees_off_palm(points_mm, fitted[near], fitted[far]) <= _PALMAR_DEGREES for near, far in joints)


def _from_bone_mm(part: Part, bones: NDArray[np.bool_], spacing: FloatArray) -> float:
    """Return the distance of a part to bone; infinite where there is none within reach."""
    from scipy.spatial import cKDTree

    reach = np.ceil(_OSSICLE_FROM_BONE_MM / spacing).astype(int)
    first = np.maximum(part.index.min(0) - reach, 0)
    near = bones[tuple(slice(a, b) for a, b in zip(first, part.index.max(0) + reach + 1, strict=True))]
    if not near.any():
        return float("inf")
    return float(cKDTree((np.argwhere(near) + first) * spacing).query(part.points_mm)[0].min())
