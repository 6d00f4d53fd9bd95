"""An estimate with its interval: what every association is told by, before any p."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

CONFIDENCE = 0.95
"""Of every interval."""
ALPHA = 1 - CONFIDENCE
NORMAL_975 = 1.959963984540054
"""Standard deviations within which 95 % of a normal law lie, either way."""


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
    """

    name: str
    value: float
    low: float = -inf
    high: float = inf
    how: str = ""
    is_ratio: bool = False

    def __str__(self) -> str:
        if self.low == -inf and self.high == inf:
            return f"{_shown(self.value)} (no bounds)"
        return f"{_shown(self.value)} ({_shown(self.low)} to {_shown(self.high)})"


def _shown(value: float) -> str:
    """Return about three digits that count; infinity in words."""
    if not isfinite(value):
        return "infinite" if value > 0 else "minus infinite"
    if abs(value) >= 1e6:
        return f"{value:.1e}"
    if abs(value) >= 10:
        return f"{value:.0f}" if abs(value) >= 99.95 else f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.095 or value == 0 else f"{value:.2g}"
