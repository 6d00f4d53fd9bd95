"""Made-up records of people and visits, and tables with planted faults whose places are known."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from calcidect.registry._catalogue import Item, entered_items

TODAY = dt.date(2026, 6, 1)
COLUMNS = tuple(entered_items())
Cells = dict[str, str]


def clean_rows(people: int, visits: int = 2, seed: int = 0, filled: float = 0.7) -> list[Cells]:
    """Return rows without any fault; items of the person stand in the row of the first visit."""
    draw = random.Random(seed)
    return [row for number in range(people) for row in _person(f"P{number + 1:05d}", visits, draw, filled)]


def _person(person_id: str, visits: int, draw: random.Random, filled: float) -> list[Cells]:
    age, year = draw.randint(30, 75), draw.randint(2012, 2016)
    rows = []
    for visit in range(1, visits + 1):
        row = {"person_id": person_id, "visit": str(visit)}
        row |= {
            "visit_date": f"{year + visit}-0{draw.randint(1, 9)}-1{draw.randint(0, 9)}",
            "age_years": str(age + visit),
        }
        for name, item in entered_items().items():
            wanted = item.level == "visit" or (item.level == "person" and visit == 1)
            if name in row or not wanted or draw.random() > filled:
                continue
            if item.requires and row.get(item.requires[0]) != item.requires[1]:
                continue
            row[name] = draw.choice(("unknown", "not_done")) if draw.random() < 0.05 else _value(item, year, draw)
        for name in ("digital_ulcers_number", "digital_ulcers_from_calcinosis_number", "cochin_total"):
            row.pop(name, None)
        if row.get("digital_ulcers_ever") != "yes":
            for name in ("digital_ulcers_ischaemic", "digital_ulcers_from_calcinosis"):
                row.pop(name, None)
        if row.get("pulmonary_hypertension") == "no":
            row.pop("pah", None)
        rows.append(row)
    return rows


def _value(item: Item, year: int, draw: random.Random) -> str:
    if item.kind == "yes_no":
        return draw.choice(("yes", "no"))
    if item.kind == "code":
        return draw.choice(item.codes)
    if item.kind == "codes":
        chosen = set(draw.sample(item.codes, 2))
        return ";".join(code for code in item.codes if code in chosen)
    if item.kind == "month":
        return draw.choice((f"{year - draw.randint(0, 9)}-03", str(year - draw.randint(0, 9))))
    low, high = item.minimum or 0.0, 40.0 if item.maximum is None else item.maximum
    if item.kind == "integer":
        return str(draw.randint(int(low), int(high)))
    return repr(round(draw.uniform(low, high), 1))


def as_csv_bytes(rows: list[Cells], columns: tuple[str, ...] = COLUMNS, separator: str = ",") -> bytes:
    """Return rows as a CSV file; lone surrogates become the bytes that they stand for."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n", delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", errors="surrogateescape")


def write_csv(path: Path, rows: list[Cells], columns: tuple[str, ...] = COLUMNS) -> Path:
    """Write rows as a CSV file."""
    path.write_bytes(as_csv_bytes(rows, columns))
    return path


@dataclass(frozen=True)
class Plant:
    """A kind of fault: its code, its column, which visit's row it goes into, and what to put there."""

    code: str
    column: str
    put: Callable[[Cells, Cells], str]
    visit: int | None = None


def _fixed(text: str) -> Callable[[Cells, Cells], str]:
    return lambda row, other: text


