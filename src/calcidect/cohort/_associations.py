"""Does an outcome go with each of several characteristics? Estimates with intervals, then p, then what n can carry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from calcidect.cohort._correlation import smallest_permutation_p, spearman
from calcidect.cohort._estimate import ALPHA, Estimate
from calcidect.cohort._firth import FirthModel, firth
from calcidect.cohort._group_test import compare_counts, compare_groups, mann_whitney
from calcidect.cohort._observed import Observed, observe
from calcidect.cohort._shift import hodges_lehmann, smallest_rank_p
from calcidect.cohort._summary import Centre
from calcidect.cohort._two_by_two import (
    EXACT_TEST_NAMES,
    ODDS_INTERVALS,
    ExactTest,
    OddsInterval,
    TwoByTwo,
    exact_p,
    smallest_p,
)
from calcidect.cohort._variable import Kind, Variable
from calcidect.errors import InputRefusedError

if TYPE_CHECKING:
    import pandas as pd


MOST_UNCONDITIONAL = 400
"""People for Boschloo's and Barnard's tests, half a second; beyond, Fisher's is taken, and named. Our choice."""


@dataclass(frozen=True)
class Association:
    """One outcome and one factor.

    Parameters
    ----------
    outcome, factor : Variable
        Which.
    people, of : int
        With both values known; looked at.
    estimate : Estimate or None
        None where one number can't tell it, or nothing can be said.
    test : str
        Name of the test.
    p : float or None
        Two-sided, not adjusted.
    holm, benjamini_hochberg : float or None
        Adjusted for all p of the same call.
    warnings : tuple of str
        What these people can't tell.
    """

    outcome: Variable
    factor: Variable
    people: int
    of: int
    estimate: Estimate | None = None
    test: str = ""
    p: float | None = None
    holm: float | None = None
    benjamini_hochberg: float | None = None
    warnings: tuple[str, ...] = ()


def associations(
    frame: pd.DataFrame,
    outcome: Variable,
    factors: Sequence[Variable],
    exact_test: ExactTest = ExactTest.FISHER,
    interval: OddsInterval = OddsInterval.MID_P,
) -> tuple[Association, ...]:
    """Return how an outcome goes with each factor, one at a time, among the people with both values known.

    ========================  ==========================  ===========================================
    outcome, factor           estimate                    test
    ========================  ==========================  ===========================================
    both of two categories    odds ratio, ``interval``    ``exact_test``
    two categories, ordered   Hodges-Lehmann shift        Mann-Whitney
    both ordered              Spearman's correlation      permutations, or the t limit
    more categories           none                        as in Table 1
    ========================  ==========================  ===========================================

    'Ordered' is ordinal, continuous or a count. ``exact_test`` and ``interval`` are to be chosen before the
    data are seen.

    Raises
    ------
    InputRefusedError
        If a column is missing or can't be read. An association that can't be estimated is not refused: it says why.
    """
    seen = observe(frame, outcome)
    others = (observe(frame, factor) for factor in factors if factor.name != outcome.name)
    return _adjusted([_one(seen, other, exact_test, interval) for other in others])


def _one(outcome: Observed, factor: Observed, exact_test: ExactTest, interval: OddsInterval) -> Association:
    known = np.isfinite(outcome.values) & np.isfinite(factor.values)
    a, b = outcome.of(known), factor.of(known)
    head = Association(outcome.variable, factor.variable, int(known.sum()), len(known))
    try:
        return _method(a, b, exact_test, interval)(head, a, b)
    except InputRefusedError as error:
        return replace(head, warnings=(error.found.removesuffix("."),))


def firth_regression(frame: pd.DataFrame, outcome: Variable, factors: Sequence[Variable]) -> FirthModel:
    """Return one regression of an outcome of two categories on all factors, among the people with all values known.

    Factors of two categories and ordered ones are taken as they are, an ordinal one by its level's place.

    Raises
    ------
    InputRefusedError
        If the outcome or a factor has categories without order, there is no factor, or the regression can't be made.
    """
    several = [v for v in factors if v.kind is Kind.CATEGORICAL and len(v.categories) > 2]
    if len(outcome.categories) != 2 or several:
        raise InputRefusedError(
            "no_regression",
            found=f"The outcome has not two categories, or these factors have several: {[v.name for v in several]}.",
            expected="An outcome of two categories; factors of two categories, or ordered.",
            remedy="Choose others, or make a binary variable of each category.",
        )
    if not factors or outcome.name in {v.name for v in factors}:
        raise InputRefusedError(
            "no_regression",
            found="There is no factor, or the outcome is one of them.",
            expected="One or more factors, without the outcome.",
            remedy="Choose others.",
        )
    seen = [observe(frame, variable).values for variable in (outcome, *factors)]
    values = np.column_stack(seen)
    values = values[np.isfinite(values).all(1)]
    return firth(values[:, 0], values[:, 1:], [v.counted for v in factors])


_Method = Callable[[Association, Observed, Observed], Association]


