"""Dates as they are written in tables: full dates, and months or years where no more may or can be said."""

from __future__ import annotations

import datetime as dt
import re

from calcidect.registry._faults import Fault

EARLIEST_YEAR = 1900
"""Our choice: no person in the record, and no symptom, is from before."""
DAYS_PER_YEAR = 365.25

_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_DAY_FIRST_OR_MONTH_FIRST = re.compile(r"(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{2}|\d{4})")


def read_date(text: str, today: dt.date) -> str:
    """Return a full date as YYYY-MM-DD.

    Raises
    ------
    Fault
        If it is no such date, does not exist, or lies in the future or before 1900.
    """
    _refuse_other_forms(text, "YYYY-MM-DD, such as 2024-05-17")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise _wrong_form("The cell is not a date in this form.", "YYYY-MM-DD, such as 2024-05-17")
    return _checked(*(int(part) for part in text.split("-")), today=today).isoformat()


def read_month(text: str, today: dt.date) -> str:
    """Return a month as YYYY-MM, or a year as YYYY. See ``read_date``."""
    form = "YYYY-MM, such as 2003-05, or YYYY where the month is not known"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        _checked(*(int(part) for part in text.split("-")), today=today)
        raise Fault(
            "date_too_exact",
            "The cell holds a full date.",
            f"{form}.",
            "Leave the day out: it identifies, and is not needed.",
        )
    _refuse_other_forms(text, form)
    if not re.fullmatch(r"\d{4}(-\d{2})?", text):
        raise _wrong_form("The cell is not a month in this form.", form)
    year, _, month = text.partition("-")
    first = _checked(int(year), int(month or 1), 1, today=today).isoformat()
    return first[:7] if month else first[:4]


def first_day(when: str) -> dt.date:
    """Return the first day that a date, month or year may mean."""
    parts = [int(part) for part in when.split("-")]
    return dt.date(*[*parts, 1, 1][:3])


def last_day(when: str) -> dt.date:
    """Return the last day that a date, month or year may mean."""
    parts = [int(part) for part in when.split("-")]
    if len(parts) == 3:
        return dt.date(*parts)
    year, month = (parts[0] + 1, 1) if len(parts) == 1 or parts[1] == 12 else (parts[0], parts[1] + 1)
    return dt.date(year, month, 1) - dt.timedelta(days=1)


def years_between(earlier: str, later: str) -> float:
    """Return years from the middle of one date, month or year to the middle of another."""
    a, b = (first_day(when).toordinal() + last_day(when).toordinal() for when in (earlier, later))
    return (b - a) / 2 / DAYS_PER_YEAR


def _checked(year: int, month: int, day: int, *, today: dt.date) -> dt.date:
    try:
        date = dt.date(year, month, day)
    except ValueError:
        raise _impossible() from None
    if date > today:
        raise Fault(
            "date_future", "The date lies in the future.", "A date up to today.", "Correct the date; check the year."
        )
    if year < EARLIEST_YEAR:
        raise Fault(
            "date_too_old", f"The date lies before {EARLIEST_YEAR}.", f"{EARLIEST_YEAR} or later.", "Correct the year."
        )
    return date


def _refuse_other_forms(text: str, form: str) -> None:
    """Name the forms that are often met: a spreadsheet's serial number, and day, month, year in unknown order."""
    if _SERIAL.fullmatch(text):
        raise Fault(
            "excel_serial_date",
            "The cell holds a day number of a spreadsheet instead of a date.",
            f"{form}.",
            "Format the column as a date or as text, and save again. It is not guessed: there are two day counts.",
        )
    match = _DAY_FIRST_OR_MONTH_FIRST.fullmatch(text)
    if match:
        a, b, year = int(match[1]), int(match[2]), int(match[3])
        year += 2000 if len(match[3]) == 2 else 0
        if not any(_exists(year, month, day) for month, day in ((a, b), (b, a))):
            raise _impossible()
        raise _wrong_form("The cell holds a date whose order of day and month is not certain.", form)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True


def _impossible() -> Fault:
    return Fault("date_impossible", "The date does not exist.", "A date of the calendar.", "Correct day and month.")


def _wrong_form(found: str, form: str) -> Fault:
    return Fault("date_form", found, f"{form}.", "Write the date in this form.")
