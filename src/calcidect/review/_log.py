"""The file of events: one line an event, on disk before its answer is sent, never rewritten.

Several servers may write one file (two readers at once, each with a server): a lock that the system frees when a
process dies orders them. A line that a killed process left half written was never answered for; it is dropped, and
that is told.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from calcidect.errors import InputRefusedError
from calcidect.review._events import Event
from calcidect.review._faults import RequestRefusedError

LOCK_SECONDS = 10.0
"""Our choice: a write takes milliseconds; longer means that a disk or another process hangs."""


class EventLog:
    """The events of one result and one stream of readers.

    Parameters
    ----------
    path : Path
        File of events; it and its folder are made with the first event.

    Raises
    ------
    InputRefusedError
        ``events_damaged`` if a line that was finished is no event, or the numbers have gaps.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path.with_name(f"{path.name}.lock"), timeout=LOCK_SECONDS)
        self._events: tuple[Event, ...] = ()
        self._read_bytes = 0
        self.dropped_bytes = 0
        self.refresh()

    @property
    def events(self) -> tuple[Event, ...]:
        """All events that were read so far, in order."""
        return self._events

    def refresh(self) -> bool:
        """Read what was written since; tell whether there was anything. Half a line at the end waits."""
        try:
            if self._path.stat().st_size <= self._read_bytes:
                return False
            with self._path.open("rb") as file:
                file.seek(self._read_bytes)
                data = file.read()
        except FileNotFoundError:
            return False
        whole = data[: data.rfind(b"\n") + 1]
        new = _parsed(whole, len(self._events))
        self._events += new
        self._read_bytes += len(whole)
        return bool(new)

    def locked(self) -> _Locked:
        """Return a context in which nobody else writes, and all that was written is read."""
        return _Locked(self)

    def enter(self) -> None:
        """Take the lock, drop half a line that a killed process left, and read what others wrote."""
        self._path.parent.mkdir(exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout:
            raise _not_kept("Another process holds the file of events.") from None
        try:
            self.refresh()
            self._drop_torn()
        except BaseException:
            self._lock.release()
            raise

    def leave(self) -> None:
        """Give the lock back."""
        self._lock.release()

    def append(self, event: Event) -> None:
        """Write an event and see it on disk; only within ``locked``.

        Raises
        ------
        RequestRefusedError
            507 if it could not be written; nothing of it stays.
        """
        line = json.dumps(event.as_row(), allow_nan=False).encode() + b"\n"
        is_new = not self._path.exists()
        try:
            with self._path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                _sync_folder(self._path.parent)
        except OSError as error:
            with suppress(OSError):  # the next writer tries again
                self._drop_torn(told=False)
            raise _not_kept(f"The event could not be written: {error.strerror or 'the disk failed'}.") from error
        self._events += (event,)
        self._read_bytes += len(line)

    def _drop_torn(self, *, told: bool = True) -> None:
        """Cut the file after the last line that was read; what is behind it was never answered for."""
        if not self._path.exists():
            return
        behind = self._path.stat().st_size - self._read_bytes
        if behind <= 0:
            return
        with self._path.open("r+b") as file:
            file.truncate(self._read_bytes)
            os.fsync(file.fileno())
        self.dropped_bytes += behind if told else 0


class _Locked:
    """The context of ``EventLog.locked``."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def __enter__(self) -> None:
        self._log.enter()

    def __exit__(self, *_: object) -> None:
        self._log.leave()


def _parsed(lines: bytes, before: int) -> tuple[Event, ...]:
    events = []
    for seq, line in enumerate(lines.splitlines(), start=before + 1):
        try:
            event = Event.from_row(json.loads(line))
            if event.seq != seq:
                raise ValueError("The numbers of events have a gap.")
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InputRefusedError(
                "events_damaged",
                found=f"Line {seq} of the file of events is no event.",
                expected="A file that calcidect wrote, unchanged.",
                remedy="Restore it from a copy; nothing was written to it.",
            ) from None
        events.append(event)
    return tuple(events)


def _sync_folder(folder: Path) -> None:
    """See the file's name on disk, too; where a folder can't be opened (Windows) the system does so by itself."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_kept(found: str) -> RequestRefusedError:
    return RequestRefusedError(
        507,
        "not_kept",
        found=found,
        expected="A place with room where this account may write.",
        remedy="Nothing was changed. Make room, then send it again.",
    )
