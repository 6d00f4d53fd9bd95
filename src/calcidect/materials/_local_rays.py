"""HU per mg/cm3 of both crystals at every place of an image, by the water path there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from calcidect.geometry import Grid, Volume
from calcidect.materials._calibration import Calibration
from calcidect.materials._coarse import Places
from calcidect.materials._sensitivity import hu_per_mg
from calcidect.materials._solve import Rays
from calcidect.settings import BeamSettings
from calcidect.study import Pair


@dataclass(frozen=True, eq=False)
class LocalRays:
    """In water, on the cells of a path map; places are voxels of an image with the map's directions.

    Parameters
    ----------
    cells : Rays
        Arrays of the map's shape.
    first, step : tuple of float
        Where the image's first voxel lies among the cells, and how many cells a voxel is, along slices, rows, columns.
    """

    cells: Rays
    first: tuple[float, ...]
    step: tuple[float, ...]

    @classmethod
    def of(
        cls, pair: Pair, path: Volume, grid: Grid, beams: Mapping[str, BeamSettings], calibration: Calibration
    ) -> LocalRays:  # fmt: skip
        """Return those of a pair of energies, as this scanner has them, in an image on a grid."""
        (ha_low, msu_low), (ha_high, msu_high) = (
            hu_per_mg(energy, path.array, beams) for energy in (pair.low, pair.high)
        )
        shape = path.array.shape
        factors = *calibration.ha_factor, *calibration.msu_factor
        cells = (
            np.broadcast_to(np.float32(factor * k), shape)
            for factor, k in zip(factors, (ha_low, ha_high, msu_low, msu_high), strict=True)
        )
        step = (mm / cell_mm for mm, cell_mm in zip(grid.spacing_mm, path.grid.spacing_mm, strict=True))
        first = path.grid.index_of(grid.origin_mm)
        return cls(Rays(*cells), tuple(map(float, first[::-1])), tuple(step)[::-1])

    def at(self, places: Places) -> Rays:
        """Return those of voxels; each takes its nearest cell's."""
        cell = tuple(
            np.clip(np.rint(first + step * n).astype(np.intp), 0, cells - 1)
            for n, first, step, cells in zip(places, self.first, self.step, self.cells.ha_low.shape, strict=True)
        )
        return Rays(
            self.cells.ha_low[cell], self.cells.ha_high[cell], self.cells.msu_low[cell], self.cells.msu_high[cell]
        )
