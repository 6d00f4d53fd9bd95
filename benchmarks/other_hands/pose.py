"""Pose another person's bones: joints where the heads are, angles drawn, gaps set by pushing and pulling.

Rotations are about the axes of the hand's or the parent bone's frame (x radial, y distal, z palmar): + about x
flexes, + about z turns the distal end to the ulnar side.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from .meshes import CARPALS, Surface, ray, rest
from .poisson import clean_samples
from .shape import BoneFrame, changed, draw_changes, frame_of

FOREARM = ("radius", "ulna")
_JOINED = (
    ("trapezium", "metacarpal_1"), ("trapezoid", "metacarpal_2"), ("capitate", "metacarpal_3"),
    ("hamate", "metacarpal_4"), ("hamate", "metacarpal_5"), ("scaphoid", "radius"), ("lunate", "radius"),
    ("scaphoid", "trapezium"), ("scaphoid", "lunate"), ("lunate", "capitate"), ("lunate", "triquetrum"),
    ("triquetrum", "hamate"), ("triquetrum", "pisiform"), ("trapezium", "trapezoid"), ("trapezoid", "capitate"),
    ("capitate", "hamate"),
)  # fmt: skip
"""Bones with cartilage on both sides of a joint: held at the joint's gap, others only kept apart."""
GAP_MM = {"carpal": (1.0, 1.6), "mcp": (1.2, 2.0), "ip": (1.0, 1.5)}
"""Smallest distance between the bones of a joint. Our choice: radiographs of healthy hands show spaces of 1 to 2 mm."""


@dataclass(frozen=True, eq=False)
class Posed:
    """Bones as they lie: surfaces, and each bone's frame (columns radial, distal, palmar) in the same coordinates."""

    bones: dict[str, Surface]
    axes: dict[str, np.ndarray]

    def moved(self, rotation: np.ndarray, shift: np.ndarray, mirrored: bool) -> Posed:
        """Return the same hand elsewhere; a left hand is mirrored before it is moved."""
        mirror = np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0])
        turn = rotation @ mirror
        bones = {n: Surface(s.vertices @ turn.T + shift, s.faces[:, ::-1] if mirrored else s.faces)
                 for n, s in self.bones.items()}  # fmt: skip
        return Posed(bones, {n: turn @ a for n, a in self.axes.items()})


def posed_hand(rng: np.random.Generator) -> Posed:
    """Return a right hand of another person in a pose of its own, in the hand's frame."""
    surfaces = rest()
    frames = {name: frame_of(name, surface) for name, surface in surfaces.items()}
    changes = draw_changes(list(surfaces), rng)
    other = {name: frames[name].world(changed(frames[name].local(s.vertices), frames[name].length, changes[name], name))
             for name, s in surfaces.items()}  # fmt: skip
    bones = {name: Surface(other[name], surfaces[name].faces) for name in surfaces}
    axes = {name: frames[name].axes.T for name in surfaces}
    turns = _wrist(bones, frames, rng)
    bones = {n: _about(s, *turns[n]) if n in turns else s for n, s in bones.items()}
    axes = {n: turns[n][0] @ a if n in turns else a for n, a in axes.items()}
    bones = _settled(bones, rng)
    fan = rng.uniform(0.2, 1.3)
    for digit in range(1, 6):
        curl, start = rng.uniform(0, 1), fan * _FAN[digit] + rng.uniform(-2, 2)
        for spread in np.arange(start, start + 16, 3.0):  # far enough from its neighbour for flesh
            bent, turned = _bent_ray(digit, curl, spread, bones, axes, frames, rng)
            if digit < 3 or _clear_of(bent, digit - 1, digit):
                break
        bones, axes = bent, turned
    return Posed(bones, axes)


_FAN = {1: 0.0, 2: -7.0, 3: -1.0, 4: 4.0, 5: 9.0}
"""Degrees to the ulnar side by which fingers fan out, beyond rest, when they are spread a little."""
_FINGERS_APART_MM = 6.0  # of bones of neighbouring fingers: skin, fat and tendon sheaths of both lie between


