"""A draft: what an event of some kind is before it gets its number, and what all kinds are checked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from calcidect.review._bodies import EventBody
from calcidect.review._events import Event
from calcidect.review._faults import refused
from calcidect.review._ground import Ground
from calcidect.review._state import State


@dataclass(frozen=True)
class Draft:
    """What an event of some kind is, before it gets its number."""

    before: Any = None
    after: Any = None
    voxels: dict[str, Any] | None = None
    made: tuple[int, ...] = ()
    touches: tuple[str, ...] = ()


Drafting = Callable[[EventBody, Ground, State, Sequence[Event]], Draft]
"""From a request, what is there, the state and the events before it; ``RequestRefusedError`` if it makes no sense."""


def deposit_of(target: object, state: State) -> int:
    """Return the number of the deposit that a request is about.

    Raises
    ------
    RequestRefusedError
        422 if there is no such deposit.
    """
    if isinstance(target, int) and target in state.deposits:
        return target
    raise refused("deposit_unknown", "There is no such deposit.", "A deposit that is there.", "Load the result anew.")


def nothing_else(body: EventBody, *allowed: str) -> None:
    """Refuse what an event holds beside what its kind has a use for."""
    if any(getattr(body, name) is not None and name not in allowed for name in ("after", "voxels")):
        raise refused("too_much", "The event holds what its kind has no use for.", "Only what docs/review.md lists.")
