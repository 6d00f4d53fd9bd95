"""Where arteries and tendons run beside the bones of the fitted hand.

From anatomy (Gray's Anatomy, 42nd ed., chapter 50): the radial artery lies in front of the radius, winds round the
wrist behind the thumb's base and ends in the deep arch, in front of the metacarpals' bases. The ulnar artery lies in
front of the ulna, passes the pisiform on its radial side and ends in the superficial arch, in front of the flexor
tendons in the middle of the palm. From it an artery runs between each two rays, and parts at the web into the proper
digital arteries, on both sides of the flexor tendons. Those lie in front of the finger's middle, extensors behind it.
The distances from bone are our choice for a hand of middle size; a course is told to about 3 mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcidect.anatomy._fitted_bones import FittedBone
from calcidect.geometry import FloatArray

STEP_MM = 0.5

_DIGITAL_DEGREES, _DIGITAL_MM = 40.0, 4.0
"""Beside the flexor tendons' sheath, which is 8 mm wide, as deep as the tendons are."""

Stop = tuple[str, float, float, float]
"""Bone, share of its length, angle about it (0 palmar, 90 radial), mm beyond its surface: see `FittedBone.beside`."""


@dataclass(frozen=True, eq=False)
class Courses:
    """Lines as points 0.5 mm apart, each shape (n, 3), in the space of the fit."""

    arteries: tuple[FloatArray, ...]
    tendons: tuple[FloatArray, ...]


def courses(bones: dict[str, FittedBone]) -> Courses:
    """Return where arteries and tendons of a hand run."""
    return Courses(
        tuple(_line(bones, stops) for stops in _arteries()), tuple(_line(bones, stops) for stops in _tendons())
    )


def phalanges(ray: int) -> tuple[str, ...]:
    """Return the phalanges of a ray, proximal first."""
    kinds = ("proximal", "distal") if ray == 1 else ("proximal", "middle", "distal")
    return tuple(f"{kind}_phalanx_{ray}" for kind in kinds)


def _along_digit(ray: int, angle: float, beyond_mm: float) -> list[Stop]:
    """Return stops along the phalanges of a ray, from base to head of each; the last ends half way to the tip."""
    *others, last = phalanges(ray)
    return [
        *((bone, share, angle, beyond_mm) for bone in others for share in (0.1, 0.5, 0.9)),
        *((last, share, angle, beyond_mm) for share in (0.1, 0.5)),
    ]


def _digital(ray: int, side: int) -> list[Stop]:
    """Return stops of a proper digital artery: 1 on the radial side, -1 on the ulnar one."""
    return _along_digit(ray, side * _DIGITAL_DEGREES, _DIGITAL_MM)


def _arteries() -> list[list[Stop]]:
    radial: list[Stop] = [
        *(("radius", share, 20.0, 4.0) for share in (0.0, 0.75)),
        ("radius", 0.95, 25, 2), ("scaphoid", 0.5, 110, 4), ("trapezium", 0.5, 150, 4),
    ]  # fmt: skip
    ulnar: list[Stop] = [("ulna", 0.0, 15, 8), ("ulna", 0.9, 25, 8), ("pisiform", 0.5, 90, 4), ("hamate", 0.6, 0, 9)]
    deep: list[Stop] = [(f"metacarpal_{ray}", 0.2, 0, 4) for ray in (2, 3, 4, 5)]
    arch = ((5, 0.3, 11.0), (4, 0.5, 12.0), (3, 0.55, 12.0), (2, 0.5, 12.0))
    superficial: list[Stop] = [(f"metacarpal_{ray}", share, 0, beyond) for ray, share, beyond in arch]
    lines = [[*radial, *deep], [*ulnar, *superficial]]
    for ray in (2, 3, 4):
        between: list[Stop] = [(f"metacarpal_{ray}", share, -40, 7) for share in (0.6, 1.0)]
        lines += [between + _digital(ray, -1), between + _digital(ray + 1, 1)]
    lines += [[("metacarpal_2", 0.6, 55, 6), ("metacarpal_2", 1.0, 55, 4), *_digital(2, 1)]]
    lines += [[("metacarpal_5", 0.6, -55, 6), ("metacarpal_5", 1.0, -55, 4), *_digital(5, -1)]]
    lines += [[*(("metacarpal_1", share, 55.0 * side, 4.0) for share in (0.3, 0.9)), *_digital(1, side)]
              for side in (1, -1)]  # fmt: skip
    return lines


def _tendons() -> list[list[Stop]]:
    lines: list[list[Stop]] = []
    for ray in (1, 2, 3, 4, 5):
        palm: list[Stop] = [("capitate", 0.5, 0, 7), (f"metacarpal_{ray}", 0.5, 0, 8), (f"metacarpal_{ray}", 1.0, 0, 4)]
        back: list[Stop] = [("radius", 0.9, 180, 3), *((f"metacarpal_{ray}", s, 180.0, 2.0) for s in (0.1, 0.5, 1.0))]
        lines += [palm + _along_digit(ray, 0, 2.5), back + _along_digit(ray, 180, 1)]
    lines += [
        [("radius", 0.0, angle, mm), ("radius", 0.9, angle, mm)]
        for angle, mm in ((-5.0, 8.0), (-40.0, 9.0), (90.0, 3.0), (150.0, 3.0), (180.0, 3.0), (-150.0, 3.0))
    ]
    lines += [[("ulna", 0.0, angle, mm), ("ulna", 0.9, angle, mm)] for angle, mm in ((-40.0, 9.0), (180.0, 3.0))]
    lines += [[("ulna", 0.9, -40, 9), ("pisiform", 0.3, 0, 2)], [("radius", 0.9, -5, 8), ("trapezium", 0.5, 0, 5)]]
    return lines


def _line(bones: dict[str, FittedBone], stops: list[Stop]) -> FloatArray:
    """Return a smooth line through its stops."""
    from scipy.interpolate import PchipInterpolator

    at = np.array([bones[bone].beside(share, angle, beyond) for bone, share, angle, beyond in stops])
    arc = np.concatenate([[0.0], np.cumsum(np.maximum(np.linalg.norm(np.diff(at, axis=0), axis=1), 1e-3))])
    return np.asarray(PchipInterpolator(arc, at)(np.arange(0.0, arc[-1], STEP_MM)))
