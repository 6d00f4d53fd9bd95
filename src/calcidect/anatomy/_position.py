"""Whether the hands lie where the patient's position says that they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calcidect.anatomy._types import Hand
from calcidect.errors import Notice
from calcidect.geometry import Grid

_CERTAIN = 0.9  # our rule: of both sides as told together, against both swapped
_APART_MM = 20.0  # our rule: less than half a hand's width; hands on top of one another are not told


def position_notices(hands: Sequence[Hand], grid: Grid, patient_position: str = "") -> list[Notice]:
    """Return a notice if the anatomical right hand lies at the patient's left.

    The coordinates' left follows from Patient Position, which a person entered; the anatomy's from the hand's shape.
    Only two hands can disagree with it. Whether prone or supine, head or feet first was right can't be told from
    hands alone, since arms and wrists turn.

    Parameters
    ----------
    hands : sequence of Hand
        Right first.
    grid : Grid
        The scan's.
    patient_position : str
        As stated, ``HFP``.
    """
    if len(hands) != 2 or _both_right(*(hand.side_confidence for hand in hands)) < _CERTAIN:
        return []
    x = {hand.side: _middle_mm(hand, grid)[0] for hand in hands}
    if x["right"] - x["left"] < _APART_MM:
        return []
    stated = f" (Patient Position is {patient_position})" if patient_position else ""
    return [
        Notice(
            "position_against_anatomy",
            f"By its shape, the hand at the patient's left is a right one, and the other a left one{stated}.",
            "Left and right of every number: they are those of the hands' shape. Check whether the arms were crossed "
            "or the position was entered wrongly (then they are right), or the images are mirrored (then swapped).",
        )
    ]


def _both_right(one: float, other: float) -> float:
    """Return the probability that both sides are right, given that one hand is a right and the other a left one."""
    return one * other / (one * other + (1 - one) * (1 - other))


def _middle_mm(hand: Hand, grid: Grid) -> np.ndarray:
    """Return the LPS position of the middle of a hand's body."""
    k, j, i = (
        float((hand.body.sum(axis=tuple({0, 1, 2} - {axis})) * np.arange(n)).sum() / hand.body.sum())
        for axis, n in enumerate(hand.body.shape)
    )
    return grid.point_of(np.array([i, j, k]) + hand.start)
