"""The verbs of ``calcidect registry``, from an empty folder to tables."""

from __future__ import annotations

import csv
import json
import re
import sys

import pytest
from typer.testing import CliRunner

import calcidect.registry
from calcidect.cli import app
from support.postgres import PASSWORD
from support.records import clean_rows, dirty_rows, write_csv
from support.results import small_result

VERBS = (
    "init", "upgrade", "template", "import", "add", "list", "history", "forget", "export", "codebook",
    "redcap-dictionary", "redcap-export", "redcap-import",
)  # fmt: skip
PERSON = {
    "person_id": "P01",
    "visit": "1",
    "visit_date": "2024-05-17",
    "age_years": "57",
    "sex": "female",
    "mrss": "12",
}


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Return a call of ``calcidect registry`` on a new registry in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALCIDECT_REGISTRY", str(tmp_path / "study.db"))

    def run(*words):
        return CliRunner().invoke(app, ["registry", *[str(word) for word in words]])

    assert run("init").exit_code == 0
    return run


def told(done, code):
    """Return standard error of a call that ends with a code; no traceback, no path."""
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    return done.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_every_verb_shows_an_example(verb):
    done = CliRunner().invoke(app, ["registry", verb, "--help"])
    assert done.exit_code == 0
    assert f"  calcidect registry {verb}" in done.stdout.partition("Example")[2]


def test_the_group_lists_exactly_its_verbs():
    shown = CliRunner().invoke(app, ["registry", "--help"]).stdout.split("Commands:")[1].split("Examples:")[0]
    assert sorted(re.findall(r"^  ([\w-]+) {2,}", shown, re.MULTILINE)) == sorted(VERBS)


def test_from_an_empty_folder_to_tables(call, tmp_path):
    write_csv(tmp_path / "t.csv", [PERSON])
    assert "visits new: 1" in call("import", "t.csv", "--user", "ann").stdout
    small_result().save(tmp_path / "r")
    assert "visit 1, scan 1" in call("add", "r", "--person", "P01", "--other-subject").stdout
    assert "P01: visits 1, scans 1" in call("list").stdout
    assert "ann\timport\tvisit\tP01\t1\t\tmrss\t\t12" in call("history").stdout
    assert "deposits: 7 rows" in call("export", "--out", "tables").stdout
    with (tmp_path / "tables" / "deposits.csv").open(newline="") as file:
        assert {row["person_id"] for row in csv.DictReader(file)} == {"P01"}


def test_json_is_one_document(call, tmp_path):
    write_csv(tmp_path / "t.csv", [PERSON])
    assert json.loads(call("import", "t.csv", "--json", "--dry-run").stdout)["dry_run"] is True
    assert json.loads(call("list", "--json").stdout) == {"people": []}
    call("import", "t.csv")
    assert json.loads(call("list", "--json").stdout)["people"] == [{"person_id": "P01", "visits": 1, "scans": 0}]
    assert {change["item"] for change in json.loads(call("history", "--json").stdout)["changes"]} >= {"sex", "mrss"}
    assert json.loads(call("export", "--out", "x", "--json").stdout)["rows"]["persons"] == 1
    assert len(json.loads(call("codebook", "--json").stdout)) > 200


