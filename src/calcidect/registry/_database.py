"""The database of a registry: where it is, whether it is of this version, and its transactions.

SQLite in WAL mode by default: one file, readers never wait for the writer. PostgreSQL by its URL. Both behave alike:
one writer at a time, a reader sees one moment, and what is not committed never was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError

from calcidect.errors import CalcidectError, InputRefusedError, UsageError

_VERSION_TABLE = "calcidect_version"
_WAIT_S = 30
"""How long a writer waits for another one. Our choice: longer than an import of 30,000 rows writes."""
_ONE_WRITER = 0x63616C63  # "calc": the number of PostgreSQL's advisory lock
_LOCK_TIMEOUT = "55P03"
"""PostgreSQL's code of a lock that was not to be had in time."""
_READS = "calcidect_reads"


@dataclass(frozen=True)
class Database:
    """A registry's database. Made by ``open_database`` or ``create_database``.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Its messages hold no values.
    """

    engine: sa.Engine

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a connection; at its end all is committed, on any failure nothing."""
        with _told(), self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_WAIT_S}s'"))
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_ONE_WRITER})"))
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees the database as it is at this moment."""
        with _told(), self.engine.connect() as connection:
            options: dict[str, Any] = {_READS: True}
            if connection.dialect.name == "postgresql":
                options["isolation_level"] = "REPEATABLE READ"
            yield connection.execution_options(**options)


def open_database(where: str | Path) -> Database:
    """Open a registry.

    Parameters
    ----------
    where : str or Path
        Path of an SQLite file, or a URL ``postgresql://user:password@host/name``.

    Raises
    ------
    InputRefusedError
        If there is none, it can't be reached, or it is of another version.
    UsageError
        If the URL is of another kind.
    """
    database = Database(_engine(where, must_exist=True))
    found, newest = version_of(database), _newest()
    if found is None:
        raise _missing("The database holds no registry.")
    _refuse_newer(found)
    if found != newest:
        raise InputRefusedError(
            "registry_older",
            found=f"The registry is of version {found}.",
            expected=f"Version {newest}.",
            remedy="Make a copy of it, then run `calcidect registry upgrade`.",
        )
    return database


def create_database(where: str | Path) -> Database:
    """Make a new registry. See ``open_database``.

    Raises
    ------
    UsageError
        If there is one already.
    """
    database = Database(_engine(where, must_exist=False))
    if version_of(database) is not None:
        raise UsageError(
            "registry_exists",
            found="There is a registry already.",
            expected="A new file, or an empty database.",
            remedy="Use it, or give another --db.",
        )
    _migrate(database, "head")
    return database


def upgrade_database(where: str | Path, to: str = "head") -> tuple[str, str]:
    """Bring a registry to the newest version, or to a given one; all steps or none.

    Returns
    -------
    tuple of str
        The versions before and after.
    """
    database = Database(_engine(where, must_exist=True))
    before = version_of(database)
    if before is None:
        raise _missing("The database holds no registry.")
    _refuse_newer(before)
    _migrate(database, to)
    return before, version_of(database) or before


def version_of(database: Database) -> str | None:
    """Return the version of a database, None where it holds no registry."""
    with database.read() as connection:
        if not sa.inspect(connection).has_table(_VERSION_TABLE):
            return None
        return connection.execute(sa.text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()


def _refuse_newer(version: str) -> None:
    if version not in _known():
        raise InputRefusedError(
            "registry_newer",
            found=f"The registry is of version {version}, which this calcidect does not know.",
            expected=f"Version {_newest()} or older.",
            remedy="Use the calcidect that made it, or a newer one.",
        )


def _migrate(database: Database, to: str) -> None:
    from alembic import command

    with database.write() as connection:
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def _alembic() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "calcidect.registry:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _newest() -> str:
    return _known()[0]


def _known() -> list[str]:
    """Return the versions that there are steps for, newest first."""
    from alembic.script import ScriptDirectory

    return [step.revision for step in ScriptDirectory.from_config(_alembic()).walk_revisions()]


def _engine(where: str | Path, *, must_exist: bool) -> sa.Engine:
    url = _url(where)
    if url.drivername == "sqlite":
        _check_file(Path(url.database or ""), must_exist=must_exist)
    engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool)
    if url.drivername == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _url(where: str | Path) -> sa.URL:
    where = str(where)
    if "://" not in where:
        return sa.URL.create("sqlite", database=where)
    try:
        url = sa.make_url(where)
    except (ArgumentError, ValueError):
        raise _wrong_url() from None
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite" and url.database:
        return sa.URL.create("sqlite", database=url.database)
    if kind in ("postgresql", "postgres") and not url.query:  # its options, such as sslmode, are of other drivers
        return url.set(drivername="postgresql+pg8000")
    raise _wrong_url()


def _check_file(path: Path, *, must_exist: bool) -> None:
    if must_exist and not path.is_file():
        raise _missing("There is no such file.")
    if not must_exist and not path.exists():
        try:
            # made here, so that no other account can read it
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise _failed(error.strerror or type(error).__name__) from None


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, not at the first change
    for pragma in (f"busy_timeout={_WAIT_S * 1000}", "journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get(_READS)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def _told() -> Iterator[None]:
    """Turn failures of the database into messages without values, URLs or passwords."""
    try:
        yield
    except CalcidectError:
        raise
    except DBAPIError as error:
        if "locked" in str(error.orig) or _LOCK_TIMEOUT in str(error.orig):
            raise InputRefusedError(
                "registry_busy",
                found=f"Another program has been writing for more than {_WAIT_S} seconds.",
                expected="One writer at a time.",
                remedy="Wait for it, and try again. Nothing was changed.",
            ) from None
        raise _failed(type(error.orig).__name__) from None
    except OSError as error:
        raise _failed(type(error).__name__) from None


def _failed(why: str) -> InputRefusedError:
    return InputRefusedError(
        "registry_failed",
        found=f"The database could not be used ({why}).",
        expected="A file that this account may write, or a PostgreSQL server that lets it in.",
        remedy="Check --db, the server, the password and the disk. Nothing was changed.",
    )


def _missing(found: str) -> InputRefusedError:
    return InputRefusedError(
        "registry_missing",
        found=found,
        expected="A registry of calcidect.",
        remedy="Check --db, or make one with `calcidect registry init`.",
    )


def _wrong_url() -> UsageError:
    return UsageError(
        "database_unknown",
        found="--db is neither a path nor the URL of a database that can be used.",
        expected="A path, or postgresql://user:password@host/name without options.",
        remedy="Correct --db.",
    )
