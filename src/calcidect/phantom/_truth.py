"""The truth about a simulated scan: amounts from the fine grid, labels on the scanner's grid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Grid, Volume
from calcidect.phantom._deposits import PlacedDeposit
from calcidect.phantom._hand import DigitalHand
from calcidect.phantom._motion import HandMotion, cropped_to, motion_of
from calcidect.phantom._scanner import box_share
from calcidect.phantom._scenario import Scenario, as_json

SCHEMA = "calcidect-truth/1"


def write_truth(
    folder: Path, scenario: Scenario, hands: list[DigitalHand], deposits: list[list[PlacedDeposit]],
    vessels: list[NDArray[np.bool_]], grid: Grid,
) -> None:  # fmt: skip
    """Write truth.json and the label volumes bones, deposits and vessels."""
    folder.mkdir()
    bone_labels, bones = _bones(hands, grid)
    rows, volume, destruction = _deposits(hands, deposits, grid)
    document = {
        "schema": SCHEMA,
        "scenario": scenario.name,
        "seed": scenario.seed,
        "pair": scenario.scanner.pair.name,
        "hands": [hand.side for hand in hands],
        "bones": bone_labels,
        "deposits": rows,
        "acro_osteolysis": [
            {"side": hand.side, "digit": digit, "present": hand.lost_fraction.get(digit, 0.0) >= 0.1,
             "fraction_lost": hand.lost_fraction.get(digit, 0.0)}
            for hand in hands for digit in range(1, 6)
        ],
        "bone_destruction": destruction,
        "vessels": [
            {"side": hand.side, "volume_mm3": float(found.sum()) * hand.grid.voxel_volume_mm3}
            for hand, found in zip(hands, vessels, strict=True) if found.any()
        ],
        "axes": [{"side": hand.side, "distal": list(hand.posed.distal), "dorsal": list(hand.posed.dorsal),
                  "radial": list(hand.posed.radial), "radiocarpal_mm": list(hand.posed.radiocarpal_mm)}
                 for hand in hands],
        "motion": [_motion(hand, scenario) for hand in hands],
        "scanner": as_json(scenario),
    }  # fmt: skip
    (folder / "truth.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    _save(folder / "bones.nii.gz", Volume(bones, grid))
    _save(folder / "deposits.nii.gz", Volume(volume, grid))
    _save(folder / "vessels.nii.gz", Volume(_vessels(hands, vessels, grid), grid))


def _motion(hand: DigitalHand, scenario: Scenario) -> dict[str, Any]:
    """Return how a hand moves from the low- to the high-energy image; ``matrix`` takes LPS points along."""
    settings = scenario.scanner
    motion = motion_of(hand.side, hand.grid, settings.motion, settings.shift_mm)
    own = next((own for own in settings.motion if own.side == hand.side), HandMotion(hand.side))
    return {
        "side": hand.side, "shift_mm": motion.shift_mm.tolist(), "rotation_degrees": list(own.rotation_degrees),
        "centre_mm": motion.centre_mm.tolist(), "matrix": motion.matrix.tolist(),
    }  # fmt: skip


def _bones(hands: list[DigitalHand], grid: Grid) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    """Return each label's meaning, and the labels: a voxel belongs to the bone that fills at least half of it."""
    labels: dict[str, Any] = {}
    volume = np.zeros(grid.shape, np.uint8)
    for hand in hands:
        for index, name in enumerate(hand.bone_names, start=1):
            mask = (hand.bones[hand.bone_fields[name].box] == index).astype(np.float32)
            box, share = box_share(mask, cropped_to(hand.grid, hand.bone_fields[name].box), grid)
            label = len(labels) + 1
            volume[box][share >= 0.5] = label
            labels[str(label)] = {"side": hand.side, "bone": name,
                                  "volume_mm3": float(mask.sum()) * hand.grid.voxel_volume_mm3}  # fmt: skip
    return labels, volume


def _deposits(
    hands: list[DigitalHand], deposits: list[list[PlacedDeposit]], grid: Grid
) -> tuple[list[dict[str, Any]], NDArray[np.uint16], list[dict[str, Any]]]:
    """Return rows, labels (half filled, and the fullest voxel of each) and destruction of all deposits."""
    rows: list[dict[str, Any]] = []
    destruction: list[dict[str, Any]] = []
    volume = np.zeros(grid.shape, np.uint16)
    for hand, placed in zip(hands, deposits, strict=True):
        for deposit in placed:
            deposit_id = len(rows) + 1
            rows.append({"deposit_id": deposit_id, **deposit.truth})
            box, share = box_share(deposit.share, cropped_to(hand.grid, deposit.box), grid)
            part = volume[box]
            part[share >= 0.5] = deposit_id
            part[np.unravel_index(int(share.argmax()), share.shape)] = deposit_id
            destruction += [{"side": hand.side, "bone": bone, "deposit_id": deposit_id, "volume_mm3": mm3,
                             "depth_mm": depth_mm}
                            for bone, (mm3, depth_mm) in deposit.eroded.items()]  # fmt: skip
    return rows, volume, destruction


def _vessels(hands: list[DigitalHand], vessels: list[NDArray[np.bool_]], grid: Grid) -> NDArray[np.uint8]:
    """Return 1 wherever a calcified artery fills at least a tenth of a voxel: they are thinner than one."""
    volume = np.zeros(grid.shape, np.uint8)
    for hand, found in zip(hands, vessels, strict=True):
        if found.any():
            box, share = box_share(found.astype(np.float32), hand.grid, grid)
            volume[box][share >= 0.1] = 1
    return volume


def _save(path: Path, volume: Volume) -> None:
    """Write a NIfTI whose bytes depend on its content alone."""
    import gzip

    path.write_bytes(gzip.compress(volume.to_nifti().to_bytes(), 3, mtime=0))
