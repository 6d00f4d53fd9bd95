"""Calcified arteries: thin tubes on the course of an artery of the fitted hand.

In Monckeberg's sclerosis the wall calcifies in rings and stretches: a bright, often interrupted line as thick as the
artery, 1 to 3 mm. Linear calcinosis looks alike but runs in tendon sheaths or under the skin; place tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._courses import Courses
from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._parts import Part
from calcidect.geometry import FloatArray

_REACH_MM = 5.0
"""Our choice: courses are told to 3 mm, and arteries wind."""
_ON_COURSE = 0.8
"""Share of a part that must lie there."""
_WIDEST_MM = 3.0
"""The radial artery at the wrist, the largest, is 2 to 3 mm wide; blur adds less than a millimetre to a thin wall."""
_LEAST_RATIO = 2.0
"""Of a single stretch: our choice, what is shorter is a nodule."""
_LEAST_RATIO_OF_ALL, _LEAST_LENGTH_MM = 4.0, 8.0
"""Of all stretches on one course together: our choice, a shorter one is told from a nodule by nothing."""


@dataclass(frozen=True, eq=False)
class _Stretch:
    """A part along a course: the millimetres of the course at which it has voxels, and its mean width in mm."""

    part: Part
    at_mm: NDArray[np.intp]
    width_mm: float


def find_arteries(parts: list[Part], courses: Courses, space: HandSpace) -> list[Part]:
    """Return the parts that are calcified arteries.

    A part is a stretch of an artery if it lies within 5 mm of the artery's course, nearer to it than to any tendon's,
    and is thin and longer than wide. The stretches on one course are an artery if they are together long enough.

    Parameters
    ----------
    parts : list of Part
    courses : Courses
    space : HandSpace
        Of the fit.
    """
    from scipy.spatial import cKDTree

    tendons = cKDTree(np.concatenate(courses.tendons))
    points = [space.point_of(part.index) for part in parts]
    from_tendon = [tendons.query(p)[0] for p in points]
    found: dict[int, Part] = {}
    for course in courses.arteries:
        line = cKDTree(course)
        stretches = [_stretch(part, line, p, t) for part, p, t in zip(parts, points, from_tendon, strict=True)]
        chain = [one for one in stretches if one is not None]
        if _is_artery(chain):
            found |= {id(one.part): one.part for one in chain}
    return list(found.values())


def _stretch(part: Part, line: object, points_mm: FloatArray, from_tendon_mm: FloatArray) -> _Stretch | None:
    """Return a part as a stretch of an artery, or None if it can't be one."""
    away, index = line.query(points_mm)  # type: ignore[attr-defined]
    on_course = (away <= _REACH_MM) & (away < from_tendon_mm)
    if on_course.mean() < _ON_COURSE:
        return None
    at_mm = np.unique(index // 2)  # points of a course are half a millimetre apart
    width = float(2 * np.sqrt(len(points_mm) * part.voxel_mm3 / (np.pi * len(at_mm))))
    return _Stretch(part, at_mm, width) if width <= _WIDEST_MM and len(at_mm) >= _LEAST_RATIO * width else None


def _is_artery(chain: list[_Stretch]) -> bool:
    if not chain:
        return False
    length = len(np.unique(np.concatenate([one.at_mm for one in chain])))
    return length >= max(_LEAST_LENGTH_MM, _LEAST_RATIO_OF_ALL * max(one.width_mm for one in chain))
