"""One table in six formats: what is markup in one is escaped in it, and the bytes are always the same."""

from __future__ import annotations

import csv
import io
import re
import time
from html.parser import HTMLParser

import docx
import pytest

from calcidect.cohort import RENDERINGS, Row, Table, as_word

ODD = r"<b> & 5% of_a|b \ $x$ #1 {y} ~ ^ *z* `c`"
TABLE = Table(ODD, ("Head", ODD), (Row(ODD, ("1/2 (50%)",)), Row("deeper", (ODD,), indent=1)), (ODD,))


class Cells(HTMLParser):
    """Gathers the text of each cell."""

    def __init__(self):
        super().__init__()
        self.cells, self.tags, self.inside = [], set(), False

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag in ("td", "th"):
            self.cells.append("")
            self.inside = True

    def handle_data(self, data):
        if self.inside:
            self.cells[-1] += data

    def handle_endtag(self, tag):
        self.inside = False


@pytest.mark.parametrize("ending", RENDERINGS)
def test_every_rendering_says_research_use_only(ending):
    assert "Research use only. Not a medical device." in RENDERINGS[ending](TABLE)


def test_html_reads_back_as_it_was_written():
    page = Cells()
    page.feed(RENDERINGS["html"](TABLE))
    assert page.cells == ["Head", ODD, ODD, "1/2 (50%)", "deeper", ODD]
    assert "b" not in page.tags


def test_csv_reads_back_as_it_was_written():
    lines = list(csv.reader(io.StringIO(RENDERINGS["csv"](TABLE))))
    assert lines[:3] == [["Head", ODD], [ODD, "1/2 (50%)"], ["deeper", ODD]]


@pytest.mark.parametrize(("cell", "kept"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("-x", "'-x"), ("-0.52", "-0.52")])
def test_no_cell_of_a_csv_is_a_formula(cell, kept):
    table = Table("t", ("a", "b"), (Row("r", (cell,)),))
    assert list(csv.reader(io.StringIO(RENDERINGS["csv"](table))))[1] == ["r", kept]


def test_markdown_rows_keep_their_number_of_cells():
    lines = [line for line in RENDERINGS["md"](TABLE).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {3}
    assert r"&lt;b&gt; &amp; 5% of\_a\|b \\ \$x\$" in lines[0]


def test_latex_leaves_no_special_sign_bare():
    text = RENDERINGS["tex"](TABLE)
    assert r"5\% of\_a\ensuremath{|}b \textbackslash{} \$x\$ \#1 \{y\} \textasciitilde{} \textasciicircum{}" in text
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in body} == {1}
    assert not [line for line in body if re.search(r"(?<!\\)[%#$_]", line)]


def test_a_latex_row_that_begins_with_a_bracket_is_no_length():
    assert "\n{}[a] &" in RENDERINGS["tex"](Table("t", ("a", "b"), (Row("[a]", ("1",)),)))


def test_word_holds_every_cell():
    document = docx.Document(io.BytesIO(as_word(TABLE)))
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows] == [
        ["Head", ODD], [ODD, "1/2 (50%)"], ["deeper", ODD],
    ]  # fmt: skip
    assert document.paragraphs[-1].text == "Research use only. Not a medical device."


def test_word_leaves_out_what_it_can_not_hold():
    document = docx.Document(io.BytesIO(as_word(Table("t", ("a", "b"), (Row("p\x011", ("1",)),)))))
    assert document.tables[0].rows[1].cells[0].text == "p1"


def test_word_is_the_same_bytes_at_another_time(monkeypatch):
    first = as_word(TABLE)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    assert as_word(TABLE) == first


def test_text_aligns_its_columns():
    lines = RENDERINGS["txt"](Table("t", ("a", "b"), (Row("long head", ("1",)), Row("x", ("2",), 1)))).splitlines()
    assert lines[2:6] == ["a          b", "------------", "long head  1", "  x        2"]


def test_a_row_that_does_not_fit_is_no_table():
    with pytest.raises(ValueError, match="2 columns"):
        Table("t", ("a", "b"), (Row("r", ("1", "2")),))
