"""Where points of a digital hand lie, by the result contract's definitions.

Told from the hand's own bones, tendons and muscle, and by other code than the analysis has, so that each can be held
against the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import BONES, COMPARTMENTS
from calcidect.geometry import FloatArray
from calcidect.phantom._bones import ray_axes
from calcidect.phantom._pose import PosedBone, PosedHand
from calcidect.phantom._soft_tissue import tendon_paths

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

_EXTENSORS = ("EDC", "EDM", "EIP", "EPL", "EPB", "APL", "ECRL", "ECRB", "ECU")
_CARPALS = BONES[19:27]
_RAY = ("metacarpal", "proximal_phalanx", "middle_phalanx", "distal_phalanx")
_SHEATH_MM, _JOINT_MM, _NEAR_BONE_MM, _BESIDE_MUSCLE_MM, _BASAL = 1.5, 5.0, 2.0, 1.0, 0.25
"""As the contract has them."""
_RETINACULUM_MM = 1.5
"""It is 0.8 to 2.5 mm thick, and spans the bones' outer edges."""
_HALF_GAP_MM, _END_SHARE = 1.0, 0.01
"""Half a joint space, where one of its bones is asked; share of vertices beyond a bone's end."""
_HALF_PHALANX_MM = 2.0
"""A distal phalanx is 4 mm thick: what lies in a lost tuft's place is not behind it."""
_BEHIND = 30
"""Of a bone's vertices, seen from the palm, so many hold both of its sides."""

Distances = NDArray[np.floating]
Line = tuple[FloatArray, FloatArray]
"""A joint line: its middle, and the direction across it."""


@dataclass(frozen=True)
class PointPlace:
    """Level, ray, distance from a joint line of phalanges along the ray (mm), and whether in a fingertip's pad."""

    level: str
    ray: int
    joint_mm: float
    in_pad: bool


