"""Cylinders of soft tissue in air, with crystals in them, and noise: what the room's functions are tested on.

Crystals' HU come from the phantom's table, which the room under test does not read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from calcidect.geometry import Grid, Volume
from calcidect.materials import path_at_cm, water_path
from calcidect.phantom._attenuation import Tissue, load_attenuation
from calcidect.study import Energy, Pair, Study, Subject

Array = NDArray[np.float64]

SN150 = Pair(Energy("kv", 80), Energy("kv", 150, filter="Sn"))
KV140 = Pair(Energy("kv", 80), Energy("kv", 140))
VMI = Pair(Energy("kev", 50), Energy("kev", 100))

GRID = Grid((64, 64, 40), (0.5, 0.5, 0.5))
RADIUS_MM = 14.0


def radius_mm(grid: Grid = GRID) -> Array:
    """Distance from the cylinder's axis, shape (slices, rows, columns)."""
    centre = [(n - 1) / 2 for n in grid.size]
    i, j = ((np.arange(grid.size[a]) - centre[a]) * grid.spacing_mm[a] for a in (0, 1))
    return np.broadcast_to(np.hypot(*np.meshgrid(i, j)), grid.shape)


def body(grid: Grid = GRID) -> NDArray[np.bool_]:
    return radius_mm(grid) < RADIUS_MM


def noise(shape: tuple[int, ...], sd: float, seed: int, correlation_voxels: float = 0.0) -> Array:
    """Noise with the given standard deviation, blurred by a Gaussian of so many voxels."""
    white = np.random.default_rng(seed).standard_normal(shape)
    if correlation_voxels:
        white = gaussian_filter(white, correlation_voxels)
    return white * (sd / white.std())


def study_of(
    hu_of: Callable[[Energy], Array], pair: Pair = SN150, grid: Grid = GRID, maximum_hu: float = 3071.0
) -> Study:
    """A study of the two images, rounded and clipped as a scanner stores them."""
    low, high = (
        Volume(np.clip(np.rint(hu_of(energy)), -1024, maximum_hu).astype(np.int16), grid)
        for energy in (pair.low, pair.high)
    )
    return Study(low, high, pair, Subject("block"), None, "0", "0", maximum_hu=(maximum_hu, maximum_hu))


def cylinder(
    pair: Pair = SN150, *, ha: Array | float = 0.0, msu: Array | float = 0.0,
    tissue: Tissue | NDArray[np.int_] = Tissue.MUSCLE, path_cm: Array | float = 2.8,
    noise_hu: tuple[float, float] = (25.0, 20.0), correlation_voxels: float = 0.0,
    seed: int = 1, maximum_hu: float = 3071.0,
) -> Study:  # fmt: skip
    """A cylinder of a tissue, or of a map of tissues, with crystals (mg/cm3), all of it behind one path of water."""

    def hu_of(energy: Energy) -> Array:
        n = 0 if energy == pair.low else 1
        inside = load_attenuation(energy).hu(tissue, path_cm, ha, msu)
        image = np.where(body(), inside, -1000.0)
        return image + noise(image.shape, noise_hu[n], seed + n, correlation_voxels)

    return study_of(hu_of, pair, maximum_hu=maximum_hu)


def hardened_cylinder(pair: Pair = SN150, *, noise_hu: tuple[float, float] = (25.0, 20.0), **block: Any) -> Study:
    """A cylinder whose own water and mineral harden the beam at each place.

    By as much as the analysis takes them for, which other tests compare with other simulations.
    """
    even = cylinder(pair, noise_hu=(0.01, 0.01), **block).low
    points = GRID.point_of(np.stack(np.indices(GRID.shape)[::-1], -1))
    return cylinder(pair, noise_hu=noise_hu, path_cm=path_at_cm(water_path(even), points), **block)
