"""The arithmetic of the comparison, on planted findings."""

from __future__ import annotations

from calcidect.cohort import RENDERINGS
from calcidect.reproduction import TRAITS, compare, comparison_table

NOTHING = dict.fromkeys(TRAITS, False)
ALL = dict.fromkeys(TRAITS, True)


def record(**items):
    return {"sex": "female", "ssc_subset": "limited", "age_years": 57.0, "reflux": True, **items}


def rows(records, found, true):
    return {row.label: row for row in compare(records, found, true)}


RECORDS = {f"P{n:02}": record() for n in range(1, 11)}


def test_what_the_study_found_agrees_and_one_person_less_does_not():
    true = {p: ALL if p <= "P08" else NOTHING for p in RECORDS}
    same = rows(RECORDS, true, true)["Bulky deposits"]
    assert (same.reported, same.reproduced, same.true, same.agrees, same.differing) == (
        "8/10",
        "8/10",
        "8/10",
        True,
        (),
    )
    missed = rows(RECORDS, {**true, "P03": {**ALL, "bulky": False}}, true)["Bulky deposits"]
    assert (missed.reproduced, missed.true, missed.agrees, missed.differing) == ("7/10", "8/10", False, ("P03",))


def test_two_errors_that_cancel_agree_with_the_study_and_are_told():
    true = {p: ALL if p <= "P08" else NOTHING for p in RECORDS}
    found = {**true, "P03": {**ALL, "bulky": False}, "P10": {**NOTHING, "bulky": True}}
    row = rows(RECORDS, found, true)["Bulky deposits"]
    assert (row.reproduced, row.agrees, row.differing) == ("8/10", True, ("P03", "P10"))


def test_who_was_not_analysed_or_not_assessed_is_in_no_denominator():
    true = dict.fromkeys(RECORDS, ALL)
    found = {p: ALL for p in RECORDS if p != "P05"} | {"P06": {**ALL, "acro_osteolysis": None}}
    row = rows(RECORDS, found, true)["Acro-osteolysis of any digit"]
    assert (row.reproduced, row.true, row.agrees, row.differing) == ("8/8", "10/10", False, ("P05", "P06"))


def test_organ_damage_is_counted_among_those_whose_scan_is_bulky():
    records = {**RECORDS, "P09": record(reflux=False), "P10": record(reflux=None)}
    true = {p: ALL if p <= "P08" else NOTHING for p in RECORDS}
    label = "Oesophageal reflux, of those with bulky deposits"
    assert rows(records, true, true)[label].reproduced == "8/8"
    row = rows(records, {**true, "P09": ALL, "P10": ALL}, true)[label]
    assert (row.reproduced, row.agrees, row.differing) == ("8/9", False, ("P09",)), "an unknown item counts nowhere"


def test_a_site_that_the_study_saw_agrees_when_it_is_seen_at_all():
    true = {"P01": ALL, "P02": NOTHING}
    records = {p: RECORDS[p] for p in true}
    label = TRAITS["carpal_tunnel"]
    assert rows(records, true, true)[label].agrees
    assert not rows(records, {"P01": NOTHING, "P02": NOTHING}, true)[label].agrees


def test_limited_and_diffuse_are_counted_apart():
    records = {"P01": record(), "P02": record(ssc_subset="diffuse"), "P03": record(ssc_subset=None)}
    found = {"P01": ALL, "P02": NOTHING, "P03": ALL}
    told = rows(records, found, found)
    assert told["Calcinosis, of those with limited systemic sclerosis"].reproduced == "1/1"
    assert told["Calcinosis, of those with diffuse systemic sclerosis"].reproduced == "0/1"


def test_the_table_says_that_hands_are_simulated_and_whom_it_links():
    table = comparison_table(compare(RECORDS, {}, {}), (9, 10))
    for ending in ("csv", "md", "html"):
        text = RENDERINGS[ending](table)
        assert "simulated hands" in text
        assert "9/10" in text
