"""Share of points of simulated hands whose compartment, level and digit are told right.

``python benchmarks/compartments.py --seed N [--seed M ...] [--points 1000] [--cache DIR]``

Each seed is a quick ``standard`` hand: simulated, read, decomposed, its bones fitted. Points are drawn from all of its
soft tissue. The truth comes from the digital hand by the contract's definitions: its tissue map tells muscle, its own
tendons and bones tell sheaths, carpal tunnel, joint lines, fingertips and rays. Deposits are judged by the same truth,
at every place of their shape.
"""

from __future__ import annotations

import argparse
import pickle
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.spatial import ConvexHull, cKDTree

import calcidect.phantom._simulate as simulation
from calcidect.anatomy import BONES, COMPARTMENTS, LEVELS, Hand, HandAnatomy, find_hands, regions_of
from calcidect.findings._place import place_of
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
        self.tendons = {kind: [] for kind in ("flexor", "extensor")}
        for name, (path, radius_mm) in tendon_paths(posed, hand.size).items():
            self.tendons["extensor" if name.startswith(EXTENSORS) else "flexor"].append((cKDTree(path), radius_mm))
        self.bone = cKDTree(self._places(hand.bones > 0))
        carpus = np.concatenate([posed.bones[name].vertices_mm for name in CARPALS])
        self.hull, flat = ConvexHull(carpus).equations, carpus @ np.stack([posed.radial, posed.distal, posed.dorsal]).T
        self.carpus, self.carpus_height = cKDTree(flat[:, :2]), flat[:, 2]
        self.lines = {d: [self.line(d, n) for n in range(3 if d == 1 else 4)] for d in range(1, 6)}
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
        places = [self.place(point) for point in points]
        bone_mm = self.bone.query(points)[0]
        if centroid is None:
            whole, near = places, bone_mm <= 2.0
        else:
            whole, near = [self.place(centroid)] * len(points), np.full(len(points), bone_mm.min() <= 2.0)
        outside = (points @ self.hull[:, :3].T + self.hull[:, 3]).max(1)
        flat = points @ np.stack([posed.radial, posed.distal, posed.dorsal]).T
        bone_behind = self.carpus_height[self.carpus.query(flat[:, :2], k=30)[1]].max(1) > flat[:, 2]
        tunnel = (outside <= 1.5) & bone_behind
        half = 0.5 * self.hand.grid.spacing_mm[0]  # from a voxel's middle to its face
        sheath = {
            kind: np.any([tree.query(points)[0] <= radius_mm + 1.5 for tree, radius_mm in tendons], axis=0)
            for kind, tendons in self.tendons.items()
        }
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

    def place(self, point: FloatArray) -> tuple[str, int, float, bool]:
        """Return level, ray, distance from a joint line along the ray, and whether it is in a fingertip's pad."""
        posed = self.hand.posed
        name = str(self.owner[self.ray_bones.query(point)[1]])
        digit, ray = int(name[-1]), [level for level in RAY if f"{level}_{name[-1]}" in posed.bones]
        if point @ posed.distal < self.wrist_mm:
            return "forearm", digit, np.inf, False
        beyond = [float((point - middle) @ along) for middle, along in self.lines[digit]]
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


def case(seed: int, folder: Path) -> tuple[HandAnatomy, list[DigitalHand], list]:
    """Return the anatomy of a simulated scan, and its digital hands with their deposits."""
    kept = folder / f"case_{seed}.pickle"
    if not kept.exists():
        scenario = load_scenario("standard", seed=seed, quick=True)
        simulation.simulate(scenario, folder / f"standard_{seed}")
        hands, deposits, _ = simulation.build_hands(scenario, draw_person(seed))
        maps = decompose(read_study(folder / f"standard_{seed}" / "dicom"))
        kept.write_bytes(pickle.dumps((maps, hands, deposits)))
    maps, hands, deposits = pickle.loads(kept.read_bytes())
    return find_hands(maps), hands, deposits


