"""Registries to test with: SQLite always, PostgreSQL where its server is installed or can be."""

from __future__ import annotations

import pytest

from calcidect.registry import create_database
from support.postgres import Server, start, stop, why_missing


@pytest.fixture(scope="session")
def server():
    reason = why_missing()
    if reason is not None:
        pytest.skip(reason)
    running = start()
    yield running
    stop(running)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """Return where a new database may be made."""
    if request.param == "sqlite":
        return str(tmp_path / "registry.db")
    running: Server = request.getfixturevalue("server")
    return running.new_database()


@pytest.fixture
def database(place):
    """Return an empty registry, on both kinds of database."""
    return create_database(place)


@pytest.fixture
def small_database(tmp_path):
    """Return an empty registry on SQLite, for what does not depend on the database."""
    return create_database(str(tmp_path / "registry.db"))
