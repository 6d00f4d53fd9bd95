"""The anatomy room's one function: from material maps to hands, bones and what is not bone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._body import find_bodies
from calcidect.anatomy._bone_notices import bone_notices
from calcidect.anatomy._field_of_view import field_of_view_notices, find_field_of_view
from calcidect.anatomy._frame import Frame
from calcidect.anatomy._name_bones import UNNAMED
from calcidect.anatomy._one_hand import BONE_HU, FoundHand, find_hand
from calcidect.anatomy._position import position_notices
from calcidect.anatomy._types import BONES, OTHER_KINDS, BoneLabel, Hand, HandAnatomy, Side
from calcidect.errors import Notice
from calcidect.geometry import Grid
from calcidect.materials import MaterialMaps
from calcidect.progress import Progress, silent
from calcidect.settings import Settings

_UNSURE = 0.7


def find_hands(maps: MaterialMaps, settings: Settings = Settings(), progress: Progress = silent) -> HandAnatomy:  # noqa: B008
    """Return hands, sides, bones and the mineral that is not bone.

    Parameters
    ----------
    maps : MaterialMaps
    settings : Settings
        ``anatomy`` is used.
    progress : callable

    Raises
    ------
    StudyRefusedError
        ``no_hand`` if nothing in the scan is a hand. Of more than two parts of that size the two largest are taken.
    """
    from threadpoolctl import threadpool_limits

    bodies = find_bodies(maps.low, settings.anatomy.body_threshold_hu, BONE_HU)[:2]
    found = []
    with threadpool_limits(1, "blas"):  # its matrices are too small for more, and sums would depend on how many
        for n, body in enumerate(bodies):
            progress("anatomy", n / len(bodies))
            found.append(find_hand(maps, body))
    progress("anatomy", 1.0)
    sides, notices = _sides(found)
    return _gathered(maps, found, sides, notices + _ossicle_notices(found))


def _sides(found: list[FoundHand]) -> tuple[list[Side], list[Notice]]:
    """Return each hand's side; where both claim the same, the less sure one takes the other."""
    sides: list[Side] = [hand.frame.side for hand in found]
    notices = []
    if len(found) == 2 and sides[0] == sides[1]:
        weaker = int(found[0].frame.confidence > found[1].frame.confidence)
        sides[weaker] = "left" if sides[weaker] == "right" else "right"
        frame = found[weaker].frame
        # The thumb's side is the weaker evidence of the two that make a side.
        other = Frame(frame.distal, frame.dorsal, -frame.radial, sides[weaker], 0.5)
        found[weaker] = replace(found[weaker], frame=other)
        notices.append(
            Notice(
                "side_conflict",
                "Both hands look like the same side; the less certain one was changed.",
                "Check the sides before using numbers per hand.",
            )
        )
    if any(hand.frame.confidence < _UNSURE for hand in found):
        notices.append(
            Notice(
                "side_uncertain",
                "The side of a hand could not be told with certainty from its shape.",
                "Check the sides before using numbers per hand.",
            )
        )
    return sides, notices


def _ossicle_notices(found: list[FoundHand]) -> list[Notice]:
    if not any("ossicle" in hand.mineral.small_bones for hand in found):
        return []
    return [
        Notice(
            "ossicles",
            "Small, dense pieces deep beside a bone were taken for accessory bones.",
            "They are labelled ossicle in the bones, and are counted in no deposit; look whether one is calcinosis.",
        )
    ]


def _labelled(hand: FoundHand) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return names and masks: what is named here, what isn't, and what is no part of a named bone."""
    names = [*BONES, "unnamed"]
    present = np.unique(hand.named.labels).tolist()
    bones = [(names[n - 1], hand.named.labels == n) for n in range(1, UNNAMED + 1) if n in present]
    return [*bones, *hand.mineral.small_bones.items()]


def _gathered(maps: MaterialMaps, found: list[FoundHand], sides: list[Side], notices: list[Notice]) -> HandAnatomy:
    """Return everything on the scan's grid; right hand first."""
    grid: Grid = maps.low.grid
    bones = np.zeros(grid.shape, np.uint8)
    deposits, other = np.zeros(grid.shape, bool), np.zeros(grid.shape, np.uint8)
    labels: dict[int, BoneLabel] = {}
    hands = []
    by_side = sorted(zip(sides, found, strict=True), key=lambda pair: pair[0], reverse=True)
    for side, hand in by_side:
        box = hand.body.box
        for name, mask in _labelled(hand):
            if mask.any():
                label = len(labels) + 1
                labels[label] = BoneLabel(side, name)
                bones[box][mask & hand.body.mask] = label
        deposits[box] |= hand.mineral.deposits
        for kind, mask in hand.mineral.other.items():
            other[box][mask] = OTHER_KINDS.index(kind) + 1
        frame = hand.frame
        hands.append(
            Hand(
                side,
                frame.confidence,
                hand.body.start,
                hand.body.size,
                hand.body.mask,
                frame.distal,
                frame.dorsal,
                frame.radial,
                hand.radiocarpal_mm if hand.named.radiocarpal_mm is None else hand.named.radiocarpal_mm,
                hand.named.frames,
                hand.tendons,
                hand.muscle_mm,
            )
        )
    field = find_field_of_view(hands, maps.low)
    notices = [*notices, *field_of_view_notices(field)]
    notices += bone_notices([(side, hand.named) for side, hand in by_side])
    if not any(notice.code == "side_conflict" for notice in notices):
        notices += position_notices(hands, grid, maps.quality.patient_position if maps.quality else "")
    return HandAnatomy(
        tuple(hands), maps.low.like(bones), labels, maps.low.like(deposits), tuple(notices), field, maps.low.like(other)
    )
