"""The record as tidy tables: one row per person, visit, scan, hand, digit, deposit and site of destruction.

A missing value is empty; where a reason was given for it, the table ``missing`` has a row that tells it. So numbers
stay numbers, and unknown, not done, not applicable and not entered stay four different things.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from calcidect.registry import _schema as schema
from calcidect.registry._catalogue import ENTERED_LEVELS, MISSING, Item, Level, entered_items, items
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
ALL = (*TABLES, "missing")

_DTYPES = {"integer": "Int64", "number": "float64", "yes_no": "boolean"}
_KEYS: dict[Level, tuple[str, ...]] = {"person": ("person_id",), "visit": ("person_id", "visit")}
_KEYS_OF_FINDINGS = ("person_id", "visit", "scan")
_OF_FINDINGS = ("hands", "digits", "deposits", "destruction")
MISSING_COLUMNS = ("person_id", "visit", "item", "reason")


def columns_of(level: Level) -> dict[str, Item]:
    """Return the columns of a level's table, in order; the keys first."""
    keys = items("key", "scan")
    columns = {name: keys[name] for name in _KEYS.get(level, _KEYS_OF_FINDINGS)}
    columns.update(items(level))
    if level == "visit":
        columns.update(COMPUTED)
    return columns


def read_tables(database: Database, only: Iterable[str] | None = None) -> dict[str, pd.DataFrame]:
    """Return tables of a registry, as it is at this moment.

    Parameters
    ----------
    database : Database
    only : iterable of str, optional
        Names of ``TABLES``, or ``missing``; all by default.

    Returns
    -------
    dict of str to DataFrame
        Integers are ``Int64``, numbers ``float64``, yes or no ``boolean``, all else ``string``; several codes are
        joined by ``;``. Rows stand in the order of their keys.
    """
    with database.read() as connection:
        return tables_in(connection, ALL if only is None else tuple(only))


def tables_in(connection: sa.Connection, wanted: Sequence[str] = ALL) -> dict[str, pd.DataFrame]:
    """Return tables as a connection sees them; see ``read_tables``."""
    of_people = {"persons", "visits", "missing"}.intersection(wanted)
    people = read_people(connection) if of_people else {}
    scans = read_scans(connection)
    findings = {name: read_findings(connection, TABLES[name], scans) for name in wanted if name in _OF_FINDINGS}
    made: dict[str, Callable[[], pd.DataFrame]] = {
        "persons": lambda: as_frame(columns_of("person"), _person_rows(people)),
        "visits": lambda: as_frame(columns_of("visit"), _visit_rows(people)),
        "scans": lambda: as_frame(columns_of("scan"), sorted(scans.values(), key=_key_of)),
        "missing": lambda: _missing(people),
        **{name: partial(as_frame, columns_of(TABLES[name]), rows) for name, rows in findings.items()},
    }
    return {name: made[name]() for name in wanted}


def as_frame(columns: dict[str, Item], rows: list[Items]) -> pd.DataFrame:
    """Return rows as a table with a fixed type per column, also when it is empty."""
    import pandas as pd

    return pd.DataFrame({name: _column(item, [row.get(name) for row in rows]) for name, item in columns.items()})


def _column(item: Item, values: list[Any]) -> pd.Series[Any]:
    import pandas as pd

    if item.kind in ("codes", "words"):
        values = [SEPARATOR.join(value) if isinstance(value, list) else value for value in values]
    if item.level in ENTERED_LEVELS:
        values = [None if isinstance(value, str) and value in MISSING else value for value in values]
    return pd.Series(values, dtype=_DTYPES.get(item.kind, "string"))


def _person_rows(people: dict[str, Person]) -> list[Items]:
    return [{"person_id": person_id, **person.items} for person_id, person in people.items()]


def _visit_rows(people: dict[str, Person]) -> list[Items]:
    return [
        {"person_id": person_id, "visit": number, **visit, **computed_items(person.items, visit)}
        for person_id, person in people.items()
        for number, visit in person.visits.items()
    ]


def read_scans(connection: sa.Connection) -> dict[int, Items]:
    """Return keys and items of every scan, by its key in the database."""
    rows = connection.execute(sa.select(schema.scan)).mappings()
    return {row["scan_key"]: {**{name: row[name] for name in _KEYS_OF_FINDINGS}, **row["items"]} for row in rows}


def read_findings(connection: sa.Connection, level: Level, scans: dict[int, Items]) -> list[Items]:
    """Return keys and items of every finding of a level, in the order of their keys."""
    columns = schema.finding.c
    query = sa.select(columns.scan_key, columns.number, columns["items"]).where(columns.level == level)
    found = connection.execute(query).all()
    keys = {scan_key: {name: scan[name] for name in _KEYS_OF_FINDINGS} for scan_key, scan in scans.items()}
    order = {scan_key: place for place, scan_key in enumerate(sorted(scans, key=lambda key: _key_of(scans[key])))}
    in_order = sorted(found, key=lambda row: (order[row[0]], row[1]))
    return [{**keys[scan_key], **its_items} for scan_key, _, its_items in in_order]


def _key_of(scan: Items) -> tuple[str, int, int]:
    return scan["person_id"], scan["visit"], scan["scan"]


def _missing(people: dict[str, Person]) -> pd.DataFrame:
    """Return a row per value that is missing with a reason; ``visit`` is empty for an item of the person."""
    import pandas as pd

    order = {name: place for place, name in enumerate(entered_items())}
    rows = [
        (person_id, number, name, its_items[name])
        for person_id, person in people.items()
        for number, its_items in [(None, person.items), *person.visits.items()]
        for name in sorted(its_items, key=order.__getitem__)
        if isinstance(its_items[name], str) and its_items[name] in MISSING
    ]
    dtypes = {name: "Int64" if name == "visit" else "string" for name in MISSING_COLUMNS}
    return pd.DataFrame(rows, columns=list(MISSING_COLUMNS)).astype(dtypes)
