"""How much water the X-rays cross on their way through a place: what hardens the beam there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Grid
from calcidect.phantom._attenuation import TissueAttenuation
from calcidect.phantom._hand import DigitalHand

_STEP_MM = 4.0
_ANGLES = 12
_WATER_PER_CM = 0.2
_REFERENCE_CM = 3.0
_HA_WATER_EQUIVALENT = 1.6e-3
"""Water-equivalent thickness that one mg/cm3 of hydroxyapatite adds, at 80-100 kV (2.3 HU of 1000, host displaced,
averaged over the energies of a pair)."""


@dataclass(frozen=True, eq=False)
class PathMap:
    """Mean water-equivalent path in cm over all directions in the axial plane, on a coarse grid."""

    grid: Grid
    path_cm: NDArray[np.float32]

    def bins(self, fine: Grid, start: int, stop: int, beam: TissueAttenuation) -> NDArray[np.uint8]:
        """Return the path bin of every voxel of a slab of a fine grid."""
        coarse = beam.bin_of(self.path_cm).astype(np.uint8)
        index = []
        for axis, (first, last) in enumerate(((0, fine.size[0]), (0, fine.size[1]), (start, stop))):
            position = fine.origin_mm[axis] + np.arange(first, last) * fine.spacing_mm[axis]
            nearest = np.rint((position - self.grid.origin_mm[axis]) / self.grid.spacing_mm[axis]).astype(int)
            index.append(np.clip(nearest, 0, self.grid.size[axis] - 1))
        return np.asarray(coarse[np.ix_(index[2], index[1], index[0])])

    def noise_factor(self, grid: Grid) -> NDArray[np.float32]:
        """Return noise relative to 3 cm of water: photons fall as ``exp(-mu L)``, noise grows as its square root."""
        factor = np.exp(0.5 * _WATER_PER_CM * (self.path_cm - _REFERENCE_CM)).astype(np.float32)
        index = []
        for axis in range(3):
            position = grid.origin_mm[axis] + np.arange(grid.size[axis]) * grid.spacing_mm[axis]
            nearest = np.rint((position - self.grid.origin_mm[axis]) / self.grid.spacing_mm[axis]).astype(int)
            index.append(np.clip(nearest, 0, self.grid.size[axis] - 1))
        return np.asarray(factor[np.ix_(index[2], index[1], index[0])])


def water_path(hands: list[DigitalHand]) -> PathMap:
    """Return the mean path through every place: projections over 12 angles, spread back and averaged."""
    from scipy.ndimage import gaussian_filter, rotate

    grid, water = _water(hands)
    total = np.zeros_like(water)
    for angle in np.arange(_ANGLES) * 180.0 / _ANGLES:
        turned = rotate(water, angle, axes=(1, 2), reshape=False, order=1)
        projected = np.broadcast_to(turned.sum(1, keepdims=True), turned.shape)
        total += rotate(projected, -angle, axes=(1, 2), reshape=False, order=1)
    path_cm = total / _ANGLES * (_STEP_MM / 10)
    return PathMap(grid, gaussian_filter(path_cm, 1.0).astype(np.float32))


def _water(hands: list[DigitalHand]) -> tuple[Grid, NDArray[np.float32]]:
    """Return water-equivalent density of all hands on a square coarse grid with room to turn."""
    corners = np.array([hand.grid.point_of(c) for hand in hands for c in ((0, 0, 0), np.array(hand.grid.size) - 1)])
    low, high = corners.min(0), corners.max(0)
    middle, half = 0.5 * (low + high), 0.75 * float(max(high[:2] - low[:2]))
    n, slices = int(2 * half / _STEP_MM) + 1, int((high[2] - low[2]) / _STEP_MM) + 2
    grid = Grid((n, n, slices), (_STEP_MM,) * 3, (middle[0] - half, middle[1] - half, low[2]))
    water = np.zeros(grid.shape, np.float32)
    for hand in hands:
        step = max(int(_STEP_MM / hand.grid.spacing_mm[0] / 3), 1)
        every = (slice(None, None, step),) * 3
        fine = (hand.tissue[every] > 0) + np.float32(_HA_WATER_EQUIVALENT) * hand.ha_mg_per_cm3[every]
        weights = [_nearest_weights(hand.grid, step, grid, axis, fine.shape[2 - axis]) for axis in range(3)]
        part = np.matmul(weights[1], np.matmul(fine, weights[0].T))
        water += np.tensordot(weights[2], part, axes=(1, 0)) * np.float32(
            (step * hand.grid.spacing_mm[0] / _STEP_MM) ** 3
        )
    return grid, water


def _nearest_weights(fine: Grid, step: int, coarse: Grid, axis: int, count: int) -> NDArray[np.float32]:
    """Return the matrix that gives every ``step``-th fine voxel to its nearest coarse voxel along an axis."""
    position = fine.origin_mm[axis] + np.arange(count) * step * fine.spacing_mm[axis]
    nearest = np.rint((position - coarse.origin_mm[axis]) / coarse.spacing_mm[axis]).astype(int)
    weights = np.zeros((coarse.size[axis], count), np.float32)
    weights[np.clip(nearest, 0, coarse.size[axis] - 1), np.arange(count)] = 1
    return weights
