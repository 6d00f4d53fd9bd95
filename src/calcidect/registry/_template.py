"""An empty table to fill in: CSV, or Excel with lists to choose from and the codebook beside."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from calcidect.errors import UsageError
from calcidect.registry._catalogue import MISSING, Item, entered_items
from calcidect.registry._codebook import COLUMNS, codebook
from calcidect.registry._files import write_file

_ROWS = 1000
"""Rows of the Excel table that are prepared. Our choice: a study of 300 people with three visits."""


def write_template(path: Path, *, force: bool = False) -> None:
    """Write an empty table with every item that people enter.

    Parameters
    ----------
    path : Path
        Ends in ``.csv`` or ``.xlsx``.
    force : bool
        Whether an existing file may be replaced.

    Raises
    ------
    UsageError
        If the file exists, or ends in something else.
    """
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise UsageError(
            "template_kind",
            found="The name ends in neither .csv nor .xlsx.",
            expected="One of them.",
            remedy="Rename it.",
        )
    write_file(path, _excel() if path.suffix.lower() == ".xlsx" else _csv().encode(), force=force)


def _csv() -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(entered_items())
    return text.getvalue()


def _excel() -> bytes:
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    record = book.active
    assert record is not None
    record.title = "record"
    for index, item in enumerate(entered_items().values(), start=1):
        cell = record.cell(1, index, item.name)
        cell.font = Font(bold=True)
        cell.comment = Comment("\n".join(filter(None, (item.label, item.unit, item.range, item.note))), "calcidect")
        letter = get_column_letter(index)
        record.column_dimensions[letter].width = max(12, len(item.name) + 2)
        record.column_dimensions[letter].number_format = "@"  # as text: Excel makes dates of what it can
        if item.kind in ("code", "yes_no"):
            _offer_list(record, f"{letter}2:{letter}{_ROWS}", item)
    record.freeze_panes = "C2"
    sheet = book.create_sheet("codebook")
    sheet.append(list(COLUMNS))
    for row in codebook():
        sheet.append([row[name] for name in COLUMNS])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _offer_list(sheet: object, cells: str, item: Item) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    words = (*(item.codes or ("yes", "no")), *MISSING)
    offered = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True, showErrorMessage=True)
    offered.add(cells)
    sheet.add_data_validation(offered)  # type: ignore[attr-defined]
