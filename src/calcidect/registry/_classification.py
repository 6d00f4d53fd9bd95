"""The 2013 ACR/EULAR classification criteria of systemic sclerosis, and durations, computed from what was entered.

Points and rules: van den Hoogen et al. 2013, 10.1002/art.38098. Skin thickening of the fingers of both hands that goes
past the MCP joints is sufficient by itself. Else points are added, of two items on fingers and of two on fingertips the
higher alone, and 9 or more are systemic sclerosis. The criteria do not apply where skin thickening spares the fingers,
or another disorder explains the findings better.
"""

from __future__ import annotations

from dataclasses import dataclass

from calcidect.registry._catalogue import MISSING, Item
from calcidect.registry._dates import years_between
from calcidect.registry._store import Items

SUFFICIENT_POINTS = 9
_GROUPS: tuple[dict[str, int], ...] = (
    {"acr_puffy_fingers": 2, "acr_sclerodactyly": 4},
    {"acr_fingertip_ulcers": 2, "acr_pitting_scars": 3},
    {"acr_telangiectasia": 2},
    {"acr_abnormal_nailfold_capillaries": 2},
    {"pah": 2, "ild": 2},
    {"acr_raynaud": 3},
    {"aca": 3, "scl70": 3, "rnap3": 3},
)
"""Within a group the highest counts alone."""
_EXCLUSIONS = ("acr_fingers_spared", "acr_explained_by_other")


@dataclass(frozen=True)
class Classification:
    """The score of one visit. Where items are missing, it lies between two bounds.

    Parameters
    ----------
    lowest, highest : int
        Points if all missing items were absent, or present. 9 where the sufficient criterion is met.
    verdict : str or None
        ``ssc``, ``not_ssc``, ``not_applicable``; None where the missing items decide.
    """

    lowest: int
    highest: int
    verdict: str | None


def classify(person: Items, visit: Items) -> Classification:
    """Return the classification of one person at one visit.

    An item with a reason for being missing counts as missing, whatever the reason. An exclusion that is missing counts
    as absent: few records say that no other disorder explains the findings.
    """
    items = {**person, **visit}
    lowest = sum(max(points if _present(items, name) else 0 for name, points in group.items()) for group in _GROUPS)
    highest = sum(
        max(points if _present(items, name) is not False else 0 for name, points in group.items()) for group in _GROUPS
    )
    sufficient = _present(items, "acr_skin_thickening_past_mcp")
    if sufficient:
        lowest = highest = SUFFICIENT_POINTS
    elif sufficient is None:
        highest = max(highest, SUFFICIENT_POINTS)
    return Classification(lowest, highest, _verdict(items, lowest, highest))


def _verdict(items: Items, lowest: int, highest: int) -> str | None:
    excluded = [_present(items, name) for name in _EXCLUSIONS]
    if True in excluded:
        return "not_applicable"
    if highest < SUFFICIENT_POINTS:
        return "not_ssc"
    if lowest < SUFFICIENT_POINTS:
        return None
    return "ssc"


def _present(items: Items, name: str) -> bool | None:
    """Tell whether an item is present; None where it is missing."""
    value = items.get(name)
    if value is None or value in MISSING:
        return None
    return bool(value is True or value == "positive")


def computed_items(person: Items, visit: Items) -> Items:
    """Return what is computed for one visit, by the names of ``COMPUTED``; None where it can't be."""
    found = classify(person, visit)
    return {
        "acr_eular_score": found.lowest if found.lowest == found.highest else None,
        "acr_eular_score_lowest": found.lowest,
        "acr_eular_score_highest": found.highest,
        "acr_eular_class": found.verdict,
        "raynaud_duration_years": _duration(person.get("raynaud_onset"), visit.get("visit_date")),
        "disease_duration_years": _duration(person.get("non_raynaud_onset"), visit.get("visit_date")),
    }


def _duration(onset: str | None, at: str | None) -> float | None:
    if not onset or not at or onset in MISSING or at in MISSING:
        return None
    return round(max(0.0, years_between(onset, at)), 1)


def _computed(name: str, kind: str, label: str, unit: str = "", codes: tuple[str, ...] = (), note: str = "") -> Item:
    source = "10.1002/art.38098" if name.startswith("acr") else "10.1016/j.semarthrit.2020.06.007"
    return Item(name, "visit", "computed", kind, label, unit, None, None, codes, None, source, note)  # type: ignore[arg-type]


COMPUTED = {
    item.name: item
    for item in (
        _computed(
            "acr_eular_score", "integer", "2013 ACR/EULAR score", "points", note="Empty where missing items matter"
        ),
        _computed("acr_eular_score_lowest", "integer", "2013 ACR/EULAR score if missing items are absent", "points"),
        _computed("acr_eular_score_highest", "integer", "2013 ACR/EULAR score if missing items are present", "points"),
        _computed("acr_eular_class", "code", "Class by that score", codes=("ssc", "not_ssc", "not_applicable")),
        _computed("raynaud_duration_years", "number", "From Raynaud's phenomenon to the visit", "years"),
        _computed("disease_duration_years", "number", "From the first other symptom to the visit", "years"),
    )
}
"""Items of a visit that are computed and never entered."""
