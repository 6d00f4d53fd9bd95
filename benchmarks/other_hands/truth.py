"""What is really there: amounts from the fine grid, labels on the scanner's, as ``calcidect validate`` reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .deposits import Deposit
from .solid import Frame, Solid

_LEVELS = {
    "distal": "distal_phalanx",
    "middle": "middle_phalanx",
    "proximal": "proximal_phalanx",
    "metacarpal": "metacarpal",
    "radius": "forearm",
    "ulna": "forearm",
}


@dataclass(frozen=True, eq=False)
class Contents:
    """What one hand holds: bones (sesamoids too), deposits, walls of calcified arteries, fraction lost by digit."""

    side: str
    frame: Frame
    bones: dict[str, Solid]
    deposits: list[Deposit]
    arteries: np.ndarray
    lost: dict[int, float]


@dataclass(frozen=True, eq=False)
class Raster:
    """The scanner's voxels: centres along each axis in mm from the fine grid's first voxel, and their widths."""

    places: tuple[np.ndarray, np.ndarray, np.ndarray]
    spacing: tuple[float, float, float]

    @property
    def size(self) -> tuple[int, int, int]:
        return tuple(len(p) for p in self.places)  # type: ignore[return-value]

    def origin(self, frame: Frame) -> np.ndarray:
        """Return the centre of the first voxel, LPS mm."""
        return np.array(frame.origin) + [p[0] for p in self.places]


class Sampler:
    """Shares of the scanner's voxels, each the mean of the fine voxels that it covers, weighted by overlap."""

    def __init__(self, frame: Frame, raster: Raster):
        axes = zip(frame.size, raster.places, raster.spacing, strict=True)
        self.weights = [_overlap(n, frame.step, places, width) for n, places, width in axes]

    def share(self, box: tuple[slice, slice, slice], share: np.ndarray) -> tuple[tuple[slice, ...], np.ndarray]:
        """Return the scanner's voxels that a fine box touches, and the share of each that is filled."""
        parts, where = [], []
        for weight, s in zip(self.weights, box, strict=True):
            rows = np.flatnonzero(weight[:, s].any(1))
            first, last = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)
            where.append(slice(first, last))
            parts.append(weight[first:last, s])
        filled = np.einsum("ai,ijk->ajk", parts[0], share, optimize=True)
        filled = np.einsum("bj,ajk->abk", parts[1], filled, optimize=True)
        return tuple(where), np.einsum("ck,abk->abc", parts[2], filled, optimize=True)


def _overlap(n: int, step: float, places: np.ndarray, width: float) -> np.ndarray:
    fine = step * np.arange(n)
    low = np.maximum(places[:, None] - width / 2, fine[None] - step / 2)
    high = np.minimum(places[:, None] + width / 2, fine[None] + step / 2)
    return (np.clip(high - low, 0, None) / width).astype(np.float32)


def write_truth(folder: Path, case: dict[str, Any], hand: Contents, raster: Raster) -> None:
    """Write truth.json and the label volumes bones, deposits and vessels; ``case`` holds scenario, seed and pair."""
    folder.mkdir(parents=True)
    sampler, mm3, side = Sampler(hand.frame, raster), hand.frame.step**3, hand.side
    bone_labels, labels = np.zeros(raster.size, np.uint8), {}
    for label, (name, solid) in enumerate(hand.bones.items(), start=1):
        share = solid.share(hand.frame.step)
        box, filled = sampler.share(solid.box, share)
        bone_labels[box][filled >= 0.5] = label
        labels[str(label)] = {"side": side, "bone": name, "volume_mm3": float(share.sum()) * mm3}
    deposit_labels, rows = np.zeros(raster.size, np.uint16), []
    for number, deposit in enumerate(hand.deposits, start=1):
        box, filled = sampler.share(deposit.box, deposit.share)
        part = deposit_labels[box]
        part[filled >= 0.5] = number
        part[np.unravel_index(int(filled.argmax()), filled.shape)] = number
        rows.append(_row(number, side, deposit, mm3))
    vessels = np.zeros(raster.size, np.uint8)
    if hand.arteries.any():
        box, filled = sampler.share(tuple(slice(0, n) for n in hand.frame.size), hand.arteries.astype(np.float32))
        vessels[box][filled >= 0.1] = 1  # thinner than a voxel
    document = {"schema": "calcidect-truth/1", **case, "hands": [side], "bones": labels, "deposits": rows}
    document["acro_osteolysis"] = [
        {"side": side, "digit": d, "present": hand.lost.get(d, 0.0) >= 0.1, "fraction_lost": hand.lost.get(d, 0.0)}
        for d in range(1, 6)
    ]
    document["bone_destruction"] = [
        {"side": side, "bone": bone, "deposit_id": number, "volume_mm3": volume, "depth_mm": depth}
        for number, deposit in enumerate(hand.deposits, start=1)
        for bone, (volume, depth) in deposit.eroded.items()
    ]
    (folder / "truth.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for name, volume in (("bones", bone_labels), ("deposits", deposit_labels), ("vessels", vessels)):
        _save(folder / f"{name}.nii.gz", volume, raster.origin(hand.frame), raster.spacing)


def _row(number: int, side: str, deposit: Deposit, mm3: float) -> dict[str, Any]:
    group, digit = deposit.bone.split("_")[0], deposit.bone[-1]
    phalanx = group in ("distal", "middle", "proximal")
    return {
        "deposit_id": number, "side": side, "material": "hydroxyapatite",
        "volume_mm3": float(deposit.share.sum()) * mm3,
        "ha_mass_mg": float((deposit.share * deposit.ha).sum()) * mm3 / 1000, "urate_mass_mg": 0.0,
        "digit": int(digit) if phalanx else None, "level": _LEVELS.get(group, "carpus"),
        "compartment": "fingertip_fat_pad" if deposit.place == "tip" else None, "pattern": None,
        "touches_bone": deposit.touches, "place": deposit.place, "nearest_bone": deposit.bone,
    }  # fmt: skip


def _save(path: Path, volume: np.ndarray, origin: np.ndarray, spacing: tuple[float, float, float]) -> None:
    import nibabel

    affine = np.diag([-spacing[0], -spacing[1], spacing[2], 1.0])  # NIfTI's axes are RAS, DICOM's LPS
    affine[:3, 3] = origin * [-1, -1, 1]
    nibabel.save(nibabel.Nifti1Image(volume, affine), path)
