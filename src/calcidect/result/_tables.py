"""Rows and tables: from frozen dataclasses to plain values, CSV and pandas."""

from __future__ import annotations

import csv
import io
import math
import numbers
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

LIST_SEPARATOR = ";"
"""Joins the parts of one CSV cell that holds several words, as ``flags`` does."""

_PANDAS_TYPES = {
    "int": "int64",
    "int | None": "Int64",
    "float": "float64",
    "float | None": "float64",
    "bool": "bool",
    "bool | None": "boolean",
}


def columns_of(kind: type) -> list[str]:
    """Return the column names of a table of ``kind``, in the result contract's order."""
    return [f.name for f in fields(kind)]


def plain(value: Any, name: str = "value") -> Any:
    """Return a value as JSON knows it: no numpy types, no tuples, and never a NaN.

    Raises
    ------
    ValueError
        If a number is not finite; missing numbers must be None.
    TypeError
        If JSON has no such type.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real | np.floating):
        if not math.isfinite(value):
            raise ValueError(f"{name} is {float(value)}; a missing number must be None.")
        return float(value)
    if isinstance(value, dict):
        return {str(key): plain(item, f"{name}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, name) for item in value]
    if is_dataclass(value):
        return as_row(value)
    raise TypeError(f"{name} is of type {type(value).__name__}, which JSON does not know.")


def as_row(item: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as plain values, in order."""
    return {f.name: plain(getattr(item, f.name), f.name) for f in fields(item)}


def as_csv(kind: type, items: Iterable[Any]) -> str:
    """Return a table as CSV: empty where missing, ``true`` and ``false``, lists joined by ``;``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns_of(kind))
    writer.writerows([_cell(value) for value in as_row(item).values()] for item in items)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    value = _listed(value)
    return "" if value is None else value


def as_frame(kind: type, items: Sequence[Any]) -> pd.DataFrame:
    """Return a table as a pandas DataFrame with a fixed type per column, also when it is empty."""
    import pandas as pd

    rows = [as_row(item) for item in items]
    columns = {}
    for f in fields(kind):
        values = [_listed(row[f.name]) for row in rows]
        columns[f.name] = pd.Series(values, dtype=_PANDAS_TYPES.get(str(f.type), "string"))
    return pd.DataFrame(columns)


def _listed(value: Any) -> Any:
    """Return several words, or names with their numbers, as the words of one cell."""
    if isinstance(value, dict):
        value = [f"{name}:{number:g}" for name, number in value.items()]
    return LIST_SEPARATOR.join(value) if isinstance(value, list) else value
