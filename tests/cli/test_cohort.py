"""``calcidect cohort``: what it writes, what it refuses, and that nothing is written by halves."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from calcidect.cli import app
from support.cohort import CODEBOOK, text_frame
from support.cohort import PEOPLE as NAMED_OTHERWISE

PEOPLE = NAMED_OTHERWISE.replace("person,", "person_id,", 1)
"""As the registry names the column."""
ENDINGS = ("csv", "docx", "html", "md", "tex", "txt")


def people():
    return text_frame(PEOPLE)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "codebook.csv").write_text(CODEBOOK)
    return tmp_path


def call(files, verb, *words, table="people.csv"):
    line = ["cohort", verb, files / table, "--codebook", files / "codebook.csv", "--out", files / "out", *words]
    return CliRunner().invoke(app, [str(word) for word in line])


@pytest.mark.parametrize("verb", ["table1", "associations", "agreement", "figures", "reproduce-study"])
def test_help_shows_an_example(verb):
    done = CliRunner().invoke(app, ["cohort", verb, "--help"])
    assert done.exit_code == 0
    assert f"calcidect cohort {verb}" in done.stdout


def test_table1_is_written_in_every_format(files):
    done = call(files, "table1", "--by", "bulky", "--per-patient", "--median", "age")
    assert done.exit_code == 0, done.stderr
    assert sorted(p.name for p in (files / "out").iterdir()) == sorted(
        f"{name}.{ending}" for name in ("table1", "patients") for ending in ENDINGS
    )
    assert "Age, years; median (Q1, Q3)" in done.stdout
    assert "Research use only." in (files / "out" / "table1.csv").read_text()


def test_json_holds_the_table_and_a_parquet_file_the_same_one(files):
    frame = people()
    frame["age"] = frame["age"].astype(float)
    frame.to_parquet(files / "people.parquet")
    from_csv = call(files, "table1", "--json")
    from_parquet = call(files, "table1", "--json", "--force", table="people.parquet")
    assert json.loads(from_csv.stdout)["table1"]["rows"][0][:2] == ["Female", "9/10 (90%)"]
    assert from_parquet.stdout == from_csv.stdout


def test_a_group_of_one_person_is_compared_without_a_fault(files):
    lines = PEOPLE.splitlines()
    (files / "people.csv").write_text("\n".join([*lines[:3], lines[3].replace("31.0,1,", "22.0,1,"), lines[6]]) + "\n")
    for verb in (("table1", "--by", "bulky"), ("associations", "--outcome", "bulky")):
        done = call(files, *verb, "--force")
        assert done.exit_code == 0, done.stderr
        assert "nan" not in done.stdout.casefold()


def test_a_visit_is_chosen(files):
    visits = pd.concat([people().assign(visit="1"), people().assign(visit="2", age="70")])
    visits.to_csv(files / "visits.csv", index=False)
    assert call(files, "table1", table="visits.csv").exit_code == 2
    assert call(files, "table1", "--order", "visit", table="visits.csv").exit_code == 2
    done = call(files, "table1", "--order", "visit", "--at", "last", "--variables", "age", table="visits.csv")
    assert "70.0 (0.0)" in done.stdout


def test_associations_and_a_regression(files):
    done = call(files, "associations", "--outcome", "bulky", "--regress", "age,female", "--exact", "boschloo")
    assert done.exit_code == 0, done.stderr
    assert {p.stem for p in (files / "out").iterdir()} == {"associations", "regression"}
    assert "Boschloo" in done.stdout
    assert "events per factor" in done.stdout


def test_agreement_beside_and_below_each_other(files):
    (files / "codebook.csv").write_text("name,label,kind,unit,categories\na,A,continuous,mg,\nb,B,continuous,mg,\n")
    (files / "people.csv").write_text("person_id,a,b\n1,5,6\n2,8,8\n3,12,11\n4,20,22\n")
    beside = call(files, "agreement", "--columns", "a,b", "--json")
    assert beside.exit_code == 0, beside.stderr
    (files / "long.csv").write_text("person_id,reader,a\n1,A,5\n1,B,6\n2,A,8\n2,B,8\n3,A,12\n3,B,11\n4,A,20\n4,B,22\n")
    below = call(files, "agreement", "--value", "a", "--rater", "reader", "--json", "--force", table="long.csv")
    assert json.loads(below.stdout) == json.loads(beside.stdout)
    assert call(files, "agreement", "--force").exit_code == 2


def test_figures_are_drawn_as_asked_for(files):
    (files / "deposits.csv").write_text("person_id,side,level,digit,ha_mass_mg\np01,left,distal_phalanx,1,12.0\n")
    done = call(files, "figures", "--deposits", files / "deposits.csv", "--scatter", "duration,ha_mass")
    assert done.exit_code == 0, done.stderr
    names = sorted(p.name for p in (files / "out").iterdir())
    assert names == ["hands.png", "hands.svg", "scatter.png", "scatter.svg"]
    assert done.stdout.startswith("Wrote hands, scatter to ")
    as_json = call(files, "figures", "--force", "--outcome", "bulky", "--json")
    assert json.loads(as_json.stdout) == {"files": ["forest.svg", "forest.png"]}
    assert call(files, "figures", "--force").exit_code == 2
    assert call(files, "figures", "--force", "--scatter", "age").exit_code == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--by", "agee"), 3, "'agee' is not in the codebook"),
        (("--by", "age"), 3, "can't be grouped by 'age'"),
        (("--person", "name"), 3, "There is no column 'name'"),
        (("--variables", ","), 3, "No variable is named"),
        (("--mean", "agee"), 3, "'agee' is not in the codebook"),
        (("--mean", "age", "--median", "age"), 2, "named twice"),
        (("--mean", "subset"), 2, "has categories"),
    ],
)
def test_a_refusal_says_what_to_do_and_writes_nothing(files, words, code, said):
    done = call(files, "table1", *words)
    assert done.exit_code == code
    assert said in done.stderr
    assert "What to do:" in done.stderr
    assert not (files / "out").exists()


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00bad", b'a,b\n"open\n', b"person_id,age\n1,2,\n", b"age,age\n1,2\n"]
)
def test_a_broken_table_is_refused_without_a_traceback(files, content):
    (files / "people.csv").write_bytes(content)
    done = call(files, "table1")
    assert done.exit_code == 3
    assert "Traceback" not in done.stderr


def test_an_existing_folder_is_kept_unless_forced(files):
    assert call(files, "table1").exit_code == 0
    before = (files / "out" / "table1.html").read_bytes()
    assert call(files, "table1", "--by", "bulky").exit_code == 2
    assert (files / "out" / "table1.html").read_bytes() == before
    assert call(files, "table1", "--by", "bulky", "--force").exit_code == 0
    assert (files / "out" / "table1.html").read_bytes() != before


@pytest.mark.parametrize(
    "verb", [("table1",), ("associations", "--outcome", "bulky"), ("figures", "--scatter", "age,age")]
)
def test_a_folder_that_holds_the_tables_is_never_replaced(files, verb):
    done = call(files, *verb, "--force", "--out", files)
    assert done.exit_code == 2
    assert (files / "people.csv").read_text() == PEOPLE


def test_a_missing_file_is_a_wrong_call(files):
    assert call(files, "table1", table="nobody.csv").exit_code == 2


def test_missing_packages_are_named_with_what_to_install(files, monkeypatch):
    monkeypatch.setattr("calcidect.cli._tables.find_spec", lambda name: None if name == "statsmodels" else name)
    done = call(files, "table1")
    assert done.exit_code == 2
    assert "not installed: statsmodels" in done.stderr
    assert ".[cohort]" in done.stderr


@pytest.mark.parametrize("people", ["P11", " , "])
def test_a_study_of_unknown_people_is_refused_before_anything_is_made(tmp_path, people):
    line = ["cohort", "reproduce-study", "--work", str(tmp_path / "study"), "--people", people]
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 2
    assert "people_unknown" in done.stderr
    assert list(tmp_path.iterdir()) == []