def drawn(hand: DigitalHand, anatomy: HandAnatomy, number: int, rng: np.random.Generator) -> FloatArray:
    """Return places in the hand's soft tissue, also as the scan has it."""
    points = hand.grid.point_of(rng.permutation(np.argwhere((hand.tissue > 0) & (hand.bones == 0)))[: 3 * number, ::-1])
    index = np.round(anatomy.bones.grid.index_of(points)).astype(int)
    inside = ((index >= 0) & (index < anatomy.bones.grid.size)).all(1)
    i, j, k = np.clip(index, 0, np.array(anatomy.bones.grid.size) - 1).T
    body = np.zeros(anatomy.bones.grid.shape, bool)
    for found in anatomy.hands:
        body[tuple(slice(s, s + n) for s, n in zip(found.start[::-1], found.size[::-1], strict=True))] |= found.body
    return points[inside & body[k, j, i] & (anatomy.bones.array[k, j, i] == 0)][:number]


def main() -> None:
    """Print shares, and what is taken for what."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, action="append", required=True)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--cache", type=Path)
    given = parser.parse_args()
    right: Counter[str] = Counter()
    mistaken: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as temporary:
        for seed in given.seed:
            anatomy, hands, deposits = case(seed, given.cache or Path(temporary))
            for found, hand, placed in zip(anatomy.hands, hands, deposits, strict=True):
                judge(seed, found, hand, placed, drawn(hand, anatomy, given.points, np.random.default_rng(seed)), right,
                      mistaken)  # fmt: skip
    for what in ("point", "deposit"):
        print(f"{what}s:", ", ".join(f"{name} {right[f'{what} {name}']}/{right[what]}"
                                     for name in ("compartment", "level", "digit")))  # fmt: skip
    for (true, said), number in mistaken.most_common(12):
        print(f"  {number} of {true} taken for {said}")


def judge(
    seed: int, found: Hand, hand: DigitalHand, placed: list, points: FloatArray, right: Counter[str],
    mistaken: Counter[tuple[str, str]],
) -> None:  # fmt: skip
    """Count what is right of one hand's points and deposits."""
    truth, regions = Truth(hand), regions_of(found)
    assert regions is not None
    said = regions.name(points, truth.bone.query(points)[0])
    compartments, levels, digits = truth.name(points)
    names = [COMPARTMENTS[c] for c in said.compartment]
    right["point"] += len(points)
    right["point compartment"] += (mine := sum(a == b for a, b in zip(names, compartments, strict=True)))
    right["point level"] += sum(LEVELS[a] == b for a, b in zip(said.level, levels, strict=True))
    right["point digit"] += sum(a == b for a, b in zip(said.digit, digits, strict=True))
    mistaken.update((b, a) for a, b in zip(names, compartments, strict=True) if a != b)
    print(f"seed {seed}: {mine}/{len(points)} points in the right compartment", flush=True)
    for deposit in placed:
        index = np.argwhere(deposit.share > 0.5) + [part.start for part in deposit.box]
        shape = hand.grid.point_of(index[:: max(len(index) // 300, 1), ::-1])
        centroid = np.array(deposit.truth["centroid_mm"])
        is_in = Counter(truth.name(shape, centroid)[0])
        bone_mm = np.maximum(truth.bone.query(shape)[0] - 0.5 * hand.grid.spacing_mm[0], 0)
        place = place_of(found, regions, None, shape, np.ones(len(shape)), bone_mm, centroid)
        level, digit, _, _ = truth.place(centroid)
        most = max(COMPARTMENTS, key=lambda name: is_in[name])
        if level in ("carpus", "forearm") or most in ("muscle", "carpal_tunnel", "forearm"):
            digit = 0
        right["deposit"] += 1
        right["deposit compartment"] += place.compartment == most
        right["deposit level"] += place.level == level
        right["deposit digit"] += (place.digit or 0) == digit
        if place.compartment != most or place.level != level or (place.digit or 0) != digit:
            print(f"  deposit made for {deposit.truth['compartment']}: is {most} {dict(is_in)}, {level}, {digit}; said "
                  f"{place.compartment} {place.compartment_shares}, {place.level}, {place.digit}")  # fmt: skip


if __name__ == "__main__":
    main()
