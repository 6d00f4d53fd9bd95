"""How a room tells how far it is, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with a step's name and the fraction done, 0 to 1."""


def silent(step: str, fraction: float) -> None:
    """Tell nobody."""
