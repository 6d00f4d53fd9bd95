"""The burden of a cohort on a drawn pair of hands."""

from __future__ import annotations

from collections.abc import Callable
from math import atan2, dist
from typing import TYPE_CHECKING

from calcidect.cohort._drawing import as_files, figure
from calcidect.cohort._places import Place, Places
from calcidect.drawn_hands import CENTRE_X, HEIGHT, WIDTH, Rod, drawn_bones, middle_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = "cividis_r"
"""Made to look alike with and without colour blindness (Nunez, Anderton and Renslow, PLoS One 2018;13:e0199239)."""
_NOTHING = "#f4f4f4"  # where there is no deposit at all: no colour of the scale
_DARK = 0.4  # of the colour scale; from there on, text is white
_FEW = 100  # people up to which they are counted; of more, percent fit into a phalanx
_RGBA = tuple[float, float, float, float]


def hands_figure(found: Places) -> dict[str, bytes]:
    """Draw how many people have a deposit at each place, and how much HA lies there; SVG and PNG by ending."""
    few = found.people < _FEW
    per = 1.0 if few else 100.0 / found.people
    with figure(10.0, 5.0) as made:
        left, right = made.subplots(1, 2)
        title = f"People with a deposit{', of' if few else ', % of'} {found.people:,}"
        _panel(left, found, lambda place: per * place.people, title, "people" if few else "%")
        _panel(right, found, lambda place: place.mean_ha_mg, "Mean HA mass per person, mg", "mg")
        made.suptitle(
            f"Palms seen. Deposits not drawn, since their digit or level is not known: {found.elsewhere}. Deposits of "
            f"unknown mass, counted on the left only: {found.without_mass}.",
            fontsize=7,
        )
        return as_files(made)


def _panel(axes: Axes, found: Places, value: Callable[[Place], float], title: str, unit: str) -> None:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.ticker import MaxNLocator

    values = {(place.side, place.level, place.digit): value(place) for place in found.places}
    most = max(*values.values(), 1e-9)
    colour_of = colormaps[_COLOURS]
    for side, centre in CENTRE_X.items():
        for bone in drawn_bones(side):
            share = values[side, bone.level, bone.digit] / most
            _draw_rod(axes, bone.rod, colour_of(share) if share else _NOTHING)
        axes.text(centre, 6, f"{side.capitalize()} hand", ha="center", va="center", fontsize=8)
    for (side, level, digit), number in values.items():
        if number > 0:
            colour = "white" if number / most > _DARK else "black"
            behind = colour_of(number / most) if digit is None else "none"  # carpus and forearm have gaps there
            _write(axes, middle_of(side, level, digit), number, colour, behind)
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0), aspect="equal", title=title)
    axes.axis("off")
    scale = ScalarMappable(Normalize(0, most), _COLOURS)
    ticks = MaxNLocator(integer=unit == "people")
    axes.figure.colorbar(scale, ax=axes, shrink=0.6, pad=0.01, label=unit, ticks=ticks)


def _draw_rod(axes: Axes, rod: Rod, colour: _RGBA | str) -> None:
    from matplotlib.patches import FancyBboxPatch
    from matplotlib.transforms import Affine2D

    length = dist((rod.x, rod.y), (rod.end_x, rod.end_y))
    shape = FancyBboxPatch(
        (0, 0), length, 0, boxstyle=f"round,pad={rod.width / 2},rounding_size={rod.width / 2}", facecolor=colour,
        edgecolor="#666666", linewidth=0.4, mutation_aspect=1,
    )  # fmt: skip
    turn = Affine2D().rotate(atan2(rod.end_y - rod.y, rod.end_x - rod.x)).translate(rod.x, rod.y)
    shape.set_transform(turn + axes.transData)
    axes.add_patch(shape)


def _write(axes: Axes, place: tuple[float, float] | None, number: float, colour: str, behind: _RGBA | str) -> None:
    assert place is not None  # every place is one of the drawing
    text = f"{number:.0f}" if number >= 0.95 else f"{number:.1f}".replace("0.0", "<0.1")
    box = {"facecolor": behind, "edgecolor": "none", "pad": 0.8}
    axes.text(*place, text, ha="center", va="center_baseline", fontsize=5, color=colour, bbox=box)
