"""Which way soft tissue runs: tendons, muscles, fasciae and the fat between them lie lengthwise in a hand."""

from __future__ import annotations

import numpy as np

from calcidect.anatomy import COMPARTMENTS, Hand, HandRegions
from calcidect.geometry import FloatArray

_STEPS = 4
"""Of about a millimetre to either side: a tendon's direction over its own width."""


def course_at(hand: Hand, point_mm: FloatArray) -> FloatArray:
    """Return the direction of the nearest tendon, which bends with the finger; without tendons, the hand's own axis.

    Parameters
    ----------
    hand : Hand
    point_mm : array, shape (3,)
        LPS.

    Returns
    -------
    array, shape (3,)
        Unit vector, LPS; either of the two.
    """
    if not hand.tendons:
        return hand.distal
    away_mm = [np.linalg.norm(tendon.path_mm - point_mm, axis=1) for tendon in hand.tendons]
    nearest = int(np.argmin([distances.min() for distances in away_mm]))
    path, at = hand.tendons[nearest].path_mm, int(away_mm[nearest].argmin())
    along = path[min(at + _STEPS, len(path) - 1)] - path[max(at - _STEPS, 0)]
    return np.asarray(along / np.linalg.norm(along))


def is_pulp(regions: HandRegions | None, point_mm: FloatArray) -> bool:
    """Tell whether a place lies in the pulp of a fingertip, where nothing runs lengthwise; False without a fitted hand.

    Tendons end on the base of the distal phalanx. Beyond it lies fat between septa that go from bone to skin all around
    (Gray's Anatomy, 42nd ed., chapter 50).

    Parameters
    ----------
    regions : HandRegions or None
    point_mm : array, shape (3,)
        LPS; in soft tissue, away from bone.
    """
    if regions is None:
        return False
    named = regions.name(point_mm[None], np.array([np.inf]))
    return COMPARTMENTS[int(named.compartment[0])] == "fingertip_fat_pad"
