"""What a reader does, as values: one ``Event`` each, and which of them are in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

Kind = Literal[
    "accept", "reject", "unreview", "relabel", "split", "merge", "paint", "erase", "bone_paint", "note", "state",
    "undo", "redo",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
ResultState = Literal["new", "in_review", "reviewed", "refused"]
RESULT_STATES: tuple[ResultState, ...] = get_args(ResultState)

Target = int | tuple[int, ...] | str | None


@dataclass(frozen=True)
class Event:
    """One thing that a reader did. It is never changed, and never taken away.

    Parameters
    ----------
    seq : int
        From 1, without gaps.
    id : str
        UUID that the page made; the same one sent again is done once.
    who : str
        Pseudonym of the reader.
    when : str
        UTC, ISO 8601.
    kind : str
        One of ``KINDS``.
    target : int, tuple of int, str or None
        Deposit, deposits, label of a bone, ``new``, ``result``, or the event that is undone or redone.
    before, after : object
        What was there, and what is to be; of a stroke the number of voxels before.
    why : str
        The reader's reason.
    base_seq : int
        The last event that the reader had seen.
    voxels : dict or None
        What a stroke or a cut takes, as ``_voxels.encode`` gives it.
    made : tuple of int
        Deposits that this event makes.
    touches : tuple of str
        What others may not have changed meanwhile: ``d3`` a deposit, ``b12`` a bone, ``result``.
    """

    seq: int
    id: str
    who: str
    when: str
    kind: Kind
    target: Target
    before: Any = None
    after: Any = None
    why: str = ""
    base_seq: int = 0
    voxels: dict[str, Any] | None = None
    made: tuple[int, ...] = ()
    touches: tuple[str, ...] = ()

    def as_row(self) -> dict[str, Any]:
        """Return the event as JSON knows it."""
        row = dict(vars(self))
        target = list(self.target) if isinstance(self.target, tuple) else self.target
        return {**row, "target": target, "made": list(self.made), "touches": list(self.touches)}

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Event:
        """Return an event of a row.

        Raises
        ------
        ValueError, TypeError, KeyError
            If it is none.
        """
        if row["kind"] not in KINDS:
            raise ValueError("There is no such kind of event.")
        target = row["target"]
        return cls(**{
            **row,
            "target": tuple(target) if isinstance(target, list) else target,
            "made": tuple(row.get("made", ())),
            "touches": tuple(row.get("touches", ())),
        })  # fmt: skip


def undone(events: Sequence[Event]) -> frozenset[int]:
    """Return the events that are undone: of undo and redo the last one counts."""
    gone: set[int] = set()
    for event in events:
        if event.kind == "undo" and isinstance(event.target, int):
            gone.add(event.target)
        elif event.kind == "redo" and isinstance(event.target, int):
            gone.discard(event.target)
    return frozenset(gone)


def in_force(events: Sequence[Event]) -> list[Event]:
    """Return what was done and not undone, in order."""
    gone = undone(events)
    return [event for event in events if event.kind not in ("undo", "redo") and event.seq not in gone]


def result_state(events: Sequence[Event]) -> ResultState:
    """Return where the review of the whole result stands: by what was said last, else by whether anything was done."""
    kept = in_force(events)
    for event in reversed(kept):
        if event.kind == "state" and event.after in RESULT_STATES:
            return next(state for state in RESULT_STATES if state == event.after)
    return "in_review" if kept else "new"
