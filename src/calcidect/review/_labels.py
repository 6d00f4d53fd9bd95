"""Edits that say something of a deposit, or take back what was done; its voxels they leave as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calcidect.review._bodies import EventBody
from calcidect.review._catalogue import CHOICES
from calcidect.review._drafts import Draft, Drafting, deposit_of, nothing_else
from calcidect.review._events import Event, undone
from calcidect.review._faults import refused
from calcidect.review._ground import Ground
from calcidect.review._state import State


def _judge(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    nothing_else(body)
    number = deposit_of(body.target, state)
    return Draft(before=state.deposits[number].verdict, touches=(f"d{number}",))


def _relabel(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    nothing_else(body, "after")
    number = deposit_of(body.target, state)
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


def _note(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    nothing_else(body)
    if body.target is not None:
        deposit_of(body.target, state)
    if not body.why.strip():
        raise refused("note_empty", "The note says nothing.", "A text in `why`.")
    return Draft()


def _undo(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    nothing_else(body)
    seq, gone = body.target, undone(events)
    known = isinstance(seq, int) and 1 <= seq <= len(events) and events[seq - 1].kind not in ("undo", "redo")
    if not known or (seq in gone) != (body.kind == "redo"):
        raise refused(
            "not_undoable", "There is no such event to undo or redo.", "One in force to undo, an undone one to redo."
        )
    assert isinstance(seq, int)
    return Draft(touches=events[seq - 1].touches)


OF_LABELS: dict[str, Drafting] = {
    "accept": _judge,
    "reject": _judge,
    "unreview": _judge,
    "relabel": _relabel,
    "note": _note,
    "undo": _undo,
    "redo": _undo,
}
