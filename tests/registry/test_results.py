"""Results join people and visits; a scan stands in the record once."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from calcidect.errors import InputRefusedError
from calcidect.registry import AddOptions, ImportOptions, add_result, history_rows, import_table, read_tables
from calcidect.registry._scan_record import scan_record
from calcidect.result import what_is_not_assessed
from support.records import TODAY, write_csv
from support.results import make_scene, small_result, small_scene, without_deposits

VISITS = [
    {"person_id": "SSC-0042", "visit": "1", "visit_date": "2024-05-17", "age_years": "57", "sex": "female"},
    {"person_id": "P02", "visit": "1", "sex": "male"},
    {"person_id": "P02", "visit": "2"},
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return result folders: a scan, its analysis anew, a rescan, and one of another person."""
    at = tmp_path_factory.mktemp("results")
    one = small_result()
    anew = without_deposits(small_scene()).result()
    rescan = replace(one, study=replace(one.study, study_uid_hash="6e" * 32))
    other = replace(one, study=replace(one.study, subject_id="S-0123456789", study_uid_hash="77" * 32, sex=None))
    return {n: r.save(at / n) for n, r in {"one": one, "anew": anew, "rescan": rescan, "other": other}.items()}


@pytest.fixture
def people(database, tmp_path):
    import_table(database, write_csv(tmp_path / "t.csv", VISITS), "tester", ImportOptions(today=TODAY))
    return database


def add(database, folder, person="SSC-0042", **options):
    return add_result(database, folder, person, "tester", AddOptions(**options))


def refusal(database, folder, person="SSC-0042", **options):
    before = history_rows(database)
    with pytest.raises(InputRefusedError) as error:
        add(database, folder, person, **options)
    assert history_rows(database) == before
    return error.value.code


def test_every_finding_is_in_the_tables_as_the_result_has_it(people, folders):
    assert add(people, folders["one"]) == (1, 1)
    tables, result = read_tables(people), small_result()
    deposits = tables["deposits"].drop(columns=["person_id", "visit", "scan"])
    own = result.deposits.drop(columns="compartment_shares")
    for name in own:
        found, expected = deposits[name], own[name].replace("", pd.NA) if name == "flags" else own[name]
        assert found.isna().tolist() == expected.isna().tolist(), name
        assert found.dropna().tolist() == expected.dropna().tolist(), name
    scan = tables["scans"].iloc[0]
    burden = result.findings.burden["all"]
    assert (scan["number"], scan["volume_mm3"], scan["ha_mass_mg"]) == (
        burden.number,
        burden.volume_mm3,
        burden.ha_mass_mg,
    )
    assert (scan["acro_osteolysis_assessed"], scan["acro_osteolysis_present"]) == (9, 2)
    assert (scan["sides"], scan["pair"], scan["scan_date"]) == ("right;left", "80/Sn150", "2024-05-17")
    assert scan["input_hash"] == result.provenance.input_hash
    assert [len(tables[name]) for name in ("hands", "digits", "destruction")] == [2, 10, 1]
    assert tables["hands"]["bulky"].tolist() == [result.findings.burden[side].bulky for side in ("right", "left")]


def test_the_same_result_twice_is_refused(people, folders):
    add(people, folders["one"])
    assert refusal(people, folders["one"]) == "result_recorded"
    assert refusal(people, folders["one"], replace=True) == "result_recorded"


def test_another_analysis_takes_the_place_only_if_told_and_the_history_keeps_the_old_one(people, folders):
    add(people, folders["one"])
    number = len(read_tables(people, ["deposits"])["deposits"])
    assert refusal(people, folders["anew"]) == "result_recorded"
    assert add(people, folders["anew"], replace=True) == (1, 1)
    assert len(read_tables(people, ["deposits"])["deposits"]) == 0
    last = history_rows(people)[-1]
    assert (last["item"], last["action"]) == ("replaced", "replace")
    assert last["before"].count('"deposit_id"') == number + 1  # and one site of destruction


