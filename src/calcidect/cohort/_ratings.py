"""The same people measured several times: by readers, in rescans, by software and reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._observed import names_of, observe
from calcidect.cohort._variable import Variable
from calcidect.errors import InputRefusedError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Ratings:
    """Every person with a value from every rater.

    Parameters
    ----------
    variable : Variable
        What was measured.
    raters : tuple of str
        Readers, scans or methods.
    values : ndarray of float, shape (people, raters)
        All known.
    left_out : int
        People without a value from each rater.

    Raises
    ------
    InputRefusedError
        If there are fewer than two people or raters, or all values are the same.
    """

    variable: Variable
    raters: tuple[str, ...]
    values: NDArray[np.float64]
    left_out: int = 0

    def __post_init__(self) -> None:
        if len(self.raters) < 2:
            raise refused(f"There is only {len(self.raters)} rater.", "Two or more.")
        if len(self.values) < 2:
            raise refused(f"{len(self.values)} people have a value from every rater.", "Two or more.")
        if np.ptp(self.values) == 0:
            raise refused("All raters gave all people the same value.", "Values that vary.")


def side_by_side(frame: pd.DataFrame, variables: Sequence[Variable], person: str) -> Ratings:
    """Return ratings that stand in columns of their own, a row per person.

    Raises
    ------
    InputRefusedError
        If they are not of one kind and categories, can't be read, a person has several rows, or nothing can be said
        of them.
    """
    if len({v.name for v in variables}) < max(2, len(variables)):
        raise refused("Fewer than two columns are named, or one of them twice.", "Two or more, each once.")
    first = variables[0]
    if any((v.kind, v.categories, v.unit) != (first.kind, first.categories, first.unit) for v in variables):
        raise refused("The columns differ in kind, unit or categories.", "Columns that hold the same measurement.")
    if names_of(frame, person).duplicated().any():
        raise refused(
            "A person has several rows.", "One row a person, or the column that tells its rows apart as rater."
        )
    values = np.column_stack([observe(frame, v).values for v in variables])
    return _complete(first, tuple(v.label for v in variables), values)


def stacked(frame: pd.DataFrame, variable: Variable, person: str, rater: str) -> Ratings:
    """Return ratings that stand below each other, a row per person and rater.

    Raises
    ------
    InputRefusedError
        If a column is missing or lacks a name, a rater measured a person twice, or nothing can be said of them.
    """
    who, by = names_of(frame, person), names_of(frame, rater)
    numbers = who.to_frame("who").assign(by=by, value=observe(frame, variable).values)
    if numbers.duplicated(["who", "by"]).any():
        raise refused("A rater has several values of one person.", "One value a person and rater.")
    wide = numbers.pivot(index="who", columns="by", values="value")
    return _complete(variable, tuple(wide.columns), wide.to_numpy(np.float64))


def _complete(variable: Variable, raters: tuple[str, ...], values: NDArray[np.float64]) -> Ratings:
    known = np.isfinite(values).all(1)
    return Ratings(variable, raters, values[known], int((~known).sum()))


NONE_SEEN = "none: the raters do not differ, or by the same in all people"
"""How an interval was not made: no error was seen, and none is no proof of none."""
ROUNDING = 1e-12
"""Share of the values' size below which a deviation is an error of floating point arithmetic."""


def refused(found: str, expected: str) -> InputRefusedError:
    """Return the error that says why nothing can be said of an agreement."""
    return InputRefusedError(
        "no_agreement", found=found, expected=expected, remedy="Measure more people, or choose other columns."
    )
