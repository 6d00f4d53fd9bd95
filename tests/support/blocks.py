"""Blocks and marks of known size and place, seen through a scanner's blur: exact on any grid, tilted or turned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from calcidect.geometry import Grid, Volume

BLUR_MM = 0.51  # standard deviation: FWHM 1.2 mm, a soft kernel's

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Block:
    """A block along the axes of the patient: its centre and edges in LPS mm, and its HU."""

    centre_mm: Point
    edges_mm: Point
    hu: float

    @property
    def volume_mm3(self) -> float:
        return float(np.prod(self.edges_mm))

    def share_at(self, points_mm: np.ndarray) -> np.ndarray:
        """Return how much of it a blurred point sees, 0 to 1."""
        share = np.ones(points_mm.shape[:-1])
        for axis in range(3):
            half, x = self.edges_mm[axis] / 2, points_mm[..., axis] - self.centre_mm[axis]
            width = BLUR_MM * np.sqrt(2)
            share *= (erf((x + half) / width) - erf((x - half) / width)) / 2
        return share


SOFT = Block((0.0, 0.0, 0.0), (20.0, 18.0, 16.0), 60.0)
BONE = Block((1.3, -0.7, 0.9), (7.0, 6.0, 6.4), 1100.0)
RATIO = 2.2
MARKS: Mapping[str, Point] = {
    "left": (7.0, 0.3, 0.2),
    "right": (-6.6, 1.2, -0.4),
    "posterior": (0.4, 6.1, 1.1),
    "anterior": (-0.7, -6.3, 0.6),
    "head": (0.2, 0.8, 6.0),
}
_MARK_MM = 0.9  # standard deviation
_MARK_HU = 900.0


def points_of(grid: Grid, slide_mm: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Return where voxels lie in LPS mm, shape (slices, rows, columns, 3); slices may slide within their planes."""
    k, j, i = np.indices(grid.shape)
    points = grid.point_of(np.stack([i, j, k], -1))
    return np.asarray(points + k[..., None] * (grid.direction[:, :2] @ np.array(slide_mm)))


def scene(grid: Grid, ratio: float = 1.0, slide_mm: tuple[float, float] = (0.0, 0.0)) -> Volume:
    """Return soft tissue with bone and five marks inside; HU of mineral are divided by a ratio."""
    points = points_of(grid, slide_mm)
    hu = np.full(grid.shape, -1000.0)
    hu += (SOFT.hu + 1000) * SOFT.share_at(points) + BONE.hu / ratio * BONE.share_at(points)
    for mark in MARKS.values():
        hu += _MARK_HU / ratio * np.exp(-((points - mark) ** 2).sum(-1) / (2 * _MARK_MM**2))
    return Volume(np.rint(hu).astype(np.int16), grid)


def pair_on(low: Grid, high: Grid | None = None, slide_mm: tuple[float, float] = (0.0, 0.0)) -> tuple[Volume, Volume]:
    """Return both energies of the scene, each on its grid."""
    return scene(low, 1.0, slide_mm), scene(high or low, RATIO, slide_mm)


def marks_of(volume: Volume) -> dict[str, np.ndarray]:
    """Return where the marks of an image lie, in LPS mm: the point about which each is even."""
    points = points_of(volume.grid)
    background = scene_without_marks(volume)
    found = {}
    for name, mark in MARKS.items():
        weight = (volume.array - background) * (((points - mark) ** 2).sum(-1) < (2.5 * _MARK_MM) ** 2)
        found[name] = (points * weight[..., None]).sum((0, 1, 2)) / weight.sum()
    return found


def scene_without_marks(volume: Volume) -> np.ndarray:
    """Return what an image of the scene would show without its marks."""
    points = points_of(volume.grid)
    at_bone = volume.array[tuple(np.rint(volume.grid.index_of(BONE.centre_mm)).astype(int)[::-1])]
    bone_hu = BONE.hu if at_bone > 0.7 * BONE.hu else BONE.hu / RATIO
    return np.asarray(-1000 + (SOFT.hu + 1000) * SOFT.share_at(points) + bone_hu * BONE.share_at(points))


def excess(volume: Volume) -> float:
    """Return the sum of HU above air times volume, in HU mm3: what mass is computed from."""
    return float((volume.array.astype(float) + 1000).sum() * volume.grid.voxel_volume_mm3)
