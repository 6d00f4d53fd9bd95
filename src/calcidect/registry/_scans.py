"""Scans and their findings in and out of the database; every change leaves a row of history."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from calcidect.registry import _schema as schema
from calcidect.registry._catalogue import FINDING_LEVELS
from calcidect.registry._scan_record import ScanRecord
from calcidect.registry._store import Author, Items


def insert_scan(
    connection: sa.Connection, record: ScanRecord, person_id: str, visit: int, number: int, author: Author
) -> None:
    """Write a scan that is not there yet, and its history."""
    _insert(connection, record, person_id, visit, number)
    _remember(connection, author, person_id, visit, number, {"findings_hash": [None, record.scan["findings_hash"]]})


def recorded_scan(connection: sa.Connection, person_id: str, visit: int, number: int) -> ScanRecord | None:
    """Return a recorded scan, None if there is none."""
    columns = schema.scan.c
    its_place = (columns.person_id == person_id) & (columns.visit == visit) & (columns.scan == number)
    row = connection.execute(sa.select(schema.scan).where(its_place)).mappings().first()
    return None if row is None else _whole(connection, row)


def replace_scan(connection: sa.Connection, record: ScanRecord, old: Any, author: Author) -> None:
    """Put a scan in the place of a recorded one. The history keeps all of the old one."""
    place = (old["person_id"], old["visit"], old["scan"])
    hashes = [scan["findings_hash"] for scan in (old["items"], record.scan)]
    changes = {"findings_hash": hashes, "replaced": [asdict(_whole(connection, old)), None]}
    for table in (schema.finding, schema.scan):
        connection.execute(sa.delete(table).where(table.c.scan_key == old["scan_key"]))
    _insert(connection, record, *place)
    _remember(connection, author, *place, changes)


def same_scan(connection: sa.Connection, record: ScanRecord) -> Any:
    """Return the recorded row of the same study and of one of the same hands, None if there is none."""
    same = schema.scan.c.study_uid_hash == record.scan["study_uid_hash"]
    hands = set(record.scan.get("sides", []))
    for row in connection.execute(sa.select(schema.scan).where(same)).mappings():
        its_hands = set(row["items"].get("sides", []))
        if hands & its_hands or hands == its_hands:
            return row
    return None


def next_number(connection: sa.Connection, person_id: str, visit: int) -> int:
    """Return the number that the next scan of a visit gets."""
    own = (schema.scan.c.person_id == person_id) & (schema.scan.c.visit == visit)
    return 1 + (connection.execute(sa.select(sa.func.max(schema.scan.c.scan)).where(own)).scalar() or 0)


def _insert(connection: sa.Connection, record: ScanRecord, person_id: str, visit: int, number: int) -> None:
    row = {"person_id": person_id, "visit": visit, "scan": number, "items": record.scan}
    row |= {name: record.scan[name] for name in ("subject_id", "study_uid_hash")}
    key = sa.insert(schema.scan).values(row).returning(schema.scan.c.scan_key)
    scan_key = connection.execute(key).scalar_one()
    findings = [
        {"scan_key": scan_key, "level": level, "number": number, "items": its_items}
        for level in FINDING_LEVELS
        for number, its_items in enumerate(record.findings.get(level, []), start=1)
    ]
    if findings:
        connection.execute(sa.insert(schema.finding), findings)


def _whole(connection: sa.Connection, scan: Any) -> ScanRecord:
    """Return a recorded scan with its findings."""
    own = sa.select(schema.finding).where(schema.finding.c.scan_key == scan["scan_key"])
    rows = connection.execute(own.order_by(schema.finding.c.level, schema.finding.c.number)).mappings().all()
    findings = {level: [r["items"] for r in rows if r["level"] == level] for level in FINDING_LEVELS[1:]}
    return ScanRecord(scan["items"], findings)


def _remember(connection: sa.Connection, author: Author, person_id: str, visit: int, scan: int, changes: Items) -> None:
    connection.execute(sa.insert(schema.change), [author.row("scan", person_id, visit, scan, changes)])
