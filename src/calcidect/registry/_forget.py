"""A person leaves the registry whole, history included: the right to erasure (GDPR, article 17).

The history is append-only for everything else: the database's own guard is lifted and set again within the one
transaction that erases, so that nobody ever sees it lifted. What stays is a row that says that one was erased, when and
by whom; not who it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from calcidect.errors import InputRefusedError
from calcidect.registry import _schema as schema
from calcidect.registry._database import Database
from calcidect.registry._store import Author, read_ids

NOBODY = ""
"""Stands in the history where the pseudonym of the erased person would."""


def forget_person(database: Database, person_id: str, who: str) -> bool:
    """Erase a person: items, visits, scans, findings and every row of history, all or nothing.

    Parameters
    ----------
    database : Database
    person_id : str
        Pseudonym.
    who : str
        Named in the row that stays.

    Returns
    -------
    bool
        Whether the database was also rewritten, so that its files hold nothing of the person. If not, another program
        had it open; it can be done later (docs/registry.md). Backups are out of reach.

    Raises
    ------
    InputRefusedError
        If there is no such person, or the account may not lift the guard of the history.
    """
    with database.write() as connection:
        if person_id not in read_ids(connection):
            raise InputRefusedError(
                "person_missing",
                found="The person is not known.",
                expected="A person who is recorded.",
                remedy="Check --person; `calcidect registry list` names everyone.",
            )
        with _history_unguarded(connection):
            _erase(connection, person_id)
        trace = Author(who, "forget").row("person", NOBODY, None, None, {"erased": [None, "one person"]})
        connection.execute(sa.insert(schema.change), [trace])
    return _rewritten(database)


def _erase(connection: sa.Connection, person_id: str) -> None:
    own = sa.select(schema.scan.c.scan_key).where(schema.scan.c.person_id == person_id)
    connection.execute(sa.delete(schema.finding).where(schema.finding.c.scan_key.in_(own)))
    for table in (schema.scan, schema.visit, schema.person, schema.change):
        connection.execute(sa.delete(table).where(table.c.person_id == person_id))


@contextmanager
def _history_unguarded(connection: sa.Connection) -> Iterator[None]:
    """Lift the triggers that keep the history, and set them again as they were."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("ALTER TABLE change DISABLE TRIGGER USER"))
        yield
        connection.execute(sa.text("ALTER TABLE change ENABLE TRIGGER USER"))
        return
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'change'"
    guards = connection.execute(sa.text(query)).all()
    for name, _ in guards:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _, statement in guards:
        connection.exec_driver_sql(statement)


def _rewritten(database: Database) -> bool:
    """Write the database's files anew: erased rows stand in free pages and in SQLite's log until then."""
    try:
        if database.engine.dialect.name == "postgresql":
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("VACUUM FULL person, visit, scan, finding, change"))
            return True
        raw = database.engine.raw_connection()  # without the transaction that SQLAlchemy would begin
        try:
            cursor = raw.cursor()
            cursor.execute("VACUUM")
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return not busy
        finally:
            raw.close()
    except (DBAPIError, database.engine.dialect.loaded_dbapi.Error):
        return False
