"""Skin, fat, muscle, tendon, cartilage and nails as labels on the fine grid.

Skin 1-1.5 mm; fat thick in fingertip pads and forearm, thin on the back of the hand; what lies deeper is muscle in
the forearm and in muscle bellies, else connective tissue with fat between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Grid
from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._bones import ray_axes, texture
from calcidect.phantom._person import Person
from calcidect.phantom._pose import PosedHand
from calcidect.phantom._voxelise import Field, box_around, box_axes

TENDON_RADIUS_MM = {"FDP": 1.9, "FDS": 1.7, "FPL": 1.9, "EDC": 1.2, "EDM": 1.0, "EIP": 1.1, "EPL": 1.2, "EPB": 1.0,
                    "APL": 1.6, "FCR": 2.1, "FCU": 2.2, "PL": 1.3, "ECRL": 1.7, "ECRB": 1.8, "ECU": 1.9}  # fmt: skip
"""Half thickness; flexor tendons 3-4 mm, extensors 2-2.5 mm (hand ultrasound, Elhai 2012 among others)."""

UNDER_SKIN_MM = 1.3
"""Between skin's surface and a tendon: the skin, 1 to 1.5 mm."""
INSERTION, _BESIDE_MM = 0.2, 10.0
"""Share of a distal phalanx that tendons reach; half a finger's width and more."""


@dataclass(frozen=True, eq=False)
class SoftFields:
    """Distances on the coarse grid, negative inside.

    Parameters
    ----------
    grid : Grid
        Coarse.
    skin_mm : float32 array
        To the skin.
    muscles_mm : dict
        Group name to distance.
    """

    grid: Grid
    skin_mm: NDArray[np.float32]
    muscles_mm: dict[str, NDArray[np.float32]]