@dataclass(frozen=True, eq=False)
class Places:
    """What tells where in a posed hand a point lies.

    Parameters
    ----------
    posed : PosedHand
    tendons : dict
        ``flexor`` and ``extensor``: each tendon's path and radius.
    hull : array, shape (n, 4)
        Faces of the carpal bones' convex hull: outward normal and offset.
    carpus : array, shape (n, 3)
        The carpal bones' vertices along radial, distal and dorsal.
    lines : dict
        Ray to its joint lines, at the proximal end of each bone.
    wrist_mm : float
        The radiocarpal joint line, along distal.
    rays : KD tree
        Vertices of metacarpals and phalanges.
    owner : array of str
        The bone that each of those belongs to.
    """

    posed: PosedHand
    tendons: dict[str, list[tuple[cKDTree, float]]]
    hull: FloatArray
    carpus: FloatArray
    lines: dict[int, list[Line]]
    wrist_mm: float
    rays: cKDTree
    owner: NDArray[np.str_]

    def compartments(
        self, points_mm: FloatArray, bone_mm: Distances, muscle_mm: Distances, centroid_mm: FloatArray | None = None
    ) -> NDArray[np.intp]:  # fmt: skip
        """Return the compartment of points, shape (n, 3), as an index into ``COMPARTMENTS``.

        Parameters
        ----------
        points_mm : array, shape (n, 3)
            LPS.
        bone_mm, muscle_mm : array, shape (n,)
            Their distance to bone and to muscle, 0 inside.
        centroid_mm : array, shape (3,), optional
            Given if the points are one deposit, of which some things are asked as a whole.
        """
        proximal = points_mm @ self.posed.distal < self.wrist_mm
        asked = points_mm if centroid_mm is None else centroid_mm[None]
        places = [self.place(point) for point in asked]
        near = bone_mm if centroid_mm is None else bone_mm.min(keepdims=True)
        joint = np.array([place.joint_mm for place in places]) <= _JOINT_MM
        forearm = np.array([place.level == "forearm" for place in places])
        holds = (
            self._in_tunnel(points_mm),
            self._in_sheath("flexor", points_mm) & ~proximal,
            self._in_sheath("extensor", points_mm) & ~proximal,
            np.array([place.in_pad for place in places]),
            joint & (near <= _NEAR_BONE_MM) & ~forearm,
            muscle_mm <= np.where(proximal, 0.0, _BESIDE_MUSCLE_MM),
            forearm,
        )
        every = [np.broadcast_to(one, len(points_mm)) for one in holds]
        return np.asarray(np.select(every, range(len(every)), len(every)), np.intp)

    def place(self, point_mm: FloatArray) -> PointPlace:
        """Return where along its ray, that of the nearest bone, a point lies; proximal of the metacarpal: carpus."""
        name = str(self.owner[self.rays.query(point_mm)[1]])
        ray = int(name[-1])
        if point_mm @ self.posed.distal < self.wrist_mm:
            return PointPlace("forearm", ray, np.inf, in_pad=False)
        beyond = [float((point_mm - middle) @ along) for middle, along in self.lines[ray]]
        levels = _levels(self.posed, ray)
        n = levels.index(name[:-2])
        while n + 1 < len(levels) and beyond[n + 1] > 0:
            n += 1
        while n >= 0 and beyond[n] <= 0:
            n -= 1
        joint_mm = min((abs(beyond[m]) for m in (n, n + 1) if 1 <= m < len(levels)), default=np.inf)
        in_pad = n == len(levels) - 1 and self._in_pad(point_mm, ray)
        return PointPlace(levels[n] if n >= 0 else "carpus", ray, joint_mm, in_pad)

    def digit(self, place: PointPlace, compartment: str) -> int | None:
        """Return the digit of what lies at a place in a compartment: none in muscle, carpus and forearm."""
        without = place.level in ("carpus", "forearm") or compartment in ("muscle", "carpal_tunnel", "forearm")
        return None if without else place.ray

    def _in_tunnel(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Tell what is in the hull of the carpal bones, or in the retinaculum, with bone behind it."""
        from scipy.spatial import cKDTree

        flat = points_mm @ _axes(self.posed).T
        _, nearest = cKDTree(self.carpus[:, :2]).query(flat[:, :2], k=_BEHIND)
        outside_mm = (points_mm @ self.hull[:, :3].T + self.hull[:, 3]).max(1)
        return np.asarray((outside_mm <= _RETINACULUM_MM) & (self.carpus[nearest, 2].max(1) > flat[:, 2]))

    def _in_sheath(self, kind: str, points_mm: FloatArray) -> NDArray[np.bool_]:
        within = [tree.query(points_mm)[0] <= radius_mm + _SHEATH_MM for tree, radius_mm in self.tendons[kind]]
        return np.asarray(np.any(within, axis=0))

    def _in_pad(self, point_mm: FloatArray, ray: int) -> bool:
        bone = self.posed.bones[f"distal_phalanx_{ray}"]
        start, end = bone.axis
        along, palmar, radial = ray_axes(self.posed, bone)
        offset = point_mm - start
        beyond_base = offset @ along > _BASAL * np.linalg.norm(end - start)
        return bool(beyond_base and offset @ palmar + _HALF_PHALANX_MM > -abs(offset @ radial))


def places_of(posed: PosedHand, size: float) -> Places:
    """Return the places of a hand whose tendons are as thick as its size makes them."""
    from scipy.spatial import ConvexHull, cKDTree

    tendons: dict[str, list[tuple[cKDTree, float]]] = {"flexor": [], "extensor": []}
    for name, (path, radius_mm) in tendon_paths(posed, size).items():
        tendons["extensor" if name.startswith(_EXTENSORS) else "flexor"].append((cKDTree(path), radius_mm))
    carpus = np.concatenate([posed.bones[name].vertices_mm for name in _CARPALS])
    ends = [np.quantile(posed.bones[name].vertices_mm @ posed.distal, _END_SHARE) for name in ("lunate", "scaphoid")]
    names = [f"{level}_{ray}" for ray in range(1, 6) for level in _levels(posed, ray)]
    counts = [len(posed.bones[name].vertices_mm) for name in names]
    return Places(
        posed, tendons, ConvexHull(carpus).equations, carpus @ _axes(posed).T,
        {ray: _lines(posed, ray) for ray in range(1, 6)}, float(np.mean(ends)) - _HALF_GAP_MM,
        cKDTree(np.concatenate([posed.bones[name].vertices_mm for name in names])), np.repeat(names, counts),
    )  # fmt: skip


def most_of(compartments: NDArray[np.intp], weights: NDArray[np.floating]) -> str:
    """Return the compartment that holds most, ties in the contract's order."""
    return COMPARTMENTS[int(np.bincount(compartments, weights, len(COMPARTMENTS)).argmax())]


def _axes(posed: PosedHand) -> FloatArray:
    return np.stack([posed.radial, posed.distal, posed.dorsal])


def _levels(posed: PosedHand, ray: int) -> list[str]:
    return [level for level in _RAY if f"{level}_{ray}" in posed.bones]


def _lines(posed: PosedHand, ray: int) -> list[Line]:
    bones = [posed.bones[f"{level}_{ray}"] for level in _levels(posed, ray)]
    tip_mm = bones[-1].vertices_mm.mean(0)
    return [_line(before, bone, tip_mm) for before, bone in zip([None, *bones[:-1]], bones, strict=True)]


def _line(before: PosedBone | None, bone: PosedBone, tip_mm: FloatArray) -> Line:
    """Return the line in the middle of a joint's space, or half a space proximal of the first bone of a ray."""
    bones = [bone] if before is None else [before, bone]
    ends = [_ends(one, tip_mm) for one in bones]
    along = np.sum([(b - a) / np.linalg.norm(b - a) for a, b in ends], axis=0)
    along = along / np.linalg.norm(along)
    proximal_mm = np.quantile(bone.vertices_mm @ along, _END_SHARE)
    if before is None:
        middle, height = ends[0][0], proximal_mm - _HALF_GAP_MM
    else:
        middle = 0.5 * (ends[0][1] + ends[1][0])
        height = 0.5 * (np.quantile(before.vertices_mm @ along, 1 - _END_SHARE) + proximal_mm)
    return middle + (height - middle @ along) * along, along


def _ends(bone: PosedBone, tip_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return proximal and distal end; of a metacarpal the distal one is nearer to the fingertip."""
    a, b = bone.axis
    swap = bone.name.startswith("metacarpal") and np.linalg.norm(a - tip_mm) < np.linalg.norm(b - tip_mm)
    return (b, a) if swap else (a, b)
