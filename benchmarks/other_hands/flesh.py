"""Soft tissue around bones: one smoothed distance to bone and bulk, whose level set is the skin.

The distance is to seeds: points of the bones, the same points moved to the palm as far as flesh is thicker there, and
bulk (muscle bellies, webs between fingers, what lies between metacarpals). Each seed has its thickness
of flesh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .meshes import CARPALS, ray
from .pose import Posed
from .solid import Frame, Solid
from .texture import smooth_noise

FAT, MUSCLE, TENDON, SKIN, NAIL, BLOOD, CARTILAGE = range(1, 8)
TISSUES = ("air", "fat", "muscle", "tendon", "skin", "nail", "blood", "cartilage")

_THICK = {
    "distal": (2.0, 3.0),
    "middle": (2.3, 3.5),
    "proximal": (2.7, 4.5),
    "metacarpal": (3.0, 9.0),
    "wrist": (5.0, 4.0),
}
"""Flesh over the back of bones, and how far the palm's side is moved beyond it (mm). Our choice: so that a fingertip is
10 to 14 mm thick, a finger's base 17 to 20, a palm 25 to 28, as hands are."""
_COARSE_MM = 1.2


@dataclass(frozen=True, eq=False)
class Flesh:
    """Per fine voxel: ``tissue`` label; ``depth`` mm below the skin, negative outside; ``arteries``, calcified wall."""

    tissue: np.ndarray
    depth: np.ndarray
    arteries: np.ndarray


def _group(name: str) -> str:
    return "wrist" if name in (*CARPALS, "radius", "ulna") else name.split("_")[0]


def flesh(posed: Posed, bones: dict[str, Solid], frame: Frame, rng: np.random.Generator) -> Flesh:
    """Return the soft tissue of a hand."""
    stout = rng.uniform(0.8, 1.25)
    bulk, is_muscle = _bulk(posed, rng)
    depth = _depth(posed, bulk, frame, stout)
    tissue = np.where(depth > 0, FAT, 0).astype(np.uint8)
    strands = np.abs(smooth_noise(frame.size, (7, 7, 9), rng)) < 0.07  # septa are the zero set of a field
    tissue[strands & (depth > 0)] = TENDON
    _muscles(tissue, depth, bulk[is_muscle], frame, rng)
    _cartilage(tissue, bones, frame)
    arteries = _cords(tissue, posed, frame, rng)
    skin_mm = rng.uniform(0.9, 1.8)  # thick in systemic sclerosis
    tissue[(depth > 0) & (depth < skin_mm)] = SKIN
    for digit in range(1, 6):
        _nail(tissue, depth, f"distal_phalanx_{digit}", posed, frame)
    return Flesh(tissue, depth, arteries & (depth > skin_mm))


def axis_points(posed: Posed, name: str, t: np.ndarray, palmar_mm: float) -> np.ndarray:
    """Return points along a bone (t from 0 to 1), moved to its palmar side from its palmar surface."""
    local = posed.bones[name].vertices @ posed.axes[name]
    if name in ("radius", "ulna"):  # of the forearm only this much can show
        local = local[local[:, 1] > local[:, 1].max() - 90]
    along = local[:, 1].min() + t * np.ptp(local[:, 1])
    x, z = local[:, 0].mean(), local[:, 2].mean()
    edge = (local[:, 2].max() - local[:, 2].min()) / 2
    shift = np.sign(palmar_mm) * edge + palmar_mm if palmar_mm else 0.0
    return np.stack([np.full_like(along, x), along, np.full_like(along, z + shift)], axis=1) @ posed.axes[name].T


