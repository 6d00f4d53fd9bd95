"""REDCap's records go into the registry whole, or not at all, by the same rules as a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from calcidect.registry._catalogue import FINDING_LEVELS, MISSING, Level, items
from calcidect.registry._cells import Reading, read_cell
from calcidect.registry._check import Row, column_letter, has_right_width, unknown_column, wrong_width
from calcidect.registry._database import Database
from calcidect.registry._faults import Fault, RejectedCell, TableRefusedError, rejected
from calcidect.registry._import import ImportOptions, ImportSummary, kept_if, merge_and_write
from calcidect.registry._redcap_fields import (
    EVENT,
    INSTANCE,
    INSTRUMENT,
    PERSON_EVENT,
    SYSTEM_COLUMNS,
    Field,
    fields,
    visit_of,
)
from calcidect.registry._scan_record import ScanRecord
from calcidect.registry._scans import insert_scan, recorded_scan, same_scan
from calcidect.registry._sheet import Sheet, is_filled, read_sheet
from calcidect.registry._store import Author, Items

_PASSED_OVER = re.compile(r"redcap_(data_access_group|survey_identifier)|[a-z0-9_]+_(complete|timestamp)")
"""What REDCap adds of its own."""
_IDENTITY = {"study_uid_hash", "findings_hash", "subject_id"}
"""What tells a scan and its analysis from others."""
_YES_NO = {"1": "yes", "0": "no"}


@dataclass(frozen=True)
class _Line:
    """One row of the file: where it belongs, and its filled cells."""

    number: int
    person_id: str
    visit: int | None
    level: Level
    instance: int
    values: Items


@dataclass
class _Found:
    """What was read, and what was refused."""

    lines: list[_Line] = field(default_factory=list)
    refused: list[RejectedCell] = field(default_factory=list)


def import_redcap(database: Database, path: Path, who: str, options: ImportOptions) -> ImportSummary:
    """Import records that REDCap exported: raw values, CSV.

    Parameters
    ----------
    database : Database
    path : Path
    who : str
        Who is named in the history.
    options : ImportOptions
        As for a table.

    Raises
    ------
    TableRefusedError
        With every cell that can't be taken. Nothing was imported.
    """
    known = {*SYSTEM_COLUMNS, *(column for field in fields() for column in field.columns)}
    sheet = read_sheet(path, known, options.encoding)
    found = _read(sheet, options.reading)
    author = Author(who, "redcap_import")
    with kept_if(database, not options.dry_run) as connection:
        rows = [Row(n.number, n.person_id, n.visit, n.values) for n in found.lines if n.level not in FINDING_LEVELS]
        counts = merge_and_write(connection, rows, found.refused, author, options)
        counts["scans_new"] = _write_scans(connection, found.lines, author)
    return ImportSummary(sheet.form, len(sheet.rows), counts, options.dry_run)


def _read(sheet: Sheet, reading: Reading) -> _Found:
    found = _Found()
    columns = _columns(sheet, found)
    if not set(SYSTEM_COLUMNS[:2]) <= set(columns):
        return found  # no row can be placed
    for number, cells in sheet.rows:
        if not has_right_width(sheet, cells):
            found.refused.append(rejected(number, column_letter(min(len(cells), len(sheet.columns))), wrong_width()))
            continue
        system = {name: _text(cells[at]) for name, at in columns.items() if name in SYSTEM_COLUMNS}
        place = _place(number, system, reading, found)
        if place is None:
            continue
        person_id, visit, level, instance = place
        values: Items = {}
        for its_field in fields():
            _take(its_field, number, level, columns, cells, reading, values, found)
        found.lines.append(_Line(number, person_id, visit, level, instance, values))
    return found


def _columns(sheet: Sheet, found: _Found) -> dict[str, int]:
    """Return the place of each known column."""
    known = {*SYSTEM_COLUMNS, *(column for its_field in fields() for column in its_field.columns)}
    places: dict[str, int] = {}
    for index, name in enumerate(sheet.columns):
        if name in known:
            places[name] = index
        elif not _PASSED_OVER.fullmatch(name):
            found.refused.append(rejected(1, column_letter(index), unknown_column(name)))
    for name in SYSTEM_COLUMNS[:2]:
        if name not in places:
            found.refused.append(rejected(1, name, _no_column(name)))
    return places


def _place(
    number: int, system: dict[str, str], reading: Reading, found: _Found
) -> tuple[str, int | None, Level, int] | None:
    """Return person, visit, level and instance of a row; None if one of them can't be told."""
    instrument, event = system.get(INSTRUMENT, ""), system.get(EVENT, "")
    column = "person_id"
    try:
        person_id = read_cell(items("key")["person_id"], system.get("person_id"), reading)
        if person_id is None:
            raise Fault("key_missing", "The record has no id.", "A key in every row.", "Write the pseudonym.")
        column, visit = EVENT, visit_of(event)
        if visit is None and event != PERSON_EVENT:
            raise _unknown(EVENT, f"{PERSON_EVENT}, or visit_1_arm_1, visit_2_arm_1 and so on")
        column = INSTRUMENT
        if instrument and (instrument not in FINDING_LEVELS or visit is None):
            raise _unknown(INSTRUMENT, f"{', '.join(FINDING_LEVELS)} at a visit, or an empty cell")
        column, text = INSTANCE, system.get(INSTANCE, "")
        if instrument and not re.fullmatch(r"[1-9]\d{0,5}", text):
            raise _unknown(INSTANCE, "a whole number from 1")
    except Fault as fault:
        found.refused.append(rejected(number, column, fault))
        return None
    level: Any = instrument or ("person" if visit is None else "visit")
    return person_id, visit, level, int(text or 1)


