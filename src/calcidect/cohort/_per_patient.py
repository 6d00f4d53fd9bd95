"""A table with every person in it, as small studies print them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from calcidect.cohort._observed import Observed, names_of, observe
from calcidect.cohort._summary import number
from calcidect.cohort._table import Row, Table
from calcidect.cohort._variable import Variable
from calcidect.errors import InputRefusedError

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 12
"""People that fit side by side on a page; more become rows. Our choice."""
MOST_PEOPLE = 200
"""People of a study that prints each of them; of more, nobody reads it. Our choice."""


def per_patient(
    frame: pd.DataFrame,
    variables: Sequence[Variable],
    person: str,
    *,
    title: str = "Characteristics of each patient",
    people_as_rows: bool | None = None,
) -> Table:
    """Return a table of every person: a column each as long as they fit on a page, else a row each.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per person.
    variables : sequence of Variable
        What to show.
    person : str
        The column with their pseudonyms.
    title : str
        Caption.
    people_as_rows : bool, optional
        A row or a column a person; by their number where not given.

    Raises
    ------
    InputRefusedError
        If a column is missing or can't be read, or there are more than ``MOST_PEOPLE``.
    """
    if len(frame) > MOST_PEOPLE:
        raise InputRefusedError(
            "too_many_patients",
            found=f"There are {len(frame):,} people.",
            expected=f"At most {MOST_PEOPLE} for a table of each.",
            remedy="Choose fewer people, or describe them by group.",
        )
    names = names_of(frame, person).tolist()
    shown = [_shown(observe(frame, variable)) for variable in variables]
    heads = [variable.heading for variable in variables]
    if people_as_rows if people_as_rows is not None else len(names) > MOST_COLUMNS:
        by_person = zip(*shown, strict=True)
        lines = [Row(name, cells) for name, cells in zip(names, by_person, strict=True)]
        return Table(title, ("Patient", *heads), tuple(lines))
    rows = [Row(head, tuple(cells)) for head, cells in zip(heads, shown, strict=True)]
    return Table(title, ("Characteristic", *(f"Patient {name}" for name in names)), tuple(rows))


def _shown(observed: Observed) -> list[str]:
    """Return every value in words; a missing one says in which way."""
    variable = observed.variable
    whole = bool((observed.known % 1 == 0).all())
    known = [
        variable.categories[int(value)][1] if variable.has_levels else number(value, 0 if whole else variable.decimals)
        for value in observed.known.tolist()
    ]
    words = iter(known)
    return [missing.replace("_", " ") or next(words) for missing in observed.missing.tolist()]
