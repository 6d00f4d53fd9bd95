"""Share of points of simulated hands whose compartment, level and digit are told right.

``python benchmarks/compartments.py --seed N [--seed M ...] [--points 1000] [--cache DIR]``

Each seed is a quick ``standard`` hand: simulated, read, decomposed, its bones fitted. Points are drawn from all of its
soft tissue. The truth comes from the digital hand: its tissue map tells tendon and muscle, its own bones tell carpal
tunnel, joint lines, fingertips and rays, by the contract's definitions. Deposits are judged by the same truth, at every
place of their shape.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
from scipy.spatial import ConvexHull, cKDTree

import calcidect.phantom._simulate as simulation
from calcidect.anatomy import BONES, HandAnatomy, find_hands
from calcidect.geometry import FloatArray
from calcidect.materials import decompose
from calcidect.phantom import load_scenario
from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._bones import ray_axes
from calcidect.phantom._hand import DigitalHand
from calcidect.phantom._person import draw_person
from calcidect.phantom._soft_tissue import tendon_paths
from calcidect.study import read_study

EXTENSORS = ("EDC", "EDM", "EIP", "EPL", "EPB", "APL", "ECRL", "ECRB", "ECU")
CARPALS = BONES[19:27]
RAY = ("metacarpal", "proximal_phalanx", "middle_phalanx", "distal_phalanx")


class Truth:
    """What the digital hand says about points of its soft tissue."""

    def __init__(self, hand: DigitalHand) -> None:
        self.hand, posed = hand, hand.posed
        self.muscle = cKDTree(self._places(hand.tissue == Tissue.MUSCLE))
        tendon = self._places(hand.tissue == Tissue.TENDON)
        paths = [(name, path) for name, (path, _) in tendon_paths(posed, hand.size).items()]
        nearest = cKDTree(np.concatenate([path for _, path in paths])).query(tendon)[1]
        extends = np.repeat([name.startswith(EXTENSORS) for name, _ in paths], [len(path) for _, path in paths])[
            nearest
        ]
        self.tendons = {"flexor": cKDTree(tendon[~extends]), "extensor": cKDTree(tendon[extends])}
        self.bone = cKDTree(self._places(hand.bones > 0))
        carpus = np.concatenate([posed.bones[name].vertices_mm for name in CARPALS])
        self.hull, flat = ConvexHull(carpus).equations, carpus @ np.stack([posed.radial, posed.distal, posed.dorsal]).T
        self.carpus, self.carpus_height = cKDTree(flat[:, :2]), flat[:, 2]
        ends = [np.quantile(posed.bones[name].vertices_mm @ posed.distal, 0.01) for name in ("lunate", "scaphoid")]
        self.wrist_mm = float(np.mean(ends)) - 1.0
        names = [name for name in posed.bones if name[-1].isdigit()]
        self.ray_bones = cKDTree(np.concatenate([posed.bones[name].vertices_mm for name in names]))
        self.owner = np.repeat(names, [len(posed.bones[name].vertices_mm) for name in names])

    def _places(self, mask: np.ndarray) -> FloatArray:
        return self.hand.grid.point_of(np.argwhere(mask)[:, ::-1])

    def line(self, digit: int, n: int) -> tuple[FloatArray, FloatArray]:
        """Return middle and direction of a ray's n-th joint line."""
        ray = [f"{level}_{digit}" for level in RAY if f"{level}_{digit}" in self.hand.posed.bones]
        bones = [self.hand.posed.bones[name] for name in ray[max(n - 1, 0) : n + 1]]
        ends = [self._ends(bone) for bone in bones]
        along = sum(((b - a) / np.linalg.norm(b - a) for a, b in ends), np.zeros(3))
        along = along / np.linalg.norm(along)
        reach = [np.quantile(bone.vertices_mm @ along, (0.01, 0.99)) for bone in bones]
        height = reach[0][0] - 1.0 if n == 0 else 0.5 * (reach[0][1] + reach[1][0])  # in the middle of the joint space
        middle = ends[0][0] if n == 0 else 0.5 * (ends[0][1] + ends[1][0])
        return middle + (height - middle @ along) * along, along

    def _ends(self, bone) -> tuple[FloatArray, FloatArray]:
        """Return proximal and distal end; of metacarpals the distal one is nearer to the fingers."""
        a, b = bone.axis
        digit = bone.name[-1]
        beyond = self.hand.posed.bones[f"distal_phalanx_{digit}"].vertices_mm.mean(0)
        swap = bone.name.startswith("metacarpal") and np.linalg.norm(a - beyond) < np.linalg.norm(b - beyond)
        return (b, a) if swap else (a, b)

    def name(self, points: FloatArray, centroid: FloatArray | None = None) -> tuple[list[str], list[str], list[int]]:
        """Return compartment, level and digit of points; of one deposit, if its centroid is given."""
        posed = self.hand.posed
        places = [self._place(point) for point in points]
        bone_mm = self.bone.query(points)[0]
        if centroid is None:
            whole, near = places, bone_mm <= 2.0
        else:
            whole, near = [self._place(centroid)] * len(points), np.full(len(points), bone_mm.min() <= 2.0)
        outside = (points @ self.hull[:, :3].T + self.hull[:, 3]).max(1)
        flat = points @ np.stack([posed.radial, posed.distal, posed.dorsal]).T
        bone_behind = self.carpus_height[self.carpus.query(flat[:, :2], k=30)[1]].max(1) > flat[:, 2]
        tunnel = (outside <= 1.5) & bone_behind
        half = 0.5 * self.hand.grid.spacing_mm[0]  # from a voxel's middle to its face
        sheath = {kind: tree.query(points)[0] <= 1.5 + half for kind, tree in self.tendons.items()}
        muscle_mm = self.muscle.query(points)[0]
        compartments = []
        for n, ((level, _, _, _), (of_level, _, joint_mm, pad)) in enumerate(zip(places, whole, strict=True)):
            proximal = level == "forearm"
            if tunnel[n]:
                compartments.append("carpal_tunnel")
            elif sheath["flexor"][n] and not proximal:
                compartments.append("flexor_tendon_sheath")
            elif sheath["extensor"][n] and not proximal:
                compartments.append("extensor_tendon_sheath")
            elif pad:
                compartments.append("fingertip_fat_pad")
            elif joint_mm <= 5.0 and near[n] and of_level != "forearm":
                compartments.append("periarticular")
            elif muscle_mm[n] <= half + (0.0 if proximal else 1.0):
                compartments.append("muscle")
            else:
                compartments.append("forearm" if of_level == "forearm" else "subcutaneous")
        digits = [
            0 if level in ("carpus", "forearm") or compartment in ("muscle", "carpal_tunnel") else digit
            for (level, digit, _, _), compartment in zip(places, compartments, strict=True)
        ]
        return compartments, [place[0] for place in places], digits

    def _place(self, point: FloatArray) -> tuple[str, int, float, bool]:
        """Return level, ray, distance from a joint line along the ray, and whether it is in a fingertip's pad."""
        posed = self.hand.posed
        name = str(self.owner[self.ray_bones.query(point)[1]])
        digit, ray = int(name[-1]), [level for level in RAY if f"{level}_{name[-1]}" in posed.bones]
        if point @ posed.distal < self.wrist_mm:
            return "forearm", digit, np.inf, False
        beyond = [float((point - middle) @ along) for middle, along in (self.line(digit, n) for n in range(len(ray)))]
        n = ray.index(name[:-2])
        while n + 1 < len(ray) and beyond[n + 1] > 0:
            n += 1
        while n >= 0 and beyond[n] <= 0:
            n -= 1
        joint_mm = min((abs(beyond[m]) for m in (n, n + 1) if 1 <= m < len(ray)), default=np.inf)
        pad = n == len(ray) - 1 and self._in_pad(point, digit)
        return (ray[n] if n >= 0 else "carpus"), digit, joint_mm, pad

    def _in_pad(self, point: FloatArray, digit: int) -> bool:
        bone = self.hand.posed.bones[f"distal_phalanx_{digit}"]
        start, end = bone.axis
        along, palmar, radial = ray_axes(self.hand.posed, bone)
        offset = point - start
        return bool(offset @ along > 0.25 * np.linalg.norm(end - start) and offset @ palmar > -abs(offset @ radial))


def case(seed: int, folder: Path) -> tuple[HandAnatomy, object, list[DigitalHand], list]:
    """Return anatomy and maps of a simulated scan, and its digital hands with their deposits."""
    kept = folder / f"case_{seed}.pickle"
    if not kept.exists():
        scenario = load_scenario("standard", seed=seed, quick=True)
        simulation.simulate(scenario, folder / f"standard_{seed}")
        hands, deposits, _ = simulation.build_hands(scenario, draw_person(seed))
        maps = decompose(read_study(folder / f"standard_{seed}" / "dicom"))
        kept.write_bytes(pickle.dumps((maps, hands, deposits)))
    maps, hands, deposits = pickle.loads(kept.read_bytes())
    return find_hands(maps), maps, hands, deposits
