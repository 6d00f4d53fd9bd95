"""Table 1: what the people of a cohort are like, all together and by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._difference import Difference, standardised_difference
from calcidect.cohort._group_test import GroupTest, compare_groups
from calcidect.cohort._observed import Observed, observe
from calcidect.cohort._summary import Centre, Summary, choose_centre, summarise
from calcidect.cohort._table_one_layout import laid_out
from calcidect.cohort._variable import Variable
from calcidect.errors import InputRefusedError

if TYPE_CHECKING:
    import pandas as pd

    from calcidect.cohort._table import Table

BY_RULE: Mapping[str, Centre] = MappingProxyType({})


@dataclass(frozen=True)
class Entry:
    """One characteristic.

    Parameters
    ----------
    variable : Variable
        Which.
    centre : Centre
        How numbers are summarised, in all groups alike.
    everyone : Summary
        Of all people.
    groups : tuple of Summary
        Of each group, in the order of the groups.
    test : GroupTest or None
        Whether groups differ; None without groups, or where no tests were wanted.
    difference : Difference or None
        Standardised; None unless there are two groups.
    """

    variable: Variable
    centre: Centre
    everyone: Summary
    groups: tuple[Summary, ...] = ()
    test: GroupTest | None = None
    difference: Difference | None = None


@dataclass(frozen=True)
class TableOne:
    """The characteristics of a cohort as numbers; ``table`` is what is printed.

    Parameters
    ----------
    title : str
        Caption.
    people : int
        In the cohort.
    by : Variable or None
        What groups them.
    groups : tuple of (text, int)
        Each group's category and number of people; without people no group is there.
    ungrouped : int
        People whose group is missing: they are in the column of all, in no other.
    entries : tuple of Entry
        A characteristic each.
    """

    title: str
    people: int
    by: Variable | None
    groups: tuple[tuple[str, int], ...]
    ungrouped: int
    entries: tuple[Entry, ...]

    @property
    def table(self) -> Table:
        """The table with its footnotes, ready for any rendering."""
        return laid_out(self)


def table_one(
    frame: pd.DataFrame,
    variables: Sequence[Variable],
    by: Variable | None = None,
    *,
    title: str = "Characteristics of the cohort",
    centres: Mapping[str, Centre] = BY_RULE,
    tests: bool = True,
) -> TableOne:
    """Describe people, all together and by group.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per person.
    variables : sequence of Variable
        What to describe, in order; ``by`` is left out of them.
    by : Variable, optional
        What groups them; it has categories.
    title : str
        Caption.
    centres : mapping of str to Centre
        How variables of these names are summarised; the others go by rule (`choose_centre`).
    tests : bool
        Whether groups are compared.

    Raises
    ------
    InputRefusedError
        If there is nobody, a column can't be read, or ``by`` is a number.
    """
    if not len(frame):
        raise _refused("The table has no rows.", "A row per person.")
    if by is not None and not by.has_levels:
        raise _refused(f"People can't be grouped by {by.name!r}, which is {by.kind}.", "A variable with categories.")
    grouping = None if by is None else observe(frame, by)
    texts, groups = ((), []) if grouping is None else _groups(grouping)
    entries = tuple(
        _entry(observe(frame, variable), groups, centres.get(variable.name), tests)
        for variable in variables
        if by is None or variable.name != by.name
    )
    sizes = tuple((text, int(group.sum())) for text, group in zip(texts, groups, strict=True))
    ungrouped = 0 if grouping is None else len(frame) - len(grouping.known)
    return TableOne(title, len(frame), by, sizes, ungrouped, entries)


def _groups(grouping: Observed) -> tuple[tuple[str, ...], list[NDArray[np.bool_]]]:
    """Return the text and the people of each group that has any."""
    found = [(text, grouping.values == n) for n, (_, text) in enumerate(grouping.variable.categories)]
    kept = [(text, group) for text, group in found if group.any()]
    return tuple(text for text, _ in kept), [group for _, group in kept]


def _entry(observed: Observed, groups: Sequence[NDArray[np.bool_]], centre: Centre | None, tests: bool) -> Entry:
    centre = choose_centre(observed) if centre is None else centre
    parts = [observed.of(group) for group in groups]
    return Entry(
        observed.variable,
        centre,
        summarise(observed, centre),
        tuple(summarise(part, centre) for part in parts),
        compare_groups(parts, centre) if tests and len(parts) > 1 else None,
        standardised_difference(*parts) if len(parts) == 2 else None,
    )


def _refused(found: str, expected: str) -> InputRefusedError:
    return InputRefusedError("no_table_one", found=found, expected=expected, remedy="Choose other columns or people.")
