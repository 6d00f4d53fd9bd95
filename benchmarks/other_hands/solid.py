"""Bones in voxels: their distance, osteophytes, and who gives way to whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from .meshes import CARPALS, Surface
from .poisson import indicator
from .pose import Posed

Box = tuple[slice, slice, slice]
GAP_MM = 0.9  # bones closer than this give way: cartilage of two bones is never thinner in the hands made here

HOLLOW_MM = {"pisiform": 2.0}  # its mesh goes round the marrow: a ball of that radius closes the opening


@dataclass(frozen=True)
class Frame:
    """A grid along the patient's axes: ``origin`` of voxel (0, 0, 0) in LPS mm, ``size`` (x, y, z), ``step`` mm."""

    origin: tuple[float, float, float]
    size: tuple[int, int, int]
    step: float

    def index(self, points: np.ndarray) -> np.ndarray:
        return (points - np.array(self.origin)) / self.step

    def points(self, box: Box) -> np.ndarray:
        """Return the centres of a box of voxels, shape (nx, ny, nz, 3)."""
        axes = [o + self.step * np.arange(s.start, s.stop) for o, s in zip(self.origin, box, strict=True)]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)

    def box(self, low: np.ndarray, high: np.ndarray) -> Box:
        """Return the voxels between two points, cut to the grid."""
        first = np.clip(np.floor(self.index(low)), 0, np.array(self.size)).astype(int)
        last = np.clip(np.ceil(self.index(high)) + 1, 0, np.array(self.size)).astype(int)
        return tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))  # type: ignore[return-value]


@dataclass(frozen=True, eq=False)
class Solid:
    """One bone on part of the fine grid: ``distance`` mm, negative inside, on the voxels of ``box``."""

    box: Box
    distance: np.ndarray

    @property
    def mask(self) -> np.ndarray:
        return self.distance < 0

    def share(self, step: float) -> np.ndarray:
        """Return how much of each voxel is inside, 0 to 1."""
        return np.clip(0.5 - self.distance / step, 0, 1).astype(np.float32)


def shared(one: Box, other: Box) -> tuple[Box, Box] | None:
    """Return what two boxes share, counted from the start of each; None where they share nothing."""
    both = [slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one, other, strict=True)]
    if any(s.stop <= s.start for s in both):
        return None
    here, there = (
        tuple(slice(s.start - o.start, s.stop - o.start) for s, o in zip(both, box, strict=True))
        for box in (one, other)
    )
    return here, there  # type: ignore[return-value]


