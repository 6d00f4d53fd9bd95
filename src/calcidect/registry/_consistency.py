"""What can't be true of one person, although each value may be right by itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from calcidect.registry._catalogue import MISSING, entered_items
from calcidect.registry._dates import first_day, last_day, years_between
from calcidect.registry._faults import Fault
from calcidect.registry._store import Items, Person

AGE_TOLERANCE_YEARS = 1.1
"""Two ages in whole years may differ by one from the time between them; our choice: a tenth more for rounding."""

AGES_KEPT_BELOW_YEARS = 90
"""Older people are written as 90 by rules that call higher ages identifying (HIPAA, 45 CFR 164.514(b)(2)(i)(C))."""

_SUMS = {"cochin_total": ("cochin_kitchen", "cochin_dressing", "cochin_hygiene", "cochin_office", "cochin_other")}
_PART_OF = {"digital_ulcers_from_calcinosis_number": "digital_ulcers_number"}
_NEVER_WITHOUT = {
    "digital_ulcers_number": "digital_ulcers_ever",
    "digital_ulcers_ischaemic": "digital_ulcers_ever",
    "digital_ulcers_from_calcinosis": "digital_ulcers_ever",
    "pah": "pulmonary_hypertension",  # it is group 1 of pulmonary hypertension
}
"""Items that may be no or 0, but not more, where the other one is no."""

Place = tuple[int | None, str]
"""Number of the visit, None for an item of the person; name of the item."""


def inconsistencies(person: Person, stated_at: dict[str, int | None]) -> Iterator[tuple[Place, Fault]]:
    """Give every contradiction within one person, with its place.

    Parameters
    ----------
    person : Person
        As it would be kept.
    stated_at : dict of str to int or None
        For items of the person that a row of a table states: that row's visit. What happened later than that visit
        can't have been known then.
    """
    yield from ((((None, name), fault)) for name, fault in _without_what_they_require(person.items))
    yield from _onsets(person, stated_at)
    for number, visit in person.visits.items():
        for rule in (_without_what_they_require, _dates_of_visit, _sums, _parts):
            yield from (((number, name), fault) for name, fault in rule(visit))
    yield from _order_of_visits(person.visits)


def _known(items: Items, name: str) -> Any:
    value = items.get(name)
    return None if isinstance(value, str) and value in MISSING else value


def _without_what_they_require(items: Items) -> Iterator[tuple[str, Fault]]:
    for name in items:
        item = entered_items()[name]
        if item.requires is None or _known(items, name) is None:
            continue
        needed, value = item.requires
        if items.get(needed) is not (value == "yes"):
            yield (
                name,
                Fault(
                    "without_its_finding",
                    f"The cell is filled in, although {needed} is not {value}.",
                    f"{needed} = {value}, or an empty cell.",
                    "Correct one of the two.",
                ),
            )


def _onsets(person: Person, stated_at: dict[str, int | None]) -> Iterator[tuple[Place, Fault]]:
    """Compare dates of the person with the visit at which they were stated, else with the latest."""
    days = {number: _known(visit, "visit_date") for number, visit in person.visits.items()}
    dated = [number for number, day in days.items() if day]
    if not dated:
        return
    latest, first = max(dated, key=lambda number: str(days[number])), min(dated, key=lambda number: str(days[number]))
    for name in _dates_among(person.items):
        stated = stated_at.get(name)
        visit = person.visits[stated if stated in dated else latest]
        for fault in _faults_of_date(person.items[name], visit, person.visits[first]):
            yield (None, name), fault


def _dates_of_visit(visit: Items) -> Iterator[tuple[str, Fault]]:
    if _known(visit, "visit_date") is None:
        return
    for name in _dates_among(visit):
        if name != "visit_date":
            yield from ((name, fault) for fault in _faults_of_date(visit[name], visit, visit))


def _dates_among(items: Items) -> list[str]:
    return [name for name in items if entered_items()[name].kind in ("date", "month") and _known(items, name)]


def _faults_of_date(when: str, visit: Items, aged: Items) -> Iterator[Fault]:
    """Compare a date with the date of a visit, and with the birth that age and date of ``aged`` leave possible."""
    if first_day(when) > first_day(visit["visit_date"]):
        found, remedy = "The date lies after the visit.", "Correct it; what began later belongs to a later visit."
        yield Fault("date_after_visit", found, "A date up to the visit.", remedy)
    age = _known(aged, "age_years")
    if (
        age is not None
        and age < AGES_KEPT_BELOW_YEARS
        and years_between(last_day(when).isoformat(), aged["visit_date"]) > age + 1
    ):
        found, remedy = "The date lies before birth.", "Correct the date, the age or the date of the visit."
        yield Fault("date_before_birth", found, "A date since birth, by the age at the visit.", remedy)


def _sums(visit: Items) -> Iterator[tuple[str, Fault]]:
    for total, parts in _SUMS.items():
        values = [_known(visit, name) for name in parts]
        if _known(visit, total) is not None and None not in values and sum(values) != visit[total]:
            found = "The total differs from the sum of its subscores."
            yield (
                total,
                Fault("sum_differs", found, f"The sum of {', '.join(parts)}.", "Correct the total or a subscore."),
            )


def _parts(visit: Items) -> Iterator[tuple[str, Fault]]:
    for part, whole in _PART_OF.items():
        known = [_known(visit, name) for name in (part, whole)]
        if None not in known and known[0] > known[1]:
            yield (
                part,
                Fault("part_exceeds_whole", f"The number is larger than {whole}.", f"Up to {whole}.", "Correct one."),
            )
    for name, needed in _NEVER_WITHOUT.items():
        if _known(visit, name) and visit.get(needed) is False:
            found = f"The cell says more than none, although {needed} is no."
            yield name, Fault("contradiction", found, f"{needed} = yes, or none here.", "Correct one of the two.")


def _order_of_visits(visits: dict[int, Items]) -> Iterator[tuple[Place, Fault]]:
    """Compare each visit with the one before: dates must not fall, and ages must go with them."""
    dated = [(number, visits[number]) for number in sorted(visits) if _known(visits[number], "visit_date")]
    for (_, earlier), (number, later) in pairwise(dated):
        if later["visit_date"] < earlier["visit_date"]:
            found, expected = "The visit lies before the one numbered before it.", "Visits in the order of their dates."
            yield (number, "visit_date"), Fault("visit_order", found, expected, "Correct the date or the number.")
            continue
        ages = [_known(visit, "age_years") for visit in (earlier, later)]
        if None in ages or max(ages) >= AGES_KEPT_BELOW_YEARS:
            continue
        passed = years_between(earlier["visit_date"], later["visit_date"])
        if abs(ages[1] - ages[0] - passed) > AGE_TOLERANCE_YEARS:
            found = "The age does not go with the time since the visit before."
            expected = "As many years older as the dates are apart."
            yield (number, "age_years"), Fault("age_contradicts", found, expected, "Correct an age or a date.")
