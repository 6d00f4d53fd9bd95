"""Smooth bodies with bone inside, at two energies of different ratio, moved as asked: analytic, so without sampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from calcidect.geometry import Grid, Volume

GRID = Grid((84, 58, 80), (0.8, 0.8, 1.0), (-33.2, -22.8, -39.5))
_BLUR_MM = 0.5
LIMIT_HU = 3071.0
"""Highest value that the series store."""


@dataclass(frozen=True)
class Body:
    """A flat ellipsoid of soft tissue with two long bones in it, like a stump of a hand.

    ``turn`` and ``shift_mm`` take it from the low to the high image; ``second_mm`` moves its second bone besides.
    """

    centre_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    radii_mm: tuple[float, float, float] = (24.0, 15.0, 32.0)
    turn: np.ndarray | None = None
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    second_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def moved(self, points_mm: np.ndarray) -> np.ndarray:
        """Return where points of the low image lie in the high one."""
        turn = np.eye(3) if self.turn is None else self.turn
        return (points_mm - self.centre_mm) @ turn.T + self.centre_mm + self.shift_mm

    def _hu(self, points: np.ndarray, soft_hu: float, bone_hu: float, second_mm: Sequence[float]) -> np.ndarray:
        """Return HU above air at points relative to the centre."""
        tissue = (soft_hu + 1000) * _inside(points, self.radii_mm)
        bones = _inside(points - [-9, 0, 0], (6.0, 7.0, 26.0)) + _inside(
            points - [9, 0, 2] - np.array(second_mm), (7.0, 5.0, 22.0)
        )
        return tissue + (bone_hu - soft_hu) * bones


def _inside(points: np.ndarray, radii_mm: Sequence[float]) -> np.ndarray:
    """Return the blurred share of an ellipsoid at points, by its distance to first order."""
    scaled = points / np.array(radii_mm)
    size = np.linalg.norm(scaled, axis=-1) + 1e-9
    slope = np.linalg.norm(scaled / np.array(radii_mm), axis=-1) / size + 1e-9
    return ndtr((1 - size) / slope / _BLUR_MM)


def pair_of(bodies: Sequence[Body], noise_hu: float = 20.0, grid: Grid = GRID, seed: int = 3) -> tuple[Volume, Volume]:
    """Return the low and the high image, int16 HU, of bone of ratio 1200/700, with noise."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    points = grid.point_of(np.stack([i, j, k], -1))
    low, high = np.full(grid.shape, -1000.0), np.full(grid.shape, -1000.0)
    for body in bodies:
        turn = np.eye(3) if body.turn is None else body.turn
        low += body._hu(points - body.centre_mm, 60.0, 1200.0, (0, 0, 0))
        back = (points - np.array(body.centre_mm) - body.shift_mm) @ turn  # the rows of turn are its inverse's columns
        high += body._hu(back, 50.0, 700.0, body.second_mm)
    rng = np.random.default_rng(seed)
    images = (np.rint(image + rng.normal(0, noise_hu, grid.shape)) for image in (low, high))
    return tuple(Volume(np.clip(image, -1024, LIMIT_HU).astype(np.int16), grid) for image in images)  # type: ignore[return-value]
