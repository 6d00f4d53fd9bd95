"""Tidy tables with fixed columns, and a codebook that names each of them."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from calcidect.errors import OutputError, UsageError
from calcidect.registry import (
    TABLES,
    AddOptions,
    ImportOptions,
    add_result,
    analysis_codebook,
    analysis_frame,
    codebook,
    codebook_markdown,
    create_database,
    export,
    import_table,
    read_tables,
)
from calcidect.registry._analysis import analysis_in
from support.records import TODAY, clean_rows, write_csv
from support.results import small_result


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    at = tmp_path_factory.mktemp("export")
    database = create_database(str(at / "registry.db"))
    rows = clean_rows(5, 2, seed=6)
    import_table(database, write_csv(at / "t.csv", rows), "tester", ImportOptions(today=TODAY))
    options = AddOptions(visit=1, other_subject=True)
    add_result(database, small_result().save(at / "r"), "P00003", "tester", options)
    return database


def test_rows_are_one_per_thing(filled, tmp_path):
    rows = export(filled, tmp_path / "tables")
    deposits = len(small_result().findings.deposits)
    expected = {
        "persons": 5,
        "visits": 10,
        "scans": 1,
        "hands": 2,
        "digits": 10,
        "deposits": deposits,
        "destruction": 1,
    }
    assert {name: rows[name] for name in TABLES} == expected
    for name, number in rows.items():
        with (tmp_path / "tables" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            assert len(list(csv.DictReader(file))) == number


def test_parquet_and_csv_hold_the_same(filled, tmp_path):
    export(filled, tmp_path / "tables")
    for name, table in {**read_tables(filled), "analysis": analysis_frame(filled)}.items():
        again = pd.read_parquet(tmp_path / "tables" / f"{name}.parquet")
        assert again.columns.tolist() == table.columns.tolist()
        pd.testing.assert_frame_equal(again, table, check_dtype=False)
        text = pd.read_csv(tmp_path / "tables" / f"{name}.csv", dtype=str, keep_default_na=False)
        assert (text == "").values.tolist() == table.isna().values.tolist()


def test_the_same_record_gives_the_same_bytes(filled, tmp_path):
    for folder in ("a", "b"):
        export(filled, tmp_path / folder, formats=("csv",))
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_columns_and_types_do_not_depend_on_what_is_recorded(filled, small_database):
    empty, full = read_tables(small_database), read_tables(filled)
    assert {name: table.dtypes.to_dict() for name, table in empty.items()} == {
        name: table.dtypes.to_dict() for name, table in full.items()
    }


def test_the_codebook_names_every_column_of_every_table_in_order(filled):
    rows = codebook()
    for name, table in read_tables(filled).items():
        assert [row["column"] for row in rows if row["table"] == name] == table.columns.tolist()
    assert all(row["label"] for row in rows)
    assert all(row["column"] in codebook_markdown() for row in rows)


def test_units_stand_in_names_or_in_the_codebook():
    for row in codebook():
        for ending, unit in (("_mm3", "mm3"), ("_mg", "mg"), ("_mm", "mm"), ("_years", "years"), ("_kg", "kg")):
            if row["column"].endswith(ending):
                assert row["unit"] == unit, row["column"]


def test_an_export_is_whole_or_not_at_all(filled, tmp_path, monkeypatch):
    export(filled, tmp_path / "tables", formats=("csv",))
    before = {path.name: path.read_bytes() for path in (tmp_path / "tables").iterdir()}
    with pytest.raises(UsageError):
        export(filled, tmp_path / "tables")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", fail)
    with pytest.raises(OutputError):
        export(filled, tmp_path / "tables", force=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "tables").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["tables"]


def test_all_tables_of_an_export_are_of_one_moment(small_database, tmp_path, monkeypatch):
    def after_an_import(connection):
        rows = write_csv(tmp_path / "t.csv", clean_rows(2, 1))
        import_table(small_database, rows, "tester", ImportOptions(today=TODAY))
        return analysis_in(connection)

    monkeypatch.setattr("calcidect.registry._export.analysis_in", after_an_import)
    rows = export(small_database, tmp_path / "tables", formats=("csv",))
    assert rows["visits"] == rows["analysis"] == 0
    assert len(analysis_frame(small_database)) == 2


class TestAnalysis:
    """The one table for statistics."""

    def test_a_row_is_a_visit_with_person_and_first_scan(self, filled):
        table = analysis_frame(filled)
        assert len(table) == 10
        scanned = table[table["scan"] == "1"]
        assert scanned[["person_id", "visit"]].values.tolist() == [["P00003", "1"]]
        mass = small_result().findings.burden["all"].ha_mass_mg
        assert float(scanned["ha_mass_mg"].iloc[0]) == mass
        assert table.groupby("person_id")["sex"].nunique(dropna=False).eq(1).all()

    def test_missing_says_why_and_no_finding_is_nowhere(self, small_database, tmp_path):
        row = {"person_id": "P01", "visit": "1", "mrss": "not_done", "infection": "no", "painful_ulcer": "yes"}
        row |= {"painful_ulcer_where": "left_2", "contracture": "unknown", "sex": "unknown"}
        import_table(small_database, write_csv(tmp_path / "t.csv", [row]), "tester", ImportOptions(today=TODAY))
        found = analysis_frame(small_database).iloc[0].fillna("")
        assert [found[name] for name in ("mrss", "sex", "contracture", "haq_di")] == [
            "not_done",
            "unknown",
            "unknown",
            "",
        ]
        assert (found["painful_ulcer_where_left_2"], found["painful_ulcer_where_left_3"]) == ("yes", "no")
        assert (found["infection_where_left_2"], found["contracture_where_left_2"]) == ("no", "")

    def test_its_codebook_fits_it(self, filled):
        table, rows = analysis_frame(filled), analysis_codebook()
        assert len({row["name"] for row in rows}) == len(rows)
        assert {row["kind"] for row in rows} == {"binary", "categorical", "ordinal", "continuous", "count"}
        for row in rows:
            values = set(table[row["name"]].dropna()) - {"unknown", "not_done", "not_applicable"}
            codes = [pair.split(", ")[0] for pair in row["categories"].split(" | ")] if row["categories"] else []
            if row["kind"] in ("continuous", "count"):
                assert not codes
                assert all(float(value) == float(value) for value in values)
            else:
                assert values <= set(codes or ("yes", "no")), row["name"]
