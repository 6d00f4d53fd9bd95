"""A table of people and visits goes into the database whole, or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from calcidect.registry._catalogue import entered_items
from calcidect.registry._cells import Reading
from calcidect.registry._check import Row, check_sheet
from calcidect.registry._consistency import inconsistencies
from calcidect.registry._database import Database
from calcidect.registry._faults import Fault, RejectedCell, TableRefusedError, rejected
from calcidect.registry._sheet import Sheet, read_sheet
from calcidect.registry._store import Author, Person, read_ids, read_people, write_people


@dataclass(frozen=True)
class ImportOptions:
    """How a table is imported.

    Parameters
    ----------
    encoding : str or None
        Of a CSV file; see ``read_sheet``.
    decimal_comma : bool
        Whether ``12,5`` is a number.
    update : bool
        Whether values that are recorded already may be changed.
    dry_run : bool
        Whether to check alone.
    today : date or None
        Later dates are refused; by default the computer's.
    """

    encoding: str | None = None
    decimal_comma: bool = False
    update: bool = False
    dry_run: bool = False
    today: dt.date | None = None

    @property
    def reading(self) -> Reading:
        """How cells are read."""
        return Reading(self.today or dt.date.today(), self.decimal_comma)


@dataclass(frozen=True)
class ImportSummary:
    """What an import did, or would do.

    Parameters
    ----------
    form : str
        How the file was read.
    rows : int
        Rows below the header.
    counts : dict
        As ``write_people`` gives them.
    dry_run : bool
        Whether nothing was written.
    """

    form: str
    rows: int
    counts: dict[str, int]
    dry_run: bool


class _DryRun(Exception):  # noqa: N818  # it ends a transaction, and is no failure
    """Leaves a transaction without keeping it."""


def import_table(database: Database, path: Path, who: str, options: ImportOptions) -> ImportSummary:
    """Import a CSV or Excel file, a row per visit; items of the person may stand in any of its rows.

    Parameters
    ----------
    database : Database
    path : Path
    who : str
        Who is named in the history.
    options : ImportOptions

    Raises
    ------
    TableRefusedError
        With every cell that can't be taken. Nothing was imported.
    InputRefusedError
        If the file can't be read as a table.
    """
    sheet = read_sheet(path, entered_items(), options.encoding)
    return import_sheet(database, sheet, Author(who, "import"), options)


def import_sheet(database: Database, sheet: Sheet, author: Author, options: ImportOptions) -> ImportSummary:
    """Import a sheet that was read; see ``import_table``."""
    rows, refused = check_sheet(sheet, options.reading)
    with kept_if(database, not options.dry_run) as connection:
        counts = merge_and_write(connection, rows, refused, author, options)
    return ImportSummary(sheet.form, len(sheet.rows), counts, options.dry_run)


@contextmanager
def kept_if(database: Database, kept: bool) -> Iterator[sa.Connection]:
    """Give a connection to write with; at its end all is kept, or nothing."""
    try:
        with database.write() as connection:
            yield connection
            if not kept:
                raise _DryRun
    except _DryRun:
        pass


def merge_and_write(
    connection: sa.Connection, rows: list[Row], refused: list[RejectedCell], author: Author, options: ImportOptions
) -> dict[str, int]:
    """Merge rows into the record and write it.

    Raises
    ------
    TableRefusedError
        If a cell was refused before, or contradicts another row, the record or itself.
    """
    before = read_people(connection, {row.person_id for row in rows})
    after, more = merged(before, rows, update=options.update)
    more += _almost_the_same(rows, read_ids(connection))
    places = {(cell.row, cell.column) for cell in refused}
    more = [cell for cell in more if not _follows_from(cell, places)]
    if refused or more:
        raise TableRefusedError([*refused, *more])
    return write_people(connection, before, after, author)


def _almost_the_same(rows: list[Row], recorded: Iterable[str]) -> list[RejectedCell]:
    """Return pseudonyms that differ from another one by upper and lower case alone: one person under two names."""
    first = {person_id.lower(): person_id for person_id in [*(row.person_id for row in reversed(rows)), *recorded]}
    return [
        rejected(row.number, "person_id", _other_case())
        for row in rows
        if first[row.person_id.lower()] != row.person_id
    ]


def _other_case() -> Fault:
    found = "Another pseudonym differs from this one by upper and lower case alone."
    return Fault("pseudonym_case", found, "One way to write each pseudonym.", "Write both alike.")


def _follows_from(cell: RejectedCell, refused: set[tuple[int, str]]) -> bool:
    """Tell whether a cell lacks only what stands, refused, in another cell of its row."""
    item = entered_items().get(cell.column)
    if cell.code != "without_its_finding" or item is None or item.requires is None:
        return False
    return (cell.row, item.requires[0]) in refused


def merged(
    before: dict[str, Person], rows: Iterable[Row], *, update: bool
) -> tuple[dict[str, Person], list[RejectedCell]]:
    """Return people as they would be after some rows, and what contradicts: other rows, the record, or itself."""
    after, refused = deepcopy(before), []
    origin: dict[tuple[str, int | None, str], Row] = {}
    seen: dict[tuple[str, int | None], int] = {}
    for row in rows:
        first = seen.setdefault((row.person_id, row.visit), row.number)
        if first != row.number:
            refused.append(rejected(row.number, "visit" if row.visit else "person_id", _duplicate(first)))
            continue
        person = after.setdefault(row.person_id, Person())
        if row.visit is not None:
            person.visits.setdefault(row.visit, {})
        for name, value in row.values.items():
            fault = _put(person, row, name, value, origin, before.get(row.person_id), update=update)
            if fault is not None:
                refused.append(rejected(row.number, name, fault))
    refused += _contradictions(after, origin, {row.person_id: row.number for row in rows})
    return after, refused


def _put(
    person: Person, row: Row, name: str, value: Any, origin: dict[tuple[str, int | None, str], Row],
    recorded: Person | None, *, update: bool,
) -> Fault | None:  # fmt: skip
    """Put a value into a person; return a fault if another row or the record has another value."""
    visit = row.visit if entered_items()[name].level == "visit" else None
    items = person.items if visit is None else person.visits[visit]
    earlier = origin.setdefault((row.person_id, visit, name), row)
    if earlier is not row and items[name] != value:
        return _contradicts_row(earlier.number)
    old = None if recorded is None else (recorded.items if visit is None else recorded.visits.get(visit, {})).get(name)
    if old is not None and old != value and not update:
        return _recorded()
    items[name] = value
    return None


def _contradictions(
    after: dict[str, Person], origin: dict[tuple[str, int | None, str], Row], any_row: dict[str, int]
) -> list[RejectedCell]:
    """Return what contradicts itself in a person, at the row that states it, or else at a row of that person."""
    refused = []
    for person_id, row in any_row.items():
        person = after[person_id]
        stated_at = {name: origin[key].visit for name in person.items if (key := (person_id, None, name)) in origin}
        for (visit, name), fault in inconsistencies(person, stated_at):
            stated = origin.get((person_id, visit, name))
            refused.append(rejected(stated.number if stated else row, name, fault))
    return refused


def _duplicate(first: int) -> Fault:
    found, expected = f"Row {first} has the same person and visit.", "One row per person and visit."
    return Fault("duplicate_row", found, expected, "Remove one of the rows, or correct the number of the visit.")


def _contradicts_row(other: int) -> Fault:
    found, expected = f"Row {other} has another value for the same person.", "One value per person, or empty cells."
    return Fault("contradiction", found, expected, "Correct one of them, or the pseudonym.")


def _recorded() -> Fault:
    return Fault(
        "already_recorded",
        "The registry holds another value.",
        "The value that is recorded, or an empty cell.",
        "Correct the cell, or change the record with --update; the history keeps the old value.",
    )
