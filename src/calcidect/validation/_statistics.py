"""Proportions with their exact intervals, and errors in percent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Proportion:
    """``k`` of ``n``, always shown with both numbers.

    Parameters
    ----------
    k, n : int
        Numerator and denominator.

    Raises
    ------
    ValueError
        If not 0 <= k <= n.
    """

    k: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.k <= self.n:
            raise ValueError(f"A proportion needs 0 <= k <= n, but k is {self.k} and n is {self.n}.")

    @classmethod
    def of(cls, outcomes: Iterable[bool | None]) -> Proportion:
        """Count the true among the outcomes that are known (not None)."""
        known = [outcome for outcome in outcomes if outcome is not None]
        return cls(sum(known), len(known))

    @property
    def value(self) -> float | None:
        """The fraction k / n, or None where n is 0."""
        return self.k / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % Clopper-Pearson interval (Biometrika 1934;26:404-413), or None where n is 0."""
        if not self.n:
            return None
        from scipy.stats import binomtest

        bounds = binomtest(self.k, self.n).proportion_ci(CONFIDENCE, method="exact")
        return float(bounds.low), float(bounds.high)

    def as_dict(self) -> dict[str, Any]:
        """Return k, n, the fraction and the bounds of its interval."""
        low, high = self.interval or (None, None)
        return {"k": self.k, "n": self.n, "value": self.value, "ci95_low": low, "ci95_high": high}

    def __str__(self) -> str:
        if self.interval is None:
            return "0/0"
        low, high = self.interval
        return f"{self.k}/{self.n} ({low:.0%} to {high:.0%})"


def error_percent(reported: float | None, true: float | None) -> float | None:
    """Return 100 (reported - true) / true; None where either is unknown or nothing is there in truth."""
    if reported is None or not true:
        return None
    return 100.0 * (reported - true) / true


def dice(shared: int, first: int, second: int) -> float | None:
    """Return the Dice coefficient 2 |A and B| / (|A| + |B|) of voxel counts; None where both are empty."""
    return 2.0 * shared / (first + second) if first + second else None


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum, or None where any part is unknown: a sum of some parts would look like the whole."""
    parts = list(values)
    return None if None in parts else float(sum(part for part in parts if part is not None))