def test_a_rescan_of_the_same_visit_gets_the_next_number(people, folders):
    add(people, folders["one"])
    assert add(people, folders["rescan"]) == (1, 2)
    assert read_tables(people, ["scans"])["scans"]["scan"].tolist() == [1, 2]


def test_a_scan_of_another_person_is_refused_unless_told_and_then_remembered(people, folders):
    assert refusal(people, folders["other"]) == "other_person"
    assert add(people, folders["other"], other_subject=True) == (1, 1)
    again = small_result()
    again = replace(again, study=replace(again.study, subject_id="S-0123456789", study_uid_hash="88" * 32))
    assert add(people, again.save(folders["one"].parent / f"again-{people.engine.name}")) == (1, 2)


def test_a_scan_of_another_sex_is_refused_unless_told(people, folders, tmp_path):
    result = small_result()
    folder = replace(result, study=replace(result.study, subject_id="P02")).save(tmp_path / "r")
    assert refusal(people, folder, "P02", visit=1) == "other_person"
    assert add(people, folder, "P02", visit=1, other_subject=True) == (1, 1)


def test_a_scan_can_not_stand_at_two_people(people, folders):
    add(people, folders["one"])
    assert refusal(people, folders["one"], "P02", visit=1, other_subject=True) == "result_recorded"


def test_one_hand_scanned_alone_is_another_scan_than_the_other_hand(people, tmp_path):
    for side in ("right", "left"):
        result = make_scene(sides=(side,)).result()
        add(people, result.save(tmp_path / side))
    assert read_tables(people, ["scans"])["scans"]["sides"].tolist() == ["right", "left"]


@pytest.mark.parametrize(
    ("person", "options", "code"),
    [
        ("P99", {}, "person_missing"),
        ("SSC-0042", {"visit": 2}, "visit_missing"),
        ("P02", {}, "number_missing"),
        ("Jane Doe", {}, "not_a_pseudonym"),
    ],
)
def test_a_result_goes_to_a_visit_that_is_known(people, folders, person, options, code):
    assert refusal(people, folders["one"], person, **options) == code


def test_person_and_visit_can_be_made_from_the_scan(database, folders):
    assert add(database, folders["one"], create=True) == (1, 1)
    tables = read_tables(database)
    assert tables["persons"]["sex"].tolist() == ["female"]
    assert tables["visits"][["visit_date", "age_years"]].values.tolist() == [["2024-05-17", 57.0]]


def test_a_visit_that_would_contradict_the_record_is_not_made(people, folders, tmp_path):
    later = {"person_id": "SSC-0042", "visit": "2", "visit_date": "2025-05-17"}
    import_table(people, write_csv(tmp_path / "later.csv", [later]), "tester", ImportOptions(today=TODAY))
    assert refusal(people, folders["one"], visit=3, create=True) == "visit_order"


def test_a_person_is_not_made_anew_under_another_spelling(people, folders):
    assert refusal(people, folders["one"], "ssc-0042", create=True) == "person_missing"
    assert refusal(people, folders["one"], "p02", create=True, other_subject=True) == "person_missing"


def test_what_was_not_looked_for_is_not_none_found():
    result = small_result()
    bones = tuple(replace(bone, bone="unnamed") for bone in result.findings.bones)
    digits = tuple(
        replace(digit, present=None, fraction_lost=None, fraction_lost_sd=None, grade=None, reason="No fit.")
        for digit in result.findings.acro_osteolysis
    )
    findings = replace(result.findings, bones=bones, bone_destruction=(), acro_osteolysis=digits)
    left_open = tuple(what_is_not_assessed(findings))
    kept = scan_record(replace(result, findings=findings, not_assessed=left_open)).scan
    assert kept["acro_osteolysis_assessed"] == 0
    assert not {"acro_osteolysis_present", "destruction_sites", "destruction_volume_mm3"} & set(kept)


def test_a_folder_that_is_no_result_is_refused(people, tmp_path):
    assert refusal(people, tmp_path) == "result_unreadable"
