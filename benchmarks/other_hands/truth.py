"""What is really there: amounts from the fine grid, labels on the scanner's, as ``calcidect validate`` reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .deposits import Deposit
from .solid import Frame, Solid

_LEVELS = {"distal": "distal_phalanx", "middle": "middle_phalanx", "proximal": "proximal_phalanx", "metacarpal": "metacarpal",
           "radius": "forearm", "ulna": "forearm"}  # fmt: skip


class Sampler:
    """Shares of the scanner's voxels, each the mean of the fine voxels that it covers, weighted by overlap."""

    def __init__(
        self, frame: Frame, places: tuple[np.ndarray, np.ndarray, np.ndarray], spacing: tuple[float, float, float]
    ):
        self.weights = [_overlap(n, frame.step, p, s) for n, p, s in zip(frame.size, places, spacing, strict=True)]
        self.size = tuple(len(p) for p in places)

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


def write_truth(
    folder: Path, case: dict[str, Any], side: str, bones: dict[str, Solid], deposits: list[Deposit], arteries: np.ndarray,
    lost: dict[int, float], frame: Frame, sampler: Sampler, origin: np.ndarray, spacing: tuple[float, float, float],
) -> None:  # fmt: skip
    """Write truth.json and the label volumes bones, deposits and vessels."""
    folder.mkdir(parents=True)
    mm3 = frame.step**3
    bone_labels, labels = np.zeros(sampler.size, np.uint8), {}
    for label, (name, solid) in enumerate(bones.items(), start=1):
        share = solid.share(frame.step)
        box, filled = sampler.share(solid.box, share)
        bone_labels[box][filled >= 0.5] = label
        labels[str(label)] = {"side": side, "bone": name, "volume_mm3": float(share.sum()) * mm3}
    deposit_labels, rows = np.zeros(sampler.size, np.uint16), []
    for number, deposit in enumerate(deposits, start=1):
        box, filled = sampler.share(deposit.box, deposit.share)
        part = deposit_labels[box]
        part[filled >= 0.5] = number
        part[np.unravel_index(int(filled.argmax()), filled.shape)] = number
        rows.append(_row(number, side, deposit, mm3))
    vessels = np.zeros(sampler.size, np.uint8)
    if arteries.any():
        box, filled = sampler.share(tuple(slice(0, n) for n in frame.size), arteries.astype(np.float32))
        vessels[box][filled >= 0.1] = 1
    document = {
        "schema": "calcidect-truth/1", **case, "hands": [side], "bones": labels, "deposits": rows,
        "acro_osteolysis": [{"side": side, "digit": d, "present": lost.get(d, 0.0) >= 0.1, "fraction_lost": lost.get(d, 0.0)}
                            for d in range(1, 6)],
        "bone_destruction": [{"side": side, "bone": bone, "deposit_id": n, "volume_mm3": volume}
                             for n, deposit in enumerate(deposits, start=1) for bone, volume in deposit.eroded.items()],
    }  # fmt: skip
    (folder / "truth.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for name, volume in (("bones", bone_labels), ("deposits", deposit_labels), ("vessels", vessels)):
        _save(folder / f"{name}.nii.gz", volume, origin, spacing)


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
