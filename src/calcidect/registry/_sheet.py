"""A CSV file or the first sheet of an Excel file as rows of raw cells, with the numbers a spreadsheet shows."""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calcidect.errors import InputRefusedError, UsageError

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabulators"}
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Sheet:
    """A table as it was read.

    Parameters
    ----------
    columns : tuple of str
        The header, stripped.
    rows : tuple of (int, tuple)
        Number of the row, the header being 1, and its cells. Empty rows are left out.
    form : str
        How it was read, for people.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Any, ...]], ...]
    form: str


def read_sheet(path: Path, known: Collection[str], encoding: str | None = None) -> Sheet:
    """Read a table.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.txt``, ``.tsv`` or ``.xlsx``.
    known : collection of str
        Names of columns, by which the separator is told.
    encoding : str, optional
        Of a CSV file; by default UTF-8 with or without its mark, or UTF-16 with its mark. Bytes that are not UTF-8 stay
        in their cells as lone surrogates, so that each such cell can be named.

    Raises
    ------
    InputRefusedError
        If the file is missing, no table, or empty.
    UsageError
        If the encoding does not exist.
    """
    if not path.is_file():
        raise InputRefusedError(
            "table_missing", found="There is no such file.", expected="A CSV or Excel file.", remedy="Check the path."
        )
    try:
        lines, form = _excel(path) if path.suffix.lower() == ".xlsx" else _csv(path.read_bytes(), known, encoding)
    except (csv.Error, ValueError, OSError) as error:
        raise _unreadable(type(error).__name__) from None
    filled = [(number, cells) for number, cells in lines if any(is_filled(cell) for cell in cells)]
    if not filled or filled[0][0] != 1:
        raise _unreadable("its first row is empty")
    header = tuple("" if cell is None else str(cell).strip() for cell in filled[0][1])
    while header and not header[-1]:
        header = header[:-1]
    return Sheet(header, tuple(filled[1:]), form)


def is_filled(cell: Any) -> bool:
    """Tell whether a cell holds more than spaces."""
    return cell is not None and str(cell).strip() != ""


def _csv(data: bytes, known: Collection[str], encoding: str | None) -> tuple[list[tuple[int, tuple[Any, ...]]], str]:
    text, encoding = _decoded(data, encoding)
    separator = _separator(text, known)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    return _numbered(rows), f"CSV, {encoding}, separated by {_SEPARATORS[separator]}"


def _numbered(rows: Iterable[Iterable[Any]]) -> list[tuple[int, tuple[Any, ...]]]:
    return [(number, tuple(row)) for number, row in enumerate(rows, start=1)]


def _decoded(data: bytes, encoding: str | None) -> tuple[str, str]:
    if encoding is not None:
        try:
            name = codecs.lookup(encoding).name
            return data.decode(name).removeprefix("\ufeff"), name
        except LookupError:  # rot13 and hex are codecs, but of no text
            raise UsageError(
                "encoding_unknown",
                found="There is no encoding of that name.",
                expected="A name such as utf-8, utf-16, latin-1 or cp1252.",
                remedy="Correct --encoding.",
            ) from None
    if data.startswith(_UTF_16):
        return data.decode("utf-16"), "UTF-16"
    if b"\x00" in data[:4096]:
        raise ValueError("UTF-16 without its mark, or no text")
    return data.decode("utf-8-sig", errors="surrogateescape"), "UTF-8"


def _separator(text: str, known: Collection[str]) -> str:
    """Return the separator by which the first line has the most names of columns."""
    first = text.partition("\n")[0].strip("\r")
    counts = {s: sum(name.strip(' "') in known for name in first.split(s)) for s in _SEPARATORS}
    return max(counts, key=lambda separator: counts[separator])


def _excel(path: Path) -> tuple[list[tuple[int, tuple[Any, ...]]], str]:
    try:
        rows = _rows_of_excel(path, values=True)
        if _has_formulas(path):
            rows = [_with_formulas(*both) for both in zip(rows, _rows_of_excel(path, values=False), strict=True)]
    except Exception as error:  # openpyxl and the parsers below it raise what they like at a damaged file
        raise _unreadable(type(error).__name__) from None
    width = max(map(len, rows), default=0)
    return _numbered(row + (None,) * (width - len(row)) for row in rows), "Excel, first sheet"


def _rows_of_excel(path: Path, *, values: bool) -> list[tuple[Any, ...]]:
    """Return the rows of the first sheet; of a formula its last saved value, or else the formula."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features of Excel that do not touch values
        book = openpyxl.load_workbook(path, read_only=True, data_only=values)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs write them wrong: cells beyond would be lost without a word
            return list(sheet.iter_rows(values_only=True))
        finally:
            book.close()


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        return any(re.search(rb"<f[ />]", parts.read(name)) for name in sheets)


def _with_formulas(values: tuple[Any, ...], formulas: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the values, and the formula itself where none was saved: it will be refused, not taken for empty."""
    return tuple(formula if value is None else value for value, formula in zip(values, formulas, strict=True))


def _unreadable(why: str) -> InputRefusedError:
    return InputRefusedError(
        "table_unreadable",
        found=f"The file can't be read as a table ({why}).",
        expected="CSV in UTF-8 (or --encoding), or Excel's .xlsx; names of columns in row 1.",
        remedy="Save it as 'CSV UTF-8' or .xlsx; `calcidect registry template` makes an empty one.",
    )
