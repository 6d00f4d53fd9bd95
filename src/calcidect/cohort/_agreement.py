"""All that can be said of an agreement, as one table."""

from __future__ import annotations

from calcidect.cohort._estimate import Estimate
from calcidect.cohort._icc import icc_all, measurement_error
from calcidect.cohort._kappa import kappa
from calcidect.cohort._ratings import Ratings, refused
from calcidect.cohort._table import Marks, Row, Table
from calcidect.cohort._two_methods import bland_altman, concordance

FEW_FOR_KAPPA = 40
"""Below, 95 % intervals of kappa hold the truth in 87 % (10 people) to 91 % (20); measured on drawn ratings."""


def agreement(ratings: Ratings, *, as_ratio: bool = False) -> tuple[Estimate, ...]:
    """Return kappa of categories; of numbers correlations, error and, of two raters, limits of agreement.

    Raises
    ------
    InputRefusedError
        If nothing varies, so that nothing can be said, or ratios are asked of other than numbers of two raters.
    """
    if as_ratio and (ratings.variable.has_levels or len(ratings.raters) > 2):
        raise refused("Ratios are asked of categories, or of more than two raters.", "Numbers of two raters.")
    if ratings.variable.has_levels:
        return (kappa(ratings),)
    of_all = (*icc_all(ratings), *measurement_error(ratings))
    if len(ratings.raters) > 2:
        return of_all
    return (*of_all, concordance(ratings), *bland_altman(ratings, as_ratio=as_ratio))


def agreement_table(ratings: Ratings, *, as_ratio: bool = False) -> Table:
    """Return a row per measure, with its interval."""
    marks = Marks()
    rows = tuple(
        Row(one.name, (str(one), marks.mark(f"Interval: {one.how}"))) for one in agreement(ratings, as_ratio=as_ratio)
    )
    people = f"{len(ratings.values)} people, {len(ratings.raters)} raters ({', '.join(ratings.raters)})"
    notes = [f"{people}. People left out, since a rater's value is missing: {ratings.left_out}."]
    if ratings.variable.has_levels and len(ratings.values) < FEW_FOR_KAPPA:
        notes.append(f"Of fewer than {FEW_FOR_KAPPA} people a kappa's bootstrap interval is too narrow.")
    if not ratings.variable.has_levels:
        notes.append(
            "ICC: the first figure is the design, the second how many measurements are averaged. Standard error of "
            "measurement: within people, offsets between raters included; smallest detectable change: 1.96 x the "
            "square root of 2 x that. Limits hold 95 % of differences if these are normal and do not grow with size."
        )
    columns = ("Measure", "Estimate (95% interval)", "Notes")
    return Table(f"{ratings.variable.label}: agreement", columns, rows, (*notes, *marks.notes()))
