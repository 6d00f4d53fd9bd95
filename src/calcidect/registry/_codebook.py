"""The codebook: every column of every exported table, for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcidect.registry._catalogue import MISSING, Item, catalogue
from calcidect.registry._tables import MISSING_COLUMNS, TABLES, columns_of

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("table", "column", "form", "type", "label", "unit", "allowed", "requires", "source", "note")
_TYPES = {
    "id": "pseudonym",
    "integer": "integer",
    "number": "number",
    "yes_no": "yes or no",
    "code": "code",
    "codes": "codes joined by ;",
    "date": "date",
    "month": "month or year",
    "word": "word",
    "words": "words joined by ;",
    "text": "text",
}
_OF_MISSING = {
    "person_id": "Pseudonym of the person",
    "visit": "Number of the visit; empty for an item of the person",
    "item": "Item whose value is missing",
    "reason": "Why",
}


def codebook() -> list[dict[str, str]]:
    """Return a row per column of every table, with the columns ``COLUMNS``."""
    rows = [_row(table, item) for table, level in TABLES.items() for item in columns_of(level).values()]
    for column in MISSING_COLUMNS:
        allowed = " | ".join(MISSING) if column == "reason" else ""
        blank = dict.fromkeys(COLUMNS, "")
        label = _OF_MISSING[column]
        rows.append({**blank, "table": "missing", "column": column, "label": label, "allowed": allowed})
    return rows


def codebook_frame() -> pd.DataFrame:
    """Return the codebook as a table of texts."""
    import pandas as pd

    return pd.DataFrame(codebook(), columns=list(COLUMNS)).astype("string")


def codebook_markdown() -> str:
    """Return the codebook for people, a table of markdown per exported table."""
    parts = [
        "# Codebook",
        "Research use only. Not a medical device.",
        f"An empty cell is missing. Where a reason was given ({', '.join(MISSING)}), `missing` tells it.",
    ]
    rows = codebook()
    for table in (*TABLES, "missing"):
        parts += [f"## {table}", markdown_table([row for row in rows if row["table"] == table], COLUMNS[1:])]
    return "\n\n".join(parts) + "\n"


def catalogue_markdown() -> str:
    """Return the items that people enter, a table of markdown per form."""
    entered = [item for item in catalogue() if item.level in ("key", "person", "visit")]
    parts = []
    for form in dict.fromkeys(item.form for item in entered):
        rows = [_row("", item) for item in entered if item.form == form]
        columns = ("column", "type", "label", "unit", "allowed", "requires", "source", "note")
        parts += [f"### {form}", markdown_table(rows, columns)]
    return "\n\n".join(parts) + "\n"


def markdown_table(rows: list[dict[str, str]], columns: tuple[str, ...]) -> str:
    """Return a table of markdown."""
    lines = [columns, tuple("---" for _ in columns), *(tuple(row[name] for name in columns) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)


def _row(table: str, item: Item) -> dict[str, str]:
    return {
        "table": table,
        "column": item.name,
        "form": item.form,
        "type": _TYPES[item.kind],
        "label": item.label,
        "unit": item.unit,
        "allowed": item.range,
        "requires": "=".join(item.requires) if item.requires else "",
        "source": item.source,
        "note": item.note,
    }
