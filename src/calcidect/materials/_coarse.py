"""A grid of cells 1 to 1.5 mm wide over an image: local sums and means of fine voxels, at the cost of a few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Grid

_CELL_MM = 1.5
"""Our choice, the most: about the blur of a hand's scan (FWHM up to 1.2 mm); finer cells cost time and show no more."""

Floats = NDArray[np.float32]
Places = tuple[NDArray[np.intp], ...]
"""Slices, rows and columns of voxels."""


@dataclass(frozen=True)
class CoarseGrid:
    """Cells of whole voxels.

    Parameters
    ----------
    shape : tuple of int
        Of the fine image: slices, rows, columns.
    factors : tuple of int
        Fine voxels of a cell along each axis.
    cell_mm : tuple of float
        Width of a cell along each axis.
    """

    shape: tuple[int, int, int]
    factors: tuple[int, int, int]
    cell_mm: tuple[float, float, float]

    @classmethod
    def over(cls, grid: Grid) -> CoarseGrid:
        """Return the cells of a grid."""
        spacing = grid.spacing_mm[::-1]
        k, j, i = (max(1, int(_CELL_MM / s + 1e-6)) for s in spacing)
        return cls(grid.shape, (k, j, i), (k * spacing[0], j * spacing[1], i * spacing[2]))

    @property
    def cells(self) -> tuple[int, int, int]:
        """Number of cells along each axis."""
        k, j, i = (-(-n // f) for n, f in zip(self.shape, self.factors, strict=True))
        return k, j, i

    @property
    def voxels_per_cell(self) -> int:
        """Fine voxels of a whole cell."""
        return int(np.prod(self.factors))

    def cells_under(self, sigma_mm: float) -> float:
        """Return over how many cells' worth of noise a blur takes its mean: ``1 / sum of squared weights``."""
        return float(np.prod([max(1.0, 2 * np.sqrt(np.pi) * sigma_mm / mm) for mm in self.cell_mm]))

    def slabs(self) -> Iterator[tuple[int, slice]]:
        """Yield each layer of cells with its fine slices."""
        for layer in range(self.cells[0]):
            yield layer, slice(layer * self.factors[0], min((layer + 1) * self.factors[0], self.shape[0]))

    def layer_sum(self, slab: Floats) -> Floats:
        """Return the sums of one layer of cells, from its fine slices."""
        plane: Floats = slab.sum(axis=0, dtype=np.float32)
        _, j, i = self.factors
        _, rows, columns = self.cells
        padded = np.zeros((rows * j, columns * i), np.float32)
        padded[: plane.shape[0], : plane.shape[1]] = plane
        by_rows = np.zeros((rows, columns * i), np.float32)
        total = np.zeros((rows, columns), np.float32)
        for n in range(j):  # strided sums: many times faster than sums over a short axis
            by_rows += padded[n::j]
        for n in range(i):
            total += by_rows[:, n::i]
        return total

    def cell_of(self, at: Places) -> NDArray[np.intp]:
        """Return the flat index of each voxel's cell."""
        k, j, i = (index // factor for index, factor in zip(at, self.factors, strict=True))
        return np.asarray((k * self.cells[1] + j) * self.cells[2] + i)

    def add(self, total: FloatArray, cell: NDArray[np.intp], values: Floats) -> None:
        """Add the values of single voxels, whose cells these are, to the sums of the cells."""
        if len(cell):
            first = int(cell.min())
            sums = np.bincount(cell - first, values)
            total.reshape(-1)[first : first + len(sums)] += sums

    def interpolated(self, at: Places, *fields: Floats) -> list[Floats]:
        """Return fields of the cells at voxels, linear between the cells' middles."""
        from scipy.ndimage import map_coordinates

        places = np.stack([(n + 0.5) / f - 0.5 for n, f in zip(at, self.factors, strict=True)]).astype(np.float32)
        return [map_coordinates(field, places, np.float32, order=1, mode="nearest") for field in fields]

    def smoothed(self, field: NDArray[np.floating], sigma_mm: float) -> Floats:
        """Return a field of the cells, blurred; beyond the image there is nothing."""
        from scipy.ndimage import gaussian_filter

        sigma = [sigma_mm / mm for mm in self.cell_mm]
        return np.asarray(gaussian_filter(field.astype(np.float32), sigma, mode="constant", truncate=3.0))
