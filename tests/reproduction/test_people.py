"""The ten people carry the study's figures: what their scans are asked to hold, and their record."""

from __future__ import annotations

import csv
import io

import pytest

from calcidect.registry import ImportOptions, create_database, import_table, read_tables
from calcidect.reproduction import PEOPLE, Compared, compare, record_of, scenario_of
from calcidect.reproduction._figures_of_study import FIGURES, Mean
from calcidect.reproduction._joined import records_of


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Return the record as the registry gives it back."""
    folder = tmp_path_factory.mktemp("registry")
    (folder / "record.csv").write_text(record_of(PEOPLE))
    database = create_database(folder / "registry.db")
    import_table(database, folder / "record.csv", "tester", ImportOptions())
    return records_of(read_tables(database))


@pytest.fixture(scope="module")
def scenarios():
    return {person: scenario_of(person) for person in PEOPLE}


def test_the_record_has_the_clinical_figures_of_the_study(records):
    from_record = [row for row in compare(records, {}, {}) if row.source == "record"]
    assert len(from_record) == sum(isinstance(f, Mean) or f.source == "record" for f in FIGURES) == 11
    assert [(row.label, row.reproduced) for row in from_record if not row.agrees] == []


def test_a_record_that_says_otherwise_disagrees(records):
    changed = {**records, "P01": {**records["P01"], "sex": "male", "age_years": 71}}
    rows: dict[str, Compared] = {row.label: row for row in compare(changed, {}, {})}
    assert (rows["Women"].reproduced, rows["Women"].agrees) == ("8/10", False)
    assert (rows["Mean age, years"].reproduced, rows["Mean age, years"].agrees) == ("58", False)


def test_scan_and_record_are_of_the_same_people(records, scenarios):
    for person, record in records.items():
        described = scenarios[person].person
        assert (described.sex, described.age_years) == (record["sex"][0].upper(), record["age_years"])
        assert ((described.contracture_degrees or 0) > 0) == record["contracture"], "who has contractures lies so"


def test_the_scans_are_asked_to_hold_what_the_study_saw(scenarios):
    specs = {person: [spec for _, spec in scenario.deposits] for person, scenario in scenarios.items()}
    forearm = [p for p in PEOPLE if any(s.compartment == "forearm" and s.pattern == "sheet" for s in specs[p])]
    eroding = [p for p in PEOPLE if any(s.contact == "eroding" for s in specs[p])]
    assert (len(forearm), len(eroding)) == (2, 4)
    assert all(max(s.acro_osteolysis.values()) >= 0.15 for s in scenarios.values())
    assert {spec.compartment for own in specs.values() for spec in own} >= {
        "fingertip_fat_pad", "flexor_tendon_sheath", "extensor_tendon_sheath", "carpal_tunnel", "muscle",
    }  # fmt: skip
    assert len({s.scanner.vendor for s in scenarios.values()}) >= 6, "as many centres would"
    assert all(spec.material == "hydroxyapatite" for own in specs.values() for spec in own)


@pytest.mark.parametrize("person", PEOPLE)
def test_a_quick_scan_is_of_one_hand_that_has_the_persons_traits(person, scenarios):
    quick, full = scenario_of(person, quick=True), scenarios[person]
    assert quick.hands == ("right",)
    assert {side for side, _ in quick.deposits} == {"right"}
    asked = [{spec.contact == "eroding" for _, spec in s.deposits} for s in (quick, full)]
    assert max(asked[0]) == max(asked[1])
    assert max(quick.acro_osteolysis.values()) >= 0.15
    assert quick.seed == full.seed


def test_the_record_of_some_is_theirs_alone():
    rows = list(csv.DictReader(io.StringIO(record_of(["P09", "P02"]))))
    assert [row["person_id"] for row in rows] == ["P02", "P09"]
