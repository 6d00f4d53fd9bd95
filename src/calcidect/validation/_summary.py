"""Many scores as one set of figures, each proportion with k/n and its exact interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from statistics import fmean, median
from typing import Any

from calcidect.validation._statistics import Proportion, error_percent, total
from calcidect.validation._types import SIZE_BINS, DepositScore, DestructionScore, Score, TipScore

CLEAR_LOSS, NO_LOSS = 0.15, 0.03
"""Of a distal phalanx: what must be told from what; losses between them may be called either."""
DEEP_MM = 2.0


@dataclass(frozen=True)
class Summary:
    """Figures over one or more scored cases. None where there is nothing to tell from.

    Parameters
    ----------
    cases, hands : int
        How many were scored.
    detection : Proportion
        True deposits found.
    detection_by_size : dict of str to Proportion
        The same, by true volume in mm3.
    false_deposits, false_on_vessels : int
        Components at no true deposit; those on a calcified vessel apart.
    false_per_hand : float
        ``false_deposits / hands``.
    splits, merges : int
        See ``Score``.
    material, side, digit, level, compartment, pattern : Proportion
        Right among found deposits; for the last four, where the result states one.
    pattern_confusion : dict
        Of found deposits: true pattern to reported pattern to number.
    counted_within_one : Proportion
        Hands whose number of deposits is right, or off by one.
    group_dice_median, group_volume_error_percent_median, group_mass_error_percent_median : float or None
        Over groups of overlapping components; errors without their sign.
    total_volume_error_percent, total_mass_error_percent : float or None
        Of all reported against all true, missed and false ones included; signed.
    bone_union_dice_mean, bone_union_dice_minimum : float or None
        Over hands.
    bones_named : Proportion
        True bones that the result gives a name.
    bone_label_right : Proportion
        Right names among those.
    bone_dice_median : float or None
        Over named bones.
    tips_assessed, tip_sensitivity, tip_specificity : Proportion
        Acro-osteolysis per digit.
    clear_tip_sensitivity, clear_tip_specificity : Proportion
        The same of digits with a true loss of 0.15 or more, and of 0.03 or less.
    tip_fraction_error_mean : float or None
        Mean absolute error of ``fraction_lost``.
    destruction_found, deep_destruction_found : Proportion
        True sites of destruction found, where assessed; those of a depth of 2 mm or more.
    destruction_found_beside_found : Proportion
        The same of sites whose deposit was found.
    false_destruction : int
        Reported sites at none.
    """

    cases: int
    hands: int
    detection: Proportion
    detection_by_size: dict[str, Proportion]
    false_deposits: int
    false_on_vessels: int
    false_per_hand: float
    splits: int
    merges: int
    material: Proportion
    side: Proportion
    digit: Proportion
    level: Proportion
    compartment: Proportion
    pattern: Proportion
    pattern_confusion: dict[str, dict[str, int]]
    counted_within_one: Proportion
    group_dice_median: float | None
    group_volume_error_percent_median: float | None
    group_mass_error_percent_median: float | None
    total_volume_error_percent: float | None
    total_mass_error_percent: float | None
    bone_union_dice_mean: float | None
    bone_union_dice_minimum: float | None
    bones_named: Proportion
    bone_label_right: Proportion
    bone_dice_median: float | None
    tips_assessed: Proportion
    tip_sensitivity: Proportion
    tip_specificity: Proportion
    clear_tip_sensitivity: Proportion
    clear_tip_specificity: Proportion
    tip_fraction_error_mean: float | None
    destruction_found: Proportion
    deep_destruction_found: Proportion
    destruction_found_beside_found: Proportion
    false_destruction: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; a proportion becomes k, n, value and interval."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def summarise(scores: Sequence[Score]) -> Summary:
    """Pool scores: counts are added up, medians and means are over all their rows.

    Raises
    ------
    ValueError
        If there is no score.
    """
    if not scores:
        raise ValueError("There must be at least one score to summarise.")
    hands = sum(len(score.hands) for score in scores)
    false = [row for score in scores for row in score.false_deposits]
    off_vessels = sum(not row.on_vessel for row in false)
    return Summary(
        cases=len(scores),
        hands=hands,
        false_deposits=off_vessels,
        false_on_vessels=len(false) - off_vessels,
        false_per_hand=off_vessels / hands,
        splits=sum(score.splits for score in scores),
        merges=sum(score.merges for score in scores),
        counted_within_one=Proportion.of(
            abs(row.reported_number - row.true_number) <= 1
            for score in scores
            for row in score.totals
            if row.hand != "all"
        ),
        **_of_deposits([row for score in scores for row in score.deposits]),
        **_of_quantities(scores),
        **_of_bones(scores),
        **_of_tips([row for score in scores for row in score.tips]),
        **_of_destruction([row for score in scores for row in score.destruction]),
        false_destruction=sum(score.false_destruction for score in scores),
    )


def _of_deposits(rows: list[DepositScore]) -> dict[str, Any]:
    answers = ("material", "side", "digit", "level", "compartment", "pattern")
    confusion: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.pattern is not None and row.reported_pattern is not None:
            told = confusion.setdefault(row.pattern, {})
            told[row.reported_pattern] = told.get(row.reported_pattern, 0) + 1
    return {
        "pattern_confusion": confusion,
        "detection": Proportion.of(row.found for row in rows),
        "detection_by_size": {
            name: Proportion.of(row.found for row in rows if row.size_bin == name) for name, _, _ in SIZE_BINS
        },
        **{name: Proportion.of(getattr(row, f"{name}_right") for row in rows) for name in answers},
    }


def _of_quantities(scores: Sequence[Score]) -> dict[str, Any]:
    groups = [row for score in scores for row in score.groups]
    wholes = [row for score in scores for row in score.totals if row.hand == "all"]
    return {
        "group_dice_median": _median(row.dice for row in groups),
        "group_volume_error_percent_median": _median(_magnitude(row.volume_error_percent) for row in groups),
        "group_mass_error_percent_median": _median(_magnitude(row.mass_error_percent) for row in groups),
        "total_volume_error_percent": error_percent(
            total(row.reported_volume_mm3 for row in wholes), total(row.true_volume_mm3 for row in wholes)
        ),
        "total_mass_error_percent": error_percent(
            total(row.reported_ha_mass_mg for row in wholes), total(row.true_ha_mass_mg for row in wholes)
        ),
    }


def _of_bones(scores: Sequence[Score]) -> dict[str, Any]:
    unions = [row.dice for score in scores for row in score.bone_unions]
    bones = [row for score in scores for row in score.bones]
    return {
        "bone_union_dice_mean": fmean(unions) if unions else None,
        "bone_union_dice_minimum": min(unions, default=None),
        "bones_named": Proportion.of(row.label_right is not None for row in bones),
        "bone_label_right": Proportion.of(row.label_right for row in bones),
        "bone_dice_median": _median(row.dice for row in bones),
    }


def _of_tips(rows: list[TipScore]) -> dict[str, Any]:
    errors = [
        abs(row.reported_fraction_lost - row.true_fraction_lost)
        for row in rows
        if row.reported_fraction_lost is not None and row.true_fraction_lost is not None
    ]
    said = [row for row in rows if row.reported_present is not None]
    known = [row for row in said if row.true_fraction_lost is not None]
    return {
        "tips_assessed": Proportion(len(said), len(rows)),
        "tip_sensitivity": Proportion.of(row.reported_present for row in said if row.true_present),
        "tip_specificity": Proportion.of(not row.reported_present for row in said if not row.true_present),
        "clear_tip_sensitivity": Proportion.of(
            row.reported_present for row in known if (row.true_fraction_lost or 0.0) >= CLEAR_LOSS
        ),
        "clear_tip_specificity": Proportion.of(
            not row.reported_present for row in known if (row.true_fraction_lost or 0.0) <= NO_LOSS
        ),
        "tip_fraction_error_mean": fmean(errors) if errors else None,
    }


def _of_destruction(rows: list[DestructionScore]) -> dict[str, Any]:
    deep = [row for row in rows if row.true_depth_mm is not None and row.true_depth_mm >= DEEP_MM]
    return {
        "destruction_found": Proportion.of(row.found for row in rows),
        "deep_destruction_found": Proportion.of(row.found for row in deep),
        "destruction_found_beside_found": Proportion.of(row.found for row in rows if row.deposit_found),
    }


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _magnitude(value: float | None) -> float | None:
    return None if value is None else abs(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Proportion):
        return value.as_dict()
    return {name: _plain(item) for name, item in value.items()} if isinstance(value, dict) else value
