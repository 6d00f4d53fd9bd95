"""Burden against disease duration, or any two numbers of the people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
_MOST_LARGE = 200
"""People up to whom points are large; of more, they are small and thin, and pixels in the SVG. Our choice."""
_FEW: dict[str, Any] = {"alpha": 0.85, "markersize": 5}
_MANY: dict[str, Any] = {"alpha": 0.3, "markersize": 1.5, "rasterized": True}


def scatter_figure(frame: pd.DataFrame, x: Variable, y: Variable, by: Variable | None = None) -> dict[str, bytes]:
    """Draw one number of each person against another, by group; SVG and PNG by ending.

    The title tells Spearman's correlation with its interval, and how many people are drawn.

    Raises
    ------
    InputRefusedError
        If a column is missing, can't be read or is no number, nobody has both, or ``by`` has no categories.
    """
    if x.has_levels or y.has_levels or (by is not None and not by.has_levels):
        raise _refused("A number has categories, or what groups has none.", "Two numbers, and categories to group by.")
    across, up = observe(frame, x).values, observe(frame, y).values
    known = np.isfinite(across) & np.isfinite(up)
    if not known.any():
        raise _refused("Nobody has both values.", "People with both.")
    with figure(5.5, 4.2) as made:
        axes = made.subplots()
        look = _FEW if known.sum() <= _MOST_LARGE else _MANY
        for n, (name, group) in enumerate(_groups(frame, by).items()):
            shown = known & group
            if shown.any():
                label = f"{name} (n={shown.sum()})"
                axes.plot(across[shown], up[shown], MARKERS[n % 7], color=OKABE_ITO[n % 7], label=label, **look)
        if _spans_decades(up[known]):
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
        axes.set(xlabel=x.heading, ylabel=y.heading)
        axes.set_title(_told(across[known], up[known], len(frame)), fontsize=8)
        if by is not None:
            axes.legend(title=by.label, frameon=False, fontsize=8, title_fontsize=8)
        return as_files(made)


def _groups(frame: pd.DataFrame, by: Variable | None) -> dict[str, NDArray[np.bool_]]:
    """Return who is in each group, and whose group is not known; all in one where nothing groups them."""
    if by is None:
        return {"": np.ones(len(frame), bool)}
    places = observe(frame, by).values
    return {text: places == n for n, (_, text) in enumerate(by.categories)} | {"not known": np.isnan(places)}


def _spans_decades(values: NDArray[np.float64]) -> bool:
    """Return whether values are all above zero and differ by much."""
    return bool(values.min() > 0 and values.max() > _DECADES_FOR_LOG * values.min())


def _told(x: NDArray[np.float64], y: NDArray[np.float64], people: int) -> str:
    drawn = f"{len(x)} of {people} people"
    try:
        return f"Spearman's correlation {spearman(x, y)[0]}, 95% interval; {drawn}"
    except InputRefusedError:
        return drawn


def _refused(found: str, expected: str) -> InputRefusedError:
    return InputRefusedError("no_figure", found=found, expected=expected, remedy="Choose other columns.")
