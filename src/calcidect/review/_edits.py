"""From what the page sends to an event: is it about something that is there, and does it clash with others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from calcidect.review._bodies import EventBody
from calcidect.review._drafts import Draft, Drafting
from calcidect.review._events import Event, Target
from calcidect.review._faults import RequestRefusedError, refused
from calcidect.review._ground import Ground
from calcidect.review._labels import OF_LABELS
from calcidect.review._shapes import OF_SHAPES
from calcidect.review._state import StandsInTheWayError, State, applied, fold


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


def _state(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    raise refused("kind_wrong", "The state of a result has its own address.", "POST /api/results/{id}/state.")


_DRAFTS: dict[str, Drafting] = {**OF_LABELS, **OF_SHAPES, "state": _state}
