"""The values of one variable: numbers where they are known, and the kind of missing where they are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._variable import MISSING_KINDS, NOT_APPLICABLE, Kind, Variable
from calcidect.errors import InputRefusedError, UsageError

if TYPE_CHECKING:
    import pandas as pd

_WORDS_OF_CODES = {"no": "0", "false": "0", "yes": "1", "true": "1"}
"""What stands for the codes of a binary variable that is 0 or 1."""


@dataclass(frozen=True, eq=False)
class Observed:
    """A variable with its values in some people.

    Parameters
    ----------
    variable : Variable
        What was observed.
    values : ndarray of float, shape (people,)
        Numbers; of variables with levels the place of the category in its order. NaN where missing.
    missing : ndarray of str, shape (people,)
        The kind of missing; empty where the value is known.
    """

    variable: Variable
    values: NDArray[np.float64]
    missing: NDArray[np.str_]

    @property
    def known(self) -> NDArray[np.float64]:
        """The values that are known, shape (known,)."""
        return self.values[np.isfinite(self.values)]

    def count(self, kind: str) -> int:
        """Return how many values are missing in one way."""
        return int((self.missing == kind).sum())

    @property
    def applicable(self) -> int:
        """How many people the variable applies to, known or not."""
        return len(self.values) - self.count(NOT_APPLICABLE)

    def of(self, people: NDArray[np.bool_]) -> Observed:
        """Return the values of some of the people."""
        return Observed(self.variable, self.values[people], self.missing[people])

    def level_counts(self) -> NDArray[np.int64]:
        """Return how many known values each category has, shape (categories,)."""
        return np.bincount(self.known.astype(np.int64), minlength=len(self.variable.categories))


def observe(frame: pd.DataFrame, variable: Variable) -> Observed:
    """Read the column of a variable.

    Cells are numbers, codes or texts of categories, or one of ``unknown``, ``not_done``, ``not_applicable``; an empty
    cell is ``unknown``. Binary variables of the codes 0 and 1 also take no, false, yes and true.

    Raises
    ------
    InputRefusedError
        If there is no such column, or a cell can't be read. The message names the row, never the value.
    """
    if variable.name not in frame:
        raise _refused(f"There is no column {variable.name!r}.", "A column for each variable that is asked for.")
    text = _as_text(frame[variable.name])
    missing = text.where(text.isin(MISSING_KINDS), "").mask(text == "", MISSING_KINDS[0])
    known = (missing == "").to_numpy(bool)
    values = _levels(text, variable) if variable.has_levels else _numbers(text)
    unread = known & ~np.isfinite(values)
    if variable.kind is Kind.COUNT:
        unread |= known & ((values < 0) | (values % 1 != 0))
    if unread.any():
        raise _unread(variable, np.flatnonzero(unread))
    return Observed(variable, np.where(known, values, np.nan), missing.to_numpy().astype(str))


def one_row_each(frame: pd.DataFrame, person: str, order: str | None, at: str | None) -> pd.DataFrame:
    """Return one row a person: the first or last visit by ``order``, in the order in which people come.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per person, or per visit.
    person, order : str, str or None
        Columns of the person, and of what orders the visits.
    at : {"first", "last"} or None
        Which visit; None where every person has one row.

    Raises
    ------
    InputRefusedError
        If a column is missing, a person or visit is, or a person has a visit twice.
    UsageError
        If people have several rows and no visit is chosen.
    """
    rows = frame.reset_index(drop=True)
    for name in (person, order):
        if name is not None:
            rows[name] = names_of(rows, name)
    if at is not None and order is not None:
        twice = int(rows.duplicated([person, order]).sum())
        if twice:
            raise _refused(f"{twice} rows are of a person and visit that already have one.", "One row a visit.")
        ordered = rows.sort_values(order, kind="stable", key=_in_order)
        kept = ordered.drop_duplicates(person, keep="first" if at == "first" else "last").index
        return rows.loc[rows.index.isin(kept)].reset_index(drop=True)
    repeated = int(rows[person].duplicated().sum())
    if repeated:
        raise UsageError(
            "several_rows_a_person",
            found=f"{repeated} rows are of people who already have one.",
            expected="One row a person, or the choice of a visit.",
            remedy="Choose the first or the last visit, and name the column that orders them.",
        )
    return rows


def names_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of persons, visits or raters as text.

    Raises
    ------
    InputRefusedError
        If it is not there, or has an empty cell.
    """
    if name not in frame:
        raise _refused(f"There is no column {name!r}.", "The columns of person, visit and rater, as they were named.")
    text = _as_text(frame[name])
    empty = int(((text == "") | text.isin(MISSING_KINDS)).sum())
    if empty:
        raise _refused(f"Column {name!r} is empty in {empty} rows.", "Who or what it is in every row.")
    return text


def _in_order(visits: pd.Series) -> pd.Series:
    """Return what visits are sorted by: numbers where all are numbers, else as written, which suits YYYY-MM-DD."""
    import pandas as pd

    numbers = pd.to_numeric(visits, errors="coerce")
    return visits if numbers.isna().any() else numbers


def _as_text(column: pd.Series) -> pd.Series:
    """Return cells as text; whole numbers without a point, as codes are written."""
    return column.astype("string").fillna("").str.strip().str.replace(r"^(-?\d+)\.0+$", r"\1", regex=True)


def _numbers(text: pd.Series) -> NDArray[np.float64]:
    import pandas as pd

    numbers = _floats(pd.to_numeric(text, errors="coerce"))
    numbers[np.isinf(numbers)] = np.nan
    return numbers


def _levels(text: pd.Series, variable: Variable) -> NDArray[np.float64]:
    codes = {code.casefold(): n for n, (code, _) in enumerate(variable.categories)}
    of_words = variable.kind is Kind.BINARY and codes.keys() == {"0", "1"}
    names = {word: codes[code] for word, code in _WORDS_OF_CODES.items()} if of_words else {}
    names |= {words.casefold(): n for n, (_, words) in enumerate(variable.categories)}
    names |= codes  # a code goes before a text
    return _floats(text.str.casefold().map(names))


def _floats(column: pd.Series) -> NDArray[np.float64]:
    return np.array(column.astype("Float64").to_numpy(np.float64, na_value=np.nan), np.float64)


def _unread(variable: Variable, rows: Sequence[int] | NDArray[np.int64]) -> InputRefusedError:
    expected = {
        Kind.CONTINUOUS: "A number",
        Kind.COUNT: "A whole number of 0 or more",
    }.get(variable.kind, f"One of the codes {', '.join(code for code, _ in variable.categories)}")
    return _refused(
        f"Column {variable.name!r} can't be read in {len(rows)} rows, the first of them row {rows[0] + 1}.",
        f"{expected}, or one of {', '.join(MISSING_KINDS)}, or nothing.",
    )


def _refused(found: str, expected: str) -> InputRefusedError:
    return InputRefusedError(
        "table_refused", found=found, expected=expected, remedy="Change the table or the codebook, and try again."
    )
