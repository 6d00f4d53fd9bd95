"""Codebooks are read, and columns by them; the three kinds of missing stay apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from calcidect.cohort import Kind, Variable, chosen, observe, one_row_each, read_codebook
from calcidect.errors import InputRefusedError, UsageError
from support.cohort import codebook, people, text_frame

HEAD = "name,label,kind,unit,categories\n"


def test_a_codebook_gives_kinds_units_and_ordered_categories():
    variables = codebook()
    assert variables["subset"].categories == (("limited", "Limited"), ("diffuse", "Diffuse"))
    assert variables["female"].categories == (("0", "No"), ("1", "Yes"))
    assert (variables["grade"].kind, variables["age"].heading) == (Kind.ORDINAL, "Age, years")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name,label\na,A\n", "lacks 'kind'"),
        (HEAD + "a,A,colour,,\n", "kind 'colour'"),
        (HEAD + "a,A,binary,,\na,B,count,,\n", "a name twice"),
        (HEAD + "a,A,categorical,,\n", "has the codes"),
        (HEAD + 'a,A,categorical,,"1, x | 1, y"\n', "has the codes"),
        (HEAD + 'a,A,binary,,"1, x | 2, y | 3, z"\n', "has the codes"),
        (HEAD + "a,A,categorical,,x | y\n", "can't be read"),
        (HEAD + "a,A\x01,continuous,,\n", "control characters"),
    ],
)
def test_a_wrong_codebook_is_refused_with_what_is_wrong(text, found):
    with pytest.raises(InputRefusedError, match=found):
        read_codebook(text_frame(text))


def test_variables_are_chosen_by_name_in_the_order_asked_for():
    variables = codebook().values()
    assert [v.name for v in chosen(variables, ["age", "bulky"])] == ["age", "bulky"]
    with pytest.raises(InputRefusedError, match="'agee' is not in the codebook"):
        chosen(variables, ["agee"])
    with pytest.raises(InputRefusedError, match="No variable is named"):
        chosen(variables, [])


def test_three_kinds_of_missing_stay_apart_and_an_empty_cell_is_unknown():
    frame = pd.DataFrame({"x": ["1", "unknown", "not_done", "not_applicable", "", "0", None]})
    seen = observe(frame, Variable("x", "X", Kind.BINARY))
    assert [seen.count(kind) for kind in ("unknown", "not_done", "not_applicable")] == [3, 1, 1]
    assert (seen.known.tolist(), seen.applicable) == ([1.0, 0.0], 6)


@pytest.mark.parametrize("column", [["1", "0"], [1, 0], [1.0, 0.0], [True, False], ["Yes", "no"], ["TRUE", "false"]])
def test_yes_and_no_are_read_in_each_of_their_spellings(column):
    assert observe(pd.DataFrame({"x": column}), Variable("x", "X", Kind.BINARY)).values.tolist() == [1.0, 0.0]


def test_yes_no_true_and_false_mean_what_the_categories_say():
    turned = Variable("x", "X", Kind.BINARY, categories=(("1", "Yes"), ("0", "No")))
    assert observe(pd.DataFrame({"x": ["true", "yes", "1", "false", "no"]}), turned).values.tolist() == [0, 0, 0, 1, 1]
    of_two = Variable("x", "X", Kind.BINARY, categories=(("1", "Right"), ("2", "Left")))
    with pytest.raises(InputRefusedError, match="row 1"):
        observe(pd.DataFrame({"x": ["yes"]}), of_two)


def test_codes_that_a_float_column_spells_with_a_point_are_read():
    grade = codebook()["grade"]
    assert observe(pd.DataFrame({"grade": [3.0, np.nan, 0.0]}), grade).known.tolist() == [3.0, 0.0]


def test_a_code_goes_before_a_text_that_looks_like_it():
    odd = Variable("x", "X", Kind.CATEGORICAL, categories=(("1", "2"), ("2", "1")))
    assert observe(pd.DataFrame({"x": ["1", "2"]}), odd).values.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("continuous", "12,5"), ("continuous", "inf"), ("count", "-1"), ("count", "2.5"), ("binary", "maybe")],
)
def test_what_can_not_be_read_is_refused_by_row_without_its_value(kind, cell):
    with pytest.raises(InputRefusedError, match="row 2") as refused:
        observe(pd.DataFrame({"x": ["1", cell]}), Variable("x", "X", Kind(kind)))
    assert cell not in refused.value.found


def test_several_visits_need_a_choice():
    visits = pd.DataFrame({"person": ["b", "a", "b"], "visit": ["2", "1", "1"], "x": ["late", "only", "early"]})
    with pytest.raises(UsageError, match="1 rows are of people who already have one"):
        one_row_each(visits, "person", None, None)
    assert one_row_each(visits, "person", "visit", "first")["x"].tolist() == ["only", "early"]
    assert one_row_each(visits, "person", "visit", "last")["x"].tolist() == ["late", "only"]
    tenth = pd.DataFrame({"person": ["a", "a"], "visit": ["9", "10"], "x": ["ninth", "tenth"]})
    assert one_row_each(tenth, "person", "visit", "last")["x"].tolist() == ["tenth"]
    doubled = pd.concat([visits.iloc[:1], visits.iloc[1:].reset_index(drop=True)])
    assert one_row_each(doubled, "person", "visit", "first")["x"].tolist() == ["only", "early"]
    assert len(one_row_each(people(), "person", None, None)) == 10


def test_blanks_make_no_new_person_and_a_visit_that_comes_twice_is_refused():
    with pytest.raises(UsageError, match="1 rows"):
        one_row_each(pd.DataFrame({"person": ["a", "a "]}), "person", None, None)
    with pytest.raises(InputRefusedError, match="1 rows are of a person and visit"):
        one_row_each(pd.DataFrame({"person": ["a", "a"], "visit": ["1", "1"]}), "person", "visit", "last")


@pytest.mark.parametrize(
    ("person", "visit", "column"), [("", "1", "person"), ("a", "", "visit"), ("a", "unknown", "visit")]
)
def test_a_row_of_nobody_or_of_no_visit_is_refused(person, visit, column):
    frame = pd.DataFrame({"person": ["b", person], "visit": ["1", visit]})
    with pytest.raises(InputRefusedError, match=f"'{column}' is empty in 1 rows"):
        one_row_each(frame, "person", "visit", "first")
