"""A result folder joins a person's visit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from calcidect.errors import InputRefusedError
from calcidect.registry import _schema as schema
from calcidect.registry._catalogue import FINDING_LEVELS, Level, items
from calcidect.registry._database import Database
from calcidect.registry._faults import Fault
from calcidect.registry._pseudonym import check_pseudonym
from calcidect.registry._store import Author, Items, Person, read_people, write_people
from calcidect.result import Result, as_document, read_result

_SEX_OF_SCAN = {"F": "female", "M": "male", "O": "other"}  # DICOM PS3.3 C.7.1.1, Patient's Sex


@dataclass(frozen=True)
class ScanRecord:
    """What the registry keeps of one result.

    Parameters
    ----------
    scan : dict
        Items of the level ``scan``, without its number.
    findings : dict of str to list of dict
        Items of the levels ``hand``, ``digit``, ``deposit`` and ``destruction``.
    """

    scan: Items
    findings: dict[Level, list[Items]]


@dataclass(frozen=True)
class AddOptions:
    """What is allowed when a result is added.

    Parameters
    ----------
    visit : int or None
        None: the only visit of the person.
    create : bool
        Make person and visit from what the scan says, if they are not there.
    other_subject : bool
        Accept a scan whose pseudonym, or sex, is not the person's.
    replace : bool
        Put another analysis of the same scan in the place of the recorded one.
    """

    visit: int | None = None
    create: bool = False
    other_subject: bool = False
    replace: bool = False


def scan_record(result: Result) -> ScanRecord:
    """Return what is kept of a result, by names of the catalogue."""
    document = as_document(result)
    study, burden, digits = document["study"], document["burden"], document["acro_osteolysis"]
    sites = document["bone_destruction"]
    scan = {
        **burden["all"],
        **study,
        "scan_date": study["study_date"],
        "scan_age_years": study["age"],
        "scan_sex": study["sex"],
        "sides": [side for side in ("right", "left") if burden[side] is not None],
        "acro_osteolysis_assessed": sum(row["present"] is not None for row in digits),
        "acro_osteolysis_present": sum(row["present"] is True for row in digits),
        "destruction_sites": len(sites),
        "destruction_volume_mm3": float(sum(row["volume_mm3"] for row in sites)),
        "input_hash": result.provenance.input_hash,
        "findings_hash": _hash(document),
        "calibration": result.provenance.calibration,
        "program_version": result.provenance.program_version,
        "schema_version": document["schema_version"],
    }
    hands = [{"side": side, **burden[side]} for side in scan["sides"]]
    rows: dict[Level, list[Items]] = {
        "hand": hands,
        "digit": digits,
        "deposit": document["deposits"],
        "destruction": sites,
    }
    return ScanRecord(_kept("scan", scan), {level: [_kept(level, row) for row in its] for level, its in rows.items()})


def _hash(document: Items) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _kept(level: Level, row: Items) -> Items:
    """Return the values that the catalogue knows and that are there."""
    kept = {}
    for name, item in items(level).items():
        value: Any = row.get(name)
        if isinstance(value, dict):
            value = [f"{key}:{number:g}" for key, number in value.items()]
        if value is not None and value != []:
            kept[name] = float(value) if item.kind == "number" else value
    return kept


def add_result(database: Database, folder: Path, person_id: str, who: str, options: AddOptions) -> tuple[int, int]:
    """Join a result folder to a person and visit.

    One scan is one study and hand: the same findings again are refused, and so is another analysis of a recorded scan,
    unless it is to take its place; the history then keeps the old one. Another scan of the visit gets the next number.

    Returns
    -------
    tuple of int
        The visit, and the number of the scan at it.

    Raises
    ------
    InputRefusedError
        If the folder is no result, person or visit are not there, the scan is another person's, or it is recorded.
    """
    record = scan_record(read_result(folder))
    try:
        person_id = check_pseudonym(person_id)
    except Fault as fault:
        raise InputRefusedError(fault.code, found=fault.found, expected=fault.expected, remedy=fault.remedy) from None
    with database.write() as connection:
        action = "replace" if options.replace else "add"
        return put_scan(connection, record, person_id, Author(who, action), options)


def put_scan(
    connection: sa.Connection, record: ScanRecord, person_id: str, author: Author, options: AddOptions
) -> tuple[int, int]:
    """Write what is kept of a result; see ``add_result``."""
    person = _person(connection, record, person_id, author, options)
    visit = _visit(connection, person, record, person_id, author, options)
    if not options.other_subject:
        _refuse_other_person(connection, person, record, person_id)
    old = _same_scan(connection, record)
    if old is None:
        number = 1 + (connection.execute(_numbers(person_id, visit)).scalar() or 0)
        insert_scan(connection, record, person_id, visit, number, author)
        return visit, number
    if (old["person_id"], old["visit"]) != (person_id, visit):
        raise _recorded("The scan is recorded at another person or visit.", "Check --person and --visit.")
    if old["items"] == record.scan or not options.replace:
        same = old["items"].get("findings_hash") == record.scan["findings_hash"]
        raise _recorded(
            "The result is recorded already." if same else "Another analysis of the scan is recorded.",
            "Nothing needs to be done." if same else "Put this one in its place with --replace.",
        )
    changes = {
        "findings_hash": [old["items"]["findings_hash"], record.scan["findings_hash"]],
        "replaced": [asdict(_whole(connection, old)), None],
    }
    connection.execute(sa.delete(schema.finding).where(schema.finding.c.scan_key == old["scan_key"]))
    connection.execute(sa.delete(schema.scan).where(schema.scan.c.scan_key == old["scan_key"]))
    _insert(connection, record, person_id, visit, old["scan"])
    _remember(connection, author, person_id, visit, old["scan"], changes)
    return visit, int(old["scan"])


def _person(
    connection: sa.Connection, record: ScanRecord, person_id: str, author: Author, options: AddOptions
) -> Person:
    before = read_people(connection, [person_id])
    if person_id in before:
        return before[person_id]
    if not options.create:
        raise _not_there("person", "Import the record of the person first, or make it from the scan with --create.")
    sex = _SEX_OF_SCAN.get(record.scan.get("scan_sex", ""))
    person = Person({"sex": sex} if sex else {})
    write_people(connection, {}, {person_id: person}, author)
    return person


def _visit(
    connection: sa.Connection, person: Person, record: ScanRecord, person_id: str, author: Author, options: AddOptions
) -> int:
    visit = options.visit
    if visit is None:
        if len(person.visits) > 1:
            raise _not_there("number of the visit", "The person has several visits: give --visit.")
        visit = next(iter(person.visits), 1)
    if visit in person.visits:
        return visit
    if not options.create:
        raise _not_there("visit", "Import the record of the visit first, or make it from the scan with --create.")
    its_items = {"visit_date": record.scan.get("scan_date"), "age_years": record.scan.get("scan_age_years")}
    visits = {**person.visits, visit: {name: value for name, value in its_items.items() if value is not None}}
    write_people(connection, {person_id: person}, {person_id: Person(person.items, visits)}, author)
    return visit


def _refuse_other_person(connection: sa.Connection, person: Person, record: ScanRecord, person_id: str) -> None:
    """Refuse a scan whose pseudonym or sex is not the person's. The pseudonyms of recorded scans are the person's."""
    subject = record.scan["subject_id"]
    known = sa.select(schema.scan.c.subject_id).where(schema.scan.c.person_id == person_id)
    if subject != person_id and subject not in connection.execute(known).scalars().all():
        raise _other_person("The scan bears another pseudonym than the person.")
    sex = _SEX_OF_SCAN.get(record.scan.get("scan_sex", ""))
    if sex and person.items.get("sex", sex) in ("female", "male") and person.items.get("sex", sex) != sex:
        raise _other_person("The scan states another sex than the record.")


def _same_scan(connection: sa.Connection, record: ScanRecord) -> Any:
    """Return the recorded scan of the same study and of one of the same hands."""
    same = schema.scan.c.study_uid_hash == record.scan["study_uid_hash"]
    hands = set(record.scan.get("sides", []))
    for row in connection.execute(sa.select(schema.scan).where(same)).mappings():
        its_hands = set(row["items"].get("sides", []))
        if hands & its_hands or hands == its_hands:
            return row
    return None


def _numbers(person_id: str, visit: int) -> sa.Select[Any]:
    own = (schema.scan.c.person_id == person_id) & (schema.scan.c.visit == visit)
    return sa.select(sa.func.max(schema.scan.c.scan)).where(own)


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


def _not_there(what: str, remedy: str) -> InputRefusedError:
    expected = "A person and a visit that are recorded."
    return InputRefusedError(
        f"{what.split()[0]}_missing", found=f"The {what} is not known.", expected=expected, remedy=remedy
    )


def _recorded(found: str, remedy: str) -> InputRefusedError:
    return InputRefusedError("result_recorded", found=found, expected="A scan that is not recorded yet.", remedy=remedy)


def _other_person(found: str) -> InputRefusedError:
    return InputRefusedError(
        "other_person",
        found=found,
        expected="A scan of this person.",
        remedy="Check --person; if it is the same person, say so with --other-subject.",
    )