def _method(outcome: Observed, factor: Observed, exact_test: ExactTest, interval: OddsInterval) -> _Method:
    unordered = [one.variable.kind in (Kind.BINARY, Kind.CATEGORICAL) for one in (outcome, factor)]
    if all(unordered):
        if all(len(one.variable.categories) == 2 for one in (outcome, factor)):
            return lambda head, x, y: _of_two_by_two(head, x, y, exact_test, interval)
        return _of_categories
    return _of_groups if any(unordered) else _of_order


def _of_two_by_two(
    head: Association, outcome: Observed, factor: Observed, exact_test: ExactTest, interval: OddsInterval
) -> Association:
    with_outcome, with_factor = outcome.values == 1, factor.values == 1
    table = TwoByTwo(*(int((f & o).sum()) for f in (with_factor, ~with_factor) for o in (with_outcome, ~with_outcome)))
    warnings = []
    if table.array.min() == 0:
        warnings.append("One of the four groups is empty, and the odds ratio is bounded on one side only")
        with suppress(InputRefusedError):
            finite = firth(outcome.values, factor.values[:, None], ["odds ratio"]).odds_ratios[0]
            warnings[-1] += f"; Firth's is {finite}"
    if head.people > MOST_UNCONDITIONAL:
        exact_test = ExactTest.FISHER
    least = smallest_p(table)
    if exact_test is ExactTest.FISHER and least > ALPHA:
        warnings.append(f"No table of these margins has a p below {least:.2g}: these people can't settle it")
    estimate = ODDS_INTERVALS[interval](table)
    return replace(
        head, estimate=estimate, test=EXACT_TEST_NAMES[exact_test], p=exact_p(table, exact_test),
        warnings=tuple(warnings),
    )  # fmt: skip


def _of_categories(head: Association, outcome: Observed, factor: Observed) -> Association:
    shape = len(factor.variable.categories), len(outcome.variable.categories)
    cells = factor.values.astype(int) * shape[1] + outcome.values.astype(int)
    table = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    if min((table.sum(0) > 0).sum(), (table.sum(1) > 0).sum()) < 2:
        raise _nothing_varies()
    tested = compare_counts(table)
    return replace(head, test=tested.name, p=tested.p)


def _of_groups(head: Association, outcome: Observed, factor: Observed) -> Association:
    """Compare what is ordered between the groups that the other variable makes, whichever of the two it is."""
    by_factor = factor.variable.kind in (Kind.BINARY, Kind.CATEGORICAL)
    groups, ordered = (factor, outcome) if by_factor else (outcome, factor)
    parts = [ordered.of(groups.values == n) for n in range(len(groups.variable.categories))]
    parts = [part for part in parts if len(part.values)]
    if len(parts) < 2 or np.ptp(ordered.values) == 0:
        raise _nothing_varies()
    if len(groups.variable.categories) > 2:
        tested = compare_groups(parts, Centre.MEDIAN)
        return replace(head, test=tested.name, p=tested.p)
    without, with_it = (part.values for part in parts)
    shift = hodges_lehmann(with_it, without)
    unit = ordered.variable.unit or ("levels" if ordered.variable.has_levels else "")
    text = groups.variable.categories
    name = f"shift of {ordered.variable.label}{f', {unit}' if unit else ''} ({text[1][1]} minus {text[0][1]})"
    test, p = mann_whitney(with_it, without)
    return replace(
        head, estimate=replace(shift, name=name), test=test, p=p, warnings=_few_ranks(len(with_it), len(without))
    )


def _few_ranks(n: int, m: int) -> tuple[str, ...]:
    least = smallest_rank_p(n, m)
    if least <= ALPHA:
        return ()
    return (f"Of {n} and {m} people no ranks have a p below {least:.2g}, and no 95 % interval is bounded",)


def _of_order(head: Association, outcome: Observed, factor: Observed) -> Association:
    estimate, test, p = spearman(outcome.values, factor.values)
    least = smallest_permutation_p(head.people)
    warnings = (f"Of {head.people} people no ranks have a p below {least:.2g}",) if least > ALPHA else ()
    return replace(head, estimate=estimate, test=test, p=p, warnings=warnings)


def _nothing_varies() -> InputRefusedError:
    return InputRefusedError(
        "nothing_varies",
        found="Among the people with both values known, one of the two is the same in all.",
        expected="Values that vary.",
        remedy="Look at other variables, or at more people.",
    )


def _adjusted(found: Sequence[Association]) -> tuple[Association, ...]:
    """Add p adjusted for the number of tests.

    Holm (Scand J Stat 1979;6:65-70) keeps the chance of any false claim; Benjamini and Hochberg (J R Stat Soc B
    1995;57:289-300) the expected share of false claims.
    """
    from statsmodels.stats.multitest import multipletests

    p = [one.p for one in found if one.p is not None]
    if not p:
        return tuple(found)
    pairs: Iterator[tuple[float, float]] = zip(
        *(multipletests(p, method=method)[1].tolist() for method in ("holm", "fdr_bh")), strict=True
    )
    adjusted = []
    for one in found:
        holm, hochberg = next(pairs) if one.p is not None else (None, None)
        adjusted.append(replace(one, holm=holm, benjamini_hochberg=hochberg))
    return tuple(adjusted)