class TestRefusedTable:
    def test_every_cell_is_told_and_written(self, call, tmp_path):
        rows, wrong = dirty_rows(seed=3)
        write_csv(tmp_path / "t.csv", rows)
        error = told(call("import", "t.csv", "--rejects", "rejects.csv"), 3)
        with (tmp_path / "rejects.csv").open(newline="") as file:
            written = {(int(row["row"]), row["column"], row["code"]) for row in csv.DictReader(file)}
        assert written == wrong
        assert all(f"Row {row}, column {column} ({code})" in error for row, column, code in wrong)
        assert "Error (table_refused): 40 cells" in error
        assert "0 people" in call("list").stdout

    def test_with_json_the_cells_are_in_the_error(self, call, tmp_path):
        write_csv(tmp_path / "t.csv", [{**PERSON, "mrss": "62"}])
        error = json.loads(told(call("import", "t.csv", "--json"), 3))
        assert [(cell["row"], cell["column"], cell["code"]) for cell in error["cells"]] == [(2, "mrss", "out_of_range")]

    def test_nothing_of_a_patient_is_told(self, call, tmp_path):
        write_csv(tmp_path / "DOE_JANE.csv", [{**PERSON, "person_id": "Doe Jane", "visit_date": "1957-02-30"}])
        error = told(call("import", "DOE_JANE.csv"), 3)
        assert not [secret for secret in ("Doe", "DOE", "Jane", "JANE", "1957") if secret in error]

    def test_cells_are_told_even_if_the_list_can_not_be_written(self, call, tmp_path):
        write_csv(tmp_path / "t.csv", [{**PERSON, "mrss": "62"}])
        error = told(call("import", "t.csv", "--rejects", "t.csv/rejects.csv"), 3)
        assert "Row 2, column mrss (out_of_range)" in error
        assert "Error (output_failed)" in error

    def test_the_list_never_takes_the_place_of_the_table(self, call, tmp_path):
        table = write_csv(tmp_path / "t.csv", [{**PERSON, "mrss": "62"}])
        before = table.read_bytes()
        assert "rejects_over_table" in told(call("import", "t.csv", "--rejects", tmp_path / "t.csv"), 2)
        assert table.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "code", "name"),
    [
        (["init"], 2, "registry_exists"),
        (["list", "--db", "nowhere.db"], 3, "registry_missing"),
        (["list", "--db", "mysql://a:b@c/d"], 2, "database_unknown"),
        (["import", "nowhere.csv"], 3, "table_missing"),
        (["import", "DOE_JANE.csv", "--encoding", "klingon"], 2, "encoding_unknown"),
        (["import", "DOE_JANE.csv", "--encoding", "rot13"], 2, "encoding_unknown"),
        (["template", "DOE_JANE.csv/t.csv"], 3, "output_failed"),
        (["codebook", "--out", "c.xlsx"], 2, "codebook_kind"),
        (["add", "nowhere", "--person", "P01"], 3, "result_unreadable"),
        (["export", "--out", "x", "--format", "xml"], 2, "format_unknown"),
        (["template", "t.ods"], 2, "template_kind"),
        (["redcap-import", "nowhere.csv"], 3, "table_missing"),
    ],
)
def test_failures_have_their_code_and_end(call, tmp_path, words, code, name):
    write_csv(tmp_path / "DOE_JANE.csv", [PERSON])
    assert f"Error ({name})" in told(call(*words), code)


def test_results_of_which_some_are_refused_end_with_four(call, tmp_path):
    small_result().save(tmp_path / "r")
    done = call("add", "r", "nowhere", "r", "--person", "P01", "--create", "--other-subject")
    assert told(done, 4).count("Error (") == 2
    assert "Result 1: visit 1, scan 1." in done.stdout


def test_files_are_not_replaced_unless_told(call):
    for verb, out in (("redcap-dictionary", "d.csv"), ("redcap-export", "r.csv"), ("codebook", "c.md")):
        assert call(verb, "--out", out).exit_code == 0
        assert "file_exists" in told(call(verb, "--out", out), 2)
        assert call(verb, "--out", out, "--force").exit_code == 0


def test_redcap_there_and_back(call, tmp_path):
    write_csv(tmp_path / "t.csv", clean_rows(3, seed=8))
    call("import", "t.csv")
    call("redcap-export", "--out", "r.csv")
    assert call("init", "--db", "second.db").exit_code == 0
    assert "visits new: 6" in call("redcap-import", "r.csv", "--db", "second.db").stdout
    call("redcap-export", "--out", "again.csv", "--db", "second.db")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "r.csv").read_bytes()


def test_a_password_is_never_told(call):
    url = f"postgresql://someone:{PASSWORD}@127.0.0.1:1/study"
    for words in (["list", "--db", url], ["list", "--db", url.replace("postgresql", "oracle")]):
        done = call(*words)
        assert done.exit_code in (2, 3)
        assert PASSWORD not in done.output


def test_a_missing_extra_says_what_to_install(call, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("calcidect.registry._")]:
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr(calcidect.registry, name.rpartition(".")[2], raising=False)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert "pip install 'calcidect[cohort]'" in told(call("list"), 2)


def test_what_is_exported_makes_table_1_as_it_is(call, tmp_path):
    write_csv(tmp_path / "record.csv", clean_rows(people=8, visits=2, seed=4, filled=0.9))
    assert call("import", "record.csv").exit_code == 0
    assert call("export", "--out", "tables").exit_code == 0
    words = ["cohort", "table1", "tables/analysis.csv", "--codebook", "tables/analysis_codebook.csv", "--by", "sex"]
    done = CliRunner().invoke(app, [*words, "--order", "visit", "--at", "first", "--out", "table1"])
    assert done.exit_code == 0, done.output
    assert "All (N=8)" in done.stdout
