"""A result folder joins a person's visit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from calcidect.errors import InputRefusedError
from calcidect.registry import _schema as schema
from calcidect.registry._consistency import inconsistencies
from calcidect.registry._database import Database
from calcidect.registry._faults import Fault
from calcidect.registry._pseudonym import check_pseudonym
from calcidect.registry._scan_record import ScanRecord, scan_record
from calcidect.registry._scans import insert_scan, next_number, replace_scan, same_scan
from calcidect.registry._store import Author, Person, read_ids, read_people, write_people
from calcidect.result import read_result

_SEX_OF_SCAN = {"F": "female", "M": "male", "O": "other"}  # DICOM PS3.3 C.7.1.1, Patient's Sex


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
        raise _refused(fault) from None
    with database.write() as connection:
        return _put(connection, record, person_id, who, options)


def _put(
    connection: sa.Connection, record: ScanRecord, person_id: str, who: str, options: AddOptions
) -> tuple[int, int]:
    """Write what is kept of a result; see ``add_result``."""
    author = Author(who, "add")
    person = _person(connection, record, person_id, author, options)
    visit = _visit(connection, person, record, person_id, author, options)
    if not options.other_subject:
        _refuse_other_person(connection, person, record, person_id)
    old = same_scan(connection, record)
    if old is None:
        number = next_number(connection, person_id, visit)
        insert_scan(connection, record, person_id, visit, number, author)
        return visit, number
    if (old["person_id"], old["visit"]) != (person_id, visit):
        raise _recorded("The scan is recorded at another person or visit.", "Check --person and --visit.")
    if old["items"]["findings_hash"] == record.scan["findings_hash"]:
        raise _recorded("The result is recorded already.", "Nothing needs to be done.")
    if not options.replace:
        raise _recorded("Another analysis of the scan is recorded.", "Put this one in its place with --replace.")
    replace_scan(connection, record, old, Author(who, "replace"))
    return visit, int(old["scan"])


def _person(
    connection: sa.Connection, record: ScanRecord, person_id: str, author: Author, options: AddOptions
) -> Person:
    before = read_people(connection, [person_id])
    if person_id in before:
        return before[person_id]
    if not options.create:
        raise _not_there("person", "Import the record of the person first, or make it from the scan with --create.")
    if person_id.lower() in {recorded.lower() for recorded in read_ids(connection)}:
        raise _not_there("person", "Write the pseudonym as it is recorded, in upper and lower case.")
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
    after = Person(person.items, visits)
    for _, fault in inconsistencies(after, {}):
        raise _refused(fault)
    write_people(connection, {person_id: person}, {person_id: after}, author)
    return visit


def _refuse_other_person(connection: sa.Connection, person: Person, record: ScanRecord, person_id: str) -> None:
    """Refuse a scan whose pseudonym or sex is not the person's. The pseudonyms of recorded scans are the person's."""
    subject = record.scan["subject_id"]
    its_people = sa.select(schema.scan.c.person_id).where(schema.scan.c.subject_id == subject)
    others = set(connection.execute(its_people).scalars())
    if subject != person_id and person_id not in others:
        whose = "of another person in the registry" if others else "that the registry does not know"
        raise _other_person(f"The scan bears a pseudonym {whose}.")
    sexes = {person.items.get("sex"), _SEX_OF_SCAN.get(record.scan.get("scan_sex", ""))}
    if {"female", "male"} <= sexes:
        raise _other_person("The scan states another sex than the record.")


def _refused(fault: Fault) -> InputRefusedError:
    return InputRefusedError(fault.code, found=fault.found, expected=fault.expected, remedy=fault.remedy)


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
