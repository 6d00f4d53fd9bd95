"""A drawn pair of hands, the same for every person: where each bone lies, for maps of one person and of a cohort.

Drawn as the palms are seen: the right hand on the left, thumbs to the middle, both of one outline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDTH, HEIGHT = 330.0, 290.0
"""Of the drawing, in its own units: about millimetres of an adult's hand."""
CENTRE_X = {"right": 82.0, "left": 248.0}
RAY_LEVELS = ("metacarpal", "proximal_phalanx", "middle_phalanx", "distal_phalanx")
_BASE_Y = 196.0  # of the metacarpals' bases
_RAYS = {
    1: (20.0, 4.0, 36.0, (36.0, 28.0, 0.0, 21.0)),
    2: (14.0, 0.0, 9.0, (56.0, 38.0, 24.0, 18.0)),
    3: (3.0, 0.0, 1.0, (54.0, 42.0, 28.0, 19.0)),
    4: (-7.0, 0.0, -7.0, (48.0, 39.0, 26.0, 19.0)),
    5: (-16.0, -3.0, -16.0, (44.0, 31.0, 19.0, 17.0)),
}
"""Radial and distal place of a metacarpal's base, degrees to the thumb's side, lengths of its bones; our drawing."""
_WIDTHS = (9.0, 8.5, 7.5, 7.0)
_JOINT = 3.0  # between the ends of two bones
_CARPUS = ((15, -8), (6, -8), (-3, -8), (-11, -8), (12, -18), (2, -19), (-8, -17))
_CARPAL_WIDTH = 11.0
_FOREARM = ((9.0, 13.0), (-9.0, 9.0))  # radial place and width of radius and ulna
_WRIST, _ELBOW_END = -29.0, -84.0


@dataclass(frozen=True)
class Rod:
    """A line with round ends."""

    x: float
    y: float
    end_x: float
    end_y: float
    width: float


@dataclass(frozen=True)
class DrawnBone:
    """A bone of the drawing: its level, its digit where it has one, and its rod."""

    level: str
    digit: int | None
    rod: Rod


def drawn_bones(side: str) -> tuple[DrawnBone, ...]:
    """Return all bones of a hand: rays, carpus, forearm."""
    bones = [DrawnBone(level, digit, _rod(side, *bone)) for digit in _RAYS for level, bone in _ray(digit).items()]
    bones += [DrawnBone("carpus", None, _rod(side, (x, y), (x, y), _CARPAL_WIDTH)) for x, y in _CARPUS]
    bones += [
        DrawnBone("forearm", None, _rod(side, (x, _WRIST), (1.1 * x, _ELBOW_END), width)) for x, width in _FOREARM
    ]
    return tuple(bones)


def middle_of(side: str, level: str, digit: int | None) -> tuple[float, float] | None:
    """Return the middle of a bone, or of carpus or forearm; None where the drawing has no such bone."""
    if level == "forearm":
        return _at(side, 0, (_WRIST + _ELBOW_END) / 2)
    if level == "carpus":
        return _at(side, 2, -13)
    bones = {} if digit is None else _ray(digit)
    if level not in bones:
        return None
    (x, y), (end_x, end_y), _ = bones[level]
    return _at(side, (x + end_x) / 2, (y + end_y) / 2)


def _at(side: str, radial: float, distal: float) -> tuple[float, float]:
    return CENTRE_X[side] + (radial if side == "right" else -radial), _BASE_Y - distal


_Point = tuple[float, float]


def _ray(digit: int) -> dict[str, tuple[_Point, _Point, float]]:
    """Return both ends (radial, distal) and the width of each bone of a ray."""
    x, y, degrees, lengths = _RAYS[digit]
    step_x, step_y = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    bones = {}
    for level, length, width in zip(RAY_LEVELS, lengths, _WIDTHS, strict=True):
        if length:
            end = x + length * step_x, y + length * step_y
            bones[level] = ((x, y), end, width)
            x, y = end[0] + _JOINT * step_x, end[1] + _JOINT * step_y
    return bones


def _rod(side: str, start: _Point, end: _Point, width: float) -> Rod:
    inset = width / 2 if start != end else 0.0  # a rod's round end goes beyond its point
    length = math.dist(start, end) or 1.0
    way = (end[0] - start[0]) / length * inset, (end[1] - start[1]) / length * inset
    first, last = _at(side, start[0] + way[0], start[1] + way[1]), _at(side, end[0] - way[0], end[1] - way[1])
    return Rod(*first, *last, width)
