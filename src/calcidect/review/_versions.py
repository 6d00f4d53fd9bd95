"""Saved versions of a review: their names, and what the last one measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calcidect.result import read_document


@dataclass(frozen=True)
class Measured:
    """A deposit's row in a saved version, the events that had shaped it then, and what a reader had told of it."""

    shaped_by: tuple[int, ...]
    labels: Mapping[str, Any]
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Version:
    """The last saved version: its name, what it measured, and its findings document. Without a name there is none."""

    name: str = ""
    measured: Mapping[int, Measured] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)


def version_names(versions: Path) -> list[str]:
    """Return the names of all whole versions, oldest first."""
    if not versions.is_dir() or versions.is_symlink():
        return []
    found = [path.name for path in versions.iterdir() if path.name.isdecimal() and path.name.isascii()]
    return sorted(found, key=int)


def last_version(versions: Path) -> Version:
    """Return the last saved version. One that was saved without the scan measured nothing.

    Raises
    ------
    InputRefusedError
        If it is damaged.
    """
    names = version_names(versions)
    if not names:
        return Version()
    folder = versions / names[-1]
    document = read_document(folder)
    review = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["review"]
    measured = {}
    for row in document["deposits"] if review["with_scan"] else ():
        number = str(row["deposit_id"])
        shaped_by = tuple(review["shaped_by"][number])
        measured[row["deposit_id"]] = Measured(shaped_by, review["labels"].get(number, {}), row)
    return Version(names[-1], measured, document)
