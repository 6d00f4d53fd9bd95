"""Share of points of simulated hands whose compartment, level and digit are told right.

``python benchmarks/compartments.py --seed N [--seed M ...] [--points 1000] [--cache DIR]``

Each seed is a quick ``standard`` hand: simulated, read, decomposed, its bones fitted. Points are drawn from all of its
soft tissue. The truth comes from the digital hand by the contract's definitions (`phantom._places`). Deposits are
judged by the same truth, at every place of their shape.
"""

from __future__ import annotations

import argparse
import pickle
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

import calcidect.phantom._simulate as simulation
from calcidect.anatomy import COMPARTMENTS, LEVELS, Hand, HandAnatomy, find_hands, regions_of
from calcidect.findings._place import place_of
from calcidect.geometry import FloatArray
from calcidect.materials import decompose
from calcidect.phantom import load_scenario
from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._hand import DigitalHand
from calcidect.phantom._person import draw_person
from calcidect.phantom._places import places_of
from calcidect.study import read_study


class Truth:
    """What the digital hand says about points of its soft tissue."""

    def __init__(self, hand: DigitalHand) -> None:
        self.places = places_of(hand.posed, hand.size)
        self.half_mm = 0.5 * hand.grid.spacing_mm[0]  # from a voxel's middle to its face
        self.muscle, self.bone = (
            cKDTree(hand.grid.point_of(np.argwhere(mask)[:, ::-1]))
            for mask in (hand.tissue == Tissue.MUSCLE, hand.bones > 0)
        )

    def bone_mm(self, points: FloatArray) -> FloatArray:
        """Return the distance of points to bone's surface."""
        return np.maximum(self.bone.query(points)[0] - self.half_mm, 0)

    def name(self, points: FloatArray, centroid: FloatArray | None = None) -> list[str]:
        """Return compartments of points; of one deposit, if its centroid is given."""
        muscle_mm = np.maximum(self.muscle.query(points)[0] - self.half_mm, 0)
        return [COMPARTMENTS[n] for n in self.places.compartments(points, self.bone_mm(points), muscle_mm, centroid)]


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
    said = regions.name(points, truth.bone_mm(points))
    compartments, places = truth.name(points), [truth.places.place(point) for point in points]
    digits = [truth.places.digit(place, name) or 0 for place, name in zip(places, compartments, strict=True)]
    names = [COMPARTMENTS[c] for c in said.compartment]
    right["point"] += len(points)
    right["point compartment"] += (mine := sum(a == b for a, b in zip(names, compartments, strict=True)))
    right["point level"] += sum(LEVELS[a] == b.level for a, b in zip(said.level, places, strict=True))
    right["point digit"] += sum(a == b for a, b in zip(said.digit, digits, strict=True))
    mistaken.update((b, a) for a, b in zip(names, compartments, strict=True) if a != b)
    print(f"seed {seed}: {mine}/{len(points)} points in the right compartment", flush=True)
    for deposit in placed:
        index = np.argwhere(deposit.share > 0.5) + [part.start for part in deposit.box]
        shape = hand.grid.point_of(index[:: max(len(index) // 300, 1), ::-1])
        centroid = np.array(deposit.truth["centroid_mm"])
        place = place_of(found, regions, None, shape, np.ones(len(shape)), truth.bone_mm(shape), centroid)
        most, level, digit = (deposit.truth[key] for key in ("compartment", "level", "digit"))
        right["deposit"] += 1
        right["deposit compartment"] += place.compartment == most
        right["deposit level"] += place.level == level
        right["deposit digit"] += place.digit == digit
        if (place.compartment, place.level, place.digit) != (most, level, digit):
            print(f"  deposit made for {deposit.truth['asked']['compartment']}: is {most}, {level}, {digit}; said "
                  f"{place.compartment} {place.compartment_shares}, {place.level}, {place.digit}")  # fmt: skip


if __name__ == "__main__":
    main()
