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
"""Water-equivalent thickness that one mg/cm3 of hydroxyapatite adds to what is absorbed, at 80-100 kV (2.3 HU of 1000,
host displaced, averaged over the energies of a pair)."""
_HA_HARDENING = 5.0e-3
"""The same for what hardens the beam, half of which the mineral's own signal carries: 5.9e-3 at 70 kV, 5.6e-3 at 80,
5.2e-3 at 100, 4.6e-3 at 140, 3.3e-3 at Sn140, 2.9e-3 at Sn150 (docs/method/materials.md, section 3)."""


@dataclass(frozen=True, eq=False)
class PathMap:
    """Mean water-equivalent path in cm over all directions in the axial plane, on a coarse grid.

    One for what is absorbed, one for what hardens the beam.
    """

    grid: Grid
    path_cm: NDArray[np.float32]
    hardening_cm: NDArray[np.float32]

    def bins(self, fine: Grid, start: int, stop: int, beam: TissueAttenuation) -> NDArray[np.uint8]:
        """Return the path bin of every voxel of a slab of a fine grid."""
        coarse = beam.bin_of(self.hardening_cm).astype(np.uint8)
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
    """Return the mean paths through every place."""
    grid, water, ha_mg_per_cm3 = _coarse(hands)
    water_cm, ha_cm = _mean_path_cm(water), _mean_path_cm(ha_mg_per_cm3)
    of_ha = (np.float32(share) * ha_cm for share in (_HA_WATER_EQUIVALENT, _HA_HARDENING))
    return PathMap(grid, *(water_cm + part for part in of_ha))


def _mean_path_cm(density: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return projections of a density over 12 angles, spread back and averaged."""
    from scipy.ndimage import gaussian_filter, rotate

    total = np.zeros_like(density)
    for angle in np.arange(_ANGLES) * 180.0 / _ANGLES:
        turned = rotate(density, angle, axes=(1, 2), reshape=False, order=1)
        projected = np.broadcast_to(turned.sum(1, keepdims=True), turned.shape)
        total += rotate(projected, -angle, axes=(1, 2), reshape=False, order=1)
    return np.asarray(gaussian_filter(total / _ANGLES * (_STEP_MM / 10), 1.0), np.float32)


def _coarse(hands: list[DigitalHand]) -> tuple[Grid, NDArray[np.float32], NDArray[np.float32]]:
    """Return tissue (water 1) and hydroxyapatite (mg/cm3) of all hands on a square coarse grid with room to turn."""
    corners = np.array([hand.grid.point_of(c) for hand in hands for c in ((0, 0, 0), np.array(hand.grid.size) - 1)])
    low, high = corners.min(0), corners.max(0)
    middle, half = 0.5 * (low + high), 0.75 * float(max(high[:2] - low[:2]))
    n, slices = int(2 * half / _STEP_MM) + 1, int((high[2] - low[2]) / _STEP_MM) + 2
    grid = Grid((n, n, slices), (_STEP_MM,) * 3, (middle[0] - half, middle[1] - half, low[2]))
    sums = np.zeros(grid.shape, np.float32), np.zeros(grid.shape, np.float32)
    for hand in hands:
        step = max(int(_STEP_MM / hand.grid.spacing_mm[0] / 3), 1)
        every = (slice(None, None, step),) * 3
        share = np.float32((step * hand.grid.spacing_mm[0] / _STEP_MM) ** 3)
        fine = (hand.tissue[every] > 0).astype(np.float32), hand.ha_mg_per_cm3[every].astype(np.float32)
        weights = [_nearest_weights(hand.grid, step, grid, axis, fine[0].shape[2 - axis]) for axis in range(3)]
        for total, values in zip(sums, fine, strict=True):
            part = np.matmul(weights[1], np.matmul(values, weights[0].T))
            total += np.tensordot(weights[2], part, axes=(1, 0)) * share
    return grid, *sums


def _nearest_weights(fine: Grid, step: int, coarse: Grid, axis: int, count: int) -> NDArray[np.float32]:
    """Return the matrix that gives every ``step``-th fine voxel to its nearest coarse voxel along an axis."""
    position = fine.origin_mm[axis] + np.arange(count) * step * fine.spacing_mm[axis]
    nearest = np.rint((position - coarse.origin_mm[axis]) / coarse.spacing_mm[axis]).astype(int)
    weights = np.zeros((coarse.size[axis], count), np.float32)
    weights[np.clip(nearest, 0, coarse.size[axis] - 1), np.arange(count)] = 1
    return weights
