"""What the verbs of ``calcidect registry`` say, and who is named in the history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from calcidect.cli._verb import tell
from calcidect.errors import EXIT_REFUSED, UsageError

if TYPE_CHECKING:
    from calcidect.registry import ImportSummary, RejectedCell, TableRefusedError

RESEARCH_USE_ONLY = "Research use only. Not a medical device."
LONGEST_USER = 100
"""What the database keeps of it."""


def who_of(user: str | None) -> str:
    """Return who is named in the history."""
    import getpass

    try:
        who = user or getpass.getuser()
    except (OSError, KeyError, ImportError):
        who = ""
    if not who.isprintable() or not 1 <= len(who) <= LONGEST_USER:
        expected = f"Who changes the record, in at most {LONGEST_USER} characters."
        raise UsageError(
            "user_unknown", found="Who does this has no usable name.", expected=expected, remedy="Give --user."
        )
    return who


def say(document: dict[str, Any], lines: list[str], as_json: bool) -> None:
    """Tell an outcome on standard output, for people or as JSON."""
    typer.echo(json.dumps(document) if as_json else "\n".join(lines))


def say_imported(done: ImportSummary, as_json: bool) -> None:
    """Tell what an import did, or would do."""
    head = "Checked; nothing was written." if done.dry_run else "Imported."
    lines = [f"{head} {done.rows} rows. {done.form}."]
    lines += [f"  {name.replace('_', ' ')}: {number}" for name, number in done.counts.items()]
    document = {"dry_run": done.dry_run, "rows": done.rows, "form": done.form, **done.counts}
    say(document, [*lines, RESEARCH_USE_ONLY], as_json)


def refuse_table(error: TableRefusedError, rejects: Path | None, table: Path, as_json: bool) -> None:
    """Tell every refused cell on standard error, and in a file if one was asked for, but never over the table."""
    from dataclasses import asdict

    from calcidect.registry import write_rejects

    if rejects is not None and rejects.exists() and rejects.samefile(table):
        found, expected = "--rejects names the table itself.", "A file of its own."
        raise UsageError("rejects_over_table", found=found, expected=expected, remedy="Give another --rejects.")
    if as_json:
        tell({**error.as_dict(), "cells": [asdict(cell) for cell in error.cells]}, as_json)
    else:
        typer.echo("\n".join(_line_of(cell) for cell in error.cells), err=True)
    if rejects is not None:
        write_rejects(error.cells, rejects)  # after they were told: it may fail
    if as_json:
        raise typer.Exit(EXIT_REFUSED) from None
    raise error


def _line_of(cell: RejectedCell) -> str:
    place = f"Row {cell.row}, column {cell.column} ({cell.code})"
    return f"{place}: {cell.found} Expected: {cell.expected} {cell.remedy}"
