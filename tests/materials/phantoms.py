"""A slab of soft plastic with rods of crystals and a finger beside it, by a scanner that differs from the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from calcidect.geometry import Grid, Volume
from calcidect.materials import Insert, Inserts, path_at_cm, water_path
from calcidect.phantom._attenuation import Tissue, load_attenuation
from calcidect.settings import MaterialsSettings
from calcidect.study import Energy, Pair, Study
from materials.blocks import SN150, Array, noise, study_of

GRID = Grid((150, 64, 40), (0.8, 0.8, 1.0), (-60.0, -25.0, 100.0))
DIAMETER_MM = 12.0
SLAB_MM = (-58.0, 30.0, -12.0, 12.0)
"""From and to along x, from and to along y."""
FINGER_AT_MM, FINGER_RADIUS_MM = (46.0, 0.0), 9.0
BALL_RADIUS_MM, BALL_MG_PER_CM3 = 4.0, 300.0
CONTENTS = (0.0, 100.0, 200.0, 400.0, 800.0)


def places(number: int) -> list[tuple[float, float]]:
    return [(-50.0 + 17.0 * n, 0.0) for n in range(number)]


def inserts(contents: Sequence[float] = CONTENTS, *, placed: bool = True, material: str = "hydroxyapatite") -> Inserts:
    rows = [Insert(material=material, mg_per_cm3=c) for c in contents]
    if placed:
        rows = [
            row.model_copy(
                update={"x_mm": x, "y_mm": y, "z_from_mm": 102.0, "z_to_mm": 137.0, "diameter_mm": DIAMETER_MM}
            )
            for row, (x, y) in zip(rows, places(len(rows)), strict=True)
        ]
    return Inserts(inserts=tuple(rows))


def scan(
    contents: Sequence[float] = CONTENTS, gain: tuple[float, float] = (1.0, 1.0), pair: Pair = SN150, *,
    seed: int = 1, noise_hu: tuple[float, float] = (25.0, 20.0), grid: Grid = GRID, maximum_hu: float = 3071.0,
    finger: bool = False,
) -> Study:  # fmt: skip
    """A phantom of muscle's HU with rods of hydroxyapatite; beside it, if asked for, a finger with a ball in it."""
    k, j, i = np.indices(grid.shape)
    x, y, z = np.moveaxis(grid.point_of(np.stack([i, j, k], -1)), -1, 0)
    body = (x > SLAB_MM[0]) & (x < SLAB_MM[1]) & (y > SLAB_MM[2]) & (y < SLAB_MM[3])
    ha = np.zeros(grid.shape)
    for (x_mm, y_mm), content in zip(places(len(contents)), contents, strict=True):
        ha[np.hypot(x - x_mm, y - y_mm) <= DIAMETER_MM / 2] = content
    if finger:
        away = np.hypot(x - FINGER_AT_MM[0], y - FINGER_AT_MM[1])
        body |= away < FINGER_RADIUS_MM
        ha[np.hypot(away, z - 120.0) < BALL_RADIUS_MM] = BALL_MG_PER_CM3

    path_cm = path_along_rods_cm(body, ha, grid, len(contents))

    def hu_of(energy: Energy) -> Array:
        n = 0 if energy == pair.low else 1
        beam = load_attenuation(energy)
        base = beam.hu(Tissue.MUSCLE, path_cm)
        image = np.where(body, base + gain[n] * (beam.hu(Tissue.MUSCLE, path_cm, ha) - base), -1000.0)
        blurred = gaussian_filter(image, [0.4 / s for s in grid.spacing_mm[::-1]])
        return np.asarray(blurred + noise(grid.shape, noise_hu[n], seed + n, 0.6))

    made = study_of(hu_of, pair, grid, maximum_hu)
    return replace(made, study_date="2026-11-25", manufacturer="Maker")


def path_along_rods_cm(body: NDArray[np.bool_], ha: Array, grid: Grid, rods: int) -> float:
    """What the analysis measures in this phantom; the simulated beam is hardened by as much."""
    low = Volume(np.where(body, 50.0 + 2.2 * ha, -1000.0).astype(np.float32), grid)
    path = water_path(low, mineral_times=MaterialsSettings().mineral_path_factor)
    points = [(x, y, z) for x, y in places(max(rods, 1)) for z in np.linspace(102.0, 137.0, 20)]
    return float(path_at_cm(path, np.array(points)).mean())
