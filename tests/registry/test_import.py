"""Tables go in whole or not at all, and every wrong cell is named."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor

import pytest

from calcidect.errors import InputRefusedError
from calcidect.registry import (
    ImportOptions,
    TableRefusedError,
    history_rows,
    import_table,
    list_people,
    read_tables,
    write_rejects,
)
from calcidect.registry._catalogue import entered_items
from calcidect.registry._cells import as_cell
from calcidect.registry._store import read_people
from support.records import COLUMNS, PLANTS, TODAY, as_csv_bytes, clean_rows, dirty_rows, write_csv

ONE = {"person_id": "P01", "visit": "1", "visit_date": "2020-05-17", "age_years": "57", "sex": "female"}


def put(database, path, rows, **options):
    """Import rows from a CSV file."""
    return import_table(database, write_csv(path / "t.csv", rows), "tester", ImportOptions(today=TODAY, **options))


def refused(database, path, rows, **options):
    """Return (row, column, code) of every refused cell."""
    with pytest.raises(TableRefusedError) as error:
        put(database, path, rows, **options)
    return {(cell.row, cell.column, cell.code) for cell in error.value.cells}


def recorded(database):
    """Return the cells of every record, by person and visit."""
    with database.read() as connection:
        people = read_people(connection)
    return {
        (person_id, visit): {name: as_cell(value) for name, value in items.items()}
        for person_id, person in people.items()
        for visit, items in [(None, person.items), *person.visits.items()]
    }


def test_every_cell_of_a_clean_table_is_recorded_as_it_was_written(database, tmp_path):
    rows = clean_rows(12, seed=5)
    assert put(database, tmp_path, rows).counts["visits_new"] == 24
    kept = recorded(database)
    for row in rows:
        person, visit = kept[row["person_id"], None], kept[row["person_id"], int(row["visit"])]
        for name, text in row.items():
            item = entered_items()[name]
            if item.level != "key":
                expected = repr(float(text)) if item.kind == "number" and text[0] in "-0123456789" else text
                assert {**person, **visit}[name] == expected, name
    assert sum(map(len, kept.values())) == sum(len(row) - 2 for row in rows)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_all_forty_planted_faults_are_named_and_nothing_is_imported(database, tmp_path, seed):
    rows, wrong = dirty_rows(seed=seed)
    assert (len(rows), len(wrong), len(PLANTS)) == (200, 40, 40)
    with pytest.raises(TableRefusedError) as error:
        put(database, tmp_path, rows)
    cells = error.value.cells
    assert {(cell.row, cell.column, cell.code) for cell in cells} == wrong
    assert all(cell.found and cell.expected and cell.remedy for cell in cells)
    assert list_people(database) == []
    assert history_rows(database) == []


def test_no_message_repeats_a_cell_that_may_identify(small_database, tmp_path):
    secrets = ["Jane Doe", "4711471147", "1901-05", "2014-02-31", "2009-12-24", "jam", "sixty"]
    rows, _ = dirty_rows(seed=14)
    with pytest.raises(TableRefusedError) as error:
        put(small_database, tmp_path, rows)
    write_rejects(error.value.cells, tmp_path / "rejects.csv")
    told = (tmp_path / "rejects.csv").read_text() + str(error.value)
    assert not [secret for secret in secrets if secret in told]
    assert not [row["person_id"] for row in rows if row["person_id"] and row["person_id"] in told]
    with (tmp_path / "rejects.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 40


class TestHeader:
    def test_a_column_that_identifies_is_refused_by_its_letter(self, small_database, tmp_path):
        for name in ("Name", "patient name", "DOB", "birth_date", "MRN", "Geburtsdatum", "e-mail"):
            rows = [{**ONE, name: "x"}]
            path = write_csv(tmp_path / "t.csv", rows, (*ONE, name))
            with pytest.raises(TableRefusedError) as error:
                import_table(small_database, path, "tester", ImportOptions(today=TODAY))
            assert [(c.row, c.column, c.code) for c in error.value.cells] == [(1, "F", "identifying_column")], name

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("mrs", "unknown_column"),
            ("acr_eular_score", "computed_column"),
            ("", "column_unnamed"),
            ("sex", "column_twice"),
        ],
    )
    def test_other_columns_that_do_not_exist_are_refused(self, small_database, tmp_path, name, code):
        lines = [",".join([*ONE, name, "mrss"]), ",".join([*ONE.values(), "", "12"])]
        (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
        with pytest.raises(TableRefusedError) as error:
            import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY))
        assert [cell.code for cell in error.value.cells] == [code]

    def test_a_near_name_is_offered(self, small_database, tmp_path):
        (tmp_path / "t.csv").write_text("person_id,visit,mrrs\nP01,1,12\n")
        with pytest.raises(TableRefusedError, match="1 cell") as error:
            import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY))
        assert "Perhaps mrss?" in error.value.cells[0].remedy

    def test_keys_are_needed(self, small_database, tmp_path):
        (tmp_path / "t.csv").write_text("mrss\n12\n")
        with pytest.raises(TableRefusedError) as error:
            import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY))
        assert {(1, "person_id", "key_missing"), (1, "visit", "key_missing")} <= {
            (cell.row, cell.column, cell.code) for cell in error.value.cells
        }

    def test_a_missing_column_of_keys_is_told_once(self, small_database, tmp_path):
        (tmp_path / "t.csv").write_text("visit,mrss\n1,12\n2,13\n")
        with pytest.raises(TableRefusedError) as error:
            import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY))
        assert [(cell.row, cell.column) for cell in error.value.cells] == [(1, "person_id")]

    def test_people_alone_need_no_visit(self, small_database, tmp_path):
        (tmp_path / "t.csv").write_text("person_id,sex,aca\nP01,female,positive\n")
        import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY))
        assert recorded(small_database) == {("P01", None): {"sex": "female", "aca": "positive"}}


class TestForms:
    """Files that are right, in the forms in which they are met."""

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_encodings_with_a_mark_and_separators_are_told(self, small_database, tmp_path, encoding, separator):
        rows = clean_rows(3, seed=2)
        text = as_csv_bytes(rows, separator=separator).decode()
        (tmp_path / "t.csv").write_bytes(text.encode(encoding))
        import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY))
        assert len(list_people(small_database)) == 3

    def test_a_semicolon_file_with_decimal_commas_needs_to_be_told(self, small_database, tmp_path):
        (tmp_path / "t.csv").write_text("person_id;visit;crp_mg_per_l\nP01;1;12,5\n")
        with pytest.raises(TableRefusedError) as error:
            import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY))
        assert "--decimal-comma" in error.value.cells[0].remedy
        import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY, decimal_comma=True))
        assert recorded(small_database)["P01", 1] == {"crp_mg_per_l": "12.5"}

    def test_latin_1_is_named_by_cell_and_can_be_told(self, small_database, tmp_path):
        (tmp_path / "t.csv").write_bytes("person_id,visit,reflux\nP01,1,ni\u00e9\n".encode("latin-1"))
        with pytest.raises(TableRefusedError) as error:
            import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY))
        assert [(c.row, c.column, c.code) for c in error.value.cells] == [(2, "reflux", "encoding")]
        with pytest.raises(TableRefusedError) as error:
            import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY, encoding="latin-1"))
        assert [cell.code for cell in error.value.cells] == ["yes_no_word"]

    @pytest.mark.parametrize("data", [b"", b"\n\n", b"PK\x03\x04junk", "sex".encode("utf-16-le"), b'a,"b\nc'])
    def test_what_is_no_table_is_refused(self, small_database, tmp_path, data):
        (tmp_path / "t.csv").write_bytes(data)
        with pytest.raises(InputRefusedError) as error:
            import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY))
        assert error.value.code in ("table_unreadable", "table_refused")

    def test_a_row_of_another_width_is_named(self, small_database, tmp_path):
        (tmp_path / "t.csv").write_text("person_id,visit,crp_mg_per_l\nP01,1,12,5\nP02,1\n")
        with pytest.raises(TableRefusedError) as error:
            import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY))
        assert [(c.row, c.column, c.code) for c in error.value.cells] == [(2, "D", "row_width"), (3, "C", "row_width")]

    def test_empty_rows_are_passed_over_and_counted(self, small_database, tmp_path):
        (tmp_path / "t.csv").write_text("person_id,visit,mrss\n\n,,\nP01,1,99\n")
        with pytest.raises(TableRefusedError) as error:
            import_table(small_database, tmp_path / "t.csv", "tester", ImportOptions(today=TODAY))
        assert [cell.row for cell in error.value.cells] == [4]


class TestOverTheRecord:
    """What an import does to a record that is there."""

    def test_the_same_table_again_changes_nothing(self, database, tmp_path):
        rows = clean_rows(4, seed=3)
        put(database, tmp_path, rows)
        before = history_rows(database)
        assert set(put(database, tmp_path, rows).counts.values()) == {0}
        assert history_rows(database) == before

    def test_another_value_is_refused_without_update_and_kept_in_the_history_with_it(self, database, tmp_path):
        put(database, tmp_path, [{**ONE, "mrss": "12"}])
        assert refused(database, tmp_path, [{**ONE, "mrss": "14"}]) == {(2, "mrss", "already_recorded")}
        assert put(database, tmp_path, [{**ONE, "mrss": "14"}], update=True).counts["visits_changed"] == 1
        last = history_rows(database, "P01")[-1]
        assert (last["who"], last["item"], last["before"], last["after"]) == ("tester", "mrss", "12", "14")
        assert last["at"].endswith("+00:00")

    def test_what_was_not_entered_may_be_added_and_an_empty_cell_erases_nothing(self, database, tmp_path):
        put(database, tmp_path, [ONE])
        put(database, tmp_path, [{"person_id": "P01", "visit": "1", "mrss": "9"}])
        assert recorded(database)["P01", 1] == {"visit_date": "2020-05-17", "age_years": "57.0", "mrss": "9"}

    def test_a_table_that_contradicts_the_record_is_refused(self, database, tmp_path):
        put(database, tmp_path, [ONE])
        later = {"person_id": "P01", "visit": "2", "visit_date": "2019-05-17", "age_years": "58"}
        assert refused(database, tmp_path, [later]) == {(2, "visit_date", "visit_order")}
        assert refused(database, tmp_path, [{**later, "visit_date": "2021-05-17", "sex": "male"}]) == {
            (2, "sex", "already_recorded")
        }

    def test_a_pseudonym_in_another_case_is_not_another_person(self, database, tmp_path):
        rows = [{"person_id": name, "visit": visit} for name, visit in (("P01", "1"), ("p01", "2"), ("p01", "3"))]
        wrong = {(3, "person_id", "pseudonym_case"), (4, "person_id", "pseudonym_case")}
        assert refused(database, tmp_path, rows) == wrong
        put(database, tmp_path, rows[:1])
        assert refused(database, tmp_path, rows[1:]) == {
            (2, "person_id", "pseudonym_case"),
            (3, "person_id", "pseudonym_case"),
        }

    def test_ages_from_ninety_on_may_stay_the_same(self, database, tmp_path):
        later = {"person_id": "P01", "visit": "2", "visit_date": "2026-05-17", "age_years": "90"}
        put(database, tmp_path, [{**ONE, "age_years": "90"}, later])
        assert refused(
            database, tmp_path, [{**later, "visit": "3", "age_years": "80", "visit_date": "2025-05-17"}]
        ) == {(2, "visit_date", "visit_order")}

    def test_arterial_hypertension_without_hypertension_is_a_contradiction(self, database, tmp_path):
        row = {**ONE, "pah": "yes", "pulmonary_hypertension": "no"}
        assert refused(database, tmp_path, [row]) == {(2, "pah", "contradiction")}

    def test_two_imports_at_the_same_time_are_both_kept(self, database, tmp_path):
        tables = [write_csv(tmp_path / f"{n}.csv", [{"person_id": f"P{n}", "visit": "1"}]) for n in range(8)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda table: import_table(database, table, "tester", ImportOptions(today=TODAY)), tables))
        assert len(list_people(database)) == 8

    def test_a_dry_run_tells_the_same_and_writes_nothing(self, database, tmp_path):
        rows = clean_rows(4, seed=3)
        dry = put(database, tmp_path, rows, dry_run=True)
        assert list_people(database) == []
        assert put(database, tmp_path, rows).counts == dry.counts

    def test_missing_stays_four_different_things(self, database, tmp_path):
        rows = [
            {**ONE, "mrss": "unknown", "haq_di": "not_done", "cochin_total": "Not applicable"},
            {**ONE, "person_id": "P02", "mrss": "", "haq_di": "1.5"},
        ]
        put(database, tmp_path, rows)
        tables = read_tables(database)
        assert tables["visits"]["mrss"].isna().all()
        assert tables["visits"]["haq_di"].tolist()[1] == 1.5
        assert tables["missing"].values.tolist() == [
            ["P01", 1, "mrss", "unknown"],
            ["P01", 1, "haq_di", "not_done"],
            ["P01", 1, "cochin_total", "not_applicable"],
        ]


def test_the_header_of_the_test_tables_is_the_whole_catalogue():
    assert len(COLUMNS) > 140
