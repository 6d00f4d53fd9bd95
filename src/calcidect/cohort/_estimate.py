"""An estimate with its interval: what every association is told by, before any p."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, isfinite, isnan, log10

CONFIDENCE = 0.95
"""Of every interval."""
ALPHA = 1 - CONFIDENCE
NORMAL_975 = 1.959963984540054
"""Standard deviations within which 95 % of a normal law lie, either way."""

_MOST_DECIMALS = 6


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval.

    Parameters
    ----------
    name : str
        What it is.
    value : float
        It may be infinite, as an odds ratio is where a cell is empty.
    low, high : float
        Bounds; infinite where the data do not bound it.
    how : str
        How the interval was made.
    is_ratio : bool
        Whether 1, not 0, means no association.

    Raises
    ------
    ValueError
        If one of the numbers is NaN.
    """

    name: str
    value: float
    low: float = -inf
    high: float = inf
    how: str = ""
    is_ratio: bool = False

    def __post_init__(self) -> None:
        if any(map(isnan, (self.value, self.low, self.high))):
            raise ValueError(f"{self.name}: an estimate and its bounds are numbers.")

    def __str__(self) -> str:
        if self.low == -inf and self.high == inf:
            return f"{_shown(self.value)} (no bounds)"
        arms = [arm for arm in (self.high - self.value, self.value - self.low) if isfinite(arm) and arm > 0]
        finest = ceil(-log10(min(arms))) if arms else 0  # decimals without which value and bound would look alike
        value, low, high = (_shown(part, min(finest, _MOST_DECIMALS)) for part in (self.value, self.low, self.high))
        return f"{value} ({low} to {high})"


def _shown(value: float, decimals: int = 0) -> str:
    """Return about three digits that count, and at least so many decimals; infinity in words."""
    if not isfinite(value):
        return "infinite" if value > 0 else "minus infinite"
    if abs(value) >= 1e6:
        return f"{value:.1e}"
    if 0 < abs(value) < 0.095:
        return f"{value:.2g}"
    usual = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 10 else 2
    return f"{value:.{max(usual, decimals)}f}"
