"""Table 1: numbers are those of the values, and of an independent tool; what means nothing is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tableone import TableOne as Independent

from calcidect.cohort import RENDERINGS, Centre, Kind, Variable, observe, per_patient, table_one
from calcidect.cohort._difference import standardised_difference
from calcidect.cohort._summary import Share, choose_centre, number, p_value, percent, spread_of
from calcidect.errors import InputRefusedError
from support.cohort import codebook, people


def entry(one, name):
    return next(e for e in one.entries if e.variable.name == name)


def by_bulky(frame=None):
    variables = codebook()
    return table_one(people() if frame is None else frame, list(variables.values()), variables["bulky"])


def large(people_=400, seed=4):
    """People in two groups, with each kind of variable; some values missing."""
    rng = np.random.default_rng(seed)
    bulky = rng.integers(0, 2, people_)
    frame = pd.DataFrame(
        {
            "bulky": bulky,
            "age": rng.normal(55 + bulky, 10),
            "ha_mass": rng.lognormal(3 + 0.15 * bulky, 1.0),
            "ulcers": rng.binomial(1, 0.3 + 0.2 * bulky).astype(float),
            "subset": rng.choice(["limited", "diffuse"], people_),
            "grade": rng.binomial(4, 0.3 + 0.1 * bulky),
        }
    )
    frame.loc[rng.choice(people_, 30, replace=False), ["age", "ulcers"]] = np.nan
    return frame


def test_the_studys_table_has_its_numerators_and_denominators():
    one = by_bulky()
    assert list(one.groups) == [("No", 2), ("Yes", 8)]
    assert entry(one, "female").everyone.shares[1] == Share(9, 10)
    ulcers = entry(one, "ulcers")
    assert str(ulcers.everyone.shares[1]) == "7/8 (88%)"
    assert (ulcers.everyone.missing, ulcers.everyone.applicable) == ((1, 0, 1), 9)
    age = entry(one, "age").everyone.spread
    assert (age.centre, age.shown(1)) == (Centre.MEAN, "57.0 (9.1)")
    assert entry(one, "deposits").centre is Centre.MEDIAN


def test_what_is_missing_is_counted_below_its_characteristic():
    rows = {row.head: row.cells for row in by_bulky().table.rows}
    assert rows["Unknown"][:3] == ("1/9", "0/1", "1/8")
    assert rows["Not applicable"][:3] == ("1/10", "1/2", "0/8")
    assert rows["Not done"][:3] == ("1/10", "0/2", "1/8")


def test_every_p_has_the_name_of_its_test_in_a_footnote():
    table = by_bulky().table
    mark = table.columns.index("Test") - 1
    marks = {row.cells[mark] for row in table.rows} - {""}
    assert marks == {note[0] for note in table.notes if note[1:3] == ": "}
    assert "a: Fisher's exact test." in table.notes


def test_ten_people_get_no_standardised_difference_and_are_told_why():
    table = by_bulky().table
    assert "Standardised difference" not in table.columns
    assert "No standardised differences: a group has fewer than 10 known values." in table.notes


def test_a_group_without_values_keeps_its_row_and_says_why_there_is_no_p():
    frame = people()
    frame.loc[frame.bulky == "0", "age"] = "not_done"
    one = by_bulky(frame)
    assert entry(one, "age").test.why_not == "a group has no known value"
    row = next(row for row in one.table.rows if row.head.startswith("Age"))
    assert row.cells[1] == "no values"
    assert any("No test: a group has no known value" in note for note in one.table.notes)


def test_people_without_a_group_are_in_no_group_and_counted():
    frame = people()
    frame.loc[0, "bulky"] = "unknown"
    one = by_bulky(frame)
    assert (one.people, [n for _, n in one.groups], one.ungrouped) == (10, [2, 7], 1)
    assert any("1 of 10" in note for note in one.table.notes)


@pytest.mark.filterwarnings("ignore:Setting a new")  # its own, by a later pandas
def test_an_independent_tool_gives_the_same_numbers():
    frame, variables = large(), codebook()
    wanted = ["age", "ha_mass", "ulcers", "subset"]
    ours = table_one(frame, [variables[name] for name in wanted], variables["bulky"])
    theirs = Independent(
        frame, wanted, categorical=["ulcers", "subset"], groupby="bulky", nonnormal=["ha_mass"],
        missing=True, pval=True, smd=True, decimals=1, pval_digits=6, dip_test=False, normal_test=False,
        tukey_test=False,
    ).tableone  # fmt: skip
    theirs.columns = theirs.columns.droplevel(0)
    for name, row in [("age", "age, mean (SD)"), ("ha_mass", "ha_mass, median [Q1,Q3]")]:
        found, line = entry(ours, name), theirs.loc[row].iloc[0]
        for group, code in zip(found.groups, ("0", "1"), strict=True):
            assert group.spread.shown(1).replace(", ", ",") == line[code].replace("[", "(").replace("]", ")")
        assert sum(found.everyone.missing[:2]) == int(line["Missing"])
        assert found.test.p == pytest.approx(float(line["P-Value"]), abs=2e-3)
    for name in ("ulcers", "subset"):
        found, lines = entry(ours, name), theirs.loc[f"{name}, n (%)"]
        counts = {int(code.split()[0]) for code in lines["1"]}
        group = found.groups[1]
        assert {share.k for share in group.shares} | {sum(group.missing)} - {
            0
        } == counts  # theirs has missing as a level
    assert abs(entry(ours, "age").difference.value) == pytest.approx(
        abs(float(theirs.loc["age, mean (SD)"].iloc[0].iloc[-1])), abs=6e-4
    )


def test_the_difference_of_shares_is_the_published_formula():
    """Austin (2009): |p2 - p1| over the root of the mean of p q; here 0.4 and 0.6."""
    first = observe(pd.DataFrame({"x": [1] * 8 + [0] * 12}), Variable("x", "X", Kind.BINARY))
    second = observe(pd.DataFrame({"x": [1] * 12 + [0] * 8}), Variable("x", "X", Kind.BINARY))
    assert standardised_difference(first, second).value == pytest.approx(0.2 / np.sqrt(0.24))


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (["a"] * 10, ["b"] * 10, "share too few"),
        (["a", "b"] * 5, ["c", "d"] * 5, "share too few"),
        (["a"] * 10, ["a"] * 10, "are the same"),
        (["a", "b"] * 4, ["a", "b"] * 9, "fewer than 10"),
    ],
)
def test_a_difference_that_means_nothing_is_refused(first, second, why):
    letters = Variable("x", "X", Kind.CATEGORICAL, categories=tuple((c, c) for c in "abcd"))
    refused = standardised_difference(
        observe(pd.DataFrame({"x": first}), letters), observe(pd.DataFrame({"x": second}), letters)
    )
    assert refused.value is None
    assert why in refused.why_not


def test_skewed_numbers_are_shown_by_median_and_the_choice_can_be_made():
    frame, variables = large(), codebook()
    assert choose_centre(observe(frame, variables["age"])) is Centre.MEAN
    assert choose_centre(observe(frame, variables["ha_mass"])) is Centre.MEDIAN
    one = table_one(frame, [variables["ha_mass"]], centres={"ha_mass": Centre.MEAN})
    assert entry(one, "ha_mass").everyone.spread.centre is Centre.MEAN


def test_one_value_has_no_spread():
    assert spread_of(np.array([7.0]), Centre.MEAN).shown(0) == "7 (one value)"
    assert spread_of(np.array([]), Centre.MEDIAN).shown(0) == "no values"


@pytest.mark.parametrize(
    ("k", "n", "shown"),
    [(1, 3, "33%"), (0, 3, "0%"), (3, 3, "100%"), (1, 400, "0.2%"), (1, 9000, "<0.1%"), (8999, 9000, ">99.9%")],
)
def test_percentages_are_no_finer_than_a_person(k, n, shown):
    assert percent(k, n) == shown


def test_how_p_and_numbers_are_written():
    assert [p_value(p) for p in (1.0, 0.254, 0.0996, 0.0444, 0.0004)] == ["1.00", "0.25", "0.10", "0.044", "<0.001"]
    assert number(-0.04, 1) == "0.0"


def test_a_column_or_a_row_a_patient():
    variables = list(codebook().values())
    few = per_patient(people(), variables, "person")
    assert few.columns[1] == "Patient p01"
    assert few.rows[5].cells[6:] == ("unknown", "Yes", "Yes", "not applicable")
    assert few.rows[6].cells[1] == "401.0"
    many = per_patient(people(), variables, "person", people_as_rows=True)
    assert (many.rows[0].head, many.rows[0].cells[:3]) == ("p01", ("Yes", "Limited", "61"))


def test_nobody_and_groups_by_a_number_are_refused():
    variables = codebook()
    with pytest.raises(InputRefusedError, match="no rows"):
        table_one(people().head(0), list(variables.values()))
    with pytest.raises(InputRefusedError, match="can't be grouped by 'age'"):
        table_one(people(), list(variables.values()), variables["age"])


def test_the_same_people_give_the_same_bytes():
    assert RENDERINGS["html"](by_bulky().table) == RENDERINGS["html"](by_bulky().table)
