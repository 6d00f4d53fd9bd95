"""What changed, by whom and when; and who is in the registry."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from calcidect.registry import _schema as schema
from calcidect.registry._cells import as_cell
from calcidect.registry._database import Database
from calcidect.registry._store import read_people

_WHERE = ("at", "who", "action", "level", "person_id", "visit", "scan")


def history_rows(database: Database, person_id: str | None = None) -> list[dict[str, Any]]:
    """Return a row per changed item, oldest first.

    Returns
    -------
    list of dict
        ``at`` (UTC), ``who``, ``action``, ``level``, ``person_id``, ``visit``, ``scan``, ``item``, ``before``,
        ``after``. Empty is not entered. Of a result that was replaced, ``before`` of the item ``replaced`` is all of
        it, as JSON.
    """
    query = sa.select(schema.change).order_by(schema.change.c.change_id)
    if person_id is not None:
        query = query.where(schema.change.c.person_id == person_id)
    with database.read() as connection:
        changes = connection.execute(query).mappings().all()
    return [
        {
            **{name: "" if row[name] is None else row[name] for name in _WHERE},
            "item": item,
            "before": _shown(before),
            "after": _shown(after),
        }
        for row in changes
        for item, (before, after) in row["changes"].items()
    ]


def _shown(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else as_cell(value)


def list_people(database: Database) -> list[dict[str, Any]]:
    """Return a row per person: ``person_id``, and how many ``visits`` and ``scans`` are recorded."""
    count = sa.select(schema.scan.c.person_id, sa.func.count()).group_by(schema.scan.c.person_id)
    with database.read() as connection:
        scans = {row[0]: row[1] for row in connection.execute(count)}
        people = read_people(connection)
    return [
        {"person_id": person_id, "visits": len(person.visits), "scans": scans.get(person_id, 0)}
        for person_id, person in people.items()
    ]
