"""What may stand for a person, and what looks like the person."""

from __future__ import annotations

import re

from calcidect.registry._faults import Fault

_ALLOWED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_OF_A_SCAN = re.compile(r"S-[0-9a-f]{10}")
"""As calcidect names the person of a scan: a hash, whose digits mean nothing."""
_DATE = re.compile(
    r"(?<!\d)((19|20)\d\d[-_]?(0[1-9]|1[0-2])[-_]?([0-2]\d|3[01])"
    r"|([0-2]?\d|3[01])[-_](0?[1-9]|1[0-2])[-_](19|20)?\d\d)(?!\d)"
)
"""Whole numbers alone: 01-02-003 is centre, group and person."""
_LONG_NUMBER = re.compile(r"\d{6}")
"""Our choice: study numbers have up to five digits; hospital, insurance and telephone numbers have six and more."""

_IDENTIFYING = re.compile(
    r"(^|[^a-z])(name|surname|forename|initials?|birth[a-z]*|born|dob|geburt[a-z]*|geboren|vorname|nachname|nom|prenom|nombre|"
    r"address|street|zip|postcode|postal|phone|telephone|mobile|fax|e?mail|mrn|ssn|nhs|chi|hospital|insurance|"
    r"patient_?id|patient_?no|patient_?number|patnr|pid|accession|passport|license|photo)([^a-z]|$)"
)


def check_pseudonym(text: str) -> str:
    """Return a pseudonym, or say why it can't be one.

    Raises
    ------
    Fault
        If it looks like a name, a date or a hospital number, or has characters that file names and tables dislike.
    """
    if _OF_A_SCAN.fullmatch(text):
        return text
    if _ALLOWED.fullmatch(text) is None:
        like_a_name = re.fullmatch(r"[^\W\d_]+([\s,.^'-]+[^\W\d_]+)+\.?", text)
        raise _refused("what looks like a name" if like_a_name else "a text with other characters")
    if not any(character.isdigit() for character in text):
        raise _refused("letters alone, which may be a name")
    if _DATE.search(text):
        raise _refused("what looks like a date")
    if _LONG_NUMBER.search(text):
        raise _refused("a number of six or more digits, which may be a hospital number")
    return text


def is_identifying(column: str) -> bool:
    """Tell whether a column's name asks for names, birth dates, addresses or hospital numbers."""
    return _IDENTIFYING.search(re.sub(r"[\s.-]+", "_", column.strip().lower())) is not None


def _refused(found: str) -> Fault:
    return Fault(
        "not_a_pseudonym",
        f"The cell holds {found}.",
        "A pseudonym such as P01 or SSC-0042: letters, digits, _ and -, at least one digit, at most five in a row.",
        "Give each person a study number, and keep the list of who is who elsewhere.",
    )