def upsampled(array: NDArray[np.float32], coarse: Grid, fine: Grid) -> NDArray[np.float32]:
    """Return a coarse array interpolated linearly on (a part of) a fine grid; outside it, its edge value."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(array)
    image.SetSpacing(coarse.spacing_mm)
    image.SetOrigin(coarse.origin_mm)
    resample = sitk.ResampleImageFilter()
    resample.SetSize(fine.size)
    resample.SetOutputSpacing(fine.spacing_mm)
    resample.SetOutputOrigin(fine.origin_mm)
    resample.SetInterpolator(sitk.sitkLinear)
    resample.SetUseNearestNeighborExtrapolator(True)
    return np.asarray(sitk.GetArrayFromImage(resample.Execute(image)))


def paint_layers(
    tissue: NDArray[np.uint8],
    grid: Grid,
    soft: SoftFields,
    hand: PosedHand,
    person: Person,
    slab_voxels: int = 64,
) -> None:
    """Fill skin, fat, muscle and connective tissue into ``tissue``, slab by slab (k)."""
    forearm = _forearm_share(soft.grid, hand)
    muscle = np.minimum.reduce(list(soft.muscles_mm.values()))
    fat_mm = (1.6 + 2.4 * forearm) * np.float32(person.fat_factor)
    skin_mm = np.float32(1.0 + 0.5 * np.random.default_rng([person.seed, 4]).random())
    for start in range(0, grid.size[2], slab_voxels):
        count = min(slab_voxels, grid.size[2] - start)
        part = grid.cropped((0, 0, start), (grid.size[0], grid.size[1], count))
        depth = -upsampled(soft.skin_mm, soft.grid, part)
        noise = texture((slice(start, start + count), slice(0, grid.size[1]), slice(0, grid.size[0])),
                        person.seed + 5, 0.7 / grid.spacing_mm[0], 0.5)  # fmt: skip
        deep = depth > upsampled(fat_mm, soft.grid, part) + skin_mm
        slab = tissue[start : start + count]
        slab[depth > 0] = Tissue.SKIN
        slab[depth > skin_mm] = Tissue.FAT
        slab[deep & (noise > 1.05)] = Tissue.CONNECTIVE  # strands of connective tissue in fat
        slab[deep & (upsampled(forearm, soft.grid, part) > 0.5)] = Tissue.MUSCLE
        slab[(depth > skin_mm + 0.8) & (upsampled(muscle, soft.grid, part) < 0)] = Tissue.MUSCLE


def _forearm_share(grid: Grid, hand: PosedHand) -> NDArray[np.float32]:
    """Return 0 in the hand, rising to 1 from 5 to 25 mm proximal of the radiocarpal joint."""
    k, j, i = grid.shape
    z, y, x = box_axes((slice(0, k), slice(0, j), slice(0, i)), grid)
    origin, distal = hand.radiocarpal_mm, hand.distal
    proximal = -((x - origin[0]) * distal[0] + (y - origin[1]) * distal[1] + (z - origin[2]) * distal[2])
    return np.asarray(np.clip((proximal - 5) / 20, 0, 1), np.float32)


def tendon_paths(hand: PosedHand, size: float) -> dict[str, tuple[FloatArray, float]]:
    """Return name to (smooth path of points, shape (n, 3), about 0.3 mm apart; radius in mm)."""
    paths = {}
    for name, points in hand.tendons_mm.items():
        kind = name.rstrip("0123456789")
        if kind in TENDON_RADIUS_MM:
            paths[name] = (smooth_path(points, 0.3), TENDON_RADIUS_MM[kind] * size)
    return paths


def held_tendons(hand: PosedHand, soft: SoftFields, size: float) -> dict[str, FloatArray]:
    """Return the tendons' paths, pushed in where they would leave the skin, ended on the base of the fingertip's bone.

    The points of a muscle model serve lever arms: between them a straight line cuts a bent wrist's corner, and beside
    a finger they stand off the bone. Real tendons are held by pulleys and the extensor hood.
    """
    from scipy.ndimage import map_coordinates

    slope_k, slope_j, slope_i = np.gradient(soft.skin_mm, *soft.grid.spacing_mm[::-1])

    def at(field: Any, points: FloatArray) -> FloatArray:
        index = soft.grid.index_of(points)[:, ::-1].T
        return np.asarray(map_coordinates(field, index, order=1, mode="nearest"), float)

    held = {}
    for name, points in hand.tendons_mm.items():
        path = smooth_path(points, 1.0)
        radius_mm = TENDON_RADIUS_MM.get(name.rstrip("0123456789"), 1.0) * size
        for _ in range(6):
            outward = np.stack([at(part, path) for part in (slope_i, slope_j, slope_k)], -1)
            outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 0.3)
            path = path - np.maximum(at(soft.skin_mm, path) + radius_mm + UNDER_SKIN_MM, 0)[:, None] * outward
        held[name] = path[~_beyond_insertion(path, hand)]
    return held


def _beyond_insertion(path_mm: FloatArray, hand: PosedHand) -> NDArray[np.bool_]:
    """Tell which points of a tendon lie beside a distal phalanx beyond its base, where real tendons end."""
    beyond = np.zeros(len(path_mm), bool)
    for digit in range(1, 6):
        start, end = hand.bones[f"distal_phalanx_{digit}"].axis
        along = (path_mm - start) @ (end - start) / float((end - start) @ (end - start))
        across_mm = np.linalg.norm(path_mm - start - along[:, None] * (end - start), axis=1)
        beyond |= (along > INSERTION) & (along < 1.5) & (across_mm < _BESIDE_MM)
    return beyond


def smooth_path(points_mm: FloatArray, step_mm: float) -> FloatArray:
    """Return a monotone curve (PCHIP over arc length) through points, sampled every ``step_mm``."""
    from scipy.interpolate import PchipInterpolator

    arc = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points_mm, axis=0), axis=1))])
    keep = np.concatenate([[True], np.diff(arc) > 1e-6])
    return np.asarray(PchipInterpolator(arc[keep], points_mm[keep])(np.arange(0, arc[-1], step_mm)), dtype=float)


def paint_tube(
    target: NDArray[np.uint8], value: int, path_mm: FloatArray, radius_mm: float, grid: Grid,
    only: tuple[int, ...],
) -> None:  # fmt: skip
    """Set ``value`` within a radius of a path, where ``target`` holds one of the values in ``only``."""
    reach = int(np.ceil(radius_mm / grid.spacing_mm[0]))
    span = np.arange(-reach, reach + 1)
    ball = np.stack(np.meshgrid(span, span, span, indexing="ij"), -1).reshape(-1, 3)
    ball = ball[np.linalg.norm(ball, axis=1) * grid.spacing_mm[0] <= radius_mm]
    centres = np.unique(np.round(grid.index_of(path_mm)).astype(int), axis=0)
    voxels = (centres[:, None] + ball[None]).reshape(-1, 3)
    voxels = voxels[((voxels >= 0) & (voxels < grid.size)).all(1)]
    k, j, i = voxels[:, 2], voxels[:, 1], voxels[:, 0]
    allowed = np.isin(target[k, j, i], only)
    target[k[allowed], j[allowed], i[allowed]] = value


def paint_around_bones(tissue: NDArray[np.uint8], fields: dict[str, Field]) -> None:
    """Set ligament and capsule within 0.8 mm of bone, and cartilage in joint spaces."""
    for field in fields.values():
        part = tissue[field.box]
        part[(field.sdf_mm < 0.8) & np.isin(part, (Tissue.FAT, Tissue.MUSCLE))] = Tissue.CONNECTIVE
    names = list(fields)
    for n, first in enumerate(names):
        for second in names[n + 1 :]:
            _paint_cartilage(tissue, fields[first], fields[second])


def _paint_cartilage(tissue: NDArray[np.uint8], first: Field, second: Field) -> None:
    common = tuple(
        slice(max(p.start, q.start), min(p.stop, q.stop)) for p, q in zip(first.box, second.box, strict=True)
    )
    if any(part.stop <= part.start for part in common):
        return
    a, b = (
        field.sdf_mm[tuple(slice(c.start - o.start, c.stop - o.start) for c, o in zip(common, field.box, strict=True))]
        for field in (first, second)
    )
    part = tissue[common]
    part[(a > 0) & (b > 0) & (a + b < 2.4) & (part != Tissue.AIR)] = Tissue.CARTILAGE


def paint_nails(tissue: NDArray[np.uint8], grid: Grid, soft: SoftFields, hand: PosedHand, size: float) -> None:
    """Set the nail plates: the outer 0.6 mm on the back of each distal phalanx's distal half."""
    for digit in range(1, 6):
        bone = hand.bones[f"distal_phalanx_{digit}"]
        along, palmar, radial = ray_axes(hand, bone)
        start, end = bone.axis
        box = box_around(np.stack([start, end + 5 * along]), grid, 11 * size)
        if box is None:
            continue
        part = grid.cropped((box[2].start, box[1].start, box[0].start),
                            tuple(p.stop - p.start for p in reversed(box)))  # fmt: skip
        depth = -upsampled(soft.skin_mm, soft.grid, part)
        z, y, x = box_axes(box, grid)

        def along_axis(direction: FloatArray, origin: FloatArray = start) -> FloatArray:
            o = origin
            return np.asarray((x - o[0]) * direction[0] + (y - o[1]) * direction[1] + (z - o[2]) * direction[2])  # noqa: B023

        length = float(np.linalg.norm(end - start))
        plate = (
            (depth > -0.25) & (depth < 0.55)
            & (along_axis(along) > 0.35 * length) & (along_axis(along) < length + 3.0 * size)
            & (np.abs(along_axis(radial)) < 5.2 * size * (1.25 if digit == 1 else 1.0))
            & (along_axis(palmar) < -1.5 * size)
        )  # fmt: skip
        tissue[box][plate] = Tissue.NAIL