PLANTS = (
    Plant("unit_in_cell", "age_years", _fixed("57 y")),
    Plant("unit_in_cell", "weight_kg", _fixed("61.5kg")),
    Plant("unit_in_cell", "tlco_percent", _fixed("71 %")),
    Plant("date_impossible", "visit_date", _fixed("2014-02-31")),
    Plant("date_impossible", "raynaud_onset", _fixed("2009-13")),
    Plant("date_before_birth", "raynaud_onset", _fixed("1901-05"), visit=1),
    Plant("date_after_visit", "non_raynaud_onset", lambda row, other: f"{int(row['visit_date'][:4]) + 1}-12", visit=1),
    Plant("date_after_visit", "painful_ulcer_onset", lambda row, other: str(int(row["visit_date"][:4]) + 1)),
    Plant("date_future", "visit_date", _fixed("2031-05-02")),
    Plant("date_form", "visit_date", _fixed("03/04/2014")),
    Plant("date_too_exact", "raynaud_onset", _fixed("2009-12-24")),
    Plant("excel_serial_date", "visit_date", _fixed("41731")),
    Plant("unknown_code", "sex", _fixed("femal")),
    Plant("unknown_code", "ssc_subset", _fixed("3")),
    Plant("unknown_code", "painful_ulcer_where", _fixed("left_2;left_9")),
    Plant("yes_no_word", "reflux", _fixed("TRUE")),
    Plant("yes_no_word", "pah", _fixed("ja")),
    Plant("yes_no_word", "ild", _fixed("1")),
    Plant("decimal_comma", "crp_mg_per_l", _fixed("12,5")),
    Plant("out_of_range", "mrss", _fixed("62")),
    Plant("out_of_range", "haq_di", _fixed("-0.5")),
    Plant("not_exact", "crp_mg_per_l", _fixed("<5")),
    Plant("not_whole", "mrss", _fixed("12.5")),
    Plant("not_a_number", "weight_kg", _fixed("sixty")),
    Plant("missing_word", "aca", _fixed("NA")),
    Plant("missing_word", "mrss", _fixed("-99")),
    Plant("encoding", "prostanoid", _fixed("jam\udce9")),
    Plant("spreadsheet_error", "t_score", _fixed("#REF!")),
    Plant("duplicate_row", "visit", lambda row, other: other["visit"], visit=2),
    Plant("contradiction", "sex", lambda row, other: "male" if other["sex"] == "female" else "female", visit=2),
    Plant("key_missing", "person_id", _fixed("")),
    Plant("key_missing", "visit", _fixed("")),
    Plant("not_a_pseudonym", "person_id", _fixed("Jane Doe")),
    Plant("not_a_pseudonym", "person_id", _fixed("4711471147")),
    Plant("without_its_finding", "infection_where", _fixed("left_3")),
    Plant("sum_differs", "cochin_total", _fixed("3")),
    Plant("part_exceeds_whole", "digital_ulcers_from_calcinosis_number", _fixed("7")),
    Plant("contradiction", "digital_ulcers_number", _fixed("4")),
    Plant("visit_order", "visit_date", lambda row, other: f"{int(other['visit_date'][:4])}-01-02", visit=2),
    Plant("age_contradicts", "age_years", lambda row, other: str(int(other["age_years"]) + 9), visit=2),
)
"""Forty kinds: one row of the table each."""

_NEEDED: dict[str, Cells] = {
    "painful_ulcer_onset": {"painful_ulcer": "yes"},
    "painful_ulcer_where": {"painful_ulcer": "yes"},
    "infection_where": {"infection": "no"},
    "cochin_total": dict.fromkeys(
        ("cochin_kitchen", "cochin_dressing", "cochin_hygiene", "cochin_office", "cochin_other"), "5"
    ),
    "digital_ulcers_from_calcinosis_number": {"digital_ulcers_ever": "yes", "digital_ulcers_number": "3"},
    "digital_ulcers_number": {"digital_ulcers_ever": "no"},
}
"""What else the row must say for the planted cell to be wrong."""
_UNWANTED = (
    "digital_ulcers_ischaemic", "digital_ulcers_from_calcinosis", "digital_ulcers_course", "digital_ulcers_where",
    "infection_onset",
)  # fmt: skip
"""What the row must not say, so that no other cell is wrong."""


def dirty_rows(people: int = 100, seed: int = 0) -> tuple[list[Cells], set[tuple[int, str, str]]]:
    """Return rows of two visits with every plant, each at another person, and what is wrong: row, column, code."""
    rows = clean_rows(people, seed=seed)
    draw = random.Random(seed + 1)
    wrong = set()
    for plant, person in zip(PLANTS, draw.sample(range(people), len(PLANTS)), strict=True):
        visit = plant.visit or (1 if entered_items()[plant.column].level == "person" else draw.choice((1, 2)))
        index = 2 * person + visit - 1
        row, other = rows[index], rows[2 * person + (2 - visit)]
        rows[2 * person].setdefault("sex", "female")
        if rows[2 * person]["sex"] not in ("female", "male"):
            rows[2 * person]["sex"] = "female"
        for name in _UNWANTED if plant.column in _NEEDED else ():
            row.pop(name, None)
        row |= _NEEDED.get(plant.column, {})
        if plant.code == "duplicate_row":
            row.pop("sex", None)
        row[plant.column] = plant.put(row, other)
        wrong.add((index + 2, plant.column, plant.code))
    return rows, wrong
