"""Saved versions of a review: their names, and what the last one measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calcidect.errors import InputRefusedError
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
    try:
        review = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["review"]
        return Version(names[-1], _measured(document, review) if review["with_scan"] else {}, document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputRefusedError(
            "version_damaged",
            found=f"Version {names[-1]} of the review does not say how readers changed it.",
            expected="A version that calcidect saved, unchanged.",
            remedy="Restore it from a copy, or remove its folder and save again.",
        ) from None


def _measured(document: dict[str, Any], review: dict[str, Any]) -> dict[int, Measured]:
    """Return what a version that was measured with the scan holds, by number of the deposit."""
    rows = {str(row["deposit_id"]): row for row in document["deposits"]}
    return {
        row["deposit_id"]: Measured(tuple(review["shaped_by"][number]), review["labels"].get(number, {}), row)
        for number, row in rows.items()
    }
