"""Deposits of hydroxyapatite: clumps of balls that melt together, torn sheets; and lost fingertips."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from .flesh import Flesh
from .pose import Posed
from .solid import Box, Frame, Solid, distance_mm, shared
from .texture import smooth_noise

PLACES = {
    "healthy": (),
    "touching": ("touching", "touching", "touching", "between", "eroding", "away"),
    "lysis": ("tip", "tip", "away", "touching"),
    "mixed": ("away", "away", "away", "touching", "between", "eroding", "tip", "sheet"),
}
"""Where the deposits of each kind of case lie; tips also lose bone."""
_CLEAR_MM = 3.5  # between deposits, so that each is one (the contract joins gaps of 2 mm)


@dataclass(frozen=True)
class Rule:
    """What a place asks of a deposit: ``clear_mm`` from bone (None: it may lie in bone), and whether it must touch."""

    clear_mm: float | None
    touches: bool


_RULES = {
    "away": Rule(1.5, False),
    "sheet": Rule(1.5, False),
    "tip": Rule(0.0, False),
    "touching": Rule(0.0, True),
    "between": Rule(0.0, True),
    "eroding": Rule(None, True),
}
_TRIES = 25
_SMALLEST_MM3 = 2.0


@dataclass(frozen=True, eq=False)
class Deposit:
    """``share`` and ``ha`` (mg/cm3 where it is) on the voxels of ``box``; ``bone`` nearest, ``place`` as drawn.

    ``eroded``: bone to the volume (mm3) taken from it, and to the greatest depth (mm) below its surface.
    """

    place: str
    bone: str
    box: Box
    share: np.ndarray
    ha: np.ndarray
    touches: bool
    eroded: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Scene:
    """What deposits are placed into; ``near_bone``: mm from any bone, negative inside."""

    posed: Posed
    bones: dict[str, Solid]
    near_bone: np.ndarray
    flesh: Flesh
    lost: dict[int, float]
    frame: Frame


def lose_tips(
    kind: str, posed: Posed, bones: dict[str, Solid], frame: Frame, rng: np.random.Generator
) -> dict[int, float]:
    """Take the ends of some distal phalanges along a ragged surface; return the fraction lost. Changes ``bones``."""
    count = {"lysis": int(rng.integers(2, 5)), "mixed": 1}.get(kind, 0)
    lost = {}
    for digit in sorted(rng.permutation(5)[:count] + 1):
        name = f"distal_phalanx_{digit}"
        solid = bones[name]
        y = frame.points(solid.box) @ posed.axes[name][:, 1]
        inside = y[solid.mask]
        cut = np.quantile(inside, 1 - rng.uniform(0.12, 0.6))
        ragged = cut - y + 0.5 * np.clip(smooth_noise(y.shape, (5, 5, 5), rng), -1.5, 1.5)  # positive where it remains
        bones[name] = Solid(solid.box, np.maximum(solid.distance, -ragged).astype(np.float32))
        lost[int(digit)] = float(1 - bones[name].mask.sum() / solid.mask.sum())
    return lost


def place_deposits(
    kind: str, posed: Posed, bones: dict[str, Solid], flesh: Flesh, lost: dict[int, float], frame: Frame,
    rng: np.random.Generator,
) -> list[Deposit]:  # fmt: skip
    """Return the deposits of a case; bones that one erodes are changed in ``bones``."""
    near_bone = np.full(frame.size, 20.0, np.float32)
    for solid in bones.values():
        near_bone[solid.box] = np.minimum(near_bone[solid.box], solid.distance)
    scene = Scene(posed, bones, near_bone, flesh, lost, frame)
    taken = np.zeros(frame.size, bool)
    found: list[Deposit] = []
    for place in PLACES[kind]:
        for _ in range(_TRIES):
            deposit = _try(place, scene, rng)
            if deposit is None or taken[deposit.box][deposit.share > 0].any():
                continue
            found.append(_erode(deposit, bones, frame) if place == "eroding" else deposit)
            grown = tuple(slice(max(0, s.start - 12), s.stop + 12) for s in deposit.box)
            mask = np.zeros(frame.size, bool)
            mask[deposit.box] = deposit.share > 0
            taken[grown] |= distance_mm(mask[grown], frame.step) < _CLEAR_MM
            break
    return found


def _try(place: str, scene: Scene, rng: np.random.Generator) -> Deposit | None:
    """Return a deposit of its place, or None where this draw does not give one."""
    frame, rule = scene.frame, _RULES[place]
    size_mm = float(np.exp(rng.uniform(np.log(1.5), np.log(5.0))))
    spot = _spot(place, scene, size_mm, rng)
    if spot is None:
        return None
    bone, centre = spot
    reach = 2.2 * size_mm + 2
    box = frame.box(centre - reach, centre + reach)
    if any(s.stop - s.start < 6 for s in box):
        return None
    points, near_bone = frame.points(box) - centre, scene.near_bone[box]
    depth = _sheet(points, size_mm, rng) if place == "sheet" else _clump(points, size_mm, rng)
    if rule.clear_mm is not None:
        depth = np.minimum(depth, near_bone - rule.clear_mm)
    depth = np.where(scene.flesh.depth[box] > 0.8, depth, -1.0)
    labels, count = ndimage.label(depth > 0)
    if not count:
        return None
    largest = labels == np.bincount(labels.ravel())[1:].argmax() + 1
    share = np.where(ndimage.binary_dilation(largest), np.clip(0.5 + depth / frame.step, 0, 1), 0).astype(np.float32)
    if rule.clear_mm is not None:
        share *= near_bone > 0
    nearest_mm = near_bone[largest].min()
    if share.sum() * frame.step**3 < _SMALLEST_MM3 or (rule.touches and nearest_mm > 0.5):
        return None
    return Deposit(place, bone, box, share, _density(share.shape, rng), bool(nearest_mm < 0.6))


def _density(size: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return HA (mg/cm3): any level from paste to stone, uneven inside."""
    level = np.exp(rng.uniform(np.log(150), np.log(1200)))
    uneven = 1 + rng.uniform(0.05, 0.25) * smooth_noise(size, (4, 4, 4), rng)
    return np.clip(level * uneven, 60, 1500).astype(np.float32)


