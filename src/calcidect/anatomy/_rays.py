"""The five rays of a fitted hand: which ray and level a point belongs to, and how far it lies from a joint line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._types import BoneFrame, Hand
from calcidect.geometry import FloatArray

OF_A_RAY = ("metacarpal", "proximal_phalanx", "middle_phalanx", "distal_phalanx")
END_SHARE = 0.01
"""Our choice: share of a bone's surface beyond its end: a point or two of a surface known to 2 mm."""
HALF_GAP_MM = 1.0
"""Joint spaces of hand and wrist are 1.5 to 2.5 mm wide in radiographs. Used where only one of the bones is asked."""


@dataclass(frozen=True, eq=False)
class JointLine:
    """A plane across a ray, in the middle of a joint's gap; ``along`` halves the angle of its bones."""

    middle_mm: FloatArray
    along: FloatArray

    def beyond_mm(self, points_mm: FloatArray) -> FloatArray:
        """Return how far distal of the line points, shape (n, 3), lie."""
        return np.asarray((points_mm - self.middle_mm) @ self.along)


@dataclass(frozen=True, eq=False)
class Ray:
    """One digit with its metacarpal.

    Parameters
    ----------
    digit : int
    names : tuple of str
        Its bones, proximal first.
    bones : tuple of BoneFrame
    lines : tuple of JointLine
        At the proximal end of each bone.
    """

    digit: int
    names: tuple[str, ...]
    bones: tuple[BoneFrame, ...]
    lines: tuple[JointLine, ...]

    @property
    def levels(self) -> tuple[str, ...]:
        """The level of each bone."""
        return tuple(name[:-2] for name in self.names)


@dataclass(frozen=True, eq=False)
class AlongRays:
    """Where points lie along the rays, each shape (n,).

    Parameters
    ----------
    ray : int array
        Index of the ray whose bones are nearest.
    bone : int array
        Index, within the ray, of the bone between whose joint lines the point lies; -1 proximal of the metacarpal.
    joint_mm : float array
        Distance, along the ray, from the nearer of that bone's joint lines with a phalanx; infinite where it has none.
    """

    ray: NDArray[np.intp]
    bone: NDArray[np.intp]
    joint_mm: FloatArray


def rays_of(hand: Hand) -> tuple[Ray, ...]:
    """Return the rays of a fitted hand."""
    rays = []
    for digit in range(1, 6):
        names = tuple(f"{level}_{digit}" for level in OF_A_RAY if f"{level}_{digit}" in hand.bones)
        bones = tuple(hand.bones[name] for name in names)
        before = (None, *bones[:-1])
        rays.append(Ray(digit, names, bones, tuple(map(_line, before, bones))))
    return tuple(ray for ray in rays if ray.bones)


def _line(before: BoneFrame | None, bone: BoneFrame) -> JointLine:
    """Return the line half way between the ends of two bones, or a little proximal of the first of a ray."""
    along = bone.along if before is None else bone.along + before.along
    along = along / np.linalg.norm(along)
    ends = [np.quantile(bone.surface_mm @ along, END_SHARE)]
    ends.append(ends[0] - 2 * HALF_GAP_MM if before is None else np.quantile(before.surface_mm @ along, 1 - END_SHARE))
    return JointLine(bone.joint_mm + (np.mean(ends) - bone.joint_mm @ along) * along, along)


def along_rays(rays: tuple[Ray, ...], points_mm: FloatArray) -> AlongRays:
    """Return ray, bone and distance from a joint line of points, shape (n, 3), LPS.

    The ray is that of the nearest of all metacarpals and phalanges, as fitted. From that bone the search goes on over
    its joint lines: a point beyond a bone's end belongs to the next, though the end may be nearer.
    """
    from scipy.spatial import cKDTree

    surfaces = [(r, b, bone.surface_mm) for r, ray in enumerate(rays) for b, bone in enumerate(ray.bones)]
    tree = cKDTree(np.concatenate([surface for *_, surface in surfaces]))
    owner = np.repeat(np.arange(len(surfaces)), [len(surface) for *_, surface in surfaces])[tree.query(points_mm)[1]]
    nearest_ray, nearest_bone = (np.array([row[n] for row in surfaces], np.intp)[owner] for n in (0, 1))
    bone, joint_mm = nearest_bone.copy(), np.full(len(points_mm), np.inf)
    for r, ray in enumerate(rays):
        mine = nearest_ray == r
        bone[mine], joint_mm[mine] = _along_one(ray, nearest_bone[mine], points_mm[mine])
    return AlongRays(nearest_ray, bone, joint_mm)


def _along_one(ray: Ray, bone: NDArray[np.intp], points_mm: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
    beyond = np.stack([line.beyond_mm(points_mm) for line in ray.lines])
    bone, last = bone.copy(), len(ray.lines) - 1
    for n in range(last):
        bone[(bone == n) & (beyond[n + 1] > 0)] += 1
    for n in range(last, -1, -1):
        bone[(bone == n) & (beyond[n] <= 0)] -= 1
    away = np.full((last + 3, len(points_mm)), np.inf)  # no joint of phalanges at a metacarpal's base, nor at the tip
    away[2 : last + 2] = np.abs(beyond[1:])
    column = np.arange(len(points_mm))
    return bone, np.minimum(away[bone + 1, column], away[bone + 2, column])
