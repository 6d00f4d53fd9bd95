"""The compartment, level and digit of any point of a fitted hand, as the result contract defines them.

- ``carpal_tunnel``: between the carpal arch and the flexor retinaculum.
- ``flexor_tendon_sheath``, ``extensor_tendon_sheath``: in or within 1.5 mm of a tendon, distal to the radiocarpal line.
- ``fingertip_fat_pad``: palmar or lateral soft tissue of a distal phalanx, distal to its basal quarter.
- ``periarticular``: within 5 mm, along the digit, of an MCP, PIP, DIP or IP joint line, and 2 mm of bone.
- ``muscle``: inside a belly or, in the hand, within 1 mm of one.
- ``forearm``: proximal to the radiocarpal line.
- ``subcutaneous``: the rest.

The first that holds is the one. A deposit is one thing: whether it is of the fat pad, periarticular or of the forearm
is asked of its centroid, and whether it is near bone of its surface.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._carpal_tunnel import CarpalTunnel, carpal_tunnel_of
from calcidect.anatomy._rays import END_SHARE, HALF_GAP_MM, AlongRays, JointLine, Ray, along_rays, rays_of
from calcidect.anatomy._seen_tendons import sampled
from calcidect.anatomy._tendons import PATH_STEP_MM
from calcidect.anatomy._types import BoneFrame, Hand, Tendon
from calcidect.geometry import FloatArray, Volume

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

COMPARTMENTS = (
    "carpal_tunnel", "flexor_tendon_sheath", "extensor_tendon_sheath", "fingertip_fat_pad", "periarticular", "muscle",
    "forearm", "subcutaneous",
)  # fmt: skip
"""In the order in which ties are broken."""
LEVELS = ("distal_phalanx", "middle_phalanx", "proximal_phalanx", "metacarpal", "carpus", "forearm")

_TUNNEL, _FLEXOR, _EXTENSOR, _PAD, _PERIARTICULAR, _MUSCLE, _FOREARM, _SUBCUTANEOUS = range(len(COMPARTMENTS))
_SHEATH_MM, _JOINT_MM, _NEAR_BONE_MM, _BESIDE_MUSCLE_MM, _BASAL = 1.5, 5.0, 2.0, 1.0, 0.25
"""As the contract has them."""
_HALF_PHALANX_MM = 2.0
"""A distal phalanx is 4 mm thick: what lies in a lost tuft's place is not behind it."""
_FAR_MM = 99.0
_IN_BELLY_MM, _STRETCH_MM, _MOSTLY = 0.5, 11.0, 0.7
"""Our choice: deeper than the border of a belly is known to; longer than a deposit hides; of that stretch."""


