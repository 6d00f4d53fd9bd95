"""The fold: a result as readers left it, from what the algorithm found and the events in force.

Pure: it depends on the source and the events alone, not on when or how often it is read. An undone event is as if it
had never been; where a later one would then make no sense, the undoing is refused (``StandsInTheWayError``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from calcidect.review._catalogue import Choice
from calcidect.review._events import Event, in_force
from calcidect.review._voxels import SparseLabels, Voxels, decode

Verdict = Literal["unreviewed", "accepted", "rejected"]
_VERDICTS: dict[str, Verdict] = {"accept": "accepted", "reject": "rejected", "unreview": "unreviewed"}


class StandsInTheWayError(Exception):
    """An event makes no sense, since what it is about is not there."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        super().__init__(f"Event {seq} is about a deposit that is not there.")


@dataclass(frozen=True)
class Reviewed:
    """One deposit as readers left it.

    Parameters
    ----------
    deposit_id : int
    origin : int or None
        The source's deposit that its row starts from; None if a reader painted it.
    verdict : {"unreviewed", "accepted", "rejected"}
    labels : dict
        What was relabelled, by name.
    shaped_by : tuple of int
        The events in force that changed its voxels.
    """

    deposit_id: int
    origin: int | None
    verdict: Verdict = "unreviewed"
    labels: tuple[tuple[str, Choice], ...] = ()
    shaped_by: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Start:
    """What the algorithm found, as far as events are about it.

    Parameters
    ----------
    shape : tuple of int
        Of the grid: slices, rows, columns.
    voxels : SparseLabels
        Of the deposits.
    """

    shape: tuple[int, int, int]
    voxels: SparseLabels

    def state(self) -> State:
        """Return the state before any event."""
        deposits = {number: Reviewed(number, number) for number in sorted(self.voxels.present())}
        return State(self, deposits, self.voxels, SparseLabels.none())


@dataclass(frozen=True, eq=False)
class State:
    """A result as readers left it.

    Parameters
    ----------
    start : Start
        What it started from.
    deposits : dict
        By number; those without a voxel left are not there.
    voxels : SparseLabels
        Of the deposits, rejected ones included.
    drawn_bones : SparseLabels
        What readers made of the bones: label of each voxel that they gave to a bone, or to none (0).
    """

    start: Start
    deposits: dict[int, Reviewed]
    voxels: SparseLabels
    drawn_bones: SparseLabels

    @cached_property
    def bones(self) -> SparseLabels:
        """What is laid over the bones that the algorithm found: what readers drew, and 0 at each voxel of a deposit.

        Bone is covered, not taken away: where a deposit is erased or rejected, what was under it is there again.
        """
        rejected = [number for number, one in self.deposits.items() if one.verdict == "rejected"]
        stands = ~np.isin(self.voxels.labels, rejected)
        return self.drawn_bones.put(self.voxels.voxels[stands], 0)

    def is_same_as(self, other: State) -> bool:
        """Tell whether two states are the same in all that they hold."""
        return (
            self.deposits == other.deposits
            and self.voxels.is_same_as(other.voxels)
            and self.drawn_bones.is_same_as(other.drawn_bones)
        )


def fold(start: Start, events: Sequence[Event]) -> State:
    """Return the state after all events.

    Raises
    ------
    StandsInTheWayError
        If an event in force is about a deposit that is not there.
    """
    state = start.state()
    for event in in_force(events):
        state = applied(state, event)
    return state


def applied(state: State, event: Event) -> State:
    """Return the state after one more event that is neither undo nor redo.

    Raises
    ------
    StandsInTheWayError
        If it is about a deposit that is not there.
    """
    for target in targets_of(event):
        if target not in state.deposits:
            raise StandsInTheWayError(event.seq)
    return _APPLY.get(event.kind, _unchanged)(state, event)


def targets_of(event: Event) -> tuple[int, ...]:
    """Return the deposits that an event is about."""
    if event.kind in ("bone_paint", "state", "undo", "redo"):
        return ()
    if isinstance(event.target, tuple):
        return event.target
    return (event.target,) if isinstance(event.target, int) else ()


def _unchanged(state: State, event: Event) -> State:
    return state


def _judged(state: State, event: Event) -> State:
    return _with(state, event, lambda one: replace(one, verdict=_VERDICTS[event.kind]))


def _relabelled(state: State, event: Event) -> State:
    def relabel(one: Reviewed) -> Reviewed:
        return replace(one, labels=tuple(sorted({**dict(one.labels), **event.after}.items())))

    return _with(state, event, relabel)


def _with(state: State, event: Event, change: Callable[[Reviewed], Reviewed]) -> State:
    changed = {number: change(state.deposits[number]) for number in targets_of(event)}
    return replace(state, deposits={**state.deposits, **changed})


def _split(state: State, event: Event) -> State:
    """Give the cut-off part its number; it is as the whole was."""
    (target,), (made,) = targets_of(event), event.made
    part = replace(state.deposits[target], deposit_id=made)
    voxels = _stroke(state, event)
    own = voxels[state.voxels.at(voxels) == target]
    grown = replace(state, deposits={**state.deposits, made: part})
    return _shaped(grown, event, state.voxels.put(own, made), (target, made))


def _merged(state: State, event: Event) -> State:
    """Give all voxels to the lowest number."""
    numbers = sorted(targets_of(event))
    voxels = state.voxels
    for number in numbers[1:]:
        voxels = voxels.put(voxels.of_label(number), numbers[0])
    return _shaped(state, event, voxels, tuple(numbers))


def _painted(state: State, event: Event) -> State:
    """Give voxels to a deposit, taking them from others and covering bone: a voxel is one thing."""
    number = event.made[0] if event.made else targets_of(event)[0]
    deposits = state.deposits
    if event.made:
        labels = tuple(sorted((event.after or {}).items()))
        deposits = {**deposits, number: Reviewed(number, None, "accepted", labels)}
    voxels = _stroke(state, event)
    others = {int(n) for n in set(state.voxels.at(voxels).tolist()) - {0}}
    grown = replace(state, deposits=deposits)
    return _shaped(grown, event, state.voxels.put(voxels, number), (number, *sorted(others)))


def _erased(state: State, event: Event) -> State:
    """Take voxels from a deposit; those of others stay."""
    (target,) = targets_of(event)
    voxels = _stroke(state, event)
    own = voxels[state.voxels.at(voxels) == target]
    return _shaped(state, event, state.voxels.without(own), (target,))


def _bone_painted(state: State, event: Event) -> State:
    """Give voxels to a bone, or to none (label 0); a deposit loses them to bone."""
    label = event.target if isinstance(event.target, int) else 0
    voxels = _stroke(state, event)
    grown = replace(state, drawn_bones=state.drawn_bones.put(voxels, label))
    if label == 0:
        return grown
    taken = {int(n) for n in set(state.voxels.at(voxels).tolist()) - {0}}
    return _shaped(grown, event, state.voxels.without(voxels), tuple(sorted(taken)))


def _stroke(state: State, event: Event) -> Voxels:
    box = event.voxels or {}
    return decode(box["start"], box["shape"], box["rle"], state.start.shape)


def _shaped(state: State, event: Event, voxels: SparseLabels, numbers: tuple[int, ...]) -> State:
    """Return the state with other voxels; some deposits were changed by it, and those without a voxel are gone."""
    present = voxels.present()
    changed = {n: replace(one, shaped_by=(*one.shaped_by, event.seq)) if n in numbers else one
               for n, one in state.deposits.items() if n in present}  # fmt: skip
    return replace(state, deposits=changed, voxels=voxels)


_APPLY: dict[str, Callable[[State, Event], State]] = {
    "accept": _judged,
    "reject": _judged,
    "unreview": _judged,
    "relabel": _relabelled,
    "split": _split,
    "merge": _merged,
    "paint": _painted,
    "erase": _erased,
    "bone_paint": _bone_painted,
}
