"""One table for statistics: a row per visit, with the person, what is computed, and the first scan of the visit.

Cells are texts. A missing value says why, as it was entered: ``unknown``, ``not_done`` or ``not_applicable``; empty is
not entered. Of items with several codes each code is a column of its own, yes or no. Its codebook has the columns name,
label, kind, unit and categories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcidect.registry._catalogue import MISSING, Item, items, label_of
from calcidect.registry._cells import as_cell
from calcidect.registry._classification import COMPUTED, computed_items
from calcidect.registry._database import Database
from calcidect.registry._store import Items, read_people
from calcidect.registry._tables import read_scans

if TYPE_CHECKING:
    import pandas as pd
    import sqlalchemy as sa

KEYS = ("person_id", "visit")
CODEBOOK_COLUMNS = ("name", "label", "kind", "unit", "categories")


def analysis_frame(database: Database) -> pd.DataFrame:
    """Return a row per visit, all columns of texts."""
    with database.read() as connection:
        return analysis_in(connection)


def analysis_in(connection: sa.Connection) -> pd.DataFrame:
    """Return the table as a connection sees it; see ``analysis_frame``."""
    import pandas as pd

    people, scans = read_people(connection), read_scans(connection)
    first: dict[tuple[str, int], Items] = {}
    for scan in sorted(scans.values(), key=lambda scan: int(scan["scan"])):
        first.setdefault((scan["person_id"], scan["visit"]), scan)
    rows = []
    for person_id, person in people.items():
        for number, visit in person.visits.items():
            computed = computed_items(person.items, visit)
            cells = _cells({**first.get((person_id, number), {}), **person.items, **visit, **computed})
            rows.append([person_id, str(number), *(cell or None for cell in cells)])
    return pd.DataFrame(rows, columns=[*KEYS, *_columns()], dtype="string")


def analysis_codebook() -> list[dict[str, str]]:
    """Return what each column of ``analysis_frame`` means that can be counted or averaged."""
    rows = []
    for item in _items():
        if item.kind == "codes":
            rows += [_entry(_name(item, code), f"{item.label}: {label_of(code)}", "binary") for code in item.codes]
        elif kind := _kind(item):
            unit = item.unit if kind in ("continuous", "count") else ""
            rows.append(_entry(item.name, item.label, kind, unit, _categories(item, kind)))
    return rows


def _items() -> list[Item]:
    return [*items("person").values(), *items("visit").values(), *COMPUTED.values(), *items("scan").values()]


def _columns() -> list[str]:
    return [name for item in _items() for name in _names(item)]


def _names(item: Item) -> list[str]:
    return [_name(item, code) for code in item.codes] if item.kind == "codes" else [item.name]


def _name(item: Item, code: str) -> str:
    return f"{item.name}_{code}"


def _cells(values: Items) -> list[str]:
    cells: list[str] = []
    for item in _items():
        value = values.get(item.name)
        if item.kind != "codes":
            cells.append(as_cell(value))
        elif isinstance(value, list):
            cells += [as_cell(code in value) for code in item.codes]
        else:
            cells += [_of_no_codes(item, values)] * len(item.codes)
    return cells


def _of_no_codes(item: Item, values: Items) -> str:
    """Return the cell of each code where none was entered: where there is no finding, it is nowhere."""
    value = values.get(item.name)
    if value in MISSING:
        return str(value)
    needed = values.get(item.requires[0]) if item.requires else None
    return "no" if needed is False else ""


def _kind(item: Item) -> str:
    """Return how an item is measured; empty for keys, dates, hashes and texts."""
    if item.name.endswith("_grade"):
        return "ordinal"
    if item.kind == "code":
        return "binary" if len(item.codes) == 2 else "categorical"
    if item.kind == "integer":
        return "count" if item.unit == "count" else ("" if item.name == "scan" else "continuous")
    return {"yes_no": "binary", "number": "continuous"}.get(item.kind, "")


def _categories(item: Item, kind: str) -> str:
    """Return codes and texts as REDCap writes them; yes and no are known without."""
    if kind == "ordinal":
        codes = [str(code) for code in range(int(item.minimum or 0), int(item.maximum or 0) + 1)]
        return " | ".join(f"{code}, {code}" for code in codes)
    return " | ".join(f"{code}, {label_of(code)}" for code in item.codes)


def _entry(name: str, label: str, kind: str, unit: str = "", categories: str = "") -> dict[str, str]:
    return dict(zip(CODEBOOK_COLUMNS, (name, label, kind, unit, categories), strict=True))
