"""How associations and regressions are printed: estimate and interval first, p beside."""

from __future__ import annotations

from collections.abc import Sequence

from calcidect.cohort._associations import Association
from calcidect.cohort._firth import EVENTS_PER_FACTOR, FirthModel
from calcidect.cohort._summary import p_value
from calcidect.cohort._table import Marks, Row, Table
from calcidect.cohort._variable import Variable

_NONE = "\u2013"


def associations_table(found: Sequence[Association]) -> Table:
    """Return a row per factor; tests and warnings are its footnotes."""
    marks = Marks()
    rows = tuple(_row(one, marks) for one in found)
    tests = sum(one.p is not None for one in found)
    notes = (
        "n/N: people with both values known, of all. Each factor is looked at alone. An association is no cause.",
        f"p is two-sided. Adjusted p are for the {tests} tests of this table; other tests on the same people are not "
        "counted.",
        "An odds ratio above 1, a shift above 0 or a correlation above 0 means more of the outcome with more of the "
        "factor; categories are compared with the first.",
        *marks.notes(),
    )
    outcome = found[0].outcome.label if found else "Outcome"
    return Table(f"{outcome}: what goes with it", _COLUMNS, rows, notes)


_COLUMNS = ("Factor", "n/N", "Measure", "Estimate (95% interval)", "p", "p, Holm", "p, Benjamini-Hochberg", "Notes")


def _row(one: Association, marks: Marks) -> Row:
    said = [one.test, one.estimate.how and f"Interval: {one.estimate.how}" if one.estimate else "", *one.warnings]
    return Row(
        one.factor.counted,
        (
            f"{one.people}/{one.of}",
            one.estimate.name if one.estimate else _NONE,
            str(one.estimate) if one.estimate else _NONE,
            *(_NONE if p is None else p_value(p) for p in (one.p, one.holm, one.benjamini_hochberg)),
            ", ".join(marks.mark(note) for note in said if note),
        ),
    )


def firth_table(model: FirthModel, outcome: Variable) -> Table:
    """Return a row per factor of a regression."""
    rows = [
        Row(ratio.name, (str(ratio), p_value(p))) for ratio, p in zip(model.odds_ratios, model.p_values, strict=True)
    ]
    notes = [
        f"Logistic regression with Firth's penalty: {model.people} people with all values known, {model.events} with "
        "the rarer outcome. Intervals and p by profile penalised likelihood.",
        "Each odds ratio is for one more unit, or for yes, with the other factors held. An association is no cause.",
    ]
    if model.separated:
        notes.append("The factors separate the outcomes: ordinary logistic regression would have no finite answer.")
    if model.events_per_factor < EVENTS_PER_FACTOR:
        notes.append(
            f"There are {model.events_per_factor:.1f} events per factor, fewer than {EVENTS_PER_FACTOR}: estimates "
            "lean on the penalty, and these people can't carry so many factors."
        )
    return Table(
        f"{outcome.label}: regression", ("Factor", "Odds ratio (95% interval)", "p"), tuple(rows), tuple(notes)
    )