@dataclass(frozen=True, eq=False)
class Named:
    """What points are in: indices into ``COMPARTMENTS`` and ``LEVELS``, and the digit (0: none), each shape (n,)."""

    compartment: NDArray[np.intp]
    level: NDArray[np.intp]
    digit: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class HandRegions:
    """Everything that tells where in a fitted hand a point lies.

    Parameters
    ----------
    hand : Hand
    rays : tuple of Ray
    tunnel : CarpalTunnel
    wrist : JointLine
        The radiocarpal joint line; it halves the angle of radius and third metacarpal.
    tendons : dict
        ``flexor`` and ``extensor``: points of all paths, and the radius at each.
    """

    hand: Hand
    rays: tuple[Ray, ...]
    tunnel: CarpalTunnel
    wrist: JointLine
    tendons: dict[str, tuple[cKDTree, FloatArray]]

    def name(
        self, points_mm: FloatArray, bone_mm: FloatArray, centroid_mm: FloatArray | None = None
    ) -> Named:  # fmt: skip
        """Return compartment, level and digit of points.

        Parameters
        ----------
        points_mm : array, shape (n, 3)
            LPS; in soft tissue.
        bone_mm : array, shape (n,)
            Their distance to bone.
        centroid_mm : array, shape (3,), optional
            Given if the points are one deposit.
        """
        along = along_rays(self.rays, points_mm)
        in_forearm = self.wrist.beyond_mm(points_mm) < 0
        level = self._levels(along, points_mm)
        if centroid_mm is None:
            pad, joint, forearm = self._in_pad(points_mm, along), _at_joint(along, bone_mm), in_forearm
        else:
            middle = along_rays(self.rays, centroid_mm[None])
            pad = np.broadcast_to(self._in_pad(centroid_mm[None], middle), len(points_mm))
            joint = np.broadcast_to(_at_joint(middle, bone_mm.min(keepdims=True)), len(points_mm))
            forearm = np.broadcast_to(self.wrist.beyond_mm(centroid_mm[None]) < 0, len(points_mm))
        beside_mm = np.where(in_forearm, 0.0, _BESIDE_MUSCLE_MM)
        holds = {
            _TUNNEL: self.tunnel.holds(points_mm),
            _FLEXOR: self._in_sheath("flexor", points_mm) & ~in_forearm,
            _EXTENSOR: self._in_sheath("extensor", points_mm) & ~in_forearm,
            _PAD: pad & ~forearm,
            _PERIARTICULAR: joint & ~forearm,
            _MUSCLE: self._may_be_muscle(points_mm, along, in_forearm) & (self._muscle_mm(points_mm) <= beside_mm),
            _FOREARM: forearm,
        }
        compartment = np.select(list(holds.values()), list(holds), _SUBCUTANEOUS)
        return Named(compartment, level, self._digits(along, level, compartment))

    def level_and_digit(self, point_mm: FloatArray, compartment: int) -> tuple[int, int]:
        """Return the level and digit of a point, shape (3,), of something that lies in a compartment."""
        along = along_rays(self.rays, point_mm[None])
        level = self._levels(along, point_mm[None])
        return int(level[0]), int(self._digits(along, level, np.array([compartment]))[0])

    def aspect(self, point_mm: FloatArray) -> str:
        """Return on which side of the nearest bone's long axis a point, shape (3,), lies.

        A carpal bone has no long axis; there the hand's does, as for the forearm's bones.
        """
        bone = min(self.hand.bones.values(), key=lambda bone: np.linalg.norm(bone.surface_mm - point_mm, axis=1).min())
        offset = point_mm - bone.surface_mm.mean(0)
        palmar, radial = -self.hand.dorsal, self.hand.radial
        if any(bone is one for ray in self.rays for one in ray.bones):
            offset, palmar = point_mm - bone.joint_mm, bone.palmar
            radial = np.cross(bone.along, palmar) * (1.0 if self.hand.side == "right" else -1.0)
        away = {"palmar": offset @ palmar, "dorsal": -offset @ palmar, "radial": offset @ radial,
                "ulnar": -offset @ radial}  # fmt: skip
        return max(away, key=lambda side: float(away[side]))

    def _muscle_mm(self, points_mm: FloatArray) -> FloatArray:
        """Return the distance to muscle, negative inside; far where nothing is known of it."""
        muscle = self.hand.muscle_mm
        if muscle is None:
            return np.full(len(points_mm), _FAR_MM)
        return sampled(muscle.array, muscle.grid, points_mm)

    def _levels(self, along: AlongRays, points_mm: FloatArray) -> NDArray[np.intp]:
        """Return the level by the joint lines of the nearest ray; the carpus lies between that and the wrist."""
        table = np.full((len(self.rays), 5), LEVELS.index("carpus"))
        for r, ray in enumerate(self.rays):
            table[r, : len(ray.levels)] = [LEVELS.index(level) for level in ray.levels]
        level = table[along.ray, along.bone]  # bone -1 is the last column, where no ray has a bone
        return np.where(self.wrist.beyond_mm(points_mm) < 0, LEVELS.index("forearm"), level)

    def _digits(
        self, along: AlongRays, level: NDArray[np.intp], compartment: NDArray[np.intp]
    ) -> NDArray[np.intp]:  # fmt: skip
        """Return the ray of phalanges and, of what is not muscle, of metacarpals."""
        digit = np.array([ray.digit for ray in self.rays])[along.ray]
        in_hand = level <= LEVELS.index("metacarpal")
        return np.where(in_hand & ~np.isin(compartment, (_MUSCLE, _TUNNEL, _FOREARM)), digit, 0)

    def _in_sheath(self, kind: str, points_mm: FloatArray) -> NDArray[np.bool_]:
        if kind not in self.tendons:
            return np.zeros(len(points_mm), bool)
        tree, radius_mm = self.tendons[kind]
        away_mm, nearest = tree.query(points_mm)
        return np.asarray(away_mm <= radius_mm[nearest] + _SHEATH_MM)

    def _in_pad(self, points_mm: FloatArray, along: AlongRays) -> NDArray[np.bool_]:
        """Tell which points lie beside or in front of a distal phalanx: not behind it, within 45 degrees."""
        pad = np.zeros(len(points_mm), bool)
        for r, ray in enumerate(self.rays):
            if ray.levels[-1] != "distal_phalanx":
                continue
            mine = (along.ray == r) & (along.bone == len(ray.bones) - 1)
            bone, line = ray.bones[-1], ray.lines[-1]
            length_mm = float(line.beyond_mm(bone.surface_mm).max())
            offset = points_mm[mine] - bone.joint_mm
            height = offset @ bone.palmar
            side = offset @ np.cross(bone.along, bone.palmar)
            pad[mine] = (line.beyond_mm(points_mm[mine]) > _BASAL * length_mm) & (
                height + _HALF_PHALANX_MM > -np.abs(side)
            )
        return pad

    def _may_be_muscle(
        self, points_mm: FloatArray, along: AlongRays, in_forearm: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:  # fmt: skip
        """Tell where the anatomy has bellies: forearm, metacarpus, palmar of the carpus; never along phalanges."""
        of_carpus = (along.bone < 0) & self.tunnel.is_palmar(points_mm)
        return np.asarray(in_forearm | (along.bone == 0) | of_carpus)


def _at_joint(along: AlongRays, bone_mm: FloatArray) -> NDArray[np.bool_]:
    return (along.joint_mm <= _JOINT_MM) & (bone_mm <= _NEAR_BONE_MM)


def regions_of(hand: Hand) -> HandRegions | None:
    """Return the regions of a hand; None where no model fits it."""
    from scipy.spatial import cKDTree

    if not hand.bones:
        return None
    tendons = {}
    for kind in ("flexor", "extensor"):
        mine = [(tendon, _outside_bellies(tendon, hand.muscle_mm)) for tendon in hand.tendons if tendon.kind == kind]
        if mine and (paths := np.concatenate([path for _, path in mine])).size:
            radii = np.repeat([tendon.radius_mm for tendon, _ in mine], [len(path) for _, path in mine])
            tendons[kind] = cKDTree(paths), radii
    return HandRegions(hand, rays_of(hand), carpal_tunnel_of(hand), _wrist(hand.bones), tendons)


def _outside_bellies(tendon: Tendon, muscle_mm: Volume | None) -> FloatArray:
    """Return a tendon's path but for stretches that the scan shows to be muscle: there this person's runs elsewhere.

    What a deposit hides of a tendon in a belly may look like muscle, too, but not for a centimetre.
    """
    from scipy.ndimage import uniform_filter1d

    if muscle_mm is None:
        return tendon.path_mm
    inside = sampled(muscle_mm.array, muscle_mm.grid, tendon.path_mm) < -_IN_BELLY_MM
    in_muscle = uniform_filter1d(inside.astype(float), round(_STRETCH_MM / PATH_STEP_MM), mode="nearest")
    return np.asarray(tendon.path_mm[in_muscle <= _MOSTLY])


def _wrist(bones: dict[str, BoneFrame]) -> JointLine:
    """Return the radiocarpal joint line, half a joint space proximal of lunate and scaphoid."""
    along = bones["radius"].along + bones["metacarpal_3"].along
    along = along / np.linalg.norm(along)
    ends = [np.quantile(bones[name].surface_mm @ along, END_SHARE) for name in ("lunate", "scaphoid")]
    middle = bones["lunate"].joint_mm
    return JointLine(middle + (np.mean(ends) - HALF_GAP_MM - middle @ along) * along, along)
