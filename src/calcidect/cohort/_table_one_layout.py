"""How Table 1 is laid out: rows, columns, and the footnotes that say what each number is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from calcidect.cohort._summary import Centre, Summary, number, p_value
from calcidect.cohort._table import Marks, Row, Table
from calcidect.cohort._variable import MISSING_KINDS, NOT_APPLICABLE, Kind

if TYPE_CHECKING:
    from calcidect.cohort._table_one import Entry, TableOne

NONE = "\u2013"  # an en dash: nothing to say here
_MISSING_HEADS = {kind: kind.replace("_", " ").capitalize() for kind in MISSING_KINDS}


def laid_out(one: TableOne) -> Table:
    """Return the table that is printed."""
    marks = Marks()
    tested = any(entry.test is not None for entry in one.entries)
    compared = any(entry.difference is not None and entry.difference.value is not None for entry in one.entries)
    rows = [row for entry in one.entries for row in _rows(entry, marks, tested, compared)]
    groups = tuple(f"{_group_name(one, text)} (N={people})" for text, people in one.groups)
    columns = ("Characteristic", f"All (N={one.people})", *groups)
    columns += ("p", "Test") * tested + ("Standardised difference",) * compared
    return Table(one.title, columns, tuple(rows), tuple(_notes(one, marks, tested, compared)))


def _group_name(one: TableOne, text: str) -> str:
    """Return a group's heading; Yes and No alone would not say of what."""
    assert one.by is not None  # there are groups
    return f"{one.by.label}: {text}"


def _rows(entry: Entry, marks: Marks, tested: bool, compared: bool) -> Iterator[Row]:
    columns = (entry.everyone, *entry.groups)
    extra = _extra_cells(entry, marks, tested, compared)
    blank = ("",) * len(extra)
    variable = entry.variable
    if not variable.has_levels:
        cells = (summary.spread.shown(variable.decimals) if summary.spread else NONE for summary in columns)
        yield Row(f"{variable.heading}; {entry.centre}", (*cells, *extra))
    elif variable.kind is Kind.BINARY:
        yield Row(variable.counted, (*_share_cells(columns, 1), *extra))
    else:
        yield Row(variable.heading, (*("" for _ in columns), *extra))
        for n, (_, text) in enumerate(variable.categories):
            yield Row(text, (*_share_cells(columns, n), *blank), indent=1)
    for n, kind in enumerate(MISSING_KINDS):
        if entry.everyone.missing[n]:
            yield Row(_MISSING_HEADS[kind], (*_missing_cells(columns, n), *blank), indent=1)


def _share_cells(columns: Sequence[Summary], n: int) -> Iterable[str]:
    return (str(summary.shares[n]) for summary in columns)


def _missing_cells(columns: Sequence[Summary], n: int) -> Iterable[str]:
    """Return what is missing out of the people it applies to; what does not apply, out of all."""
    last = MISSING_KINDS[n] == NOT_APPLICABLE
    return (f"{summary.missing[n]}/{summary.people if last else summary.applicable}" for summary in columns)


def _extra_cells(entry: Entry, marks: Marks, tested: bool, compared: bool) -> tuple[str, ...]:
    cells: list[str] = []
    if tested:
        assert entry.test is not None  # all entries are tested, or none
        p = NONE if entry.test.p is None else p_value(entry.test.p)
        cells += [p, marks.mark(entry.test.name or f"No test: {entry.test.why_not}")]
    if compared:
        assert entry.difference is not None
        value, why_not = entry.difference.value, entry.difference.why_not
        cells.append(f"{NONE} {marks.mark(f'No difference: {why_not}')}" if value is None else number(value, 2))
    return tuple(cells)


def _notes(one: TableOne, marks: Marks, tested: bool, compared: bool) -> Iterator[str]:
    yield (
        "Categories are numerator/denominator (%); the denominator is the people whose value is known. Missing values "
        "are counted below each characteristic: unknown and not done out of those to whom it applies."
    )
    if any(not entry.variable.has_levels for entry in one.entries):
        yield (
            f"Numbers are {Centre.MEAN}, or {Centre.MEDIAN} where they are counts or skewed (skewness beyond 1 either "
            "way, or a mean below 2 SD of values that are never negative), unless chosen otherwise."
        )
    if one.ungrouped:
        yield f"The group of {one.ungrouped} of {one.people} people is missing: they are in the column of all only."
    if tested:
        many = sum(entry.test is not None and entry.test.p is not None for entry in one.entries)
        yield f"p is two-sided and not adjusted for the number of comparisons, which is {many}."
    if compared:
        yield (
            "Standardised difference: of means in common SDs, second group minus first; of categories the Mahalanobis "
            "distance of the shares, without sign."
        )
    elif len(one.groups) == 2:
        reasons = sorted({entry.difference.why_not for entry in one.entries if entry.difference is not None})
        yield f"No standardised differences: {'; '.join(reasons)}."
    yield from marks.notes()
