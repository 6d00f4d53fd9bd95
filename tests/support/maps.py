"""Material maps made of numbers, for tests of rooms behind materials."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from calcidect.geometry import Grid, Volume
from calcidect.materials import Concentrations, MaterialMaps, Sensitivity, SoftTissue

SENSITIVITY = Sensitivity(2.27, 0.96, 0.37, 0.36, "80/Sn150, made up for tests")
FAT_HU, MUSCLE_HU = (-105.0, -62.0), (60.0, 54.0)


def maps_of(
    low: NDArray[Any], high: NDArray[Any], grid: Grid, noise_hu: tuple[float, float] = (20.0, 15.0)
) -> MaterialMaps:
    """Return maps of two HU arrays; there are no concentrations."""
    return MaterialMaps(
        Concentrations.none(grid), Volume(low, grid), Volume(high, grid), SENSITIVITY,
        SoftTissue(noise_hu, MUSCLE_HU, 1.0),
    )  # fmt: skip
