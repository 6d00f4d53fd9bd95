"""Where a registry is kept: versions, history that stays, and messages that tell no secrets."""

from __future__ import annotations

import os
import stat
import sys

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from calcidect.errors import InputRefusedError, UsageError
from calcidect.registry import (
    ImportOptions,
    create_database,
    import_table,
    open_database,
    read_tables,
    upgrade_database,
)
from calcidect.registry import _schema as schema
from calcidect.registry._database import Database, _engine, _migrate, version_of
from support.postgres import PASSWORD
from support.records import TODAY, clean_rows, write_csv


def older(place):
    """Make a registry of the first version, with one person."""
    database = Database(_engine(place, must_exist=False))
    _migrate(database, "0001")
    with database.write() as connection:
        person = {"person_id": "P01", "catalogue": "1", "items": {"sex": "female"}}
        connection.execute(sa.insert(schema.person), [person])
    return database


def test_a_new_registry_opens_and_is_of_the_newest_version(place):
    create_database(place)
    assert version_of(open_database(place)) == "0002"


def test_there_is_no_second_registry_in_the_same_place(place):
    create_database(place)
    with pytest.raises(UsageError, match="There is a registry already"):
        create_database(place)


def test_the_steps_lead_to_the_tables_that_the_code_knows(database):
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "calcidect_version"})
        assert compare_metadata(context, schema.metadata) == []


def test_an_older_registry_says_what_to_run_and_keeps_its_record(place):
    older(place)
    with pytest.raises(InputRefusedError, match="calcidect registry upgrade"):
        open_database(place)
    assert upgrade_database(place) == ("0001", "0002")
    assert read_tables(open_database(place), ["persons"])["persons"]["sex"].tolist() == ["female"]
    assert upgrade_database(place) == ("0002", "0002")


def test_a_step_that_fails_leaves_the_older_registry(place):
    database = older(place)
    with database.write() as connection:
        connection.execute(sa.text("CREATE INDEX ix_change_person_id ON change (person_id)"))  # in the step's way
    with pytest.raises(InputRefusedError, match="Nothing was changed"):
        upgrade_database(place)
    assert version_of(database) == "0001"
    with database.read() as connection:
        assert "ix_scan_study_uid_hash" not in {index["name"] for index in sa.inspect(connection).get_indexes("scan")}


def test_a_newer_registry_is_refused(place):
    with create_database(place).write() as connection:
        connection.execute(sa.text("UPDATE calcidect_version SET version_num = '9999'"))
    with pytest.raises(InputRefusedError) as error:
        open_database(place)
    assert error.value.code == "registry_newer"
    with pytest.raises(InputRefusedError) as error:
        upgrade_database(place)
    assert error.value.code == "registry_newer"


@pytest.mark.parametrize("statement", ["DELETE FROM change", "UPDATE change SET who = 'nobody'"])
def test_the_database_itself_keeps_the_history(database, tmp_path, statement):
    import_table(database, write_csv(tmp_path / "t.csv", clean_rows(1)), "tester", ImportOptions(today=TODAY))
    with pytest.raises(InputRefusedError), database.write() as connection:
        connection.execute(sa.text(statement))
    with database.read() as connection:
        assert set(connection.execute(sa.select(schema.change.c.who)).scalars()) == {"tester"}


def test_both_databases_give_the_same_tables(tmp_path, server):
    path = write_csv(tmp_path / "t.csv", clean_rows(8, 3, seed=21))
    databases = [create_database(place) for place in (str(tmp_path / "a.db"), server.new_database())]
    for database in databases:
        import_table(database, path, "tester", ImportOptions(today=TODAY))
    tables, others = (read_tables(database) for database in databases)
    assert all(table.equals(others[name]) for name, table in tables.items())


def test_a_reader_sees_what_was_before_a_writer_ends(database, tmp_path):
    with database.write() as writer:
        writer.execute(sa.insert(schema.person), [{"person_id": "P01", "catalogue": "1", "items": {}}])
        assert len(read_tables(database, ["persons"])["persons"]) == 0
    assert len(read_tables(database, ["persons"])["persons"]) == 1


def test_a_writer_does_not_wait_for_ever(place, monkeypatch):
    monkeypatch.setattr("calcidect.registry._database._WAIT_S", 1)
    database = create_database(place)
    with database.write(), pytest.raises(InputRefusedError) as error, open_database(place).write():
        pass
    assert error.value.code == "registry_busy"


def test_a_reader_sees_one_moment(database):
    with database.read() as reader:
        count = sa.select(sa.func.count()).select_from(schema.person)
        before = reader.execute(count).scalar()
        with database.write() as writer:
            writer.execute(sa.insert(schema.person), [{"person_id": "P01", "catalogue": "1", "items": {}}])
        assert reader.execute(count).scalar() == before == 0
    assert len(read_tables(database, ["persons"])["persons"]) == 1


class TestSqlite:
    def test_readers_and_the_writer_do_not_wait_for_each_other(self, small_database):
        with small_database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
    def test_no_other_account_can_read_the_file(self, tmp_path):
        create_database(str(tmp_path / "a.db"))
        assert stat.S_IMODE(os.stat(tmp_path / "a.db").st_mode) == 0o600

    @pytest.mark.parametrize("content", [None, b"", b"no database at all, but long enough to be one" * 10])
    def test_what_is_no_registry_is_refused(self, tmp_path, content):
        path = tmp_path / "a.db"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputRefusedError) as error:
            open_database(str(path))
        assert error.value.code == ("registry_failed" if content else "registry_missing")
        assert path.exists() == (content is not None)


class TestUrl:
    @pytest.mark.parametrize(
        "url", ["mysql://a:b@c/d", "postgresql:/x://", "://", "sqlite://", "postgresql://a:b@c/d?sslmode=require"]
    )
    def test_other_databases_are_refused(self, url):
        with pytest.raises(UsageError) as error:
            open_database(url)
        assert error.value.code == "database_unknown"

    def test_no_password_is_told_where_nobody_listens(self):
        with pytest.raises(InputRefusedError) as error:
            open_database("postgresql://someone:top-secret@127.0.0.1:1/study")
        assert "top-secret" not in str(error.value)
        assert error.value.__suppress_context__

    def test_no_password_is_told_where_it_is_wrong(self, server):
        url = server.url("postgres").replace(PASSWORD, "not-the-password")
        with pytest.raises(InputRefusedError) as error:
            open_database(url)
        assert "password" not in str(error.value).replace("the password and", "").replace("let", "")
        assert PASSWORD not in str(error.value)

    def test_a_database_without_a_registry_is_told(self, server):
        with pytest.raises(InputRefusedError) as error:
            open_database(server.new_database())
        assert error.value.code == "registry_missing"
