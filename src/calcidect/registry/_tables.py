"""The record as tidy tables: one row per person, visit, scan, hand, digit, deposit and site of destruction.

A missing value is empty; where a reason was given for it, the table ``missing`` has a row that tells it. So numbers
stay numbers, and unknown, not done, not applicable and not entered stay four different things.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from calcidect.registry import _schema as schema
from calcidect.registry._catalogue import FINDING_LEVELS, MISSING, Item, Level, items
from calcidect.registry._cells import SEPARATOR
from calcidect.registry._classification import COMPUTED, computed_items
from calcidect.registry._database import Database
from calcidect.registry._store import Items, Person, read_people

if TYPE_CHECKING:
    import pandas as pd

TABLES: dict[str, Level] = {
    "persons": "person",
    "visits": "visit",
    "scans": "scan",
    "hands": "hand",
    "digits": "digit",
    "deposits": "deposit",
    "destruction": "destruction",
}
"""Level of each table."""

_DTYPES = {"integer": "Int64", "number": "float64", "yes_no": "boolean"}
_KEYS: dict[Level, tuple[str, ...]] = {"person": ("person_id",), "visit": ("person_id", "visit")}
_KEYS_OF_FINDINGS = ("person_id", "visit", "scan")
MISSING_COLUMNS = ("person_id", "visit", "item", "reason")


def columns_of(level: Level) -> dict[str, Item]:
    """Return the columns of a level's table, in order; the keys first."""
    keys = items("key", "scan")
    columns = {name: keys[name] for name in _KEYS.get(level, _KEYS_OF_FINDINGS)}
    columns.update(items(level))
    if level == "visit":
        columns.update(COMPUTED)
    return columns


def read_tables(database: Database) -> dict[str, pd.DataFrame]:
    """Return every table of a registry, as it is at this moment.

    Returns
    -------
    dict of str to DataFrame
        The names of ``TABLES`` and ``missing``. Integers are ``Int64``, numbers ``float64``, yes or no ``boolean``, all
        else ``string``; several codes are joined by ``;``. Rows stand in the order of their keys.
    """
    with database.read() as connection:
        people = read_people(connection)
        findings = _read_findings(connection)
    rows: dict[Level, list[Items]] = {"person": _person_rows(people), "visit": _visit_rows(people), **findings}
    tables = {name: as_frame(columns_of(level), rows[level]) for name, level in TABLES.items()}
    return {**tables, "missing": _missing(people)}


def as_frame(columns: dict[str, Item], rows: list[Items]) -> pd.DataFrame:
    """Return rows as a table with a fixed type per column, also when it is empty."""
    import pandas as pd

    return pd.DataFrame({name: _column(item, [row.get(name) for row in rows]) for name, item in columns.items()})


def _column(item: Item, values: list[Any]) -> pd.Series[Any]:
    import pandas as pd

    if item.kind in ("codes", "words"):
        values = [SEPARATOR.join(value) if isinstance(value, list) else value for value in values]
    plain = [None if isinstance(value, str) and value in MISSING else value for value in values]
    return pd.Series(plain, dtype=_DTYPES.get(item.kind, "string"))


def _person_rows(people: dict[str, Person]) -> list[Items]:
    return [{"person_id": person_id, **person.items} for person_id, person in people.items()]


def _visit_rows(people: dict[str, Person]) -> list[Items]:
    return [
        {"person_id": person_id, "visit": number, **visit, **computed_items(person.items, visit)}
        for person_id, person in people.items()
        for number, visit in person.visits.items()
    ]


def _read_findings(connection: sa.Connection) -> dict[Level, list[Items]]:
    rows: dict[Level, list[Items]] = {level: [] for level in FINDING_LEVELS}
    keys: dict[int, Items] = {}
    for scan in connection.execute(sa.select(schema.scan)).mappings():
        keys[scan["scan_key"]] = {name: scan[name] for name in _KEYS_OF_FINDINGS}
        rows["scan"].append({**keys[scan["scan_key"]], **scan["items"]})
    for scan_key, level, number, its_items in connection.execute(sa.select(schema.finding)):
        rows[level].append({**keys[scan_key], **its_items, "": number})
    for its_rows in rows.values():
        its_rows.sort(key=lambda row: (*(row[name] for name in _KEYS_OF_FINDINGS), row.get("", 0)))
    return rows


def _missing(people: dict[str, Person]) -> pd.DataFrame:
    """Return a row per value that is missing with a reason; ``visit`` is empty for an item of the person."""
    import pandas as pd

    rows = [
        (person_id, number, name, value)
        for person_id, person in people.items()
        for number, its_items in [(None, person.items), *person.visits.items()]
        for name, value in its_items.items()
        if isinstance(value, str) and value in MISSING
    ]
    dtypes = {name: "Int64" if name == "visit" else "string" for name in MISSING_COLUMNS}
    return pd.DataFrame(rows, columns=list(MISSING_COLUMNS)).astype(dtypes)
