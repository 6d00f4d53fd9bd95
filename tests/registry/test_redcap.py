"""REDCap: its dictionary, and records that come back as they went."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest

from calcidect.registry import (
    MISSING,
    AddOptions,
    ImportOptions,
    TableRefusedError,
    add_result,
    create_database,
    dictionary_csv,
    import_redcap,
    import_table,
    list_people,
    read_tables,
    redcap_csv,
)
from calcidect.registry._redcap_fields import DICTIONARY_COLUMNS
from support.records import TODAY, clean_rows, write_csv
from support.results import small_result

DICTIONARY = list(csv.DictReader(io.StringIO(dictionary_csv())))


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """Return a registry with people, visits, missing values and two scans of one visit."""
    at = tmp_path_factory.mktemp("redcap")
    database = create_database(str(at / "registry.db"))
    import_table(database, write_csv(at / "t.csv", clean_rows(6, 2, seed=9)), "tester", ImportOptions(today=TODAY))
    for number in (1, 2):
        result = small_result()
        result = replace(result, study=replace(result.study, study_uid_hash=f"{number}" * 64, sex=None))
        add_result(
            database, result.save(at / f"r{number}"), "P00001", "tester", AddOptions(visit=1, other_subject=True)
        )
    return database


def put(database, path, text, **options):
    path.write_text(text, encoding="utf-8")
    return import_redcap(database, path, "tester", ImportOptions(today=TODAY, **options))


def changed(text, name, value, row=0):
    """Return a file with one cell changed."""
    rows = list(csv.DictReader(io.StringIO(text)))
    rows[row][name] = value
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def refused(database, path, text):
    with pytest.raises(TableRefusedError) as error:
        put(database, path, text)
    assert list_people(database) == []
    return [(cell.row, cell.column, cell.code) for cell in error.value.cells]


class TestDictionary:
    def test_it_has_the_eighteen_columns_in_order(self):
        header = next(csv.reader(io.StringIO(dictionary_csv())))
        assert tuple(header) == DICTIONARY_COLUMNS
        assert len(header) == 18

    def test_the_first_field_is_the_record_id(self):
        assert (DICTIONARY[0]["Variable / Field Name"], DICTIONARY[0]["Field Type"]) == ("person_id", "text")

    def test_names_are_unique_and_of_the_allowed_form(self):
        names = [row["Variable / Field Name"] for row in DICTIONARY]
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name) and "__" not in name for name in names)

    def test_rows_of_a_form_stand_together(self):
        forms = [row["Form Name"] for row in DICTIONARY]
        runs = [form for form, before in zip(forms, [None, *forms], strict=False) if form != before]
        assert len(runs) == len(set(runs))
        assert {"person", "classification", "deposit", "digit", "scan"} <= set(runs)

    def test_types_validations_and_choices_are_redcaps(self):
        assert {row["Field Type"] for row in DICTIONARY} == {"text", "yesno", "radio", "checkbox"}
        assert {row[DICTIONARY_COLUMNS[7]] for row in DICTIONARY} == {"", "integer", "number", "date_ymd"}
        for row in DICTIONARY:
            choices = row[DICTIONARY_COLUMNS[5]]
            assert bool(choices) == (row["Field Type"] in ("radio", "checkbox"))
            codes = [choice.split(", ")[0] for choice in choices.split(" | ")] if choices else []
            assert all(re.fullmatch(r"[a-z0-9_]+", code) for code in codes)
            assert not set(codes) & set(MISSING)

    def test_branching_names_fields_that_exist(self):
        names = {row["Variable / Field Name"]: row for row in DICTIONARY}
        logic = [row[DICTIONARY_COLUMNS[11]] for row in DICTIONARY if row[DICTIONARY_COLUMNS[11]]]
        assert logic
        for condition in logic:
            match = re.fullmatch(r"\[(\w+)\] = '1'", condition)
            assert match
            assert names[match[1]]["Field Type"] == "yesno"


class TestRecords:
    def test_what_was_exported_comes_back_equal(self, full, database, tmp_path):
        text = redcap_csv(full)
        done = put(database, tmp_path / "r.csv", text)
        assert (done.counts["persons_new"], done.counts["visits_new"], done.counts["scans_new"]) == (6, 12, 2)
        assert redcap_csv(database) == text
        mine, theirs = read_tables(database), read_tables(full)
        assert all(mine[name].equals(theirs[name]) for name in theirs)
        assert len(mine["deposits"]) == 2 * len(small_result().findings.deposits)
        assert len(mine["missing"]) > 0

    def test_the_same_records_again_change_nothing(self, full, tmp_path):
        assert set(put(full, tmp_path / "r.csv", redcap_csv(full)).counts.values()) == {0}

    def test_rows_are_events_and_instances(self, full):
        rows = list(csv.DictReader(io.StringIO(redcap_csv(full))))
        own = [row for row in rows if row["person_id"] == "P00001"]
        assert [row["redcap_event_name"] for row in own if not row["redcap_repeat_instrument"]] == [
            "person_arm_1", "visit_1_arm_1", "visit_2_arm_1",
        ]  # fmt: skip
        deposits = [row for row in own if row["redcap_repeat_instrument"] == "deposit"]
        number = len(small_result().findings.deposits)
        assert [int(row["redcap_repeat_instance"]) for row in deposits] == list(range(1, 2 * number + 1))
        assert [row["deposit_scan"] for row in deposits] == ["1"] * number + ["2"] * number
        assert {row["redcap_event_name"] for row in deposits} == {"visit_1_arm_1"}

    def test_what_redcap_adds_of_its_own_is_passed_over(self, full, small_database, tmp_path):
        lines = redcap_csv(full).splitlines()
        lines = [f"{lines[0]},redcap_data_access_group,person_complete"] + [f"{line},site_a,2" for line in lines[1:]]
        put(small_database, tmp_path / "r.csv", "\n".join(lines) + "\n")
        assert redcap_csv(small_database) == redcap_csv(full)

    def test_a_checkbox_of_zeros_was_not_entered(self, small_database, tmp_path):
        head = "person_id,redcap_event_name,calcinosis_clinical,calcinosis_kind___mousse,calcinosis_kind___stone"
        put(small_database, tmp_path / "r.csv", f"{head}\nP01,person_arm_1,,,\nP01,visit_1_arm_1,0,0,0\n")
        visit = read_tables(small_database, ["visits"])["visits"].iloc[0]
        assert visit["calcinosis_clinical"] == False  # noqa: E712  # and not missing
        assert visit.isna()["calcinosis_kind"]

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("sex", "femal", "unknown_code"),
            ("overlap___lupus", "2", "unknown_code"),
            ("raynaud_onset", "2031-01", "date_future"),
            ("mrss", "3", "wrong_event"),
            ("redcap_event_name", "baseline_arm_1", "unknown_code"),
            ("redcap_repeat_instrument", "deposit", "unknown_code"),
            ("person_id", "Jane Doe", "not_a_pseudonym"),
            ("vibration_exposure", "yes please", "yes_no_word"),
        ],
    )
    def test_wrong_cells_are_named_and_nothing_is_imported(self, full, small_database, tmp_path, name, value, code):
        found = refused(small_database, tmp_path / "r.csv", changed(redcap_csv(full), name, value))
        assert (2, name, code) in found

    def test_a_scan_that_differs_from_the_recorded_one_is_refused(self, full, tmp_path):
        text = redcap_csv(full)
        rows = list(csv.DictReader(io.StringIO(text)))
        at = next(n for n, row in enumerate(rows) if row["redcap_repeat_instrument"] == "deposit")
        with pytest.raises(TableRefusedError) as error:
            put(full, tmp_path / "r.csv", changed(text, "deposit_volume_mm3", "1.5", at))
        assert [cell.code for cell in error.value.cells] == ["already_recorded"]

    def test_a_scan_is_recorded_once_whatever_number_it_bears(self, full, tmp_path):
        text = redcap_csv(full)
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row["redcap_repeat_instrument"] == "scan"]
        twice = [{**rows[0], "redcap_repeat_instance": "9"}]
        with pytest.raises(TableRefusedError) as error:
            import_redcap(full, write_csv(tmp_path / "r.csv", twice, tuple(rows[0])), "tester", ImportOptions())
        assert [(cell.column, cell.code) for cell in error.value.cells] == [
            ("redcap_repeat_instance", "already_recorded")
        ]

    def test_findings_without_their_scan_are_refused_and_not_lost(self, full, small_database, tmp_path):
        rows = list(csv.DictReader(io.StringIO(redcap_csv(full))))
        kept = [row for row in rows if row["redcap_repeat_instrument"] != "scan"]
        path = write_csv(tmp_path / "r.csv", kept, tuple(rows[0]))
        with pytest.raises(TableRefusedError) as error:
            import_redcap(small_database, path, "tester", ImportOptions(today=TODAY))
        assert {cell.code for cell in error.value.cells} == {"key_missing"}
        assert len(error.value.cells) == sum(row["redcap_repeat_instrument"] != "" for row in kept)
        assert list_people(small_database) == []

    def test_a_missing_column_of_events_is_told_once(self, small_database, tmp_path):
        text = "person_id,sex\nP01,female\nP02,male\n"
        assert refused(small_database, tmp_path / "r.csv", text) == [(1, "redcap_event_name", "key_missing")]

    def test_unknown_columns_are_refused(self, small_database, tmp_path):
        text = "person_id,redcap_event_name,mystery,patient_name\nP01,person_arm_1,,\n"
        assert refused(small_database, tmp_path / "r.csv", text) == [
            (1, "C", "unknown_column"), (1, "D", "identifying_column"),
        ]  # fmt: skip
