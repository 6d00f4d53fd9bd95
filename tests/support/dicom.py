"""Small dual-energy scans as DICOM, and ways to spoil them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread

from calcidect.geometry import Grid, Volume
from calcidect.phantom._dicom import ScanLabels, write_pair, write_scan
from calcidect.phantom._scenario import parse_pair
from calcidect.phantom._vendors import VENDOR_STYLES, VendorStyle
from calcidect.study import Energy, Pair

SIZE = (24, 20, 12)
SPACING_MM = (0.5, 0.6, 0.75)
LABELS = ScanLabels(patient_id="ID-4711", patient_name="Secret^Name", age_years=57)
KV80, SN150 = Energy("kv", 80), Energy("kv", 150, filter="Sn")

BONE_RATIO = {
    "80/140": 1.47, "80/135": 1.44, "80/Sn140": 2.0, "100/Sn140": 1.65, "70/Sn150": 2.6, "80/Sn150": 2.2,
    "90/Sn150": 2.0, "100/Sn150": 1.85, "Au120/Sn120": 1.36, "50/100keV": 2.2,
}  # fmt: skip


def small_grid(direction: Any = None, size: tuple[int, int, int] = SIZE) -> Grid:
    return Grid(size, SPACING_MM, (-20.0, 35.0, 110.0), direction)


def small_volume(bone_hu: float, grid: Grid | None = None, seed: int = 0) -> Volume:
    """Return noisy muscle in air with a block as dense as bone."""
    grid = grid or small_grid()
    k, j, i = (n // 6 for n in grid.shape)
    hu = np.full(grid.shape, -1000.0)
    hu[k : 5 * k, j : 5 * j, i : 5 * i] = 60.0
    hu[2 * k : 4 * k, 2 * j : 4 * j, 2 * i : 4 * i] = bone_hu
    noise = np.random.default_rng(seed).normal(0, 10, grid.shape)
    return Volume(np.rint(hu + noise).astype(np.int16), grid)


def small_pair(ratio: float = 2.2, grid: Grid | None = None) -> tuple[Volume, Volume]:
    """Return low and high energy HU, whose bone differs by a ratio."""
    return small_volume(1100.0, grid, seed=1), small_volume(1100.0 / ratio, grid, seed=2)


def write_small(
    folder: Path, vendor: str = "siemens_force", pair: Pair | None = None, ratio: float = 2.2, **more: Any
) -> Path:
    """Write a small scan in a vendor's style, and return its folder."""
    low, high = small_pair(ratio)
    more = {"seed": 7, "thickness_mm": 0.75, "labels": LABELS} | more
    write_pair(low, high, pair or Pair(KV80, SN150), folder, vendor=vendor, **more)
    return folder


def write_series(folder: Path, vendor: str, series: Sequence[tuple[Energy, float]], **more: Any) -> Path:
    """Write one series for each (energy, HU of bone), in folders 0, 1, ..."""
    images = [(str(n), energy, small_volume(bone_hu, seed=n)) for n, (energy, bone_hu) in enumerate(series)]
    more = {"seed": 7, "thickness_mm": 0.75, "labels": LABELS} | more
    write_scan(images, folder, vendor=vendor, **more)
    return folder


def style_pairs(style: VendorStyle) -> list[Pair]:
    """Return the pairs that a vendor's style makes; of virtual images, one."""
    return [parse_pair(name) for name in style.pairs or ("50/100keV",)]


STYLED_PAIRS = {name: style_pairs(style)[0] for name, style in VENDOR_STYLES.items()}


def change(folder: Path, edit: Callable[[Dataset, int], None]) -> None:
    """Edit every DICOM file of a folder in place; ``edit`` gets the dataset and its number."""
    for number, path in enumerate(sorted(folder.rglob("*.dcm"))):
        dataset = dcmread(path)
        edit(dataset, number)
        dataset.save_as(path)


def set_values(folder: Path, **values: Any) -> None:
    """Set attributes in every DICOM file of a folder."""

    def edit(dataset: Dataset, _: int) -> None:
        for name, value in values.items():
            setattr(dataset, name, value)

    change(folder, edit)
