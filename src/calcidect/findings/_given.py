"""Measure deposits that a person tells, by the rules by which found ones are measured.

What the analysis took for mineral reaches beyond the voxels that are labelled (at least half of them deposit). A person
changes labels; the mineral follows: a voxel whose label changed belongs to what it is now, and mineral without a label
goes with the nearest voxel of its deposit. What was erased or rejected is no host, and takes no part in a neighbour.
So a deposit that nobody changed, nor anything within its reach, keeps its numbers to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import Hand, HandAnatomy
from calcidect.errors import InputRefusedError
from calcidect.findings._acro_osteolysis import acro_osteolysis
from calcidect.findings._burden import burden_of
from calcidect.findings._clipped import clipped_both_notices
from calcidect.findings._destruction import bone_destruction
from calcidect.findings._measure import Given, bones_of, deposit_of
from calcidect.findings._types import Deposit, Findings, Material
from calcidect.findings._view import HandView, view_of
from calcidect.geometry import box_of
from calcidect.materials import MaterialMaps
from calcidect.progress import Progress, silent
from calcidect.settings import Settings

Labels = NDArray[np.uint16]

_UNMEASURED = 2**16
"""Added to the numbers of what the analysis looked at and dropped, which stay neighbours without a number."""


@dataclass(frozen=True)
class Told:
    """What a person says of a deposit: its material, None if not said, and columns of its row, by name."""

    material: Material | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)


def measure_given(
    maps: MaterialMaps, anatomy: HandAnatomy, found: Findings, labels: Labels, told: Mapping[int, Told],
    settings: Settings = Settings(), progress: Progress = silent,  # noqa: B008
) -> Findings:  # fmt: skip
    """Return findings with other deposits, measured anew.

    Parameters
    ----------
    maps : MaterialMaps
    anatomy : HandAnatomy
        Its bones may have been corrected.
    found : Findings
        What the analysis of the same scan found.
    labels : uint16 array, shape (k, j, i)
        Deposits as they are to be measured, and rejected ones.
    told : mapping of int to Told
        The numbers that are deposits, and what was said of each; other labels are rejected.
    settings : Settings
    progress : callable

    Raises
    ------
    InputRefusedError
        ``deposit_not_measurable`` if nothing stands out where a deposit is told, or it lies outside of the hands.
    """
    deposits: list[Deposit] = []
    places = _hands_of(anatomy.hands, labels, sorted(told))
    for n, hand in enumerate(anatomy.hands):
        progress("deposits", n / len(anatomy.hands))
        own = [number for number, place in places.items() if place == n]
        deposits += _of_hand(maps, anatomy, hand, own, found, labels, told, settings)
    progress("deposits", 1.0)
    deposits.sort(key=lambda deposit: deposit.deposit_id)
    kept = np.where(np.isin(labels, [deposit.deposit_id for deposit in deposits]), labels, 0).astype(np.uint16)
    before = clipped_both_notices([deposit.flags for deposit in found.deposits])
    notices = tuple(notice for notice in found.notices if notice not in before)
    with_materials = maps.high is not None
    return replace(
        found,
        deposits=tuple(deposits),
        bones=bones_of(anatomy),
        deposit_labels=maps.low.like(kept),
        acro_osteolysis=acro_osteolysis(maps.low, anatomy, kept, settings.findings),
        bone_destruction=bone_destruction(anatomy, kept, settings.findings),
        burden=burden_of(
            deposits, kept, maps.low.grid, anatomy.hands, settings.findings, with_materials=with_materials
        ),
        notices=(*notices, *clipped_both_notices([deposit.flags for deposit in deposits])),
    )


def _hands_of(hands: Sequence[Hand], labels: Labels, numbers: list[int]) -> dict[int, int]:
    """Return the hand in which most of each deposit lies."""
    counts = np.zeros((len(hands), 2**16), np.int64)
    for count, hand in zip(counts, hands, strict=True):
        count += np.bincount(labels[box_of(hand.start, hand.size)][hand.body], minlength=2**16)
    for number in numbers:
        if not counts[:, number].any():
            raise _not_measurable(number)
    return {number: int(counts[:, number].argmax()) for number in numbers}


def _of_hand(
    maps: MaterialMaps, anatomy: HandAnatomy, hand: Hand, numbers: list[int], found: Findings, labels: Labels,
    told: Mapping[int, Told], settings: Settings,
) -> list[Deposit]:  # fmt: skip
    """Return the deposits of one hand."""
    view = view_of(maps, anatomy, hand, settings)
    box = box_of(hand.start, hand.size)  # it may hold some of another hand
    now, before = (np.where(hand.body, array[box], 0) for array in (labels, found.deposit_labels.array))
    view = _with_mineral(view, before, now)
    deposits = []
    for number in numbers:
        given = Given(now == number, told[number].material)
        deposit, _, _ = deposit_of(view, number, number, maps, settings, given)
        if not isinstance(deposit, Deposit):
            raise _not_measurable(number)
        deposits.append(replace(deposit, **told[number].columns))
    return deposits


def _with_mineral(view: HandView, before: Labels, now: Labels) -> HandView:
    """Return a hand whose mineral bears the numbers of the deposits as they are now; what was erased is none."""
    mineral = _named(view.labels, before)
    changed = now != before
    for number in np.unique(before[changed]).tolist():
        if number:
            _follow(mineral, mineral == number, before == number, now)
    mineral[changed] = now[changed]
    labelled = now > 0
    # parts of what is one to the analysis, which a reader had cut before
    without = np.setdiff1d(now[labelled], mineral[labelled])
    reshaped = np.setdiff1d(np.concatenate([before[changed], now[changed], without]), [0])
    whole = np.isin(now, reshaped)
    mineral[whole] = now[whole]
    erased = changed & (now == 0)
    return replace(view, labels=mineral, other=np.where(erased, np.uint8(1), view.other))


def _named(labels: NDArray[np.int32], before: Labels) -> NDArray[np.int32]:
    """Return mineral by the number of the deposit that came of it; what came to none keeps a number beyond all."""
    names = np.arange(int(labels.max()) + 1, dtype=np.int32) + _UNMEASURED
    names[0] = 0
    both = (labels > 0) & (before > 0)
    pairs, counts = np.unique(np.stack([before[both], labels[both]]), axis=1, return_counts=True)
    for column in np.argsort(counts):  # where a deposit lies in several, most of it decides
        names[pairs[1, column]] = pairs[0, column]
    named: NDArray[np.int32] = names[labels]
    return named


def _follow(
    mineral: NDArray[np.int32], own: NDArray[np.bool_], labelled: NDArray[np.bool_], now: Labels
) -> None:  # fmt: skip
    """Give each voxel of a deposit's mineral without a label what the nearest labelled one is now."""
    from scipy.spatial import cKDTree

    loose = np.argwhere(own & ~labelled)
    anchors = np.argwhere(labelled)
    if len(loose):
        nearest = cKDTree(anchors).query(loose)[1]
        mineral[tuple(loose.T)] = now[tuple(anchors[nearest].T)]


def _not_measurable(number: int) -> InputRefusedError:
    return InputRefusedError(
        "deposit_not_measurable",
        found=f"Deposit {number} can't be measured: nothing stands out there, or it lies outside of the hands.",
        expected="Deposits that are denser than what is around them.",
        remedy="Correct its voxels, or reject it.",
    )
