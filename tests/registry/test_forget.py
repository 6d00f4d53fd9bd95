"""A person is erased whole, history included; everyone else stays, and so does the guard of the history."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from calcidect.cli import app
from calcidect.errors import InputRefusedError
from calcidect.registry import (
    AddOptions,
    ImportOptions,
    add_result,
    forget_person,
    history_rows,
    import_table,
    list_people,
    open_database,
    read_tables,
)
from calcidect.registry import _schema as schema
from support.records import TODAY, write_csv
from support.results import small_result

ROWS = [
    {"person_id": "ERIKA-1", "visit": "1", "visit_date": "2024-05-17", "age_years": "57", "mrss": "17"},
    {"person_id": "ERIKA-1", "visit": "2", "visit_date": "2025-05-17", "age_years": "58"},
    {"person_id": "P02", "visit": "1", "visit_date": "2023-02-03", "age_years": "44"},
]


@pytest.fixture
def people(database, tmp_path):
    """Return a registry of two people, the first with a scan."""
    import_table(database, write_csv(tmp_path / "t.csv", ROWS), "tester", ImportOptions(today=TODAY))
    result = small_result().save(tmp_path / "result")
    add_result(database, result, "ERIKA-1", "tester", AddOptions(visit=1, other_subject=True))
    return database


def test_all_of_the_person_goes_and_all_of_the_others_stays(people):
    others = [row for row in history_rows(people) if row["person_id"] == "P02"]
    assert forget_person(people, "ERIKA-1", "keeper")
    assert [row["person_id"] for row in list_people(people)] == ["P02"]
    tables = read_tables(people)
    assert {name: len(tables[name]) for name in ("persons", "visits", "scans", "deposits", "digits", "hands")} == {
        "persons": 1, "visits": 1, "scans": 0, "deposits": 0, "digits": 0, "hands": 0,
    }  # fmt: skip
    left = history_rows(people)
    assert left[:-1] == others
    trace = left[-1]
    assert (trace["who"], trace["action"], trace["person_id"], trace["item"]) == ("keeper", "forget", "", "erased")


def test_the_history_is_guarded_again(people):
    forget_person(people, "ERIKA-1", "keeper")
    for statement in (sa.delete(schema.change), sa.update(schema.change).values(who="else")):
        with pytest.raises(InputRefusedError), people.write() as connection:
            connection.execute(statement)
    assert history_rows(people)[-1]["who"] == "keeper"


def test_an_unknown_person_changes_nothing(people):
    before = history_rows(people)
    with pytest.raises(InputRefusedError) as error:
        forget_person(people, "P03", "keeper")
    assert error.value.code == "person_missing"
    assert history_rows(people) == before


def test_a_failure_on_the_way_leaves_everything(people, monkeypatch):
    before = history_rows(people)
    monkeypatch.setattr("calcidect.registry._forget.NOBODY", None)  # the trace can't be written without
    with pytest.raises(InputRefusedError):
        forget_person(people, "ERIKA-1", "keeper")
    assert history_rows(people) == before
    with pytest.raises(InputRefusedError), people.write() as connection:
        connection.execute(sa.delete(schema.change))


def test_the_files_hold_nothing_of_the_person(small_database, tmp_path):
    table = write_csv(tmp_path / "t.csv", ROWS)
    import_table(small_database, table, "tester", ImportOptions(today=TODAY))
    files = [Path(tmp_path / f"registry.db{end}") for end in ("", "-wal")]

    def stored():
        return b"".join(path.read_bytes() for path in files if path.exists())

    assert b"ERIKA-1" in stored()
    forget_person(small_database, "ERIKA-1", "keeper")
    assert b"ERIKA-1" not in stored()
    assert b"P02" in stored()


def test_the_verb_wants_the_pseudonym_twice(small_database, tmp_path):
    import_table(small_database, write_csv(tmp_path / "t.csv", ROWS), "tester", ImportOptions(today=TODAY))
    line = ["registry", "forget", "--db", str(tmp_path / "registry.db"), "--person", "ERIKA-1", "--confirm"]
    refused = CliRunner().invoke(app, [*line, "P02"])
    assert (refused.exit_code, len(list_people(small_database))) == (2, 2)
    done = CliRunner().invoke(app, [*line, "ERIKA-1"])
    assert done.exit_code == 0
    assert "ERIKA" not in done.stdout
    assert len(list_people(open_database(tmp_path / "registry.db"))) == 1
