"""Calcified arteries: thin tubes on the course of an artery of the fitted hand.

In Monckeberg's sclerosis the wall calcifies in rings and stretches: a bright, often interrupted line as thick as the
artery, 1 to 3 mm. Linear calcinosis looks alike but runs in tendon sheaths or under the skin; place tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._courses import STEP_MM, Courses
from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._parts import Part
from calcidect.geometry import FloatArray

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

_REACH_MM = 5.0
"""Our choice: courses are told to 3 mm, and arteries wind."""
_ON_COURSE = 0.8
"""Share of a part that must lie there."""
_WIDEST_MM = 4.0
"""The radial artery at the wrist, the largest, is 2 to 3 mm wide; blur adds up to a millimetre."""
_LEAST_RATIO = 2.0
"""Of a single stretch: our choice, what is shorter is a speck."""
_LEAST_RATIO_OF_ALL, _LEAST_LENGTH_MM = 4.0, 8.0
"""Of all stretches on one course together: our choice, a shorter one is told from a nodule by nothing."""
_SPECK_FROM_STRETCH_MM = 5.0
"""Our choice: specks between the stretches of an artery, or no farther from its ends, belong to its wall."""


@dataclass(frozen=True, eq=False)
class _Stretch:
    """A part along a course: the millimetres of the course at which it has voxels, and how wide it is."""

    part: Part
    at_mm: NDArray[np.intp]
    width_mm: float


def find_arteries(parts: list[Part], courses: Courses, space: HandSpace) -> list[Part]:
    """Return the parts that are calcified arteries.

    A part may belong to an artery if it lies within 5 mm of the artery's course, nearer to it than to any tendon's, and
    is thin. Stretches are longer than wide; where those on one course are together long enough, they are an
    artery, and the specks among them belong to it.

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
        on_course = [_on_course(part, line, p, t) for part, p, t in zip(parts, points, from_tendon, strict=True)]
        found |= {id(one.part): one.part for one in _artery([one for one in on_course if one is not None])}
    return list(found.values())


def _on_course(part: Part, line: cKDTree, points_mm: FloatArray, from_tendon_mm: FloatArray) -> _Stretch | None:
    """Return a part along a course, or None if it lies elsewhere or is too thick."""
    away, index = line.query(points_mm)
    if ((away <= _REACH_MM) & (away < from_tendon_mm)).mean() < _ON_COURSE:
        return None
    at_mm, section = np.unique((index * STEP_MM).astype(int), return_inverse=True)
    width = _width_mm(points_mm, section)
    return _Stretch(part, at_mm, width) if width <= _WIDEST_MM else None


def _width_mm(points_mm: FloatArray, section: NDArray[np.intp]) -> float:
    """Return how wide a tube's sections are at most, about their middles: a disc is four standard deviations wide."""
    count = np.bincount(section)
    middles = np.stack([np.bincount(section, weights=axis) / count for axis in points_mm.T], -1)
    across = points_mm - middles[section]
    return float(4 * np.sqrt(np.linalg.eigvalsh(across.T @ across / len(across))[-1]))


def _artery(on_course: list[_Stretch]) -> list[_Stretch]:
    """Return what belongs to an artery, of what lies on its course; nothing if that is no artery."""
    stretches = [one for one in on_course if len(one.at_mm) >= _LEAST_RATIO * one.width_mm]
    if not stretches:
        return []
    covered = np.unique(np.concatenate([one.at_mm for one in stretches]))
    if len(covered) < max(_LEAST_LENGTH_MM, _LEAST_RATIO_OF_ALL * max(one.width_mm for one in stretches)):
        return []
    first, last = covered[0] - _SPECK_FROM_STRETCH_MM, covered[-1] + _SPECK_FROM_STRETCH_MM
    return [one for one in on_course if first <= one.at_mm[0] and one.at_mm[-1] <= last]
