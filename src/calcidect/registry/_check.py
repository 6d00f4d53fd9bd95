"""A sheet becomes rows of the record, with a list of every cell that can't be taken."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any

from calcidect.registry._catalogue import Item, entered_items
from calcidect.registry._cells import Reading, read_cell
from calcidect.registry._classification import COMPUTED
from calcidect.registry._faults import Fault, RejectedCell, rejected
from calcidect.registry._pseudonym import is_identifying
from calcidect.registry._sheet import Sheet, is_filled

KEYS = ("person_id", "visit")


@dataclass(frozen=True)
class Row:
    """One row of a table, read.

    Parameters
    ----------
    number : int
        As a spreadsheet counts.
    person_id : str
        Pseudonym.
    visit : int or None
        None where the row tells of the person alone.
    values : dict
        Value by item; empty cells have no key.
    """

    number: int
    person_id: str
    visit: int | None
    values: dict[str, Any]


def check_sheet(sheet: Sheet, reading: Reading) -> tuple[list[Row], list[RejectedCell]]:
    """Read every cell of a sheet.

    Parameters
    ----------
    sheet : Sheet
        Its columns bear names of the catalogue, in any order.
    reading : Reading
        How to read.

    Returns
    -------
    list of Row
        Rows whose keys are right.
    list of RejectedCell
        Every cell that can't be taken, those of the header among them.
    """
    columns, refused = _columns(sheet.columns)
    rows: list[Row] = []
    seen: dict[tuple[str, str], Any] = {}
    keys = {item.name for item in columns.values()}.intersection(KEYS)
    for number, cells in sheet.rows:
        if not has_right_width(sheet, cells):
            refused.append(rejected(number, column_letter(min(len(cells), len(sheet.columns))), wrong_width()))
            continue
        values, faults = _read_row(columns, cells, reading, seen)
        row = _row(number, values, faults, keys)
        refused += [rejected(number, name, fault) for name, fault in faults.items()]
        if row is not None:
            rows.append(row)
    return rows, refused


def _read_row(
    columns: dict[int, Item], cells: tuple[Any, ...], reading: Reading, seen: dict[tuple[str, str], Any]
) -> tuple[dict[str, Any], dict[str, Fault]]:
    """Return the values of a row, and what is wrong with its cells, by item."""
    values, faults = {}, {}
    for index, item in columns.items():
        try:
            value = _remembered(item, cells[index], reading, seen)
        except Fault as fault:
            faults[item.name] = fault
        else:
            if value is not None:
                values[item.name] = value
    return values, faults


def _remembered(item: Item, raw: Any, reading: Reading, seen: dict[tuple[str, str], Any]) -> Any:
    """Read a cell; the same text in the same column is read once."""
    if raw is None or raw == "":
        return None
    if not isinstance(raw, str):
        return read_cell(item, raw, reading)
    key = (item.name, raw)
    if key not in seen:
        seen[key] = read_cell(item, raw, reading)
    return seen[key]


def _row(number: int, values: dict[str, Any], faults: dict[str, Fault], keys: set[str]) -> Row | None:
    """Return a row whose keys are right; else None, with a fault for a key that is missing in its column."""
    person_id, visit = values.pop("person_id", None), values.pop("visit", None)
    of_a_visit = any(entered_items()[name].level == "visit" for name in (*values, *faults))
    if person_id is None and "person_id" in keys:
        faults.setdefault("person_id", _no_key("the person", "the pseudonym of the person"))
    if visit is None and of_a_visit and "visit" in keys:
        faults.setdefault("visit", _no_key("the visit", "the number of the visit"))
    if person_id is None or (visit is None and (of_a_visit or "visit" in faults)):
        return None
    return Row(number, person_id, visit, values)


def _no_key(what: str, remedy: str) -> Fault:
    return Fault(
        "key_missing", f"The cell is empty, so that {what} is not known.", "A key in every row.", f"Write {remedy}."
    )


def has_right_width(sheet: Sheet, cells: tuple[Any, ...]) -> bool:
    """Tell whether a row has a cell for every name, and no filled cell beyond."""
    width = len(sheet.columns)
    return len(cells) >= width and not any(is_filled(cell) for cell in cells[width:])


def wrong_width() -> Fault:
    """Say that a row has another width than the header."""
    return Fault(
        "row_width",
        "The row has not as many cells as the header.",
        "As many cells as names.",
        "Put cells that hold the separator, such as 12,5, into quotes; add empty cells at the end.",
    )


def _columns(header: tuple[str, ...]) -> tuple[dict[int, Item], list[RejectedCell]]:
    """Return the item of each column, and what is wrong with the header."""
    known = entered_items()
    refused: list[RejectedCell] = []
    columns: dict[int, Item] = {}
    for index, name in enumerate(header):
        if name not in known:
            refused.append(rejected(1, column_letter(index), unknown_column(name)))
        elif known[name] in columns.values():
            refused.append(rejected(1, name, _twice()))
        else:
            columns[index] = known[name]
    names = {item.name for item in columns.values()}
    has_visit_items = any(item.level == "visit" for item in columns.values())
    needed = KEYS if has_visit_items else KEYS[:1]
    refused += [rejected(1, key, _no_key_column(key)) for key in needed if key not in names]
    return columns, refused


def unknown_column(name: str) -> Fault:
    """Say what is wrong with a name of a column, without repeating it: a table without a header has a person there."""
    plain = re.sub(r"[\s.-]+", "_", name.lower())
    if not name:
        return Fault("column_unnamed", "The column has no name.", "A name in row 1.", "Name it, or remove the column.")
    if is_identifying(name):
        return Fault(
            "identifying_column",
            "The column seems to hold names, birth dates, addresses or hospital numbers.",
            "Pseudonyms only.",
            "Remove the column; keep the list of who is who elsewhere.",
        )
    if plain in COMPUTED:
        remedy = "Remove the column."
        return Fault("computed_column", f"{plain} is computed from other items.", "Items that are entered.", remedy)
    near = difflib.get_close_matches(plain, entered_items(), n=1, cutoff=0.75)
    hint = f"Perhaps {near[0]}? " if near else ""
    return Fault(
        "unknown_column",
        "The catalogue has no item of this name.",
        "Names as `calcidect registry codebook` lists them.",
        f"{hint}Rename or remove the column.",
    )


def _twice() -> Fault:
    return Fault("column_twice", "Two columns have this name.", "Each name once.", "Remove one of the columns.")


def _no_key_column(key: str) -> Fault:
    return Fault(
        "key_missing", f"There is no column {key}.", f"A column {key}.", "Add it; it must have a value in every row."
    )


def column_letter(index: int) -> str:
    """Return the letter of a column as a spreadsheet shows it: A, B, ... Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
