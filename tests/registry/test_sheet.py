"""Excel files: true dates, serial numbers, formulas, and the template itself."""

from __future__ import annotations

import datetime as dt
import re
import zipfile

import openpyxl
import pytest

from calcidect.errors import InputRefusedError, UsageError
from calcidect.registry import ImportOptions, TableRefusedError, import_table, read_tables, write_template
from calcidect.registry._catalogue import entered_items
from calcidect.registry._check import column_letter
from support.records import TODAY, clean_rows

HEAD = ["person_id", "visit", "visit_date", "age_years", "raynaud_onset", "reflux", "mrss"]


def book(path, *rows, head=HEAD):
    made = openpyxl.Workbook()
    for row in (head, *rows):
        made.active.append(list(row))
    made.save(path)
    return path


def put(database, path):
    return import_table(database, path, "tester", ImportOptions(today=TODAY))


def test_typed_cells_of_excel_are_taken(small_database, tmp_path):
    row = ["P01", 1, dt.datetime(2024, 5, 17), 57.5, dt.datetime(2003, 5, 1), True, 12]
    assert put(small_database, book(tmp_path / "t.xlsx", row)).form == "Excel, first sheet"
    visit = read_tables(small_database, ["visits"])["visits"].iloc[0]
    assert (visit["visit_date"], visit["age_years"], visit["reflux"], visit["mrss"]) == ("2024-05-17", 57.5, True, 12)


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (2, 45429, "excel_serial_date"),
        (2, dt.datetime(2031, 1, 1), "date_future"),
        (2, "17.05.2024", "date_form"),
        (4, dt.datetime(2003, 5, 17), "date_too_exact"),
        (6, dt.datetime(2024, 1, 12), "date_in_number"),
        (6, dt.time(12, 0), "not_a_number"),
        (6, "#REF!", "spreadsheet_error"),
        (3, "57,5", "decimal_comma"),
    ],
)
def test_what_excel_makes_of_cells_is_named(small_database, tmp_path, place, value, code):
    row = ["P01", 1, dt.datetime(2024, 5, 17), 57, "2003", "yes", 12]
    row[place] = value
    with pytest.raises(TableRefusedError) as error:
        put(small_database, book(tmp_path / "t.xlsx", row))
    assert [(c.row, c.column, c.code) for c in error.value.cells] == [(2, HEAD[place], code)]


def patched(source, target, change):
    """Copy an Excel file with its first sheet's XML changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == "xl/worksheets/sheet1.xml" else data)
    return target


@pytest.mark.parametrize("said", [b'<dimension ref="A1"/>', b""])
def test_cells_beyond_a_wrong_or_missing_dimension_are_read(small_database, tmp_path, said):
    rows = [["P01", 1, dt.datetime(2024, 5, 17), 57, "2003", "yes", 12], ["P02", 1]]
    source = book(tmp_path / "a.xlsx", *rows)
    path = patched(source, tmp_path / "t.xlsx", lambda data: re.sub(rb'<dimension ref="[^"]*" ?/>', said, data))
    assert put(small_database, path).counts["visits_new"] == 2
    assert read_tables(small_database, ["visits"])["visits"]["mrss"].tolist()[0] == 12


def test_a_formula_without_a_saved_value_is_named_and_not_taken_for_empty(small_database, tmp_path):
    row = ["P01", 1, dt.datetime(2024, 5, 17), 57, "2003", "yes", "=5+7"]
    with pytest.raises(TableRefusedError) as error:
        put(small_database, book(tmp_path / "t.xlsx", row))
    assert [(c.column, c.code) for c in error.value.cells] == [("mrss", "spreadsheet_error")]


def test_a_formula_counts_by_its_saved_value(small_database, tmp_path):
    source = book(tmp_path / "a.xlsx", ["P01", 1, dt.datetime(2024, 5, 17), 57, "2003", "yes", "=5+7"])
    saved = patched(source, tmp_path / "t.xlsx", lambda data: re.sub(rb"(</f>)<v ?/?>(</v>)?", rb"\1<v>12</v>", data))
    put(small_database, saved)
    assert read_tables(small_database, ["visits"])["visits"]["mrss"].tolist() == [12]


def test_a_damaged_file_is_refused(small_database, tmp_path):
    path = patched(book(tmp_path / "a.xlsx"), tmp_path / "t.xlsx", lambda data: data[: len(data) // 2])
    with pytest.raises(InputRefusedError) as error:
        put(small_database, path)
    assert error.value.code == "table_unreadable"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_filled_template_is_imported(small_database, tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    write_template(path)
    rows = clean_rows(3, seed=4)
    if suffix == ".csv":
        assert path.read_text() == ",".join(entered_items()) + "\n"
        lines = [",".join(row.get(name, "") for name in entered_items()) for row in rows]
        path.write_text(path.read_text() + "\n".join(lines) + "\n")
    else:
        made = openpyxl.load_workbook(path)
        assert made.sheetnames == ["record", "codebook"]
        for row in rows:
            made["record"].append([row.get(name) for name in entered_items()])
        made.save(path)
    assert put(small_database, path).counts["visits_new"] == 6


def test_a_template_replaces_nothing_unless_told(tmp_path):
    write_template(tmp_path / "t.csv")
    with pytest.raises(UsageError, match="exists already"):
        write_template(tmp_path / "t.csv")
    write_template(tmp_path / "t.csv", force=True)
    with pytest.raises(UsageError, match="neither"):
        write_template(tmp_path / "t.ods")


def test_columns_have_the_letters_of_a_spreadsheet():
    assert [column_letter(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
