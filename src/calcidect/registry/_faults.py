"""What is wrong with a cell, said without the cell: where, what kind of thing was found, what to do."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from calcidect.errors import InputRefusedError
from calcidect.registry._files import write_file


class Fault(Exception):  # noqa: N818  # it is a finding about a cell, caught in this room
    """A value that can't be taken. Its texts never hold the value, which may name a person.

    Parameters
    ----------
    code : str
        Stable name, snake_case.
    found, expected, remedy : str
        As of ``CalcidectError``.
    """

    def __init__(self, code: str, found: str, expected: str, remedy: str) -> None:
        self.code, self.found, self.expected, self.remedy = code, found, expected, remedy
        super().__init__(code)


@dataclass(frozen=True)
class RejectedCell:
    """One cell that was refused.

    Parameters
    ----------
    row : int
        As a spreadsheet counts: the header is row 1.
    column : str
        Name of the column; of one that the catalogue does not know, its letter.
    code, found, expected, remedy : str
        As of ``Fault``.
    """

    row: int
    column: str
    code: str
    found: str
    expected: str
    remedy: str


def rejected(row: int, column: str, fault: Fault) -> RejectedCell:
    """Return a fault with its place."""
    return RejectedCell(row, column, fault.code, fault.found, fault.expected, fault.remedy)


class TableRefusedError(InputRefusedError):
    """A table was refused; nothing of it was taken.

    Parameters
    ----------
    cells : sequence of RejectedCell
        All of them.
    """

    def __init__(self, cells: Sequence[RejectedCell]) -> None:
        self.cells = tuple(sorted(cells, key=lambda cell: (cell.row, cell.column)))
        count = f"{len(cells)} cells" if len(cells) != 1 else "1 cell"
        super().__init__(
            "table_refused",
            found=f"{count} of the table can't be taken. Nothing was imported.",
            expected="A table whose every cell is as the catalogue says.",
            remedy="Each cell is listed with what to do (--rejects FILE writes the list); correct them and try again.",
        )


def write_rejects(cells: Sequence[RejectedCell], path: Path) -> None:
    """Write the list of refused cells as CSV. An older list is replaced."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [f.name for f in fields(RejectedCell)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(cell) for cell in cells)
    write_file(path, text.getvalue().encode(), force=True)