def distance_mm(inside: np.ndarray, step: float) -> np.ndarray:
    """Return the signed distance from a mask's border, negative inside, mm."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(inside.astype(np.uint8)))
    image.SetSpacing((step, step, step))
    return sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(image, False, False, True))


def solids(posed: Posed, frame: Frame, rng: np.random.Generator) -> dict[str, Solid]:
    """Return every bone on the grid, with osteophytes in some hands, cut where it would come too near to another."""
    arthrosis = rng.choice([0.0, 0.25, 0.6])  # share of bone ends with osteophytes
    found: dict[str, Solid] = {}
    for name in sorted(posed.bones, key=lambda n: (n not in ("radius", "capitate"), n not in CARPALS, n)):
        solid = _solid(name, posed.bones[name], frame, rng)
        if solid is not None:
            found[name] = _with_osteophytes(name, solid, posed, frame, arthrosis, rng)
    return _apart(found)


def _solid(name: str, surface: Surface, frame: Frame, rng: np.random.Generator, margin: float = 4.0) -> Solid | None:
    """Return one bone, or nothing if it lies outside of the grid."""
    low, high = surface.vertices.min(0) - margin, surface.vertices.max(0) + margin
    box = frame.box(low, high)
    if any(s.stop - s.start < 3 for s in box):
        return None
    step = frame.step if np.ptp(surface.vertices, axis=0).max() < 100 else 2 * frame.step  # radius and ulna are smooth
    size = tuple(int(np.ceil(v)) for v in (high - low) / step)
    potential, level = indicator(surface, low, size, step, rng)
    slope = np.sqrt(sum(g**2 for g in np.gradient(potential, step)))
    near = (level - potential) / np.maximum(slope, 1e-6)
    far = distance_mm(potential > level, step)
    distance = np.where(np.abs(far) < 1.5 * step, np.clip(near, far - step, far + step), far)
    if name in HOLLOW_MM:
        filled = ndimage.binary_fill_holes(distance_mm(far <= HOLLOW_MM[name], step) < -HOLLOW_MM[name])
        distance = np.minimum(distance, distance_mm(filled, step) + step)  # a voxel clear of the outer surface
    start = (np.array(frame.origin) + frame.step * np.array([s.start for s in box]) - low) / step
    grid = [a + frame.step / step * np.arange(s.stop - s.start) for a, s in zip(start, box, strict=True)]
    if step == frame.step:
        moved = ndimage.shift(distance, -start, order=1, mode="nearest")
        distance = moved[tuple(slice(0, len(g)) for g in grid)]
        pad = [(0, len(g) - n) for g, n in zip(grid, distance.shape, strict=True)]
        return Solid(box, np.pad(distance, pad, mode="edge").astype(np.float32))
    where = np.meshgrid(*grid, indexing="ij")
    return Solid(box, ndimage.map_coordinates(distance, where, order=1, mode="nearest").astype(np.float32))


def _with_osteophytes(
    name: str, solid: Solid, posed: Posed, frame: Frame, share: float, rng: np.random.Generator
) -> Solid:
    """Return the bone with spikes and rims at the margins of its joints: cones of balls, ball beside ball."""
    if name in (*CARPALS, "radius", "ulna") or rng.random() > share:
        return solid
    local = posed.bones[name].vertices @ posed.axes[name]
    length = np.ptp(local[:, 1])
    distal = rng.random() < 0.5 and not name.startswith("distal")
    margin = np.abs((local[:, 1].max() - local[:, 1] if distal else local[:, 1] - local[:, 1].min()) - 0.1 * length)
    ring = local[margin < 0.03 * length]
    if len(ring) < 8:
        return solid
    middle, start = ring.mean(0), rng.uniform(-np.pi, np.pi)
    balls = []
    for turn in np.arange(0, rng.uniform(0.2, 2.5), 0.15):  # one spike to a rim of 140 degrees
        angle = start + turn
        outward = np.array([np.cos(angle), 0, np.sin(angle)])
        foot = ring[int(((ring - middle) @ outward).argmax())]
        reach, radius = rng.uniform(0.6, 2.6), rng.uniform(0.7, 1.3)
        tip = outward + np.array([0, rng.uniform(-0.5, 0.5), 0])
        balls += [(posed.axes[name] @ (foot + q * reach * tip), radius * (1 - 0.55 * q)) for q in np.linspace(0, 1, 5)]
    distance = solid.distance.copy()
    for centre, radius in balls:
        box = frame.box(centre - radius - 2, centre + radius + 2)
        if parts := shared(solid.box, box):
            here, there = parts
            ball = np.linalg.norm(frame.points(box) - centre, axis=-1) - radius
            distance[here] = np.minimum(distance[here], ball[there])
    return Solid(solid.box, distance)


def _apart(found: dict[str, Solid]) -> dict[str, Solid]:
    """Return bones of which the later gives way to the earlier wherever they would come nearer than the gap."""
    done: dict[str, Solid] = {}
    for name, solid in found.items():
        distance = keep_away(solid.box, solid.distance, done.values(), GAP_MM)
        done[name] = Solid(solid.box, _largest(distance))
    return done


def keep_away(box: Box, distance: np.ndarray, others: Iterable[Solid], gap_mm: float) -> np.ndarray:
    """Return the distance from a body that loses what lies nearer than a gap to others."""
    distance = distance.copy()
    for other in others:
        if parts := shared(box, other.box):
            here, there = parts
            distance[here] = np.maximum(distance[here], gap_mm - other.distance[there])
    return distance


def _largest(distance: np.ndarray) -> np.ndarray:
    """Return the distance without what was cut off from the largest part."""
    parts, count = ndimage.label(distance < 0)
    if count < 2:
        return distance
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    lost = (parts > 0) & (parts != sizes.argmax())
    return np.where(lost, np.abs(distance) + 0.1, distance).astype(np.float32)
