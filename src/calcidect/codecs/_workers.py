"""Decode several images at a time.

The decoders of JPEG-LS and JPEG 2000 hold Python's global lock, so that threads alone gain nothing: long work goes to
helper processes of this same program, one for each thread. The decoders are the same in both, and so are the numbers.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from queue import SimpleQueue
from threading import Timer
from types import TracebackType
from typing import Any, TypeVar

from numpy.typing import NDArray

from calcidect.codecs._decode import JPEG_2000, JPEG_LOSSLESS, JPEG_LS, Coding, decode

# Measured: 4, 26 and 12 ms for an image of 512 x 512.
_SECONDS_PER_PIXEL = (
    dict.fromkeys(JPEG_LS, 16e-9) | dict.fromkeys(JPEG_2000, 100e-9) | dict.fromkeys(JPEG_LOSSLESS, 45e-9)
)

_MOST_WORKERS = 8  # our rule: beyond it memory for images in flight grows, and disks are what is waited for
_WORTH_S = 2.0  # a helper takes 0.4 s to start: it pays where two save more than that, with some reserve
_PATIENCE_S = 20.0  # our rule: about a thousand times what an image of 512 x 512 takes
_GREETING = b"calcidect helper\n"

Given = TypeVar("Given")
Made = TypeVar("Made")


def usable_cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # Windows, macOS
        return os.cpu_count() or 1


def expected_seconds(syntax: str, pixels: int) -> float:
    """Return about how long some pixels take one process to decode; 0 where that is no matter.

    Parameters
    ----------
    syntax : str
        UID of the transfer syntax.
    pixels : int
        Their number.
    """
    return _SECONDS_PER_PIXEL.get(syntax, 0.0) * pixels


class Workers:
    """Threads, and helper processes for the decoders that need them; a context manager.

    Parameters
    ----------
    count : int, optional
        How many; by default one for each usable core, 8 at most. The numbers do not depend on it.
    expected_s : float
        How long one process would decode, from `expected_seconds`; helpers are started if it pays.
    """

    def __init__(self, count: int | None = None, expected_s: float = 0.0) -> None:
        self.count = count or min(usable_cores(), _MOST_WORKERS)
        self._helpers: SimpleQueue[_Helper] | None = None
        self._wanted = self.count if self.count > 1 and expected_s >= _WORTH_S else 0
        self._stack = ExitStack()

    def __enter__(self) -> Workers:
        self._pool = self._stack.enter_context(ThreadPoolExecutor(self.count))
        if self._wanted:
            self._helpers = SimpleQueue()
            for _ in range(self._wanted):
                self._helpers.put(self._stack.enter_context(_Helper()))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._stack.close()

    def decode(self, frame: bytes, coding: Coding) -> NDArray[Any]:
        """Return the stored bits of an image; see `decode`. Call it from a thread of `in_order`."""
        if self._helpers is None or coding.syntax not in _SECONDS_PER_PIXEL:
            return decode(frame, coding)
        helper = self._helpers.get()
        try:
            return helper.decode(frame, coding) if helper.works else decode(frame, coding)
        finally:
            self._helpers.put(helper)

    def in_order(self, work: Callable[[Given], Made], inputs: Iterable[Given]) -> Iterator[Made]:
        """Yield what a function makes of each input, in their order; few are in flight, so that memory is bounded."""
        waiting: deque[Future[Made]] = deque()
        for given in inputs:
            waiting.append(self._pool.submit(work, given))
            if len(waiting) > 2 * self.count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Helper:
    """One helper process, which is given an image and gives back its pixels; a context manager."""

    def __init__(self) -> None:
        # The search path is handed over, and no module of the user's program is run again.
        program = f"import sys; sys.path[:] = {sys.path!r}; from calcidect.codecs._workers import serve; serve()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._greeted: bool | None = None

    @property
    def works(self) -> bool:
        """Whether the helper could be started; where Python is part of another program, it can't."""
        if self._greeted is None:
            assert self._process.stdout is not None
            self._greeted = self._process.stdout.read(len(_GREETING)) == _GREETING
        return self._greeted

    def __enter__(self) -> _Helper:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                assert pipe is not None
                pipe.close()

    def decode(self, frame: bytes, coding: Coding) -> NDArray[Any]:
        """Return the stored bits; an error if the image is damaged, or the helper dies of it or takes too long."""
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        watch = Timer(_PATIENCE_S, self._process.kill)
        watch.start()
        try:
            pickle.dump((frame, coding), to)
            to.flush()
            stored = pickle.load(back)
        finally:
            watch.cancel()
        if stored is None:
            raise ValueError("The compressed image is damaged.")
        return stored  # type: ignore[no-any-return]


def serve() -> None:
    """Decode what comes on standard input, and write it to standard output, until there is no more: a helper's life."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not mix with the pixels
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        out.write(_GREETING)
        out.flush()
        while True:
            frame, coding = pickle.load(sys.stdin.buffer)
            try:
                stored = decode(frame, coding)
            except Exception:
                stored = None
            pickle.dump(stored, out)
            out.flush()
