"""The catalogue: every item of the record, as data. It drives validation, template, REDCap, codebook and export.

``catalogue.csv`` has a row per item. Its ``level`` is the table that the item stands in; its ``form`` is what people
fill in together, and the instrument in REDCap. Items of the levels ``scan`` to ``destruction`` are written by the
program.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

CATALOGUE_VERSION = "1"
"""Kept with every record. It rises when an item changes its meaning or goes."""

MISSING = ("unknown", "not_done", "not_applicable")
"""Three reasons for which a value may be missing; an empty cell, not entered, is a fourth. No item has such a code."""

Level = Literal["key", "person", "visit", "scan", "hand", "digit", "deposit", "destruction"]
Kind = Literal["id", "integer", "number", "yes_no", "code", "codes", "date", "month", "word", "words", "text"]

ENTERED_LEVELS: tuple[Level, ...] = ("person", "visit")
FINDING_LEVELS: tuple[Level, ...] = ("scan", "hand", "digit", "deposit", "destruction")
COLUMNS = (
    "name", "level", "form", "kind", "label", "unit", "minimum", "maximum", "codes", "requires", "source", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One item of the record: a row of ``catalogue.csv``.

    Parameters
    ----------
    name : str
        Column in every table, lower case; unique within a level.
    level, form : str
        The table it stands in, and the form it is filled in on.
    kind : str
        ``id``: a pseudonym. ``integer``, ``number``. ``yes_no``. ``code``, ``codes``: one, or several, of ``codes``.
        ``date``: YYYY-MM-DD. ``month``: YYYY-MM, or YYYY where no more is known. ``word``, ``words``, ``text``: written
        by the program, never by people, since free text is where names end up.
    label, unit : str
        For people.
    minimum, maximum : float or None
        Both allowed.
    codes : tuple of str
        Allowed values; their labels are the same words with spaces.
    requires : tuple of str or None
        ``(item, value)`` without which this item has no meaning.
    source, note : str
        Where the item comes from, and what to heed.
    """

    name: str
    level: Level
    form: str
    kind: Kind
    label: str
    unit: str
    minimum: float | None
    maximum: float | None
    codes: tuple[str, ...]
    requires: tuple[str, str] | None
    source: str
    note: str

    @property
    def range(self) -> str:
        """The allowed range or form, for people."""
        if self.codes:
            return " | ".join(self.codes)
        if self.kind == "yes_no":
            return "yes | no"
        if self.minimum is None:
            return ""
        return f"{self.minimum:g} to {self.maximum:g}" if self.maximum is not None else f"{self.minimum:g} or more"


@cache
def catalogue() -> tuple[Item, ...]:
    """Return every item, in order."""
    text = resources.files("calcidect.registry").joinpath("catalogue.csv").read_text(encoding="utf-8")
    return tuple(_item(row) for row in csv.DictReader(text.splitlines()))


@cache
def items(*levels: Level) -> dict[str, Item]:
    """Return the items of some levels by name, in order."""
    return {item.name: item for item in catalogue() if item.level in levels}


def entered_items() -> dict[str, Item]:
    """Return keys and items that people enter, by name."""
    return items("key", *ENTERED_LEVELS)


def label_of(code: str) -> str:
    """Return a code as people read it."""
    return code.replace("_", " ").capitalize()


def _item(row: dict[str, str]) -> Item:
    requires = tuple(row["requires"].split("="))
    return Item(
        name=row["name"],
        level=row["level"],  # type: ignore[arg-type]  # the tests hold the file to Level and Kind
        form=row["form"],
        kind=row["kind"],  # type: ignore[arg-type]
        label=row["label"],
        unit=row["unit"],
        minimum=float(row["minimum"]) if row["minimum"] else None,
        maximum=float(row["maximum"]) if row["maximum"] else None,
        codes=tuple(row["codes"].split("|")) if row["codes"] else (),
        requires=(requires[0], requires[1]) if row["requires"] else None,
        source=row["source"],
        note=row["note"],
    )
