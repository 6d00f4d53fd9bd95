"""Volumes and pictures of a result under review, as the page asks for them."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Volume
from calcidect.report import BONE_WINDOW_HU, PlaneView, close_up
from calcidect.review._case import Case
from calcidect.review._faults import RequestRefusedError, not_found
from calcidect.review._folders import read_inside
from calcidect.review._pictures import (
    MAP_WINDOW_MG_PER_CM3,
    Box,
    as_png,
    box_around,
    dense_in,
    overview_of,
)
from calcidect.review._versions import version_names
from calcidect.review._volumes import coarse, of_hand, packed

VolumeName = Literal["low", "high", "hydroxyapatite", "urate", "deposits", "bones"]
VOLUMES: tuple[VolumeName, ...] = get_args(VolumeName)


def volume(case: Case, name: str, level: str, hand: str | None) -> bytes:
    """Return a volume as ``.nii.gz``: coarse and whole, or in full around one hand.

    Raises
    ------
    RequestRefusedError
        404 if there is no such volume or hand; 409 ``no_scan`` if it needs the scan and that is not there.
    """
    known = next((one for one in VOLUMES if one == name), None)
    if known is None:
        raise not_found("volume")
    whole = _whole(case, known)
    if level == "coarse":
        return packed(name, coarse(whole, labels=name in ("deposits", "bones")))
    facts = next((facts for facts in case.result.hands if facts.side == hand), None)
    if facts is None:
        raise not_found("hand")
    return packed(name, of_hand(whole, facts))


def _whole(case: Case, name: VolumeName) -> Volume:
    if name == "deposits":
        return case.deposits(case.history.state()[1])
    if name == "bones":
        return case.bones(case.history.state()[1])
    if name == "low" or name == "high":
        return _image(case, name)
    concentrations = case.result.concentrations
    if concentrations is None:
        raise not_found("volume")
    return concentrations.volume(name)


def _image(case: Case, name: Literal["low", "high"]) -> Volume:
    scan = case.scan.scan
    if scan is None:
        raise RequestRefusedError(
            409, "no_scan", found="The scan is not there, or not read yet.", expected="A volume that the result lists.",
            remedy="Start with --scan, or wait.", events=[],
        )  # fmt: skip
    image = scan.study.low if name == "low" else scan.study.high
    if image is None:
        raise not_found("volume")
    return image


def thumbnail(case: Case, deposit_id: int, view: PlaneView, *, overlay: bool) -> bytes:
    """Return a picture of a deposit as PNG: of the scan, or of the map of hydroxyapatite where that is not there."""
    _, state = case.history.state()
    if deposit_id not in state.deposits:
        raise not_found("deposit")
    (row,) = case.rows(state, [deposit_id])
    grid, voxels = case.result.bone_map.grid, state.voxels.of_label(deposit_id)
    box = box_around(voxels, grid)
    (k, j, i), size = (side.start for side in box), tuple(side.stop - side.start for side in box)
    part = grid.cropped((i, j, k), (size[2], size[1], size[0]))
    bones = case.result.bone_map.array[box].copy()
    changed = dense_in(box, state.bones.voxels, state.bones.labels + 1, grid.shape)
    bones[changed > 0] = changed[changed > 0] - 1
    deposits = dense_in(box, state.voxels.voxels, state.voxels.labels, grid.shape)
    grey, window = _grey(case, box)
    return as_png(
        close_up(
            Volume(grey, part), Volume(bones, part), Volume(deposits, part), deposit_id, row["material"],
            view=view, overlay=overlay, window=window,
        )
    )  # fmt: skip


def _grey(case: Case, box: Box) -> tuple[NDArray[Any], tuple[float, float]]:
    """Return what is shown in grey, with the values of black and white."""
    if case.scan.scan is not None:
        return case.scan.scan.study.low.array[box], BONE_WINDOW_HU
    maps = case.result.concentrations
    if maps is None:
        return np.zeros([side.stop - side.start for side in box], np.float32), MAP_WINDOW_MG_PER_CM3
    return dense_in(box, maps.voxels, maps.hydroxyapatite, maps.grid.shape), MAP_WINDOW_MG_PER_CM3


def overview(case: Case) -> bytes:
    """Return a picture of the hands as PNG, from the pictures of the report."""
    names = [path.name for path in sorted(case.folder.glob("images/coronal_*.png"), reverse=True)]
    return overview_of([read_inside(case.folder, "images", name) for name in names or ["hand_map.png"]])


def report(case: Case, version: str) -> bytes:
    """Return the report of the result, or of a saved version, as one HTML page."""
    if not version:
        return read_inside(case.folder, "report.html")
    if version not in version_names(case.versions):
        raise not_found("version")
    return read_inside(case.versions, version, "report.html")
