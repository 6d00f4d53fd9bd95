"""Where in a hand a deposit of each compartment can lie."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calcidect.geometry import FloatArray
from calcidect.phantom._bones import ray_axes
from calcidect.phantom._hand import DigitalHand
from calcidect.phantom._soft_tissue import smooth_path

Site = tuple[FloatArray, FloatArray, FloatArray]
"""Centre (3,), frame (3, 3) with rows along, across, towards the skin, and a path (n, 3) to follow."""


def find_site(
    hand: DigitalHand, compartment: str, digit: int, clearance_mm: float, rng: np.random.Generator
) -> Site | None:
    """Return a place for a deposit, or None where this hand has none.

    Parameters
    ----------
    hand : DigitalHand
    compartment : str
        As the result contract names it.
    digit : int
        Ray, 1 (thumb) to 5; used where the compartment has rays.
    clearance_mm : float
        Distance from the nearest bone that the centre should keep.
    rng : numpy Generator
    """
    return _SITES[compartment](hand, digit, clearance_mm, rng)


def _fingertip(hand: DigitalHand, digit: int, clearance_mm: float, rng: np.random.Generator) -> Site | None:
    bone = hand.posed.bones[f"distal_phalanx_{digit}"]
    along, palmar, radial = ray_axes(hand.posed, bone)
    start, end = bone.axis
    base = start + rng.uniform(0.45, 1.0) * (end - start)
    outward = _unit(palmar + rng.uniform(-0.5, 0.5) * radial)
    return _beside(hand, base, outward, along, clearance_mm)


def _periarticular(hand: DigitalHand, digit: int, clearance_mm: float, rng: np.random.Generator) -> Site | None:
    name = rng.choice(["proximal", "distal"]) if digit == 1 else rng.choice(["middle", "distal"])
    bone = hand.posed.bones[f"{name}_phalanx_{digit}"]
    along, _, radial = ray_axes(hand.posed, bone)
    side = radial if rng.random() < 0.5 else -radial
    return _beside(hand, bone.axis[0] + rng.uniform(-2, 2) * along, side, along, clearance_mm)


def _subcutaneous(hand: DigitalHand, digit: int, clearance_mm: float, rng: np.random.Generator) -> Site | None:
    """Return a place under the skin of the middle of a proximal phalanx, between side and back."""
    bone = hand.posed.bones[f"proximal_phalanx_{digit}"]
    along, palmar, radial = ray_axes(hand.posed, bone)
    side = radial if rng.random() < 0.5 else -radial
    start, end = bone.axis
    return _beside(
        hand, start + rng.uniform(0.4, 0.65) * (end - start), _unit(side - 0.25 * palmar), along, clearance_mm
    )


def _tendon(hand: DigitalHand, digit: int, flexor: bool, rng: np.random.Generator) -> Site:
    name = ("FPL" if flexor else "EPL") if digit == 1 else ("FDP" if flexor else "EDC") + str(digit)
    path = smooth_path(hand.posed.tendons_mm[name], 0.3)
    bone = hand.posed.bones[f"proximal_phalanx_{digit}" if flexor else f"metacarpal_{digit}"]
    along, palmar, _ = ray_axes(hand.posed, bone)
    middle = bone.axis[0] + rng.uniform(0.35, 0.7) * (bone.axis[1] - bone.axis[0])
    centre = path[np.linalg.norm(path - middle, axis=1).argmin()]
    outward = palmar if flexor else -palmar
    return centre, _frame(along, outward), path


def _carpal_tunnel(hand: DigitalHand, digit: int, clearance_mm: float, rng: np.random.Generator) -> Site:
    capitate = hand.posed.bones["capitate"].vertices_mm.mean(0)
    paths = [smooth_path(hand.posed.tendons_mm[f"{kind}{ray}"], 0.3) for kind in ("FDP", "FDS") for ray in (2, 3, 4, 5)]
    level = capitate + rng.uniform(-4, 4) * hand.posed.distal
    nearest = [path[np.abs((path - level) @ hand.posed.distal).argmin()] for path in paths]
    centre = np.mean(nearest, axis=0)
    chosen = paths[int(rng.integers(len(paths)))]
    return centre, _frame(hand.posed.distal, -hand.posed.dorsal), chosen


def _muscle(hand: DigitalHand, digit: int, clearance_mm: float, rng: np.random.Generator) -> Site | None:
    name = str(rng.choice(["thenar", "hypothenar"]))
    soft = hand.soft
    deep = (soft.muscles_mm[name] < -3.5) & (soft.skin_mm < -6)
    if not deep.any():
        return None
    k, j, i = (index[pick := int(rng.integers(len(index)))] if n == 0 else index[pick]
               for n, index in enumerate(np.nonzero(deep)))  # fmt: skip
    centre = soft.grid.point_of([i, j, k])
    path = centre + np.linspace(-20, 20, 134)[:, None] * hand.posed.distal
    return centre, _frame(hand.posed.distal, -hand.posed.dorsal), path


def _forearm(hand: DigitalHand, digit: int, clearance_mm: float, rng: np.random.Generator) -> Site:
    """Return a place 4-6 mm under the skin of the forearm, 14-42 mm proximal of the wrist."""
    angle = rng.uniform(0, 2 * np.pi)
    outward = np.cos(angle) * hand.posed.dorsal + np.sin(angle) * hand.posed.radial
    middle = hand.posed.radiocarpal_mm - rng.uniform(14, 42) * hand.posed.distal - 3 * hand.posed.dorsal
    steps = middle + np.arange(0, 50, 0.25)[:, None] * outward
    depth = -_coarse_at(hand, steps)
    centre = steps[np.abs(depth - rng.uniform(4.5, 6)).argmin()]
    path = centre + np.linspace(-30, 30, 200)[:, None] * hand.posed.distal
    return centre, _frame(hand.posed.distal, outward), path


def _beside(
    hand: DigitalHand, base: FloatArray, outward: FloatArray, along: FloatArray, clearance_mm: float
) -> Site | None:
    """Return the first place outward from a bone's axis that keeps the clearance from all bones."""
    steps = base + np.arange(0, 20, 0.2)[:, None] * outward
    clear = bone_distance_at(hand, steps) >= clearance_mm
    inside = _coarse_at(hand, steps) < -1.5
    usable = np.nonzero(clear & inside)[0]
    if not inside.any():
        return None
    centre = steps[usable[0]] if len(usable) else steps[np.nonzero(inside)[0][-1]]
    path = centre + np.linspace(-15, 15, 100)[:, None] * along
    return centre, _frame(along, outward), path