def _bulk(posed: Posed, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return seeds (n, 4: point and radius) of bellies, webs and the metacarpus, and which of them are muscle."""
    seeds, muscle = [], []

    def sheet(one: np.ndarray, two: np.ndarray, radius: float, is_muscle: bool) -> None:
        for share in np.linspace(0, 1, max(2, int(np.linalg.norm(one - two, axis=1).max() / 1.2))):
            points = one + share * (two - one)
            seeds.append(np.column_stack([points, np.full(len(points), radius)]))
            muscle.extend([is_muscle] * len(points))

    t = np.linspace(0.1, 0.85, 40)
    for a, b in ((2, 3), (3, 4), (4, 5)):  # interossei, and the skin between metacarpals
        sheet(*(axis_points(posed, f"metacarpal_{d}", t, 0.0) for d in (a, b)), 1.0, True)
        low = np.linspace(0.0, 0.3, 12)  # webs end a third of the way up the proximal phalanges
        sheet(*(axis_points(posed, f"proximal_phalanx_{d}", low, 0.5) for d in (a, b)), 0.5, False)
        ends = np.linspace(0.85, 1.0, 10)
        sheet(*(axis_points(posed, f"metacarpal_{d}", ends, 1.0) for d in (a, b)), 1.0, False)
    first = np.linspace(0.1, 0.8, 30)
    web = rng.uniform(0.45, 0.65)
    sheet(
        axis_points(posed, "metacarpal_1", first, 0.0),
        axis_points(posed, "metacarpal_2", first * web, 0.0),
        1.5,
        True,
    )
    thenar = rng.uniform(4, 7)
    sheet(
        axis_points(posed, "metacarpal_1", first, 3.0),
        axis_points(posed, "metacarpal_3", first * 0.5, 5.0),
        thenar,
        True,
    )
    sheet(
        axis_points(posed, "metacarpal_5", first, 3.0),
        axis_points(posed, "metacarpal_4", first, 5.0),
        rng.uniform(3, 6),
        True,
    )
    forearm = np.linspace(0.0, 0.8, 60)  # bellies thin out towards the wrist
    for side, radius in ((2.0, 7.0), (-2.0, 4.0)):
        one, two = (axis_points(posed, n, forearm, side) for n in ("radius", "ulna"))
        sheet(one, two, radius, True)
    return np.vstack(seeds), np.array(muscle)


def _depth(posed: Posed, bulk: np.ndarray, frame: Frame, stout: float) -> np.ndarray:
    """Return the depth below the skin on the fine grid."""
    size = tuple(int(np.ceil(n * frame.step / _COARSE_MM)) + 1 for n in frame.size)
    seeds, thick = [], []
    for name, surface in posed.bones.items():
        back, palm = _THICK[_group(name)]
        palmar, distal = posed.axes[name][:, 2], posed.axes[name][:, 1]
        points = surface.vertices if len(surface.vertices) > 400 else surface.sampled(0.5, np.random.default_rng(0))[0]
        shifts = [s * palm * palmar for s in np.linspace(0, 1, 5)]
        if name.startswith("distal"):
            shifts += [2.0 * distal, 2.0 * distal + 0.5 * palm * palmar]
        seeds += [points + stout * shift for shift in shifts]
        thick += [np.full(len(points), stout * back)] * len(shifts)
    seeds.append(bulk[:, :3])
    thick.append(bulk[:, 3] + 2.0 * stout)
    points, thickness = np.vstack(seeds), np.concatenate(thick)
    index = np.rint((points - np.array(frame.origin)) / _COARSE_MM).astype(int)
    inside = ((index >= 0) & (index < np.array(size))).all(1)
    flat = np.ravel_multi_index(tuple(index[inside].T), size)
    most = np.zeros(int(np.prod(size)), np.float32)
    np.maximum.at(most, flat, thickness[inside])
    most = most.reshape(size)
    distance, nearest = ndimage.distance_transform_edt(most == 0, sampling=_COARSE_MM, return_indices=True)
    depth = (
        ndimage.gaussian_filter(most[tuple(nearest)], 2.5) - ndimage.gaussian_filter(distance, 1.6 / _COARSE_MM) + 0.8
    )
    scale = frame.step / _COARSE_MM
    return ndimage.affine_transform(
        depth.astype(np.float32), [scale] * 3, output_shape=frame.size, order=1, mode="nearest"
    )


def _muscles(tissue: np.ndarray, depth: np.ndarray, seeds: np.ndarray, frame: Frame, rng: np.random.Generator) -> None:
    """Fill muscle bellies; a field makes their border uneven and lets fat in."""
    scale = 2.0
    size = tuple(int(np.ceil(n * frame.step / scale)) + 1 for n in frame.size)
    index = np.rint((seeds[:, :3] - np.array(frame.origin)) / scale).astype(int)
    inside = ((index >= 0) & (index < np.array(size))).all(1)
    radius = np.zeros(size, np.float32)
    np.maximum.at(radius, tuple(index[inside].T), seeds[inside, 3].astype(np.float32))
    distance, nearest = ndimage.distance_transform_edt(radius == 0, sampling=scale, return_indices=True)
    belly = ndimage.gaussian_filter(radius[tuple(nearest)] - distance, 0.7).astype(np.float32)
    belly = ndimage.affine_transform(belly, [frame.step / scale] * 3, output_shape=frame.size, order=1, mode="nearest")
    belly += 0.6 * smooth_noise(frame.size, (6, 6, 12), rng)
    tissue[(belly > -1.5) & (depth > 3)] = MUSCLE


def _cartilage(tissue: np.ndarray, bones: dict[str, Solid], frame: Frame) -> None:
    """Fill what is within 1.5 mm of two bones: joint spaces."""
    near = np.zeros(frame.size, np.uint8)
    for solid in bones.values():
        near[solid.box] += solid.distance < 1.5
    tissue[(near > 1) & (tissue > 0)] = CARTILAGE


def _ball(mask: np.ndarray, frame: Frame, centre: np.ndarray, radius: float) -> None:
    box = frame.box(centre - radius, centre + radius)
    if all(s.stop > s.start for s in box):
        mask[box] |= np.linalg.norm(frame.points(box) - centre, axis=-1) < radius


def _cord(frame: Frame, line: np.ndarray, radius: float) -> np.ndarray:
    """Return a mask of a round cord along a polyline, its corners smoothed."""
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    places = np.arange(0, steps[-1], 0.5 * radius)
    path = np.stack([np.interp(places, steps, line[:, i]) for i in range(3)], axis=1)
    path = ndimage.gaussian_filter1d(path, 6.0 / radius, axis=0, mode="nearest")
    mask = np.zeros(frame.size, bool)
    for point in path:
        _ball(mask, frame, point, radius)
    return mask


def _cords(tissue: np.ndarray, posed: Posed, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Lay tendons and digital arteries along the digits; return the wall of calcified arteries."""
    calcified = np.zeros(frame.size, bool)
    with_calcium = rng.random() < 0.15
    t = np.linspace(0.1, 0.9, 8)
    for digit in range(1, 6):
        names = ray(digit)
        flexor = np.vstack([axis_points(posed, n, t, 2.2 + 1.5 * n.startswith("metacarpal")) for n in names])
        extensor = np.vstack([axis_points(posed, n, t, -1.0) for n in names])
        tissue[_cord(frame, flexor[:-5], rng.uniform(1.6, 2.4)) & (tissue > 0)] = TENDON
        tissue[_cord(frame, extensor[:-6], rng.uniform(0.8, 1.2)) & (tissue > 0)] = TENDON
        for side in (-1, 1):
            vessel = np.vstack([axis_points(posed, n, t, 1.2) + side * 5.0 * posed.axes[n][:, 0] for n in names[1:]])
            tissue[_cord(frame, vessel, 0.7) & (tissue > 0)] = BLOOD
    if with_calcium:
        name = f"proximal_phalanx_{rng.integers(2, 6)}"
        line = axis_points(posed, name, t, 1.2) + 5.0 * posed.axes[name][:, 0]
        calcified = _cord(frame, line, 0.9) & ~_cord(frame, line, 0.5)
    return calcified


def _nail(tissue: np.ndarray, depth: np.ndarray, name: str, posed: Posed, frame: Frame) -> None:
    """Make the skin over the back of a distal phalanx keratin: a plate of about 0.6 mm from its middle to the tip."""
    local = posed.bones[name].vertices @ posed.axes[name]
    corners = posed.bones[name].vertices
    box = frame.box(corners.min(0) - 10, corners.max(0) + 10)
    x, y, z = np.moveaxis(frame.points(box) @ posed.axes[name], -1, 0)
    t = (y - local[:, 1].min()) / np.ptp(local[:, 1])
    wide = np.abs(x - local[:, 0].mean()) < 0.5 * np.ptp(local[:, 0]) + 1.5
    plate = (t > 0.4) & (t < 1.12) & wide & (z < local[:, 2].mean()) & (depth[box] > 0) & (depth[box] < 0.6)
    tissue[box][plate] = NAIL
