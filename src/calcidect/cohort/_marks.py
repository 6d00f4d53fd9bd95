"""Letters for the footnotes of a table."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase


class Marks:
    """Gives footnotes letters, in the order in which they are first needed; the same note has the same letter."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    def mark(self, note: str) -> str:
        """Return the letter of a note, which has no full stop."""
        again, letter = divmod(len(self._of), len(ascii_lowercase))
        return self._of.setdefault(note, ascii_lowercase[letter] * (again + 1))

    def notes(self) -> Iterator[str]:
        """Yield every note with its letter before it."""
        return (f"{letter}: {note}." for note, letter in self._of.items())
