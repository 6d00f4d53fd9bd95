"""The record as REDCap's records: one row per event, and one per instance of a repeating instrument."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from calcidect.registry._catalogue import FINDING_LEVELS, MISSING, Level
from calcidect.registry._cells import as_cell
from calcidect.registry._database import Database
from calcidect.registry._redcap_fields import EVENT, INSTANCE, INSTRUMENT, SYSTEM_COLUMNS, Field, event_of, fields
from calcidect.registry._store import Items, read_people
from calcidect.registry._tables import read_findings, read_scans

Cells = dict[str, str]


def redcap_csv(database: Database) -> str:
    """Return every record as REDCap's CSV: raw codes, ``1`` and ``0``, checkboxes as ``name___code``."""
    columns = [*SYSTEM_COLUMNS, *(column for field in fields() for column in field.columns)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(database))
    return text.getvalue()


def _rows(database: Database) -> Iterator[Cells]:
    with database.read() as connection:
        people = read_people(connection)
        scans = read_scans(connection)
        of_levels = {level: read_findings(connection, level, scans) for level in FINDING_LEVELS}
    repeated: dict[tuple[str, int], list[Cells]] = {}
    instances: dict[tuple[str, int, Level], int] = {}
    of_levels["scan"] = sorted(scans.values(), key=lambda scan: int(scan["scan"]))
    for level in FINDING_LEVELS:
        for row in of_levels[level]:
            key = (row["person_id"], row["visit"])
            instance = row["scan"] if level == "scan" else instances.get((*key, level), 0) + 1
            instances[*key, level] = instance
            cells = _cells(*key, level, row) | {INSTRUMENT: level, INSTANCE: str(instance)}
            repeated.setdefault(key, []).append(cells)
    for person_id, person in people.items():
        yield _cells(person_id, None, "person", person.items)
        for visit, its_items in person.visits.items():
            yield _cells(person_id, visit, "visit", its_items)
            yield from repeated.get((person_id, visit), [])


def _cells(person_id: str, visit: int | None, level: Level, row: Items) -> Cells:
    cells = {"person_id": person_id, EVENT: event_of(visit)}
    for field in fields():
        if field.level == level and (value := row.get(field.item.name)) is not None:
            cells |= _of_field(field, value)
    return cells


def _of_field(field: Field, value: Any) -> Cells:
    """Return the cells of one value. A checkbox that was not filled in has empty cells, not 0."""
    if field.item.kind == "codes":
        ticked = [value] if isinstance(value, str) else value
        return {f"{field.name}___{code}": str(int(code in ticked)) for code in (*field.item.codes, *MISSING)}
    if isinstance(value, bool):
        return {field.name: str(int(value))}
    return {field.name: as_cell(value)}
