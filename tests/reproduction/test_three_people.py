"""Three people from the scan to the comparison: one hand each, coarse; a killed run goes on."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from calcidect.reproduction import TRAITS, Work, reproduce

PEOPLE = ("P02", "P04", "P09")
"""A sheet in the forearm; a mass in the carpal tunnel, a joint eroded; small deposits only."""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return the work and its outcome, made in two runs of which the first stopped after one scan."""
    folder = tmp_path_factory.mktemp("study")
    first = Work(folder, PEOPLE[:1], quick=True)
    assert reproduce(first, simulate_only=True) == (None, [])
    made = (first.case(PEOPLE[0]) / "truth" / "truth.json").stat().st_mtime_ns
    work = Work(folder, PEOPLE, quick=True)
    outcome, refused = reproduce(work)
    assert refused == []
    assert (first.case(PEOPLE[0]) / "truth" / "truth.json").stat().st_mtime_ns == made, "what is whole is kept"
    return work, outcome


def test_everything_comes_out(study):
    work, _ = study
    made = {path.name for path in work.outcome.iterdir()}
    assert {"registry.db", "record.csv", "export", "hands.svg", "scatter.png", "forest.svg"} <= made
    for name in ("reproduction", "found_and_true", "deposits", "per_person", "table1", "patients", "associations"):
        assert {f"{name}.{ending}" for ending in ("csv", "md", "html")} <= made
    assert not [path for path in work.folder.rglob("*") if path.name.startswith(".")]


def test_bulky_deposits_and_acro_osteolysis_are_found_in_the_right_people(study):
    work, outcome = study
    rows = {row.label: row for row in outcome.comparison}
    bulky = rows[TRAITS["bulky"]]
    assert (bulky.reproduced, bulky.true, bulky.differing) == ("2/3", "2/3", ())
    assert rows[TRAITS["acro_osteolysis"]].reproduced == "3/3"
    squares = {(row.label, row.unit): row for row in outcome.crosstabs}
    assert squares[TRAITS["urate"], "person"].found_only == 0
    assert squares[TRAITS["forearm_extension"], "person"].both == 1
    assert squares[TRAITS["forearm_extension"], "person"].found_only == 0
    scans = pd.read_csv(work.outcome / "export" / "scans.csv")
    assert scans["person_id"].tolist() == list(PEOPLE)


def test_record_and_findings_meet_in_one_table(study):
    work, _ = study
    with (work.outcome / "export" / "analysis.csv").open(encoding="utf-8") as file:
        rows = {row["person_id"]: row for row in csv.DictReader(file)}
    assert {person: (row["bulky"], row["reflux"]) for person, row in rows.items()} == {
        "P02": ("yes", "yes"), "P04": ("yes", "yes"), "P09": ("no", "no"),
    }  # fmt: skip
    assert "3/3." in (work.outcome / "reproduction.csv").read_text(encoding="utf-8"), "sex and age are the record's"
