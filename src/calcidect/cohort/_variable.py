"""What a column of a cohort's table means: its kind, unit, categories; the codebook that says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from calcidect.errors import InputRefusedError

if TYPE_CHECKING:
    import pandas as pd

NOT_APPLICABLE = "not_applicable"
MISSING_KINDS = ("unknown", "not_done", NOT_APPLICABLE)
"""Why a value is not there. Only what does not apply leaves the denominator; an empty cell is ``unknown``."""
CODEBOOK_COLUMNS = ("name", "label", "kind", "unit", "categories")


class Kind(StrEnum):
    """How a variable is measured, which decides how it is summarised and tested."""

    BINARY = "binary"
    CATEGORICAL = "categorical"
    ORDINAL = "ordinal"
    CONTINUOUS = "continuous"
    COUNT = "count"


_OF_LEVELS = (Kind.BINARY, Kind.CATEGORICAL, Kind.ORDINAL)
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
"""What neither Word nor SVG can hold (XML 1.0, section 2.2)."""
_NO_YES = (("0", "No"), ("1", "Yes"))


@dataclass(frozen=True)
class Variable:
    """One characteristic of a person.

    Parameters
    ----------
    name, label : str
        The column's name, and what people call it.
    kind : Kind
        How it is measured.
    unit : str
        Unit of a continuous variable or count; empty where there is none.
    categories : tuple of (code, text)
        Of binary, categorical and ordinal variables, in their order. A binary one has two, the second is the one
        that is counted; none given means ``0, No | 1, Yes``.
    decimals : int
        Shown of a number.

    Raises
    ------
    InputRefusedError
        If categories are missing, too few or named twice.
    """

    name: str
    label: str
    kind: Kind
    unit: str = ""
    categories: tuple[tuple[str, str], ...] = ()
    decimals: int = 1

    def __post_init__(self) -> None:
        if self.kind is Kind.BINARY and not self.categories:
            object.__setattr__(self, "categories", _NO_YES)
        codes = [code for code, _ in self.categories]
        if not self.has_levels:
            return
        if len(codes) < 2 or len(set(codes)) < len(codes) or (self.kind is Kind.BINARY and len(codes) != 2):
            raise _refused(
                f"Variable {self.name!r} is {self.kind} and has the codes {codes}.",
                "Two codes of a binary variable, two or more of others, each once.",
            )

    @property
    def has_levels(self) -> bool:
        """Whether values are categories, not numbers."""
        return self.kind in _OF_LEVELS

    @property
    def heading(self) -> str:
        """The label, with the unit where there is one."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    @property
    def counted(self) -> str:
        """The heading, with the category that is counted where there are two and the label does not say it."""
        text = self.categories[1][1] if len(self.categories) == 2 else "yes"
        return self.heading if text.casefold() == "yes" else f"{self.heading}: {text}"


def read_codebook(frame: pd.DataFrame) -> tuple[Variable, ...]:
    """Return the variables of a codebook, a row each.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns name, label, kind, unit and categories (``code, text | code, text``, as REDCap writes them); decimals
        may be among them. All text; empty where there is nothing.

    Raises
    ------
    InputRefusedError
        If a column is missing, a kind is not known, a variable comes twice, or there are control characters.
    """
    absent = [name for name in CODEBOOK_COLUMNS if name not in frame]
    if absent:
        raise _refused(f"The codebook lacks {_listed(absent)}.", f"Columns {_listed(CODEBOOK_COLUMNS)}.")
    rows = frame.fillna("").astype(str)
    if rows.apply(lambda column: column.str.contains(CONTROL)).to_numpy().any():
        raise _refused("The codebook has control characters in it.", "Letters, digits and signs that can be printed.")
    variables = tuple(_variable({str(name): cell.strip() for name, cell in row.items()}) for _, row in rows.iterrows())
    names = [v.name for v in variables]
    if len(set(names)) < len(names) or "" in names:
        raise _refused("The codebook has a name twice, or none.", "One row a variable, each with a name of its own.")
    return variables


def chosen(variables: Iterable[Variable], names: Sequence[str]) -> tuple[Variable, ...]:
    """Return the variables of some names, in the order of the names.

    Raises
    ------
    InputRefusedError
        If there is no name, or one is not in the codebook.
    """
    if not names:
        raise _refused("No variable is named.", "One or more names, with commas between them.")
    by_name = {v.name: v for v in variables}
    absent = [name for name in names if name not in by_name]
    if absent:
        raise _refused(f"{_listed(absent)} is not in the codebook.", f"One of {_listed(by_name)}.")
    return tuple(by_name[name] for name in names)


def _variable(row: dict[str, str]) -> Variable:
    kinds = [kind.value for kind in Kind]
    if row["kind"] not in kinds:
        raise _refused(f"Variable {row['name']!r} is of kind {row['kind']!r}.", f"One of {_listed(kinds)}.")
    decimals = row.get("decimals", "") or "1"
    if not re.fullmatch("[0-6]", decimals):
        raise _refused(f"Variable {row['name']!r} has {decimals!r} decimals.", "A number from 0 to 6, or nothing.")
    label = row["label"] or row["name"]
    return Variable(
        row["name"], label, Kind(row["kind"]), row["unit"], _categories(row["name"], row["categories"]), int(decimals)
    )


def _categories(name: str, text: str) -> tuple[tuple[str, str], ...]:
    if not text:
        return ()
    pairs = [part.partition(",") for part in text.split("|")]
    if any(not comma or not code.strip() or not words.strip() for code, comma, words in pairs):
        raise _refused(f"The categories of {name!r} can't be read.", "Pairs as in `0, No | 1, Yes`.")
    return tuple((code.strip(), words.strip()) for code, _, words in pairs)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _refused(found: str, expected: str) -> InputRefusedError:
    return InputRefusedError(
        "codebook_refused", found=found, expected=expected, remedy="Change the codebook, or name another one."
    )
