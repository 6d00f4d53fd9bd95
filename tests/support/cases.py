"""Tiny cases with known truth, and results that deviate from it by design: boxes on a 1 mm grid."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from calcidect.geometry import Grid, Volume

GRID = Grid((40, 20, 20), (1.0, 1.0, 1.0), (-20.0, -10.0, 5.0))
Corner = tuple[int, int, int]


@dataclass(frozen=True)
class Box:
    """A deposit or bone: ``size`` voxels (i, j, k) from voxel ``start``."""

    start: Corner
    size: Corner
    side: str = "right"
    facts: tuple[tuple[str, Any], ...] = ()

    @property
    def voxels(self) -> int:
        return int(np.prod(self.size))

    def row(self, deposit_id: int) -> dict[str, Any]:
        """Return its row: 500 mg/cm3 of hydroxyapatite, so 0.5 mg a voxel, unless the facts say otherwise."""
        row = {
            "deposit_id": deposit_id,
            "side": self.side,
            "material": "hydroxyapatite",
            "digit": 2,
            "level": "distal_phalanx",
            "compartment": "fingertip_fat_pad",
            "pattern": "nodule",
            "volume_mm3": float(self.voxels),
            "ha_mass_mg": 0.5 * self.voxels,
        }
        return row | dict(self.facts)


def box(start: Corner, size: Corner, side: str = "right", **facts: Any) -> Box:
    return Box(start, size, side, tuple(facts.items()))


BONES = (box((2, 2, 2), (4, 4, 10)), box((34, 2, 2), (4, 4, 10), "left"))
BONE_NAMES = {
    "1": {"side": "right", "bone": "distal_phalanx_2"},
    "2": {"side": "left", "bone": "distal_phalanx_2"},
}


def paint(boxes: Iterable[Box], grid: Grid = GRID, dtype: type = np.uint16) -> Volume:
    array = np.zeros(grid.shape, dtype)
    for label, item in enumerate(boxes, start=1):
        (i, j, k), (ni, nj, nk) = item.start, item.size
        array[k : k + nk, j : j + nj, i : i + ni] = label
    return Volume(array, grid)


def write_case(
    folder: Path,
    deposits: Iterable[Box],
    *,
    hands: tuple[str, ...] = ("right", "left"),
    vessels: Iterable[Box] = (),
    **truth: Any,
) -> Path:
    """Write ``CASE/truth`` and return CASE."""
    deposits = list(deposits)
    document = {
        "schema": "calcidect-truth/1",
        "scenario": "boxes",
        "seed": 7,
        "pair": "80/Sn150",
        "hands": hands,
        "bones": BONE_NAMES,
        "deposits": [item.row(n) for n, item in enumerate(deposits, start=1)],
        "acro_osteolysis": [],
        "bone_destruction": [],
    }
    target = folder / "truth"
    target.mkdir(parents=True)
    (target / "truth.json").write_text(json.dumps(document | truth), encoding="utf-8")
    _save(target / "deposits.nii.gz", paint(deposits))
    _save(target / "bones.nii.gz", paint(BONES, dtype=np.uint8))
    _save(target / "vessels.nii.gz", paint(vessels, dtype=np.uint8))
    return folder


def write_result(
    folder: Path,
    deposits: Iterable[Box],
    *,
    bones: Iterable[Box] | None = None,
    bone_names: dict[str, Any] = BONE_NAMES,
    grid: Grid = GRID,
    **findings: Any,
) -> Path:
    """Write the scored files of a result folder, by default with the true bones."""
    deposits = list(deposits)
    document = {"deposits": [item.row(n) for n, item in enumerate(deposits, start=1)]}
    folder.mkdir(parents=True)
    (folder / "findings.json").write_text(json.dumps(document | findings), encoding="utf-8")
    (folder / "labels.json").write_text(json.dumps({"bones": bone_names}), encoding="utf-8")
    _save(folder / "deposits.nii.gz", paint(deposits, grid))
    true_bones = BONES
    _save(folder / "bones.nii.gz", paint(true_bones if bones is None else bones, grid, np.uint8))
    return folder


def _save(path: Path, volume: Volume) -> None:
    nibabel.save(volume.to_nifti(), path)
