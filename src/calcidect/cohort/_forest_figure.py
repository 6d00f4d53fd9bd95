"""Odds ratios of many factors with their intervals, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

from calcidect.cohort._associations import Association
from calcidect.cohort._drawing import OKABE_ITO, as_files, figure
from calcidect.cohort._estimate import Estimate
from calcidect.errors import InputRefusedError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ENDS = {2: (0.5, 1, 2), 5: (0.2, 0.5, 1, 2, 5), 10: (0.1, 0.3, 1, 3, 10), 100: (0.01, 0.1, 1, 10, 100)}
"""Ends that the axis may have, with its ticks; an interval that goes on beyond 100 ends in an arrow. Our choice."""


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
        end = _end([ratio for _, ratio in rows])
        for n, (_, ratio) in enumerate(rows):
            _draw(axes, ratio, n, end)
        axes.axvline(1.0, color="#888888", linewidth=0.8, zorder=0)
        axes.set(
            xscale="log", xlim=(1 / end, end), ylim=(len(rows) - 0.5, -0.5), yticks=range(len(rows)),
            yticklabels=[f"{one.factor.counted} ({one.people}/{one.of})" for one, _ in rows],
            xlabel=f"Odds ratio of {rows[0][0].outcome.counted}, 95% interval",
        )  # fmt: skip
        axes.set_xticks(_ENDS[end], [f"{tick:g}" for tick in _ENDS[end]])
        axes.set_xticks([], minor=True)
        axes.tick_params(axis="y", length=0)
        beside = axes.secondary_yaxis("right")
        beside.set_yticks(range(len(rows)), [str(ratio) for _, ratio in rows])
        beside.tick_params(length=0, pad=10)  # clear of the arrows
        beside.spines["right"].set_visible(False)
        return as_files(made)


def _end(ratios: Sequence[Estimate]) -> int:
    """Return the first end of the axis that holds all bounds; the last if none does."""
    farthest = max(max(ratio.high, 1 / ratio.low if ratio.low > 0 else inf) for ratio in ratios)
    return next((end for end in _ENDS if end >= farthest), max(_ENDS))


def _draw(axes: Axes, ratio: Estimate, row: int, end: int) -> None:
    low, high = max(ratio.low, 1 / end), min(ratio.high, end)
    colour = OKABE_ITO[0]
    axes.plot([low, high], [row, row], color=colour, linewidth=1.2, solid_capstyle="butt")
    if ratio.low < 1 / end:
        axes.plot([1 / end], [row], "<", color=colour, markersize=6, clip_on=False)
    if ratio.high > end:
        axes.plot([end], [row], ">", color=colour, markersize=6, clip_on=False)
    if 1 / end <= ratio.value <= end:
        axes.plot([ratio.value], [row], "s", color=colour, markersize=4)
