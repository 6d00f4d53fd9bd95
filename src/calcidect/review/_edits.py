"""From what the page sends to an event: is it about something that is there, and what does it touch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import BoneLabel
from calcidect.geometry import Grid
from calcidect.result import HandFacts
from calcidect.review._bodies import EventBody
from calcidect.review._catalogue import CHOICES
from calcidect.review._cut import nearer_to_second
from calcidect.review._events import Event, Target, undone
from calcidect.review._faults import RequestRefusedError, refused
from calcidect.review._state import StandsInTheWayError, State, applied, fold
from calcidect.review._voxels import Voxels, decode, encode

MOST_DEPOSITS = 65_535
"""The largest number that a uint16 label holds."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What the algorithm found, as far as edits are checked against it.

    Parameters
    ----------
    grid : Grid
    hands : tuple of HandFacts
    bones : uint8 array, shape (k, j, i)
    bone_labels : dict
    rows : dict
        Of ``deposits.csv``, by number.
    """

    grid: Grid
    hands: tuple[HandFacts, ...]
    bones: NDArray[np.uint8]
    bone_labels: dict[int, BoneLabel]
    rows: dict[int, dict[str, Any]]

    def bone_at(self, state: State, voxels: Voxels) -> NDArray[np.uint16]:
        """Return the label of the bone at each voxel, as readers left it."""
        changed = np.isin(voxels, state.bones.voxels)
        found = self.bones.reshape(-1)[voxels].astype(np.uint16)
        found[changed] = state.bones.at(voxels[changed])
        return found

    def label_of(self, state: State, number: int, name: str) -> Any:
        """Return a label of a deposit as readers left it; None if it was never given one."""
        one = state.deposits[number]
        given = dict(one.labels)
        return given[name] if name in given else self.rows.get(one.origin or 0, {}).get(name)

    def side_at(self, voxels: Voxels) -> str | None:
        """Return the hand in whose box most of the voxels lie; None outside of all."""
        k, j, i = np.unravel_index(voxels, self.grid.shape)
        index = np.stack([i, j, k], -1)
        inside = {
            hand.side: int(((index >= hand.start) & (index < np.add(hand.start, hand.size))).all(1).sum())
            for hand in self.hands
        }
        best = max(inside, key=lambda side: inside[side], default=None)
        return best if best is not None and inside[best] > 0 else None


@dataclass(frozen=True)
class Draft:
    """What an event of some kind is, before it gets its number."""

    before: Any = None
    after: Any = None
    voxels: dict[str, Any] | None = None
    made: tuple[int, ...] = ()
    touches: tuple[str, ...] = ()


def event_of(body: EventBody, ground: Ground, state: State, events: Sequence[Event], who: str) -> Event:
    """Return the event of a request, checked; the state is that after ``events``.

    Raises
    ------
    RequestRefusedError
        422 if it makes no sense.
    """
    draft = _DRAFTS[body.kind](body, ground, state, events)
    target: Target = tuple(body.target) if isinstance(body.target, list) else body.target
    return Event(
        seq=len(events) + 1,
        id=str(body.id),
        who=who,
        when=datetime.now(UTC).isoformat(timespec="milliseconds"),
        kind=body.kind,
        target=target,
        before=draft.before,
        after=draft.after,
        why=body.why,
        base_seq=body.base_seq,
        voxels=draft.voxels,
        made=draft.made,
        touches=draft.touches,
    )


def next_state(state: State, event: Event, events: Sequence[Event]) -> State:
    """Return the state after one more event.

    Raises
    ------
    RequestRefusedError
        422 if an undoing or redoing would leave a later event without what it is about.
    """
    if event.kind not in ("undo", "redo"):
        return applied(state, event)
    try:
        return fold(state.start, (*events, event))
    except StandsInTheWayError as error:
        raise RequestRefusedError(
            422,
            "in_the_way",
            found=f"Event {error.seq} is about what would be gone.",
            expected="Events that are undone from the last one on.",
            remedy=f"Undo event {error.seq} first.",
            events=[events[error.seq - 1].as_row()],
        ) from None


def conflicting(event: Event, events: Sequence[Event], own: frozenset[str]) -> list[Event]:
    """Return what others did, unseen by the reader, to the same deposits, bones or result.

    Parameters
    ----------
    event : Event
    events : sequence of Event
        All so far.
    own : frozenset of str
        Ids of events that came from the reader's own browser.
    """
    touched = set(event.touches)
    unseen = events[event.base_seq :]
    return [other for other in unseen if touched & set(other.touches) and other.id not in own]


def _judge(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    _nothing_else(body)
    number = _deposit(body.target, state)
    return Draft(before=state.deposits[number].verdict, touches=(f"d{number}",))


def _relabel(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    _nothing_else(body, "after")
    number = _deposit(body.target, state)
    after = labels_of(body.after)
    if not after:
        raise refused("labels_wrong", "No label is named.", f"Some of {', '.join(CHOICES)}.")
    before = {name: ground.label_of(state, number, name) for name in after}
    return Draft(before=before, after=after, touches=(f"d{number}",))


def labels_of(after: dict[str, Any] | None) -> dict[str, Any]:
    """Return labels, each of them one of its choices.

    Raises
    ------
    RequestRefusedError
        422 if a name or a value is none.
    """
    for name, value in (after or {}).items():
        choices = CHOICES.get(name, ())
        if not any(value == choice and type(value) is type(choice) for choice in choices):
            raise refused(
                "labels_wrong", "A label, or its value, is not known.", "Those of `catalogue`, or null where allowed."
            )
    return dict(after or {})


def _split(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    _nothing_else(body, "after")
    number = _deposit(body.target, state)
    seeds, distance = _seeds(body.after or {})
    own = state.voxels.of_label(number)
    cut = nearer_to_second(own, ground.grid, seeds, geodesic=distance == "geodesic")
    made = _next_number(state, events)
    return Draft(
        before={"voxels": len(own)},
        after={"seeds": seeds.tolist(), "distance": distance},
        voxels=encode(cut, ground.grid.shape),
        made=(made,),
        touches=(f"d{number}", f"d{made}"),
    )


def _seeds(after: dict[str, Any]) -> tuple[NDArray[np.float64], str]:
    expected = 'after: {"seeds": [[x, y, z], [x, y, z]], "distance": "geodesic" or "straight"}; LPS, mm.'
    distance = after.get("distance", "geodesic")
    try:
        seeds = np.array(after["seeds"], np.float64)
    except (KeyError, ValueError, TypeError, OverflowError):
        raise refused("seeds_wrong", "The two points are missing, or no numbers.", expected) from None
    right = seeds.shape == (2, 3) and np.isfinite(seeds).all() and np.abs(seeds).max() < 1e5
    if not right or distance not in ("geodesic", "straight") or not set(after) <= {"seeds", "distance"}:
        raise refused("seeds_wrong", "The two points are not as they must be.", expected)
    return seeds, distance


def _merge(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    _nothing_else(body)
    targets = body.target if isinstance(body.target, list) else []
    numbers = [_deposit(target, state) for target in targets]
    if len(set(numbers)) < 2 or len(set(numbers)) < len(numbers):
        raise refused("merge_of_one", "Fewer than two deposits are named, or one twice.", "Two or more, each once.")
    if len({ground.label_of(state, number, "side") for number in numbers}) > 1:
        raise refused("merge_of_hands", "The deposits lie in different hands.", "Deposits of one hand.")
    before = {"voxels": [len(state.voxels.of_label(number)) for number in numbers]}
    return Draft(before=before, touches=tuple(f"d{number}" for number in numbers))


def _paint(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    voxels, box = _stroke(body, ground)
    there = state.voxels.at(voxels)
    taken = tuple(f"d{n}" for n in sorted(set(there.tolist()) - {0}))
    bones = tuple(f"b{n}" for n in sorted(set(ground.bone_at(state, voxels).tolist()) - {0}))
    if body.target == "new":
        _nothing_else(body, "voxels", "after")
        made = _next_number(state, events)
        after = {"side": ground.side_at(voxels), **labels_of(body.after)}
        if after["side"] is None:
            raise refused("outside", "The voxels lie in no hand.", "Voxels in the box of a hand.")
        return Draft(None, after, box, (made,), (f"d{made}", *taken, *bones))
    _nothing_else(body, "voxels")
    number = _deposit(body.target, state)
    if (there == number).all():
        raise _nothing_changes()
    before = {"voxels": len(state.voxels.of_label(number))}
    return Draft(before, None, box, (), tuple(dict.fromkeys((f"d{number}", *taken, *bones))))


def _erase(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    _nothing_else(body, "voxels")
    number = _deposit(body.target, state)
    voxels, box = _stroke(body, ground)
    if not (state.voxels.at(voxels) == number).any():
        raise _nothing_changes()
    return Draft({"voxels": len(state.voxels.of_label(number))}, None, box, (), (f"d{number}",))


def _bone_paint(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    _nothing_else(body, "voxels")
    voxels, box = _stroke(body, ground)
    label = body.target
    if not isinstance(label, int) or (label and label not in ground.bone_labels):
        raise refused("bone_unknown", "There is no such bone.", "A label of `bones`, or 0 for none.")
    there = ground.bone_at(state, voxels)
    if (there == label).all():
        raise _nothing_changes()
    bones = [f"b{n}" for n in sorted({*there.tolist(), label} - {0})]
    deposits = [f"d{n}" for n in sorted(set(state.voxels.at(voxels).tolist()) - {0})] if label else []
    return Draft(None, None, box, (), (*bones, *deposits))


def _note(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    _nothing_else(body)
    if body.target is not None:
        _deposit(body.target, state)
    if not body.why.strip():
        raise refused("note_empty", "The note says nothing.", "A text in `why`.")
    return Draft()


def _undo(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    _nothing_else(body)
    seq, gone = body.target, undone(events)
    known = isinstance(seq, int) and 1 <= seq <= len(events) and events[seq - 1].kind not in ("undo", "redo")
    if not known or (seq in gone) != (body.kind == "redo"):
        raise refused(
            "not_undoable", "There is no such event to undo or redo.", "One in force to undo, an undone one to redo."
        )
    assert isinstance(seq, int)
    return Draft(touches=events[seq - 1].touches)


def _state(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    raise refused("kind_wrong", "The state of a result has its own address.", "POST /api/results/{id}/state.")


Drafting = Callable[[EventBody, Ground, State, Sequence[Event]], Draft]
_DRAFTS: dict[str, Drafting] = {
    "accept": _judge,
    "reject": _judge,
    "unreview": _judge,
    "relabel": _relabel,
    "split": _split,
    "merge": _merge,
    "paint": _paint,
    "erase": _erase,
    "bone_paint": _bone_paint,
    "note": _note,
    "state": _state,
    "undo": _undo,
    "redo": _undo,
}


def _deposit(target: object, state: State) -> int:
    if isinstance(target, int) and target in state.deposits:
        return target
    raise refused("deposit_unknown", "There is no such deposit.", "A deposit that is there.", "Load the result anew.")


def _stroke(body: EventBody, ground: Ground) -> tuple[Voxels, dict[str, Any]]:
    if body.voxels is None:
        raise refused("voxels_wrong", "No voxels are given.", "A box on the grid with runs that fill it.")
    box = body.voxels
    return decode(box.start, box.shape, box.rle, ground.grid.shape), box.model_dump()


def _nothing_else(body: EventBody, *allowed: str) -> None:
    if any(getattr(body, name) is not None and name not in allowed for name in ("after", "voxels")):
        raise refused("too_much", "The event holds what its kind has no use for.", "Only what docs/review.md lists.")


def _nothing_changes() -> RequestRefusedError:
    return refused("nothing_changes", "The voxels are so already.", "Voxels of which some change.")


def _next_number(state: State, events: Sequence[Event]) -> int:
    """Return a number that no deposit ever had, undone ones included, so that a number means one thing for ever."""
    used = {*state.start.voxels.present(), *(made for event in events for made in event.made)}
    number = max(used, default=0) + 1
    if number > MOST_DEPOSITS:
        raise refused("too_many", "There are too many deposits.", f"At most {MOST_DEPOSITS}.")
    return number
