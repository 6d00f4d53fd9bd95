"""The events of a result in force: what was done so far, the state that follows, and how one more is taken in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any
from uuid import uuid4

from calcidect.errors import InputRefusedError
from calcidect.review._bodies import EventBody, StateBody
from calcidect.review._edits import conflicting, event_of, next_state
from calcidect.review._events import Event, ResultState, result_state
from calcidect.review._faults import RequestRefusedError, refused
from calcidect.review._ground import Ground
from calcidect.review._log import EventLog
from calcidect.review._state import StandsInTheWayError, Start, State, fold


@dataclass(frozen=True)
class Done:
    """What became of a request: its event, and the state before and after it."""

    event: Event
    before: State
    after: State


class History:
    """The events of one result and one stream of readers, and the state that they make.

    Parameters
    ----------
    path : Path
        File of events.
    ground : callable
        Gives what edits are checked against, and what they start from; called when it is first needed.
    """

    def __init__(self, path: Path, ground: Callable[[], tuple[Ground, Start]]) -> None:
        self._log, self._ground = EventLog(path), ground
        self._lock = RLock()
        self._folded: tuple[int, State] | None = None
        self._own: dict[str, set[str]] = {}

    @property
    def dropped_bytes(self) -> int:
        """How much of a line was found half written, and dropped."""
        return self._log.dropped_bytes

    def events(self) -> tuple[Event, ...]:
        """Return all events, those of other servers included."""
        with self._lock:
            self._log.refresh()
            return self._log.events

    def result_state(self) -> ResultState:
        """Return where the review of the whole result stands."""
        return result_state(self.events())

    def state(self) -> tuple[int, State]:
        """Return the number of the last event, and the state after it."""
        self._ground()  # may take seconds the first time; whoever asks for events alone does not wait for it
        with self._lock:
            return self._state_of(self.events())

    def _state_of(self, events: tuple[Event, ...]) -> tuple[int, State]:
        if self._folded is None or self._folded[0] != len(events):
            try:
                self._folded = len(events), fold(self._ground()[1], events)
            except StandsInTheWayError as error:
                raise InputRefusedError(
                    "events_of_another_result",
                    found=f"Event {error.seq} is about a deposit that the result does not have.",
                    expected="Events of this result.",
                    remedy="Put the folder of the review beside the result that it was made for.",
                ) from None
        return self._folded

    def add(self, body: EventBody, who: str, browser: str) -> Done:
        """Take in what a reader did; the same request sent again is done once.

        Raises
        ------
        RequestRefusedError
            409 if others changed the same meanwhile, 422 if it makes no sense, 507 if it can't be kept.
        """

        def make(state: State, events: tuple[Event, ...]) -> Event:
            return event_of(body, self._ground()[0], state, events, who)

        return self._add(str(body.id), body.base_seq, browser, make)

    def set_state(self, body: StateBody, who: str, browser: str) -> Done:
        """Say where the review of the whole result stands. See ``add``."""
        identifier = str(body.id or uuid4())

        def make(state: State, events: tuple[Event, ...]) -> Event:
            seq = len(events) + 1
            when = datetime.now(UTC).isoformat(timespec="milliseconds")
            base_seq = len(events) if body.base_seq is None else body.base_seq
            return Event(
                seq, identifier, who, when, "state", "result", result_state(events), body.state, body.why, base_seq,
                touches=("result",),
            )  # fmt: skip

        return self._add(identifier, body.base_seq or 0, browser, make)

    def _add(
        self, identifier: str, base_seq: int, browser: str, make: Callable[[State, tuple[Event, ...]], Event]
    ) -> Done:  # fmt: skip
        self._ground()
        with self._lock, self._log.locked():
            events = self._log.events
            _, state = self._state_of(events)
            known = next((event for event in events if event.id == identifier), None)
            if known is not None:
                return Done(known, state, state)
            if base_seq > len(events):
                raise refused("base_seq_wrong", "There is no event of that number yet.", "The last event seen.")
            event = make(state, events)
            own = self._own.setdefault(browser, set())
            clash = conflicting(event, events, frozenset(own))
            if clash:
                raise _conflict([one.as_row() for one in clash])
            after = next_state(state, event, events)
            self._log.append(event)
            own.add(identifier)
            self._folded = event.seq, after
            return Done(event, state, after)


def _conflict(events: list[dict[str, Any]]) -> RequestRefusedError:
    return RequestRefusedError(
        409,
        "changed_meanwhile",
        found="Somebody else changed the same meanwhile.",
        expected="Edits that start from the last state.",
        remedy="Look at what was done, then decide again.",
        events=events,
    )