_BESIDE = ("distal", "middle", "proximal", "metacarpal", "radius", "trapezium")


def _spot(place: str, scene: Scene, size_mm: float, rng: np.random.Generator) -> tuple[str, np.ndarray] | None:
    """Return a bone and the centre of a deposit beside it; None where there is no such place."""
    posed = scene.posed
    names = [n for n in scene.bones if n.split("_")[0] in _BESIDE]
    name = str(rng.choice(names))
    if place == "tip":
        return _lost_tip(scene, rng) if scene.lost else None
    if place == "between":
        middle = _middle(posed, name)
        other = min((n for n in names if n != name), key=lambda n: np.linalg.norm(_middle(posed, n) - middle))
        return name, (middle + _middle(posed, other)) / 2
    vertices, axes = posed.bones[name].vertices, posed.axes[name]
    top = vertices[rng.integers(len(vertices))]
    away = top - vertices.mean(0)
    away -= 0.8 * (away @ axes[:, 1]) * axes[:, 1]
    if rng.random() < 0.65:  # most lie on the palm's side
        away += 1.5 * float(np.linalg.norm(away)) * axes[:, 2]
        top = vertices[int(((vertices - vertices.mean(0)) @ away - 3 * np.abs((vertices - top) @ axes[:, 1])).argmax())]
    away /= max(float(np.linalg.norm(away)), 1e-9)
    apart = {"away": size_mm + 2.0, "sheet": 3.5, "touching": 0.6 * size_mm, "eroding": 0.15 * size_mm}[place]
    return name, top + apart * away


def _lost_tip(scene: Scene, rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """Return a place in the pulp, where a tuft was."""
    name = f"distal_phalanx_{rng.choice(sorted(scene.lost))}"
    axes = scene.posed.axes[name]
    local = scene.posed.bones[name].vertices @ axes
    where = np.array([local[:, 0].mean(), np.quantile(local[:, 1], 0.85), local[:, 2].mean() + rng.uniform(0, 2)])
    return name, axes @ where


def _middle(posed: Posed, name: str) -> np.ndarray:
    return posed.bones[name].vertices.mean(0)


def _clump(points: np.ndarray, size_mm: float, rng: np.random.Generator) -> np.ndarray:
    """Return about the depth (mm) in balls that melt into each other, roughened; negative outside."""
    count = int(rng.integers(2, 8))
    total = np.zeros(points.shape[:3])
    for i in range(count):
        centre = rng.normal(0, 0.55 * size_mm, 3) * (i > 0)
        radius = size_mm * rng.uniform(0.45, 0.8)
        total += np.exp(-((points - centre) ** 2).sum(-1) / radius**2)
    depth = size_mm * 0.6 * np.log(np.maximum(total, 1e-6) / 0.45)
    return depth + rng.uniform(0, 0.5) * smooth_noise(depth.shape, (3, 3, 3), rng)


def _sheet(points: np.ndarray, size_mm: float, rng: np.random.Generator) -> np.ndarray:
    """Return about the depth (mm) in a bent sheet of 0.8 to 2 mm with holes; negative outside."""
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    u, v, w = np.moveaxis(points @ axes, -1, 0)
    height = w - rng.uniform(-0.06, 0.06) * u**2 - 0.6 * smooth_noise(u.shape, (12, 12, 12), rng)
    inside = rng.uniform(0.4, 1.0) - np.abs(height)
    torn = 1.2 + smooth_noise(u.shape, (6, 6, 6), rng)
    return np.minimum(np.minimum(inside, 2.0 * size_mm - np.hypot(u, v)), torn)


def _erode(deposit: Deposit, bones: dict[str, Solid], frame: Frame) -> Deposit:
    """Take from every bone what the deposit fills, and say how much."""
    eroded = {}
    for name, solid in bones.items():
        parts = shared(solid.box, deposit.box)
        if parts is None:
            continue
        here, there = parts
        before = solid.mask
        depth = 0.5 * frame.step - distance_mm(before, frame.step)  # from the outermost voxels' middles
        gone = (0.5 - deposit.share[there]) * frame.step
        solid.distance[here] = np.maximum(solid.distance[here], np.where(deposit.share[there] > 0, -gone, -20.0))
        taken = before & ~solid.mask
        if taken.any():
            eroded[name] = (float(taken.sum()) * frame.step**3, float(depth[taken].max()))
    return Deposit(**{**deposit.__dict__, "eroded": eroded, "touches": True})