def _take(
    its_field: Field, number: int, level: Level, columns: dict[str, int], cells: tuple[Any, ...], reading: Reading,
    values: Items, found: _Found,
) -> None:  # fmt: skip
    """Read one field of one row."""
    raw = {name: _text(cells[columns[name]]) for name in its_field.columns if name in columns}
    raw = {name: text for name, text in raw.items() if text}
    try:
        text = _as_cell(its_field, raw)
        value = read_cell(its_field.item, text, reading)
    except Fault as fault:
        found.refused.append(rejected(number, next(iter(raw)), fault))
        return
    if value is None:
        return
    if its_field.level != level:
        found.refused.append(rejected(number, next(iter(raw)), _elsewhere(its_field.level)))
        return
    values[its_field.item.name] = value


def _text(cell: Any) -> str:
    return str(cell).strip() if is_filled(cell) else ""


def _as_cell(its_field: Field, raw: dict[str, str]) -> str:
    """Return REDCap's raw values as the cell of a table would be."""
    if not raw:
        return ""
    if its_field.item.kind == "codes":
        if not set(raw.values()) <= {"0", "1"}:
            raise _unknown("checkbox", "0 or 1")
        ticked = [name.rpartition("___")[2] for name, text in raw.items() if text == "1"]
        if len(ticked) > 1 and set(ticked) & set(MISSING):
            raise Fault("contradiction", "The checkbox is ticked and missing.", "One of both.", "Correct the record.")
        return ";".join(ticked)
    text = raw[its_field.name]
    return _YES_NO.get(text, text) if its_field.item.kind == "yes_no" else text


def _write_scans(connection: sa.Connection, lines: list[_Line], author: Author) -> int:
    """Write scans that are not recorded yet; the same scan with the same findings is passed over."""
    refused, new = _without_scan(lines), 0
    for line in lines:
        if line.level != "scan" or line.visit is None:
            continue
        record = ScanRecord(line.values, _findings(lines, line))
        old = recorded_scan(connection, line.person_id, line.visit, line.instance)
        if old is None and set(record.scan) >= _IDENTITY and same_scan(connection, record) is None:
            insert_scan(connection, record, line.person_id, line.visit, line.instance, author)
            new += 1
        elif old != record:
            refused.append(rejected(line.number, INSTANCE, _other_scan()))
    if refused:
        raise TableRefusedError(refused)
    return new


def _without_scan(lines: list[_Line]) -> list[RejectedCell]:
    """Return findings whose scan is not in the file: they would be lost."""
    scans = {(line.person_id, line.visit, line.instance) for line in lines if line.level == "scan"}
    return [
        rejected(line.number, f"{line.level}_scan", _no_scan())
        for line in lines
        if line.level in FINDING_LEVELS and line.level != "scan"
        if (line.person_id, line.visit, line.values.get("scan")) not in scans
    ]


def _findings(lines: list[_Line], scan: _Line) -> dict[Level, list[Items]]:
    """Return the findings of one scan, by level, in the order of their instances."""
    own: dict[Level, list[Items]] = {level: [] for level in FINDING_LEVELS if level != "scan"}
    for line in sorted(lines, key=lambda line: line.instance):
        of_scan = (line.person_id, line.visit, line.values.get("scan"))
        if line.level in own and of_scan == (scan.person_id, scan.visit, scan.instance):
            own[line.level].append({name: value for name, value in line.values.items() if name != "scan"})
    return own


def _no_column(name: str) -> Fault:
    return Fault("key_missing", f"There is no column {name}.", f"A column {name}.", "Export all columns, raw, as CSV.")


def _unknown(what: str, expected: str) -> Fault:
    return Fault(
        "unknown_code", f"The cell holds an unknown {what}.", f"{expected}.", "Set the project up as the manual says."
    )


def _elsewhere(level: Level) -> Fault:
    found, expected = "The cell is filled in at the wrong event or instrument.", f"Values of the level {level} there."
    return Fault("wrong_event", found, expected, "Correct the events that the instrument is designated for.")


def _no_scan() -> Fault:
    found, expected = "The file has no scan of that number at the visit.", "Each finding with its scan."
    return Fault("key_missing", found, expected, "Export all instruments, raw, as CSV.")


def _other_scan() -> Fault:
    return Fault(
        "already_recorded",
        "The scan differs from the recorded one, is recorded in another place, or lacks what identifies it.",
        "The scan as calcidect exported it.",
        "Leave scans out, or add the result itself with `calcidect registry add --replace`.",
    )