def bone_distance_at(hand: DigitalHand, points_mm: FloatArray) -> FloatArray:
    """Return the distance to the nearest bone at points, shape (n,), at most the fields' margin of 5 mm."""
    index = np.round(hand.grid.index_of(points_mm)).astype(int)[:, ::-1]
    distance = np.full(len(points_mm), 5.0)
    for field in hand.bone_fields.values():
        local = index - [part.start for part in field.box]
        ok = ((local >= 0) & (local < field.sdf_mm.shape)).all(1)
        distance[ok] = np.minimum(distance[ok], field.sdf_mm[tuple(local[ok].T)])
    return distance


def _coarse_at(hand: DigitalHand, points_mm: FloatArray) -> FloatArray:
    from scipy.ndimage import map_coordinates

    index = hand.soft.grid.index_of(points_mm)[:, ::-1].T
    return np.asarray(map_coordinates(hand.soft.skin_mm, index, order=1, mode="nearest"), float)


def _frame(along: FloatArray, outward: FloatArray) -> FloatArray:
    outward = _unit(outward - (outward @ along) * along)
    return np.stack([along, np.cross(outward, along), outward])


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / np.linalg.norm(vector))


_SITES: dict[str, Callable[[DigitalHand, int, float, np.random.Generator], Site | None]] = {
    "fingertip_fat_pad": _fingertip,
    "periarticular": _periarticular,
    "subcutaneous": _subcutaneous,
    "flexor_tendon_sheath": lambda hand, digit, clearance, rng: _tendon(hand, digit, True, rng),
    "extensor_tendon_sheath": lambda hand, digit, clearance, rng: _tendon(hand, digit, False, rng),
    "carpal_tunnel": _carpal_tunnel,
    "muscle": _muscle,
    "forearm": _forearm,
}
COMPARTMENTS = tuple(_SITES)
