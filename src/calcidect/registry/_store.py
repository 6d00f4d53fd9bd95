"""People and visits in and out of the database; every change leaves a row of history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import sqlalchemy as sa

from calcidect.registry import _schema as schema
from calcidect.registry._catalogue import CATALOGUE_VERSION

Items = dict[str, Any]
_AT_ONCE = 500
"""Pseudonyms in one query: databases limit the length of a list."""


@dataclass(frozen=True)
class Person:
    """What is recorded of one person.

    Parameters
    ----------
    items : dict
        Values of the level ``person`` by item; what was not entered has no key.
    visits : dict of int to dict
        Values of the level ``visit``, by number of the visit.
    """

    items: Items = field(default_factory=dict)
    visits: dict[int, Items] = field(default_factory=dict)


@dataclass(frozen=True)
class Author:
    """Who changes the record, when, and by what.

    Parameters
    ----------
    who : str
        Name of an account.
    action : str
        ``import``, ``add``, ``replace``, ``redcap_import``.
    at : str
        UTC, ISO 8601.
    """

    who: str
    action: str
    at: str = field(default_factory=lambda: dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))

    def row(self, level: str, person_id: str, visit: int | None, scan: int | None, changes: Items) -> Items:
        """Return a row of history."""
        where = {"level": level, "person_id": person_id, "visit": visit, "scan": scan}
        return {"at": self.at, "who": self.who, "action": self.action, **where, "changes": changes}


def read_people(connection: sa.Connection, only: Iterable[str] | None = None) -> dict[str, Person]:
    """Return people with their visits, by pseudonym, in order.

    Parameters
    ----------
    connection : Connection
    only : iterable of str, optional
        Pseudonyms; all by default.
    """
    people: dict[str, Person] = {}
    for person_id, items in _rows(connection, schema.person, ["person_id", "items"], only):
        people[person_id] = Person(items)
    for person_id, visit, items in _rows(connection, schema.visit, ["person_id", "visit", "items"], only):
        people[person_id].visits[visit] = items
    return people


def read_ids(connection: sa.Connection) -> list[str]:
    """Return every pseudonym."""
    return list(connection.execute(sa.select(schema.person.c.person_id)).scalars())


def _rows(connection: sa.Connection, table: sa.Table, columns: list[str], only: Iterable[str] | None) -> list[Any]:
    """Return rows in the order of pseudonym and visit, whatever the database's collation."""
    query = sa.select(*(table.c[name] for name in columns))
    if only is None:
        rows = list(connection.execute(query))
    else:
        wanted, rows = iter(sorted(set(only))), []
        while batch := list(islice(wanted, _AT_ONCE)):
            rows += connection.execute(query.where(table.c.person_id.in_(batch)))
    return sorted(rows, key=lambda row: row[:-1])


def write_people(
    connection: sa.Connection, before: Mapping[str, Person], after: Mapping[str, Person], author: Author
) -> dict[str, int]:
    """Write what differs, and its history.

    Returns
    -------
    dict of str to int
        How many people and visits are new and changed: ``persons_new``, ``persons_changed``, ``visits_new``,
        ``visits_changed``.
    """
    nobody = Person()
    persons, visits = _Differences(schema.person), _Differences(schema.visit)
    for person_id, person in after.items():
        old = before.get(person_id, nobody)
        key = {"person_id": person_id}
        persons.add(key, old.items if person_id in before else None, person.items, author)
        for number, its_items in person.visits.items():
            visits.add({**key, "visit": number}, old.visits.get(number), its_items, author)
    persons.write(connection)
    visits.write(connection)
    if history := persons.history + visits.history:
        connection.execute(sa.insert(schema.change), history)
    counts = {"persons": persons, "visits": visits}
    return {
        f"{name}_{what}": len(rows)
        for name, changes in counts.items()
        for what, rows in (("new", changes.new), ("changed", changes.changed))
    }


class _Differences:
    """Rows of one table that are new or changed, gathered so that each kind is one statement."""

    def __init__(self, table: sa.Table) -> None:
        self.table = table
        self.new: list[Items] = []
        self.changed: list[Items] = []
        self.history: list[Items] = []

    def add(self, key: Items, old: Items | None, new: Items, author: Author) -> None:
        if new == old:
            return
        row = {**key, "catalogue": CATALOGUE_VERSION, "items": new}
        if old is None:
            self.new.append(row)
        else:
            self.changed.append({f"_{name}" if name in key else name: value for name, value in row.items()})
        changes = differences(old or {}, new)
        self.history.append(author.row(self.table.name, key["person_id"], key.get("visit"), None, changes))

    def write(self, connection: sa.Connection) -> None:
        if self.new:
            connection.execute(sa.insert(self.table), self.new)
        if self.changed:
            its_key = [column == sa.bindparam(f"_{column.name}") for column in self.table.primary_key]
            values: Items = {name: sa.bindparam(name) for name in ("catalogue", "items")}
            connection.execute(sa.update(self.table).where(*its_key).values(values), self.changed)


def differences(old: Items, new: Items) -> dict[str, list[Any]]:
    """Return ``[before, after]`` of every item that differs; None where it was not entered."""
    names = dict.fromkeys([*old, *new])
    return {name: [old.get(name), new.get(name)] for name in names if old.get(name) != new.get(name)}
