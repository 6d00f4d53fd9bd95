"""Who was scanned becomes a pseudonym, an age and a sex."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime

from calcidect.study._header import Person
from calcidect.study._types import Subject

_YEARS_PER = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
_AGE = re.compile(r"(\d{1,3})([YMWD])")


def subject_of(person: Person, study_uid: str) -> Subject:
    """Return the person without name, id or birth date.

    The pseudonym is a hash of the patient id (of the name where there is none), so that it is the same at each visit;
    where neither is left, of the study's UID, so that two people never share one. A hash hides an id from a reader, not
    from someone who can try all ids.
    """
    identity = person.patient_id or person.name or study_uid
    digest = hashlib.sha256(f"calcidect subject {identity}".encode()).hexdigest()
    sex = person.sex.upper() if person.sex.upper() in ("F", "M", "O") else None
    return Subject(f"S-{digest[:10]}", _age_years(person), sex)


def study_date_of(person: Person) -> str | None:
    """Return the study's date as YYYY-MM-DD, if there is a valid one."""
    day = _date(person.study_date)
    return day.isoformat() if day else None


def _age_years(person: Person) -> float | None:
    match = _AGE.fullmatch(person.age.strip().upper())
    if match:
        return round(int(match[1]) * _YEARS_PER[match[2]], 1)
    born, scanned = _date(person.birth_date), _date(person.study_date)
    if not born or not scanned or born > scanned:
        return None
    return float(scanned.year - born.year - ((scanned.month, scanned.day) < (born.month, born.day)))


def _date(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None
