"""Where a deposit lies among the named bones: nearest bone, level along its ray, digit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcidect.anatomy import BONES, Hand
from calcidect.geometry import FloatArray

_OF_A_RAY = ("metacarpal", "proximal_phalanx", "middle_phalanx", "distal_phalanx")


@dataclass(frozen=True)
class Place:
    """What the result contract calls ``nearest_bone``, ``level`` and ``digit``; None is not known."""

    nearest_bone: str | None
    level: str | None
    digit: int | None


def place_of(hand: Hand, nearest_bone: str | None, centroid_mm: FloatArray) -> Place:
    """Return where a deposit lies.

    Its ray is that of the nearest bone; its level is told by the joint lines of that ray, so that a deposit whose
    centroid lies beyond the nearest bone's end belongs to the next. At metacarpal level the digit is that ray too,
    although for a deposit in muscle the contract wants none: compartments are not told yet.

    Parameters
    ----------
    hand : Hand
    nearest_bone : str or None
        Name of the label nearest to the deposit.
    centroid_mm : array, shape (3,)
        LPS.
    """
    wrist = hand.radiocarpal_mm
    is_forearm = wrist is not None and float(centroid_mm @ hand.distal) < wrist
    if is_forearm or nearest_bone not in BONES or nearest_bone not in hand.bones:
        return Place(nearest_bone if nearest_bone in BONES else None, "forearm" if is_forearm else None, None)
    if not nearest_bone[-1].isdigit():
        return Place(nearest_bone, "carpus", None)
    ray = int(nearest_bone[-1])
    level = _level(hand, ray, nearest_bone[:-2], centroid_mm)
    return Place(nearest_bone, level, None if level == "carpus" else ray)


def _level(hand: Hand, ray: int, start: str, centroid_mm: FloatArray) -> str:
    """Return the level whose joint lines enclose a point, sought along the ray from the nearest bone."""
    levels = [level for level in _OF_A_RAY if f"{level}_{ray}" in hand.bones]
    n = levels.index(start)
    while n + 1 < len(levels) and _is_beyond(hand, levels[n + 1], ray, centroid_mm):
        n += 1
    while n >= 0 and not _is_beyond(hand, levels[n], ray, centroid_mm):
        n -= 1
    return levels[n] if n >= 0 else "carpus"


def _is_beyond(hand: Hand, level: str, ray: int, centroid_mm: FloatArray) -> bool:
    """Tell whether a point lies distal to a bone's proximal joint line; the line halves the angle of the joint."""
    bone = hand.bones[f"{level}_{ray}"]
    along = bone.along
    levels = [name for name in _OF_A_RAY if f"{name}_{ray}" in hand.bones]
    if levels.index(level) > 0:
        along = along + hand.bones[f"{levels[levels.index(level) - 1]}_{ray}"].along
    return bool((centroid_mm - bone.joint_mm) @ np.asarray(along) > 0)
