"""Several threads that ask the same at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

ASKING = 8
T = TypeVar("T")


def at_the_same_time(ask: Callable[[int], T]) -> list[T]:
    """Return what several threads are answered that all ask at once; each says its number."""
    ready = Barrier(ASKING)

    def wait_and_ask(n: int) -> T:
        ready.wait()
        return ask(n)

    with ThreadPoolExecutor(ASKING) as threads:
        return list(threads.map(wait_and_ask, range(ASKING)))
