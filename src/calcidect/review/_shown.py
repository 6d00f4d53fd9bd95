"""Volumes and pictures of a result under review, as the page asks for them."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Volume
from calcidect.report import BONE_WINDOW_HU, draw_slice, make_scene, voxel_inside
from calcidect.result import CONCENTRATION_STEP_MG_PER_CM3
from calcidect.review._case import Case
from calcidect.review._faults import RequestRefusedError, not_found
from calcidect.review._folders import read_inside
from calcidect.review._pictures import (
    MAP_WINDOW_MG_PER_CM3,
    THUMBNAIL_PX,
    Box,
    as_png,
    dense_in,
    extent_of,
    overview_of,
)
from calcidect.review._state import State
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
    facts = next((facts for facts in case.found.hands if facts.side == hand), None)
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
    steps = case.found.concentration_steps.get(name)
    if steps is None:
        raise not_found("volume")
    return Volume(steps().dense(case.found.grid.shape), case.found.grid)


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


def thumbnail(case: Case, deposit_id: int, view: Literal["axial", "coronal"], *, overlay: bool) -> bytes:
    """Return a picture of a deposit as PNG: of the scan, or of the map of hydroxyapatite where that is not there."""
    _, state = case.history.state()
    if deposit_id not in state.deposits:
        raise not_found("deposit")
    grid = case.found.grid
    extent = extent_of(state.voxels.of_label(deposit_id), grid)
    box = extent.box
    (k, j, i), size = (side.start for side in box), tuple(side.stop - side.start for side in box)
    part = grid.cropped((i, j, k), (size[2], size[1], size[0]))
    grey, window = _grey(case, box)
    labels = dense_in(box, state.voxels.voxels, state.voxels.labels, grid.shape)
    materials = {row["deposit_id"]: row["material"] for row in case.rows(state, np.unique(labels).tolist())}
    scene = make_scene(Volume(grey, part), Volume(_bones(case, state, box), part), Volume(labels, part), materials)
    centre = voxel_inside(scene.deposits, deposit_id, extent.centroid_mm, extent.longest_mm)
    return as_png(
        draw_slice(scene, centre, extent.longest_mm, view, overlay=overlay, pixels=THUMBNAIL_PX, window=window)
    )


def _bones(case: Case, state: State, box: Box) -> NDArray[Any]:
    """Return bones in a box as readers left them."""
    bones = case.found.bone_map()
    part = bones.array[box].copy()
    changed = dense_in(box, state.bones.voxels, state.bones.labels + 1, bones.grid.shape)
    part[changed > 0] = changed[changed > 0] - 1
    return part


def _grey(case: Case, box: Box) -> tuple[NDArray[Any], tuple[float, float]]:
    """Return what is shown in grey, with the values of black and white."""
    if case.scan.scan is not None:
        return case.scan.scan.study.low.array[box], BONE_WINDOW_HU
    steps = case.found.concentration_steps.get("hydroxyapatite")
    if steps is None:
        return np.zeros([side.stop - side.start for side in box], np.float32), MAP_WINDOW_MG_PER_CM3
    part = dense_in(box, steps().voxels, steps().labels, case.found.grid.shape)
    return part * np.float32(CONCENTRATION_STEP_MG_PER_CM3), MAP_WINDOW_MG_PER_CM3


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
