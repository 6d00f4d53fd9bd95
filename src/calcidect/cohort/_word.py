"""A table as a Word document, and tables in every format."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from calcidect.cohort._table import RENDERINGS, Table
from calcidect.cohort._variable import CONTROL

if TYPE_CHECKING:
    from docx.document import Document

_WIDE = 6  # columns; more of them are set on a page turned sideways
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip archive can hold
_POINTS_OF_TABLE, _POINTS_OF_NOTES, _POINTS_OF_INDENT = 9, 8, 10


def rendered(tables: Mapping[str, Table]) -> dict[str, bytes]:
    """Return tables in every format, by file name: ``NAME.txt``, .md, .html, .tex, .csv and .docx."""
    files = {
        f"{name}.{ending}": rendering(table).encode()
        for name, table in tables.items()
        for ending, rendering in RENDERINGS.items()
    }
    return files | {f"{name}.docx": as_word(table) for name, table in tables.items()}


def as_word(table: Table) -> bytes:
    """Return a .docx file; the same table gives the same bytes."""
    import docx
    from docx.shared import Pt

    document = docx.Document()
    if len(table.columns) > _WIDE:
        _turn(document)
    document.add_paragraph().add_run(_printable(table.title)).bold = True
    _add_table(document, table)
    for note in table.all_notes:
        document.add_paragraph().add_run(_printable(note)).font.size = Pt(_POINTS_OF_NOTES)
    _leave_no_trace(document)
    data = io.BytesIO()
    document.save(data)
    return _without_dates(data.getvalue())


def _turn(document: Document) -> None:
    from docx.enum.section import WD_ORIENT

    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width


def _add_table(document: Document, table: Table) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    lines = [(0, table.columns), *((row.indent, (row.head, *row.cells)) for row in table.rows)]
    grid = document.add_table(len(lines), len(table.columns), style="Light Shading")
    look = grid._tbl.tblPr.find(qn("w:tblLook"))  # as journals set tables: no bands, no bold column
    for name, value in {"val": "0620", "firstColumn": "0", "noHBand": "1"}.items():
        look.set(qn(f"w:{name}"), value)
    for n, ((indent, texts), row) in enumerate(zip(lines, grid.rows, strict=True)):
        for column, (text, cell) in enumerate(zip(texts, row.cells, strict=True)):
            run = cell.paragraphs[0].add_run(_printable(text))
            run.font.size, run.font.bold = Pt(_POINTS_OF_TABLE), n == 0
            if indent and column == 0:
                cell.paragraphs[0].paragraph_format.left_indent = Pt(_POINTS_OF_INDENT * indent)


def _printable(text: str) -> str:
    """Leave out what XML can't hold, and names in tables of people may."""
    return re.sub(CONTROL, "", text)


def _leave_no_trace(document: Document) -> None:
    """Set what would tell when, and by whom, the file was made."""
    about = document.core_properties
    about.author, about.comments, about.revision = "", "", 1
    about.created = about.modified = datetime(*_EPOCH[:3], tzinfo=UTC)


def _without_dates(data: bytes) -> bytes:
    """Pack an archive anew with one date for all members, so that its bytes tell only what it holds."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