def _clear_of(bones: dict[str, Surface], one: int, other: int) -> bool:
    """Tell whether two fingers' phalanges leave room for flesh."""
    tips = []
    for digit in (one, other):
        free = np.vstack([bones[n].vertices[::4] for n in ray(digit)[1:]])  # what lies beyond the webs
        foot = bones[ray(digit)[1]].vertices.mean(0)
        tips.append(
            free[
                np.linalg.norm(free - bones[ray(digit)[0]].vertices.mean(0), axis=1)
                > np.linalg.norm(foot - bones[ray(digit)[0]].vertices.mean(0))
            ]
        )
    first, second = tips
    return bool(cKDTree(first).query(second)[0].min() > _FINGERS_APART_MM)


def _about(surface: Surface, rotation: np.ndarray, centre: np.ndarray) -> Surface:
    return surface.moved(rotation, centre - rotation @ centre)


def _turn(axis: np.ndarray, degrees: float) -> np.ndarray:
    return Rotation.from_rotvec(np.deg2rad(degrees) * np.asarray(axis)).as_matrix()


def _wrist(
    bones: dict[str, Surface], frames: dict[str, BoneFrame], rng: np.random.Generator
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return rotation and centre of what moves about the distal row: forearm, proximal row, metacarpals 1, 4 and 5."""
    centre = _end(bones["capitate"].vertices, -np.array([0.0, 1, 0]))
    deviation, flexion = rng.uniform(-12, 22), rng.uniform(-20, 15)
    turns = {}
    for share, names in ((1.0, FOREARM), (0.5, ("scaphoid", "lunate", "triquetrum", "pisiform"))):
        turn = _turn(np.array([0, 0, 1.0]), -share * deviation) @ _turn(np.array([1.0, 0, 0]), -share * flexion)
        turns |= dict.fromkeys(names, (turn, centre))
    for name, degrees in (("metacarpal_4", rng.uniform(-2, 6)), ("metacarpal_5", rng.uniform(-2, 12))):
        turns[name] = (_turn(frames[name].axes[0], degrees), frames[name].origin)
    x, y, z = frames["metacarpal_1"].axes
    thumb = _turn(z, rng.uniform(-12, 15)) @ _turn(x, rng.uniform(-12, 12)) @ _turn(y, rng.uniform(-20, 20))
    turns["metacarpal_1"] = (thumb, frames["metacarpal_1"].origin)
    return turns


def _end(vertices: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Return the mean of the outermost 5 % of vertices in a direction."""
    reach = vertices @ direction
    return vertices[reach >= np.quantile(reach, 0.95)].mean(0)


def _settled(bones: dict[str, Surface], rng: np.random.Generator) -> dict[str, Surface]:
    """Push and pull carpals, metacarpals and forearm, each as a rigid body, until joints have their gaps."""
    bodies = {name: (name,) for name in (*CARPALS, *(f"metacarpal_{d}" for d in range(1, 6)))} | {"forearm": FOREARM}
    samples = {name: bones[name].sampled(0.35, rng)[:2] for name in bodies if name != "forearm"}
    around = bones["capitate"].vertices.mean(0)  # the forearm's meshes are open, and touch nothing farther away
    forearm = [clean_samples(bones[name], around - 45, around + 45, 1.0, rng) for name in FOREARM]
    samples["forearm"] = np.vstack([f[0] for f in forearm]), np.vstack([f[1] for f in forearm])
    points, normals = ({n: s[i] for n, s in samples.items()} for i in (0, 1))
    joined = {frozenset("forearm" if n in FOREARM else n for n in pair) for pair in _JOINED}
    gap = {pair: rng.uniform(*GAP_MM["carpal"]) for pair in sorted(joined, key=sorted)}
    names = sorted(bodies)
    shift = {name: np.zeros(3) for name in names}
    for _ in range(30):
        trees = {name: cKDTree(points[name] + shift[name]) for name in names}
        low = {name: points[name].min(0) + shift[name] - 4 for name in names}
        high = {name: points[name].max(0) + shift[name] + 4 for name in names}
        move = {name: np.zeros(3) for name in names}
        for i, first in enumerate(names):
            for second in names[i + 1 :]:
                if (low[first] > high[second]).any() or (low[second] > high[first]).any():
                    continue
                pair = frozenset((first, second))
                found = _gap(trees[first], normals[first], points[second] + shift[second])
                if found is None or (pair not in joined and found[0] > 1.0):
                    continue
                step = 0.25 * (gap.get(pair, 1.0) - found[0]) * found[1]
                move[second] += step
                move[first] -= step
        shift = {name: shift[name] + move[name] - move["capitate"] for name in names}
    return bones | {part: bones[part].moved(np.eye(3), shift[name]) for name, parts in bodies.items() for part in parts}


def _gap(tree: cKDTree, normals: np.ndarray, points: np.ndarray) -> tuple[float, np.ndarray] | None:
    """Return the smallest signed distance of points from a surface, and the direction away from it; None if far."""
    distance, nearest = tree.query(points, distance_upper_bound=8.0)
    near = np.flatnonzero(np.isfinite(distance))
    if len(near) < 5:
        return None
    away = points[near] - tree.data[nearest[near]]
    distance, cosine = distance[near], np.einsum("ij,ij->i", away, normals[nearest[near]]) / (distance[near] + 1e-9)
    inside = cosine < -0.5  # else outside, or beside an edge
    signed = np.where(inside, -distance, distance)
    closest = np.argsort(signed)[: max(5, len(near) // 50)]
    direction = (away / (signed + 1e-9 * np.sign(signed))[:, None])[closest].mean(0)
    return float(signed[closest].mean()), direction / max(float(np.linalg.norm(direction)), 1e-9)


def _bent_ray(
    digit: int, curl: float, spread: float, bones: dict[str, Surface], axes: dict[str, np.ndarray],
    frames: dict[str, BoneFrame], rng: np.random.Generator,
) -> tuple[dict[str, Surface], dict[str, np.ndarray]]:  # fmt: skip
    """Return bones and axes with a digit's phalanges hung on its metacarpal."""
    bones, axes = dict(bones), dict(axes)
    for parent, child in pairwise(ray(digit)):
        turn = axes[parent] @ frames[parent].axes  # of the parent since rest
        turn = _turn(axes[parent][:, 0], _flexion(digit, child, curl, rng)) @ turn
        if child.startswith("proximal"):
            turn = _turn(axes[parent][:, 2], spread) @ turn
        centre_of_head, radius = _head(bones[parent].vertices, axes[parent])
        start = frames[child].origin - radius * frames[child].axes[1]  # the head's centre as the child sees it
        moved = bones[child].moved(turn, centre_of_head - turn @ start)
        axes[child] = turn @ frames[child].axes.T
        gap = rng.uniform(*GAP_MM["mcp" if child.startswith("proximal") else "ip"])
        bones[child] = _at_gap(bones[parent], moved, axes[child][:, 1], gap, rng)
    return bones, axes


def _flexion(digit: int, child: str, curl: float, rng: np.random.Generator) -> float:
    """Return the angle of a joint beyond rest, degrees: fingers of one hand curl more or less, joints on their own."""
    if digit == 1:
        return float(rng.uniform(-10, 25))
    largest = {"proximal": 30, "middle": 40, "distal": 25}[child.split("_")[0]]
    return float(largest * curl * rng.uniform(0.5, 1) - 3)


def _head(vertices: np.ndarray, axes: np.ndarray) -> tuple[np.ndarray, float]:
    """Return centre and radius of a head: half as thick (palm to back) as its last eighth, that far from the end."""
    local = vertices @ axes
    end = local[local[:, 1] > local[:, 1].max() - np.ptp(local[:, 1]) / 8]
    radius = float(np.ptp(end[:, 2])) / 2
    centre = np.array([(end[:, i].min() + end[:, i].max()) / 2 for i in range(3)])
    centre[1] = local[:, 1].max() - radius
    return axes @ centre, radius


def _at_gap(parent: Surface, child: Surface, along: np.ndarray, gap_mm: float, rng: np.random.Generator) -> Surface:
    """Return the child moved along its own axis until its joint has the gap."""
    points, normals, _ = parent.sampled(2.0, rng)
    tree = cKDTree(points)
    own = child.sampled(2.0, rng)[0]
    offset = 0.0
    for _ in range(6):
        found = _gap(tree, normals, own + offset * along)
        height = found[0] if found else 8.0
        offset += 0.8 * (gap_mm - height)
    return child.moved(np.eye(3), offset * along)
