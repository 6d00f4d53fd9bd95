"""The skin and the muscles as smooth bodies around the bones, on a coarse grid.

Every part is a tapered capsule of elliptic section along a bone, moved towards the palm because most soft tissue
lies there. Breadths and depths of an average hand: finger breadth at PIP 17-20 mm, DIP 15-17 mm, palm thickness
26-30 mm, wrist 52-58 x 36-40 mm (NASA-STD-3000, hand anthropometry); they scale with the hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Grid
from calcidect.phantom._bones import ray_axes
from calcidect.phantom._person import Person
from calcidect.phantom._pose import PosedHand
from calcidect.phantom._voxelise import box_axes

FINGER_GIRTH = {1: 1.12, 2: 1.0, 3: 1.03, 4: 0.97, 5: 0.86}
_FAR_MM = 60.0


@dataclass(frozen=True, eq=False)
class Capsule:
    """A tapered capsule of elliptic section.

    Parameters
    ----------
    start, end : array, shape (3,)
        LPS mm.
    flat : array, shape (3,)
        Unit vector along which the section is ``depth`` thick; across it, it is ``breadth`` wide.
    breadth_mm, depth_mm : tuple of float
        Half widths at start and end.
    """

    start: FloatArray
    end: FloatArray
    flat: FloatArray
    breadth_mm: tuple[float, float]
    depth_mm: tuple[float, float]

    def distance_mm(self, grid: Grid) -> NDArray[np.float32]:
        """Return an approximate signed distance on a whole axis-aligned grid (exact where round)."""
        axis = self.end - self.start
        length = float(np.linalg.norm(axis))
        along = axis / length
        flat = self.flat - (self.flat @ along) * along
        flat /= np.linalg.norm(flat)
        wide = np.cross(along, flat)
        k, j, i = grid.shape
        z, y, x = box_axes((slice(0, k), slice(0, j), slice(0, i)), grid)
        offset = (x - self.start[0], y - self.start[1], z - self.start[2])

        def project(direction: FloatArray) -> NDArray[np.float32]:
            terms = [o * d for o, d in zip(offset, direction.astype(np.float32), strict=True)]
            return np.asarray(terms[0] + terms[1] + terms[2], np.float32)

        t = project(along)
        inner = np.clip(t, 0, length)
        share = inner / np.float32(length)
        depth = self.depth_mm[0] + share * (self.depth_mm[1] - self.depth_mm[0])
        breadth = self.breadth_mm[0] + share * (self.breadth_mm[1] - self.breadth_mm[0])
        p, q = project(flat) / depth, project(wide) / breadth
        r = (t - inner) / np.minimum(depth, breadth)
        radius = np.sqrt(p * p + q * q + r * r)
        # First-order distance of the ellipse: (radius - 1) * radius / |gradient of radius^2 / 2|.
        slope = np.sqrt((p / depth) ** 2 + (q / breadth) ** 2 + (r / np.minimum(depth, breadth)) ** 2)
        return np.asarray((radius - 1) * radius / np.maximum(slope, 1e-3), np.float32)


def skin_distance_mm(
    hand: PosedHand, person: Person, grid: Grid, bone_distance_mm: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the distance to the skin, negative inside, on a coarse grid.

    Parameters
    ----------
    hand, person
        Whose.
    grid : Grid
        Coarse, axis-aligned.
    bone_distance_mm : float32 array, shape of the grid
        Distance to the nearest bone: the skin covers every bone by at least 2 mm.
    """
    size = person.hands[hand.side].size
    palm = _smooth_union([part.distance_mm(grid) for part in _palm(hand, person, size)], 5.0)
    whole = np.full(grid.shape, _FAR_MM, np.float32)
    for ray in range(1, 6):
        finger = _smooth_union([part.distance_mm(grid) for part in _finger(hand, person, size, ray)], 1.5)
        whole = np.minimum(whole, _smooth_union([finger, palm], 3.0))
    whole = _smooth_union([whole, bone_distance_mm - np.float32(2.2)], 1.0)
    return _true_distance(whole, grid)


def muscle_distance_mm(hand: PosedHand, person: Person, grid: Grid) -> dict[str, NDArray[np.float32]]:
    """Return the distance to each muscle group, negative inside, on a coarse grid."""
    size = person.hands[hand.side].size
    muscles: dict[str, list[Capsule]] = {"thenar": [], "hypothenar": [], "interosseous": []}
    palmar = -hand.dorsal
    for ray, group, radius in ((1, "thenar", 9.0), (5, "hypothenar", 7.0)):
        bone = hand.bones[f"metacarpal_{ray}"]
        start, end = bone.axis
        _, towards, _ = ray_axes(hand, bone)
        shift = towards * radius * size
        muscles[group].append(_round(start + shift, end + 0.8 * shift, palmar, radius * size, 0.6 * radius * size))
    adductor = hand.bones["metacarpal_3"].axis
    thumb = hand.bones["proximal_phalanx_1"].axis[0]
    muscles["thenar"].append(
        _round(
            0.5 * (adductor[0] + adductor[1]) + 7 * size * palmar,
            thumb + 3 * size * palmar,
            palmar,
            8 * size,
            5 * size,
        )
    )
    for ray in range(1, 5):
        a, b = hand.bones[f"metacarpal_{ray}"].axis, hand.bones[f"metacarpal_{ray + 1}"].axis
        points = [0.5 * (p + q) for p, q in zip(a, b, strict=True)]
        inset = 0.15 * (points[1] - points[0])
        radius = 5.5 * size if ray == 1 else 4.0 * size
        muscles["interosseous"].append(
            Capsule(points[0] + inset, points[1] - inset, palmar, (radius, 0.7 * radius), (1.6 * radius, radius))
        )
    return {name: np.minimum.reduce([part.distance_mm(grid) for part in parts]) for name, parts in muscles.items()}


def _round(start: FloatArray, end: FloatArray, flat: FloatArray, first_mm: float, last_mm: float) -> Capsule:
    return Capsule(start, end, flat, (first_mm, last_mm), (0.85 * first_mm, 0.85 * last_mm))


def _finger(hand: PosedHand, person: Person, size: float, ray: int) -> list[Capsule]:
    """Return the soft parts of one digit: one capsule a phalanx, padded towards the palm."""
    girth = FINGER_GIRTH[ray] * size * (0.92 + 0.08 * person.fat_factor)
    names = [f"{part}_phalanx_{ray}" for part in ("proximal", "middle", "distal") if part != "middle" or ray > 1]
    radii = {"proximal": (9.3, 8.6), "middle": (8.6, 7.7), "distal": (7.7, 6.6)}
    capsules = []
    for name in names:
        start, end = hand.bones[name].axis
        along, palmar, _ = ray_axes(hand, hand.bones[name])
        first, last = (girth * r for r in radii[name.split("_")[0]])
        if name.startswith("distal"):
            first = girth * radii["distal"][0] * (1.1 if ray == 1 else 1.0)
            end = end - 0.8 * along  # the pad ends about 4 mm beyond the tuft
        shift = palmar * (1.6 * girth if name.startswith("proximal") else 2.0 * girth)
        capsules.append(Capsule(start + shift, end + shift, palmar, (first, last), (0.9 * first, 0.88 * last)))
    return capsules


def _palm(hand: PosedHand, person: Person, size: float) -> list[Capsule]:
    """Return metacarpus, carpus, balls of thumb and little finger, and forearm."""
    palmar = -hand.dorsal
    depth = size * (11.5 + 1.5 * person.fat_factor)
    capsules = []
    for ray in range(2, 6):
        start, end = hand.bones[f"metacarpal_{ray}"].axis
        shift = 5.0 * size * palmar
        capsules.append(Capsule(start + shift, end + shift, palmar, (10 * size, 9.5 * size), (depth, 0.85 * depth)))
    start, end = hand.bones["metacarpal_1"].axis
    _, towards, _ = ray_axes(hand, hand.bones["metacarpal_1"])
    capsules.append(
        Capsule(
            start + 5 * size * towards,
            end + 3 * size * towards,
            towards,
            (12 * size, 10 * size),
            (13 * size, 10 * size),
        )
    )
    start, end = hand.bones["metacarpal_5"].axis
    capsules.append(_round(start + 6 * size * palmar, end + 6 * size * palmar, palmar, 11.5 * size, 9 * size))
    capsules += _forearm(hand, person, size)
    return capsules


def _forearm(hand: PosedHand, person: Person, size: float) -> list[Capsule]:
    """Return wrist and forearm: an elliptic tube around radius and ulna."""
    fat = 0.85 + 0.15 * person.fat_factor
    wrist = hand.radiocarpal_mm + 1.0 * size * -hand.dorsal
    radius, ulna = (hand.bones[name].vertices_mm for name in ("radius", "ulna"))
    elbow = wrist - 90 * hand.distal
    band = [v[np.abs((v - elbow) @ hand.distal) < 25] for v in (radius, ulna)]
    if all(len(v) for v in band):
        elbow = 0.5 * (band[0].mean(0) + band[1].mean(0)) + 1.0 * size * -hand.dorsal
    flat = np.cross(hand.distal, hand.radial)
    carpus = hand.bones["capitate"].vertices_mm.mean(0) + 2.5 * size * -hand.dorsal
    return [
        Capsule(wrist, elbow, flat, (28 * size * fat, 36 * size * fat), (19.5 * size * fat, 27 * size * fat)),
        Capsule(carpus, wrist, flat, (26 * size, 27 * size * fat), (18 * size, 19 * size * fat)),
    ]


def _smooth_union(parts: list[NDArray[np.float32]], blend_mm: float) -> NDArray[np.float32]:
    """Return ``-b log(sum(exp(-d / b)))``, a union whose seams are rounded over about ``blend_mm``."""
    nearest = np.minimum.reduce(parts)
    total = sum(np.exp((nearest - part) / np.float32(blend_mm)) for part in parts)
    return np.asarray(nearest - np.float32(blend_mm) * np.log(total), np.float32)


def _true_distance(level: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """Return the distance to the zero level: first order within 2 mm of it, exact to a voxel beyond."""
    import SimpleITK as sitk

    gradient = np.gradient(level, *grid.spacing_mm[::-1])
    near = level / np.maximum(np.sqrt(sum(g * g for g in gradient)), 0.3)
    image = sitk.GetImageFromArray((level < 0).astype(np.uint8))
    image.SetSpacing(grid.spacing_mm)
    far = sitk.GetArrayFromImage(
        sitk.SignedMaurerDistanceMap(image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    )
    weight = np.clip((np.abs(far) - 1.5) / 1.5, 0, 1)
    return np.asarray((1 - weight) * near + weight * far, np.float32)
