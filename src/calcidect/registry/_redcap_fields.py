"""The catalogue as fields of REDCap, and the data dictionary.

Forms of the person stand in the event ``person_arm_1``, forms of a visit in ``visit_1_arm_1``, ``visit_2_arm_1``, ...;
scan, hand, digit, deposit and destruction are repeating instruments of a visit. The missing-data codes of the project
are ``unknown``, ``not_done`` and ``not_applicable``, the same words as everywhere in the registry. REDCap lets such a
code be of letters and underscores, and adds a column ``field___code`` of it to each checkbox.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import cache

from calcidect.registry._catalogue import ENTERED_LEVELS, FINDING_LEVELS, MISSING, Item, Level, items, label_of

PERSON_EVENT = "person_arm_1"
_VISIT_EVENT = re.compile(r"visit_([1-9]\d?)_arm_1")
EVENT, INSTRUMENT, INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"
SYSTEM_COLUMNS = ("person_id", EVENT, INSTRUMENT, INSTANCE)

DICTIONARY_COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
"""The eighteen columns of a data dictionary, in REDCap's order."""

_TYPES = {"yes_no": "yesno", "code": "radio", "codes": "checkbox"}
_VALIDATIONS = {"integer": "integer", "number": "number", "date": "date_ymd"}


@dataclass(frozen=True)
class Field:
    """One field of REDCap.

    Parameters
    ----------
    name : str
        Unique in the project: of findings it begins with their level.
    level : str
        Table that it belongs to.
    item : Item
        What it holds.
    """

    name: str
    level: Level
    item: Item

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of an export: of a checkbox one per code, and one per reason for which it is missing."""
        if self.item.kind != "codes":
            return (self.name,)
        return tuple(f"{self.name}___{code}" for code in (*self.item.codes, *MISSING))


@cache
def fields() -> tuple[Field, ...]:
    """Return every field but the record's id, form by form.

    A scan's number is the instance of its instrument; of other findings it is a field of their own.
    """
    found = [Field(name, level, item) for level in ENTERED_LEVELS for name, item in items(level).items()]
    number_of_scan = items("scan")["scan"]
    for level in FINDING_LEVELS:
        own = dict(items(level))
        if own.pop("scan", None) is None:
            own = {"scan": number_of_scan, **own}
        found += [Field(_name(level, name), level, item) for name, item in own.items()]
    return tuple(found)


def _name(level: Level, name: str) -> str:
    return name if name.startswith(f"{level}_") else f"{level}_{name}"


def visit_of(event: str) -> int | None:
    """Return the number of the visit of an event; None if it is the event of no visit."""
    match = _VISIT_EVENT.fullmatch(event)
    return int(match[1]) if match else None


def event_of(visit: int | None) -> str:
    """Return the event of a visit, or of the person."""
    return PERSON_EVENT if visit is None else f"visit_{visit}_arm_1"


def dictionary_csv() -> str:
    """Return the data dictionary as REDCap imports it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, DICTIONARY_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    key = items("key")["person_id"]
    writer.writerow(_entry("person_id", "person", key))
    writer.writerows(_entry(field.name, _form(field), field.item) for field in fields())
    return text.getvalue()


def _form(field: Field) -> str:
    return field.item.form if field.level in ENTERED_LEVELS else field.level


def _entry(name: str, form: str, item: Item) -> dict[str, str]:
    note = " ".join(part for part in (f"{item.unit}." if item.unit else "", item.note) if part)
    validation = _VALIDATIONS.get(item.kind, "")
    entry = {
        "Variable / Field Name": name,
        "Form Name": form,
        "Field Type": _TYPES.get(item.kind, "text"),
        "Field Label": item.label,
        "Choices, Calculations, OR Slider Labels": " | ".join(f"{code}, {label_of(code)}" for code in item.codes),
        "Field Note": note,
        "Text Validation Type OR Show Slider Number": validation,
        "Identifier?": "y" if item.kind == "date" else "",
        "Branching Logic (Show field only if...)": f"[{item.requires[0]}] = '1'" if item.requires else "",
        "Field Annotation": "@READONLY" if form in FINDING_LEVELS else "",
    }
    if validation in ("integer", "number"):
        entry["Text Validation Min"] = "" if item.minimum is None else f"{item.minimum:g}"
        entry["Text Validation Max"] = "" if item.maximum is None else f"{item.maximum:g}"
    return entry
