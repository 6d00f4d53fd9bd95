"""Odds ratios of many factors with their intervals, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from calcidect.cohort._associations import Association
from calcidect.cohort._drawing import OKABE_ITO, as_files, figure
from calcidect.cohort._estimate import Estimate
from calcidect.errors import InputRefusedError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOW, _HIGH = 0.01, 100.0
"""Ends of the axis: an interval that goes on beyond ends in an arrow. Our choice."""


def forest_figure(found: Sequence[Association]) -> dict[str, bytes]:
    """Draw the odds ratios among associations, with the numbers beside them; SVG and PNG by ending.

    Raises
    ------
    InputRefusedError
        If none of the associations is told by an odds ratio.
    """
    rows = [(one, one.estimate) for one in found if one.estimate is not None and one.estimate.is_ratio]
    if not rows:
        raise InputRefusedError(
            "no_figure",
            found="No association is told by an odds ratio.",
            expected="An outcome and factors of two categories.",
            remedy="Choose others.",
        )
    with figure(7.5, 1.4 + 0.32 * len(rows)) as made:
        axes = made.subplots()
        for n, (_, ratio) in enumerate(rows):
            _draw(axes, ratio, n)
        axes.axvline(1.0, color="#888888", linewidth=0.8, zorder=0)
        axes.set(
            xscale="log", xlim=(_LOW, _HIGH), ylim=(len(rows) - 0.5, -0.5), yticks=range(len(rows)),
            yticklabels=[f"{one.factor.counted} ({one.people}/{one.of})" for one, _ in rows],
            xlabel=f"Odds ratio of {rows[0][0].outcome.counted}, 95% interval",
        )  # fmt: skip
        axes.set_xticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
        axes.tick_params(axis="y", length=0)
        beside = axes.secondary_yaxis("right")
        beside.set_yticks(range(len(rows)), [str(ratio) for _, ratio in rows])
        beside.tick_params(length=0, pad=10)  # clear of the arrows
        beside.spines["right"].set_visible(False)
        return as_files(made)


def _draw(axes: Axes, ratio: Estimate, row: int) -> None:
    low, high = max(ratio.low, _LOW), min(ratio.high, _HIGH)
    colour = OKABE_ITO[0]
    axes.plot([low, high], [row, row], color=colour, linewidth=1.2, solid_capstyle="butt")
    if ratio.low < _LOW:
        axes.plot([_LOW], [row], "<", color=colour, markersize=6, clip_on=False)
    if ratio.high > _HIGH:
        axes.plot([_HIGH], [row], ">", color=colour, markersize=6, clip_on=False)
    if isfinite(ratio.value) and _LOW <= ratio.value <= _HIGH:
        axes.plot([ratio.value], [row], "s", color=colour, markersize=5)
