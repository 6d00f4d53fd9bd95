"""One cell becomes a value of its item, or a fault that says what is wrong with it."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
from dataclasses import dataclass
from typing import Any

from calcidect.registry._catalogue import MISSING, Item
from calcidect.registry._dates import read_date, read_month
from calcidect.registry._faults import Fault
from calcidect.registry._pseudonym import check_pseudonym

SEPARATOR = ";"
"""Between several codes in one cell, as in the tables of a result."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")
_WITH_COMMA = re.compile(r"[+-]?\d+,\d+")
_WITH_UNIT = re.compile(r"[+-]?\d+([.,]\d+)?\s*[^\W\d_%]+.*|[+-]?\d+([.,]\d+)?\s*[%°µ].*")
_INEXACT = re.compile(
    r"(<|>|≤|≥|~|ca\.?|about)\s*\d.*|\d[\d.,]*\s*(-|\u2013|to|bis)\s*\d[\d.,]*|\d+([.,]\d+)?\s*(\+|\?|±.*)"
)
_DATE_LIKE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}( .*)?")
_SPREADSHEET_ERROR = re.compile(r"#(REF|N/A|VALUE|NAME|DIV/0|NUM|NULL|SPILL)[!?]?.*", re.IGNORECASE)
_MOJIBAKE = re.compile("[\ud800-\udfff\ufffd\x00-\x08]|Ã[\x80-\xbf\u00a0-\u00bf]|Â[\u00a0-\u00bf]|â€")
_WORDS_FOR_MISSING = frozenset({
    "na", "n/a", "n.a.", "n.a", "nan", "null", "none", "nil", "-", "--", ".", "?", "/", "missing", "unk", "nk", "nd",
    "n.d.", "dk", "n/k", "not_known", "unbekannt", "k.a.", "-9", "-99", "-999", "-9999", "99", "999", "9999",
})  # fmt: skip
_WORDS_FOR_YES_OR_NO = frozenset({
    "true", "false", "t", "f", "y", "n", "j", "ja", "nein", "oui", "non", "si", "sí", "x", "0", "1", "+", "-", "✓",
    "wahr", "falsch", "vrai", "faux",
})  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9_.:+-]{1,100}")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{1,1000}")


@dataclass(frozen=True)
class Reading:
    """How cells are read.

    Parameters
    ----------
    today : date
        Later dates are refused.
    decimal_comma : bool
        Whether ``12,5`` is a number.
    """

    today: dt.date
    decimal_comma: bool = False


def read_cell(item: Item, raw: Any, reading: Reading) -> Any:
    """Return the value of a cell as it is kept, or None if the cell is empty.

    Parameters
    ----------
    item : Item
        Of the column.
    raw : str, int, float, bool, datetime, date or None
        As a CSV file or a spreadsheet holds it.
    reading : Reading
        How to read.

    Returns
    -------
    str, int, float, bool, list of str or None
        A missing value with a reason is one of ``MISSING``.

    Raises
    ------
    Fault
        If the cell can't be taken.
    """
    if isinstance(raw, dt.date):  # of which datetime is a kind
        return _from_date_cell(item, raw, reading)
    if isinstance(raw, bool):
        if item.kind != "yes_no":
            raise _fault_of_bool(item)
        return raw
    text = _as_text(raw)
    if not text:
        return None
    _refuse_damage(text)
    word = _as_code(text)
    if word in MISSING and item.level != "key":
        return word
    return _READERS[item.kind](item, text, reading)


