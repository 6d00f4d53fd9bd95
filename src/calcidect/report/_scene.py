"""What pictures are drawn from: the scan, bones and deposits in the patient's axes, and the part around one hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import Side
from calcidect.findings import Deposit
from calcidect.geometry import Volume
from calcidect.report._axes import Box, box_of, in_patient_axes, joined, voxels
from calcidect.report._colours import BONE_LABEL, colour_table
from calcidect.result import Result

NUMBERED_DEPOSITS = 12  # the largest: more numbers on one hand could not be read
_SKIN_MARGIN_MM = 10.0  # the pulp of a finger is about this thick


@dataclass(frozen=True, eq=False)
class Scene:
    """Three volumes in the patient's axes, and the colour of every code."""

    low: Volume
    bones: Volume
    deposits: Volume
    colours: NDArray[np.float32]

    @cached_property
    def everything(self) -> Box | None:
        """The box of all bones and deposits."""
        return joined(box_of(self.bones.array), box_of(self.deposits.array))


def scene_of(result: Result, study_low: Volume) -> Scene:
    """Return the scene of a result. Nothing is copied.

    Parameters
    ----------
    result : Result
        What was found.
    study_low : Volume
        Hounsfield units of the low energy, on the result's grid.

    Raises
    ------
    ValueError
        If ``study_low`` does not lie on the result's grid.
    """
    if not study_low.grid.is_same_as(result.bone_map.grid):
        raise ValueError("The scan must lie on the grid of the result.")
    materials = {deposit.deposit_id: str(deposit.material) for deposit in result.findings.deposits}
    return make_scene(study_low, result.bone_map, result.deposit_map, materials)


def make_scene(low: Volume, bones: Volume, deposits: Volume, materials: dict[int, str]) -> Scene:
    """Return the scene of volumes on one grid, or on one part of it. Nothing is copied.

    Parameters
    ----------
    low : Volume
        Hounsfield units of the low energy, or whatever else is to be shown in grey.
    bones, deposits : Volume
        Labels.
    materials : dict
        The material of every deposit that has a label.
    """
    return Scene(in_patient_axes(low), in_patient_axes(bones), in_patient_axes(deposits), colour_table(materials))


def by_volume(deposits: tuple[Deposit, ...]) -> list[Deposit]:
    """Return deposits, the largest first; equal ones by number."""
    return sorted(deposits, key=lambda d: (-d.volume_mm3, d.deposit_id))


@dataclass(frozen=True, eq=False)
class HandPart:
    """The part of a scene around one hand.

    ``codes`` is 0 nothing, 1 bone of this hand, deposit_id + 1; ``numbered`` are the ids to write.
    """

    low: Volume
    codes: Volume
    colours: NDArray[np.float32]
    numbered: tuple[int, ...]


def hand_part(scene: Scene, result: Result, side: Side) -> HandPart | None:
    """Cut one hand out of a scene, with room for its skin; None where nothing of it is drawn."""
    bones = np.zeros(256, bool)
    bones[[label for label, meaning in result.bone_labels.items() if meaning.side == side]] = True
    own = [d for d in result.findings.deposits if d.side == side]
    deposit_codes = np.zeros(np.iinfo(np.uint16).max + 1, np.int32)
    for deposit in own:
        deposit_codes[deposit.deposit_id] = deposit.deposit_id + 1
    everything = scene.everything
    if everything is None:
        return None
    bone_part, deposit_part = scene.bones.cropped(*everything), scene.deposits.cropped(*everything)
    drawn = bones[bone_part.array] | (deposit_codes > 0)[deposit_part.array]
    box = box_of(drawn)
    if box is None:
        return None
    start, size = _with_margin(scene.low, everything[0], box)
    codes = deposit_codes[scene.deposits.cropped(start, size).array]
    codes[(codes == 0) & bones[scene.bones.cropped(start, size).array]] = BONE_LABEL
    low = scene.low.cropped(start, size)
    numbered = tuple(d.deposit_id for d in by_volume(tuple(own))[:NUMBERED_DEPOSITS])
    return HandPart(low, low.like(codes), scene.colours, numbered)


def _with_margin(volume: Volume, origin: tuple[int, int, int], box: Box) -> Box:
    """Return a box of a part that begins at ``origin`` as one of the whole, with room for skin."""
    margin = np.array(voxels(volume.grid, _SKIN_MARGIN_MM))
    first = np.maximum(np.array(origin) + box[0] - margin, 0)
    last = np.minimum(np.array(origin) + box[0] + box[1] + margin, volume.grid.size)
    i, j, k = (int(n) for n in first)
    ni, nj, nk = (int(n) for n in last - first)
    return (i, j, k), (ni, nj, nk)
