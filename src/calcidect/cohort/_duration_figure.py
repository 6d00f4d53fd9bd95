"""Burden against disease duration, or any two numbers of the people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.cohort._correlation import spearman
from calcidect.cohort._drawing import MARKERS, OKABE_ITO, as_files, figure
from calcidect.cohort._observed import observe
from calcidect.cohort._variable import Variable
from calcidect.errors import InputRefusedError

if TYPE_CHECKING:
    import pandas as pd

_DECADES_FOR_LOG = 30.0
"""Largest over smallest value from which an axis is logarithmic: one and a half decades. Our choice."""
_MOST_OPAQUE = 200  # people; of more, points are drawn thin, so that those below show through


def scatter_figure(frame: pd.DataFrame, x: Variable, y: Variable, by: Variable | None = None) -> dict[str, bytes]:
    """Draw one number of each person against another, by group; SVG and PNG by ending.

    The title tells Spearman's correlation with its interval, and how many people are drawn.

    Raises
    ------
    InputRefusedError
        If a column is missing, can't be read or is no number, or nobody has both.
    """
    if x.has_levels or y.has_levels:
        raise _refused(f"{x.name!r} or {y.name!r} has categories.", "Two numbers.")
    across, up = observe(frame, x).values, observe(frame, y).values
    known = np.isfinite(across) & np.isfinite(up)
    if not known.any():
        raise _refused("Nobody has both values.", "People with both.")
    groups = np.zeros(len(frame)) if by is None else observe(frame, by).values
    with figure(5.5, 4.2) as made:
        axes = made.subplots()
        names = ("",) if by is None else (*(text for _, text in by.categories), "not known")
        places = np.where(np.isnan(groups), len(names) - 1, groups)
        opacity = 0.85 if known.sum() <= _MOST_OPAQUE else 0.3
        for n, name in enumerate(names):
            chosen = known & (places == n)
            if chosen.any():
                label = f"{name} (n={chosen.sum()})"
                axes.plot(
                    across[chosen], up[chosen], MARKERS[n % 7], color=OKABE_ITO[n % 7], alpha=opacity, label=label
                )
        if _spans_decades(up[known]):
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
        axes.set(xlabel=x.heading, ylabel=y.heading)
        axes.set_title(_told(across[known], up[known], len(frame)), fontsize=8)
        if by is not None:
            axes.legend(title=by.label, frameon=False, fontsize=8, title_fontsize=8)
        return as_files(made)


def _spans_decades(values: NDArray[np.float64]) -> bool:
    """Return whether values are all above zero and differ by much."""
    return bool(values.min() > 0 and values.max() > _DECADES_FOR_LOG * values.min())


def _told(x: NDArray[np.float64], y: NDArray[np.float64], people: int) -> str:
    drawn = f"{len(x)} of {people} people"
    try:
        return f"Spearman's correlation {spearman(x, y)[0]}; {drawn}"
    except InputRefusedError:
        return drawn


def _refused(found: str, expected: str) -> InputRefusedError:
    return InputRefusedError("no_figure", found=found, expected=expected, remedy="Choose other columns.")