def as_cell(value: Any) -> str:
    """Return a kept value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return SEPARATOR.join(value)
    return repr(value) if isinstance(value, float) else str(value)


def _as_text(raw: Any) -> str:
    if raw is None:
        return ""
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw).replace("\u00a0", " ").strip()


def _as_code(text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.lower())


def _refuse_damage(text: str) -> None:
    if _MOJIBAKE.search(text):
        raise Fault(
            "encoding",
            "The cell holds characters that were damaged by a wrong encoding.",
            "UTF-8.",
            "Save the table as 'CSV UTF-8', or give --encoding, such as --encoding latin-1.",
        )
    if _SPREADSHEET_ERROR.fullmatch(text) or text.startswith("="):
        raise Fault(
            "spreadsheet_error",
            "The cell holds a formula or an error of a spreadsheet.",
            "A value.",
            "Correct the formula, or paste its values.",
        )


def _refuse_words_for_missing(text: str) -> None:
    if text.lower().replace(" ", "_") in _WORDS_FOR_MISSING:
        raise Fault(
            "missing_word",
            "The cell says that a value is missing, but not why.",
            f"An empty cell if nothing was entered, or {', '.join(MISSING)}.",
            "Write the reason, or leave the cell empty.",
        )


def _number(item: Item, text: str, reading: Reading) -> float:
    if _WITH_COMMA.fullmatch(text):
        if not reading.decimal_comma:
            raise Fault(
                "decimal_comma",
                "The number has a comma.",
                "A decimal point, and no separators of thousands.",
                "Write 12.5 instead of 12,5, or import with --decimal-comma.",
            )
        text = text.replace(",", ".")
    if _NUMBER.fullmatch(text) is None:
        raise _fault_of_number(item, text)
    value = float(text)
    too_low = item.minimum is not None and value < item.minimum
    if too_low or not math.isfinite(value) or (item.maximum is not None and value > item.maximum):
        _refuse_words_for_missing(text)
        found = f"The number is {'below' if too_low else 'above'} the range."  # not which: it may be a year of birth
        remedy = "Correct the number; check its unit."
        raise Fault("out_of_range", found, f"{item.range or 'A number'}{_unit_of(item)}.", remedy)
    return value


def _fault_of_number(item: Item, text: str) -> Fault:
    """Say what stands where a number should."""
    if _DATE_LIKE.fullmatch(text):
        return Fault("date_in_number", "The cell holds a date.", f"A number{_unit_of(item)}.", "Correct the cell.")
    if _INEXACT.fullmatch(text):
        found, remedy = "The cell holds a bound, a span or a doubt.", "Write one number, or unknown."
        return Fault("not_exact", found, f"One number{_unit_of(item)}.", remedy)
    if _WITH_UNIT.fullmatch(text):
        found, remedy = (
            "Something follows the number, as a unit does.",
            "Leave the unit out; convert the number if it differs.",
        )
        return Fault("unit_in_cell", found, f"A number alone{_unit_of(item)}.", remedy)
    _refuse_words_for_missing(text)
    return Fault("not_a_number", "The cell holds a text.", f"A number{_unit_of(item)}.", "Write a number, or unknown.")


def _unit_of(item: Item) -> str:
    return f" in {item.unit}" if item.unit and not item.unit[0].isdigit() else ""


def _read_number(item: Item, text: str, reading: Reading) -> float:
    return _number(item, text, reading)


def _read_integer(item: Item, text: str, reading: Reading) -> int:
    value = _number(item, text, reading)
    if not value.is_integer():
        raise Fault("not_whole", "The number is not whole.", f"A whole number{_unit_of(item)}.", "Correct the number.")
    return int(value)


def _read_yes_no(item: Item, text: str, reading: Reading) -> bool:
    word = text.lower()
    if word in ("yes", "no"):
        return word == "yes"
    if word not in _WORDS_FOR_YES_OR_NO:
        _refuse_words_for_missing(text)
    found = (
        "The cell has another word for yes or no."
        if word in _WORDS_FOR_YES_OR_NO
        else "The cell is neither yes nor no."
    )
    raise Fault("yes_no_word", found, f"yes, no, {', '.join(MISSING)}, or an empty cell.", "Write yes or no.")


def _read_code(item: Item, text: str, reading: Reading) -> str:
    code = _as_code(text)
    if code in item.codes:
        return code
    _refuse_words_for_missing(text)
    near = difflib.get_close_matches(code, item.codes, n=1, cutoff=0.6)
    hint = f" Perhaps {near[0]}?" if near else ""
    raise Fault("unknown_code", "The cell holds an unknown code.", f"{item.range}.", f"Write one of the codes.{hint}")


def _read_codes(item: Item, text: str, reading: Reading) -> list[str]:
    parts = [part.strip() for part in text.split(SEPARATOR)]
    chosen = {_read_code(item, part, reading) for part in parts if part or not any(parts)}
    return [code for code in item.codes if code in chosen]


def _read_date(item: Item, text: str, reading: Reading) -> str:
    _refuse_words_for_missing(text)
    return read_date(text, reading.today)


def _read_month(item: Item, text: str, reading: Reading) -> str:
    _refuse_words_for_missing(text)
    return read_month(text, reading.today)


def _read_id(item: Item, text: str, reading: Reading) -> str:
    return check_pseudonym(text)


def _read_word(item: Item, text: str, reading: Reading) -> str:
    if _WORD.fullmatch(text) is None:
        raise Fault(
            "not_a_word", "The cell is not one word.", "A word as calcidect writes it.", "Leave the cell as it was."
        )
    return text


def _read_words(item: Item, text: str, reading: Reading) -> list[str]:
    return [_read_word(item, part, reading) for part in text.split(SEPARATOR)]


def _read_text(item: Item, text: str, reading: Reading) -> str:
    if _TEXT.fullmatch(text) is None:
        raise Fault(
            "not_a_text", "The cell is no plain text.", "One line as calcidect writes it.", "Leave the cell as it was."
        )
    return text


_READERS = {
    "id": _read_id,
    "integer": _read_integer,
    "number": _read_number,
    "yes_no": _read_yes_no,
    "code": _read_code,
    "codes": _read_codes,
    "date": _read_date,
    "month": _read_month,
    "word": _read_word,
    "words": _read_words,
    "text": _read_text,
}


def _from_date_cell(item: Item, raw: dt.date, reading: Reading) -> str:
    """Return the value of a spreadsheet's true date cell. A spreadsheet keeps 'May 2003' as the first of that month."""
    if isinstance(raw, dt.datetime):
        raw = raw.date()
    if item.kind == "date":
        return read_date(raw.isoformat(), reading.today)
    if item.kind == "month":
        return read_month(raw.isoformat()[:7] if raw.day == 1 else raw.isoformat(), reading.today)
    raise Fault(
        "date_in_number",
        "The spreadsheet has made a date of the cell.",
        f"{item.range or 'A value'}{_unit_of(item)}.",
        "Format the column as text or number, and type the value again.",
    )


def _fault_of_bool(item: Item) -> Fault:
    return Fault("unknown_code", "The cell holds true or false.", f"{item.range or item.label}.", "Write the value.")
