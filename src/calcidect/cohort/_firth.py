"""Logistic regression that stays finite where groups are separated: Firth's penalty, profile likelihood."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._estimate import ALPHA, Estimate
from calcidect.errors import InputRefusedError

EVENTS_PER_FACTOR = 10
"""Fewer make logistic regression unreliable (Peduzzi et al., J Clin Epidemiol 1996;49:1373-1379)."""


@dataclass(frozen=True)
class FirthModel:
    """A logistic regression with Firth's penalty.

    Parameters
    ----------
    people, events : int
        With all values known; of them with the rarer outcome.
    separated : bool
        Whether ordinary logistic regression has no finite answer.
    odds_ratios : tuple of Estimate
        Of each factor, with the others held: profile likelihood intervals.
    p_values : tuple of float
        Of each factor, by the penalised likelihood ratio.
    """

    people: int
    events: int
    separated: bool
    odds_ratios: tuple[Estimate, ...]
    p_values: tuple[float, ...]

    @property
    def events_per_factor(self) -> float:
        """How many events there are for each factor."""
        return self.events / len(self.odds_ratios)


def firth(outcome: NDArray[np.float64], factors: NDArray[np.float64], names: Sequence[str]) -> FirthModel:
    """Fit the odds of an outcome to factors.

    Firth, Biometrika 1993;80:27-38; for separation Heinze and Schemper, Stat Med 2002;21:2409-2419, whose profile
    penalised likelihood gives intervals and p.

    Parameters
    ----------
    outcome : ndarray of float, shape (people,)
        0 or 1.
    factors : ndarray of float, shape (people, factors)
        Known values.
    names : sequence of str
        Of the factors.

    Raises
    ------
    InputRefusedError
        If the outcome or a factor does not vary, factors determine each other, or the fit does not settle.
    """
    from firthmodels import detect_separation

    _check(outcome, factors)
    # The penalty does not depend on a factor's origin and scale (Jeffreys' prior), but the search for the maximum does.
    scale = factors.std(0)
    scaled = (factors - factors.mean(0)) / scale
    logs, p_values = _fit(scaled, outcome)
    ratios = [
        Estimate(name, value, low, high, "profile likelihood", is_ratio=True)
        for name, (value, low, high) in zip(names, np.exp(logs / scale[:, None]).tolist(), strict=True)
    ]
    events = int(min(outcome.sum(), len(outcome) - outcome.sum()))
    separated = bool(detect_separation(scaled, outcome).separation)
    return FirthModel(len(outcome), events, separated, tuple(ratios), p_values)


def _fit(factors: NDArray[np.float64], outcome: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[float, ...]]:
    """Return log odds ratios with their bounds, shape (factors, 3), and p."""
    from firthmodels import FirthLogisticRegression

    each = list(range(factors.shape[1]))  # not the intercept: it may be far from 0, and nobody asks for it
    model = FirthLogisticRegression(backend="numpy", max_iter=200, gtol=1e-5, xtol=1e-5)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it did not converge is asked below
            model.fit(factors, outcome).lrt(each)
            bounds = model.conf_int(ALPHA, method="pl", features=each, max_iter=200, tol=1e-6)[each]
    except np.linalg.LinAlgError as error:
        raise _not_settled() from error
    p_values = model.lrt_pvalues_[each]
    if not (model.converged_ and np.isfinite(bounds).all() and np.isfinite(p_values).all()):
        raise _not_settled()
    return np.column_stack([model.coef_, bounds]), tuple(p_values.tolist())


def _check(outcome: NDArray[np.float64], factors: NDArray[np.float64]) -> None:
    if len(outcome) == 0 or np.ptp(outcome) == 0:
        raise _refused("All people with known values have the same outcome.", "People with it, and without.")
    with_origin = np.column_stack([np.ones(len(factors)), factors])
    # Scaled, so that milligrams and years weigh alike in the rank.
    size = np.abs(with_origin).max(0)
    if (size == 0).any() or np.linalg.matrix_rank(with_origin / size) < with_origin.shape[1]:
        raise _refused(
            "A factor does not vary, or follows from the others.", "Factors that vary, each in a way of its own."
        )


def _not_settled() -> InputRefusedError:
    return _refused("The regression did not settle.", "Factors that the people can tell apart.")


def _refused(found: str, expected: str) -> InputRefusedError:
    return InputRefusedError(
        "no_regression", found=found, expected=expected, remedy="Take fewer or other factors, or more people."
    )
