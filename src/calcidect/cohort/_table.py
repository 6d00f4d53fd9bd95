"""A table of text cells, and what it looks like as text, Markdown, HTML, LaTeX and CSV."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from string import ascii_lowercase

RESEARCH_USE_ONLY = "Research use only. Not a medical device."
_INDENT = 2  # characters a level, in formats of fixed width


@dataclass(frozen=True)
class Row:
    """A row: its head, how far it is indented, its cells."""

    head: str
    cells: tuple[str, ...]
    indent: int = 0


@dataclass(frozen=True)
class Table:
    """What is printed: plain text in every cell; each rendering escapes what its format reads as markup.

    Parameters
    ----------
    title : str
        Caption.
    columns : tuple of str
        Headings; the first is that of the rows' heads.
    rows : tuple of Row
        Each with one cell fewer than there are columns.
    notes : tuple of str
        Below the table; that it is for research only is added.

    Raises
    ------
    ValueError
        If a row does not fit the columns.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row.cells) + 1 != len(self.columns) for row in self.rows):
            raise ValueError(f"Rows of a table with {len(self.columns)} columns have one cell fewer.")

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes, with the one that no table goes without."""
        return (*self.notes, RESEARCH_USE_ONLY)


class Marks:
    """Gives footnotes letters, in the order in which they are first needed; the same note has the same letter."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    def mark(self, note: str) -> str:
        """Return the letter of a note, which has no full stop."""
        again, letter = divmod(len(self._of), len(ascii_lowercase))
        return self._of.setdefault(note, ascii_lowercase[letter] * (again + 1))

    def notes(self) -> Iterator[str]:
        """Yield every note with its letter before it."""
        return (f"{letter}: {note}." for note, letter in self._of.items())


def as_text(table: Table) -> str:
    """Return aligned columns for a terminal or a plain file."""
    lines = [table.columns, *((" " * _INDENT * row.indent + row.head, *row.cells) for row in table.rows)]
    lines = [tuple(_one_line(cell) for cell in line) for line in lines]
    widths = [max(len(line[n]) for line in lines) for n in range(len(table.columns))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    rule = "-" * max(len(line) for line in shown)
    return "\n".join([table.title, "", shown[0], rule, *shown[1:], rule, *table.all_notes]) + "\n"


def as_markdown(table: Table) -> str:
    """Return a pipe table (GitHub Flavored Markdown)."""

    def line(cells: tuple[str, ...]) -> str:
        return f"| {' | '.join(cells)} |"

    rows = [
        line(("&nbsp;" * _INDENT * row.indent + _markdown(row.head), *map(_markdown, row.cells))) for row in table.rows
    ]
    head = [line(tuple(map(_markdown, table.columns))), "|" + "---|" * len(table.columns)]
    notes = [part for note in table.all_notes for part in ("", _markdown(note))]
    return "\n".join([f"**{_markdown(table.title)}**", "", *head, *rows, *notes]) + "\n"


def as_html(table: Table) -> str:
    """Return a page that stands alone, the table in it ready to be copied into a manuscript."""
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in table.columns)
    notes = "".join(f"<p>{html.escape(note)}</p>\n" for note in table.all_notes)
    title = html.escape(table.title)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<table>\n<caption>{title}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(map(_html_row, table.rows))}</tbody>\n</table>\n"
        f"{notes}</body>\n</html>\n"
    )


_STYLE = (
    "body{font-family:sans-serif;margin:2em}"
    "table{border-collapse:collapse;border-top:2px solid;border-bottom:2px solid}"
    "caption{text-align:left;font-weight:bold;padding-bottom:.5em}thead th{border-bottom:1px solid}"
    "th,td{text-align:left;font-weight:normal;padding:.15em 1em .15em 0;vertical-align:top}thead th{font-weight:bold}"
    "p{font-size:85%;margin:.3em 0;max-width:60em}"
)


def _html_row(row: Row) -> str:
    indent = f' style="padding-left:{1.5 * row.indent:g}em"' if row.indent else ""
    cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in row.cells)
    return f'<tr><th scope="row"{indent}>{html.escape(row.head)}</th>{cells}</tr>\n'


def as_latex(table: Table) -> str:
    """Return a ``table`` that needs no package; put it into a document of pdfLaTeX, XeLaTeX or LuaLaTeX."""

    def line(cells: tuple[str, ...]) -> str:
        return f"{' & '.join(cells)} \\\\"

    rows = [line(("~" * 2 * row.indent + _latex(row.head), *map(_latex, row.cells))) for row in table.rows]
    notes = [f"\\par\\footnotesize {_latex(note)}" for note in table.all_notes]
    return "\n".join(
        [
            "\\begin{table}",
            f"\\caption{{{_latex(table.title)}}}",
            f"\\begin{{tabular}}{{{'l' * len(table.columns)}}}",
            "\\hline",
            line(tuple(map(_latex, table.columns))),
            "\\hline",
            *rows,
            "\\hline",
            "\\end{tabular}",
            *notes,
            "\\end{table}",
            "",
        ]
    )


def as_csv(table: Table) -> str:
    """Return comma-separated values (RFC 4180, lines end in a line feed): heading, rows, then a row for each note."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    blank = ("",) * (len(table.columns) - 1)
    lines = [table.columns, *((row.head, *row.cells) for row in table.rows)]
    writer.writerows([*map(_inert, line)] for line in [*lines, *((note, *blank) for note in table.all_notes)])
    return text.getvalue()


def _inert(cell: str) -> str:
    """Keep a spreadsheet from reading a cell as a formula (OWASP, CSV injection); numbers stay as they are."""
    return f"'{cell}" if re.match(r"[=+@\t\r]|-(?!\d)", cell) else cell


def _one_line(text: str) -> str:
    return " ".join(text.split()) if "\n" in text or "\r" in text else text


def _markdown(text: str) -> str:
    safe = html.escape(_one_line(text), quote=False)
    return re.sub(r"([\\`*_\[\]#|~$])", r"\\\1", safe)


_LATEX = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "<": "\\ensuremath{<}",  # typed as they are, T1-less fonts print Spanish marks
    ">": "\\ensuremath{>}",
    "|": "\\ensuremath{|}",
    "\u2212": "\\ensuremath{-}",
    "\u2265": "\\ensuremath{\\geq}",
    "\u2264": "\\ensuremath{\\leq}",
}


def _latex(text: str) -> str:
    shown = "".join(_LATEX.get(sign, sign) for sign in _one_line(text))
    return f"{{}}{shown}" if shown.startswith("[") else shown  # after \\ a bracket would be read as a length


RENDERINGS: dict[str, Callable[[Table], str]] = {
    "txt": as_text,
    "md": as_markdown,
    "html": as_html,
    "tex": as_latex,
    "csv": as_csv,
}
"""Renderings as text, by the ending of their file."""
