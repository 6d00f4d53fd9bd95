"""A table of a report: columns with a name and a unit, rows of text."""

from __future__ import annotations

from typing import Any

from calcidect.report._wording import Wording

Table = dict[str, Any]
"""``columns``: list of {name, unit, align}; ``rows``: list of lists of text."""


def columns_of(say: Wording, *named: tuple[str, str, str]) -> list[dict[str, str]]:
    """Return columns from (name of a text, name of a unit or nothing, align: left, right or center)."""
    return [
        {"name": say(name), "unit": say(f"units.{unit}") if unit else "", "align": align} for name, unit, align in named
    ]


def without_empty_columns(table: Table, missing: str) -> Table:
    """Return a table without the columns in which every cell is missing, as masses are of a single-energy scan."""
    if not table["rows"]:
        return table
    kept = [n for n in range(len(table["columns"])) if any(row[n] != missing for row in table["rows"])]
    return {
        "columns": [table["columns"][n] for n in kept],
        "rows": [[row[n] for n in kept] for row in table["rows"]],
    }
