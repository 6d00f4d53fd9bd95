"""How much of each crystal every solved voxel holds: ``Concentrations``, kept for those voxels alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Grid, Volume

Quantity = Literal["hydroxyapatite", "hydroxyapatite_sd", "urate", "urate_sd"]
QUANTITIES: tuple[Quantity, ...] = ("hydroxyapatite", "hydroxyapatite_sd", "urate", "urate_sd")


@dataclass(frozen=True, eq=False)
class Concentrations:
    """Hydroxyapatite and urate of mineral and its halo, each with its standard deviation; elsewhere 0.

    A tenth of a hand is mineral or halo: four dense volumes of two hands in 500 slices would take 2 GiB.

    Parameters
    ----------
    grid : Grid
        Of the images.
    voxels : int array, shape (n,)
        Rising flat indices of the voxels that were solved.
    hydroxyapatite, hydroxyapatite_sd, urate, urate_sd : float32 array, shape (n,)
        mg/cm3, not negative. The standard deviation of a crystal that was not fitted in a voxel is 0.

    Raises
    ------
    ValueError
        If the arrays differ in length, the voxels do not rise or lie outside the grid, or a number is negative or not
        finite.
    """

    grid: Grid
    voxels: NDArray[np.int64]
    hydroxyapatite: NDArray[np.float32]
    hydroxyapatite_sd: NDArray[np.float32]
    urate: NDArray[np.float32]
    urate_sd: NDArray[np.float32]

    def __post_init__(self) -> None:
        values = [self.of(quantity) for quantity in QUANTITIES]
        if any(value.shape != self.voxels.shape or value.dtype != np.float32 for value in values):
            raise ValueError("Every solved voxel needs two concentrations and two standard deviations, as float32.")
        if len(self.voxels) and (
            self.voxels[0] < 0 or self.voxels[-1] >= np.prod(self.grid.shape) or (np.diff(self.voxels) <= 0).any()
        ):
            raise ValueError("The solved voxels must rise, and lie on the grid.")
        if not all(np.isfinite(value).all() and (value >= 0).all() for value in values):
            raise ValueError("A concentration or its standard deviation is negative, or not a finite number.")

    def of(self, quantity: Quantity) -> NDArray[np.float32]:
        """Return one of the four, shape (n,)."""
        value: NDArray[np.float32] = getattr(self, quantity)
        return value

    def volume(self, quantity: Quantity) -> Volume:
        """Return one of the four as a dense volume, float32, made anew at each call."""
        array = np.zeros(self.grid.shape, np.float32)
        array.reshape(-1)[self.voxels] = self.of(quantity)
        return Volume(array, self.grid)

    def placed_in(self, grid: Grid, start: tuple[int, int, int]) -> Concentrations:
        """Return the same on a larger grid, of which this one's is the part from voxel ``start`` (i, j, k) on."""
        if grid.shape == self.grid.shape:
            return replace(self, grid=grid)
        at = np.unravel_index(self.voxels, self.grid.shape)
        moved = tuple(index + begin for index, begin in zip(at, reversed(start), strict=True))
        return replace(self, grid=grid, voxels=np.ravel_multi_index(moved, grid.shape))

    @classmethod
    def none(cls, grid: Grid) -> Concentrations:
        """Return those of a grid without mineral."""
        nothing = np.zeros(0, np.float32)
        return cls(grid, np.zeros(0, np.int64), nothing, nothing, nothing, nothing)
