"""What all figures share: style, colours that the colour-blind tell apart, and files of always the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from calcidect.cohort._table import RESEARCH_USE_ONLY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito, Color Universal Design (2008), from the darker ones; groups differ in their marker, too."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DPI = 200
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine sets the same letters
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.markersize": 5,
    "lines.markeredgewidth": 0.4,
    "text.parse_math": False,  # a dollar in a label is a dollar
    "svg.hashsalt": "calcidect",
    "svg.fonttype": "path",
}


@contextmanager
def figure(width: float, height: float) -> Iterator[Figure]:
    """Give an empty figure, inches, in the style of all; it says research use only."""
    from matplotlib.figure import Figure

    with _style():
        made = Figure(figsize=(width, height), layout="constrained")
        made.supxlabel(RESEARCH_USE_ONLY, x=0.995, ha="right", fontsize=6, color="#555555")
        yield made


def as_files(made: Figure) -> dict[str, bytes]:
    """Return the figure as SVG and PNG, by ending; without dates or versions. Call it while the figure is open."""
    files = {}
    for ending, about in (("svg", {"Date": None, "Creator": None}), ("png", {"Software": None})):
        data = io.BytesIO()
        made.savefig(data, format=ending, dpi=_DPI, metadata=about)
        files[ending] = data.getvalue()
    return files


@contextmanager
def _style() -> Iterator[None]:
    """Set the style for a while; the user's own settings of matplotlib change nothing."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield
