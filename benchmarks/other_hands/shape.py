"""Other bones: every change is drawn for one person, and none is a mere stretch of a bone along its axes.

Each bone is changed in its own frame: ``t`` runs from 0 at its proximal to 1 at its distal end, the other two axes
point radially and to the palm. Ranges are our choice, within what hands show, but for carpals and lengths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .meshes import CARPALS, Surface

HAND_SCALE = (0.86, 1.04)  # myo-sim's hand is about 183 mm long; adults have 157 to 200 mm (NASA-STD-3000)
DIGIT_LENGTH, SEGMENT_LENGTH, CARPAL_SIZE = 0.12, 0.04, 0.20  # largest relative change; as the set is meant to show


@dataclass(frozen=True, eq=False)
class BoneChange:
    """What makes one bone another person's.

    ``length``, ``width``: factors. ``bend`` (2,): mm by which the middle is pushed radially and palmar. ``twist``:
    radians from end to end. ``base``, ``head``: relative widening of the ends. ``condyles`` (k, 5): direction (3),
    height (mm) and radius (mm) of local swellings or dents. ``tuft``: factor of the width of a distal phalanx' end.
    ``styloid``: mm by which the end of radius or ulna is drawn out on its outer side.
    """

    length: float
    width: float
    bend: np.ndarray
    twist: float
    base: float
    head: float
    condyles: np.ndarray
    tuft: float = 1.0
    styloid: float = 0.0


def draw_changes(names: list[str], rng: np.random.Generator) -> dict[str, BoneChange]:
    """Draw a person."""
    hand = rng.uniform(*HAND_SCALE)
    slender = rng.uniform(0.9, 1.1)
    digit = {d: rng.uniform(1 - DIGIT_LENGTH, 1 + DIGIT_LENGTH) for d in "12345"}
    return {name: _draw(name, hand, slender, digit, rng) for name in names}


def _draw(name: str, hand: float, slender: float, digit: dict[str, float], rng: np.random.Generator) -> BoneChange:
    condyles = np.hstack([rng.normal(size=(3, 3)), rng.uniform(-0.6, 0.9, (3, 1)), rng.uniform(2, 4, (3, 1))])
    if name in CARPALS:
        size = hand * rng.uniform(1 - CARPAL_SIZE, 1 + CARPAL_SIZE)
        return BoneChange(size, size, np.zeros(2), 0.0, 0.0, 0.0, condyles)
    if name in ("radius", "ulna"):  # the forearm is cut: its length does not show
        styloid = rng.uniform(-1.5, 3.0)
        return BoneChange(1.0, hand * slender, np.zeros(2), 0.0, 0.0, 0.0, condyles[:1], styloid=styloid)
    length = hand * digit[name[-1]] * rng.uniform(1 - SEGMENT_LENGTH, 1 + SEGMENT_LENGTH)
    metacarpal = name.startswith("metacarpal")
    return BoneChange(
        length,
        hand * slender * rng.uniform(0.93, 1.07),
        rng.uniform(-1, 1, 2) * (1.5 if metacarpal else 0.7),
        np.deg2rad(rng.uniform(-12, 12)),
        rng.uniform(-0.10, 0.15),
        rng.uniform(-0.10, 0.18),
        condyles,
        tuft=rng.uniform(0.75, 1.45) if name.startswith("distal") else 1.0,
    )


@dataclass(frozen=True, eq=False)
class BoneFrame:
    """A bone's frame at rest: ``origin`` (its proximal end), ``axes`` (rows: radial, distal, palmar), ``length`` mm."""

    origin: np.ndarray
    axes: np.ndarray
    length: float

    def local(self, points: np.ndarray) -> np.ndarray:
        return (points - self.origin) @ self.axes.T

    def world(self, points: np.ndarray) -> np.ndarray:
        return points @ self.axes + self.origin


def frame_of(name: str, surface: Surface) -> BoneFrame:
    """Return the frame of a bone at rest; of carpals, whose long axis means little, that of the hand."""
    centre = surface.vertices.mean(0)
    along = np.array([0.0, 1.0, 0.0])
    if name not in CARPALS:
        values = np.linalg.eigh(np.cov((surface.vertices - centre).T))[1][:, -1]
        along = values * np.sign(values[1])
    palmar = np.array([0.0, 0.0, 1.0]) if not name.endswith("_1") else _thumb_palmar(surface, along)
    palmar = palmar - (palmar @ along) * along
    palmar /= np.linalg.norm(palmar)
    axes = np.stack([np.cross(along, palmar), along, palmar])
    reach = (surface.vertices - centre) @ along
    return BoneFrame(centre + reach.min() * along, axes, float(np.ptp(reach)))


def _thumb_palmar(surface: Surface, along: np.ndarray) -> np.ndarray:
    """Return where the thumb's pulp points: at rest towards the little finger and the palm."""
    toward = np.array([-1.0, 0.0, 0.6])  # ulnar and palmar: the thumb's nail faces radially and dorsally
    return toward - (toward @ along) * along


def changed(local: np.ndarray, length: float, change: BoneChange, name: str) -> np.ndarray:
    """Return points of a bone, in its own frame, after its change; shape (n, 3)."""
    t = local[:, 1] / length
    x, y, z = local[:, 0].copy(), local[:, 1].copy(), local[:, 2].copy()
    widen = 1 + change.base * np.exp(-((t / 0.22) ** 2)) + change.head * np.exp(-(((1 - t) / 0.2) ** 2))
    x, z = x * widen, z * widen
    if change.tuft != 1.0:
        x = x * (1 + (change.tuft - 1) / (1 + np.exp(-(t - 0.78) / 0.05)))
    arch = np.clip(4 * t * (1 - t), -1, 1)
    x, z = x + change.bend[0] * arch, z + change.bend[1] * arch
    angle = change.twist * (t - 0.5)
    x, z = x * np.cos(angle) - z * np.sin(angle), x * np.sin(angle) + z * np.cos(angle)
    if change.styloid:
        outer = 1 if name == "radius" else -1
        end = np.clip((local[:, 1] - (length - 12)) / 12, 0, 1)
        y = y + change.styloid * end**2 * (outer * x > 0) * np.minimum(1, np.abs(x) / 8)
    points = np.stack([x, y, z], axis=1)
    points = points + _swellings(points, change)
    if name in CARPALS:  # about the middle, so that it stays among its neighbours
        middle = np.array([0, length / 2, 0])
        return (points - middle) * change.width + middle
    return points * np.array([change.width, change.length, change.width])


def _swellings(points: np.ndarray, change: BoneChange) -> np.ndarray:
    """Return the shift by flat-topped swellings, each about the outermost point in its direction."""
    centre = points.mean(0)
    shift = np.zeros_like(points)
    for *direction, height, radius in change.condyles:
        unit = np.array(direction) / np.linalg.norm(direction)
        top = points[int(((points - centre) @ unit).argmax())]
        near = np.exp(-((np.linalg.norm(points - top, axis=1) / radius) ** 4))
        shift += height * near[:, None] * unit
    return shift
