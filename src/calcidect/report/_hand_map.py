"""A drawn pair of hands with every deposit as a disc, at its digit and level: the same drawing for every person.

A disc's area goes by volume, which every deposit has, also of one energy; its colour by material; its number is that of
the tables. Over each fingertip with acro-osteolysis stands its grade. One list of shapes is written as SVG and as PNG.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from calcidect.drawn_hands import CENTRE_X, HEIGHT, RAY_LEVELS, WIDTH, Rod, drawn_bones, middle_of
from calcidect.findings import AcroOsteolysis, Deposit
from calcidect.report._colours import (
    BACKGROUND,
    BONE_OUTLINE,
    DRAWN_BONE,
    DRAWN_GHOST,
    MATERIAL_COLOURS,
    RGB,
    TEXT,
    hexadecimal,
)
from calcidect.report._scene import by_volume
from calcidect.report._tables import acro
from calcidect.report._wording import Wording

if TYPE_CHECKING:
    from PIL import Image

_RADIUS_OF_1_MM3 = 0.45  # 1,000 mm3, a bulky hand, is about as wide as two fingers
_LEAST_RADIUS = 1.2
_GOLDEN_DEGREES = 137.5  # discs of one place lie around the largest one, as seeds do
_LEGEND_MM3 = (10, 100, 1000)
_FONT = 8.0
_LEAST_FONT = 4.0  # a number that would be smaller is left out
_NUMBER_PER_RADIUS = 1.1  # two digits of this size fit into a disc
_HAND_NAME_Y = 10.0
_ABOVE_TIP = 5.0
_PIXELS = 3  # of the PNG, a unit


@dataclass(frozen=True)
class Ghost:
    """A bone of a hand that is not in the scan."""

    rod: Rod


@dataclass(frozen=True)
class Disc:
    """A deposit, or one of the legend."""

    x: float
    y: float
    radius: float
    colour: RGB


@dataclass(frozen=True)
class Words:
    """Text, the middle of its foot at a point."""

    x: float
    y: float
    text: str
    size: float = _FONT
    colour: RGB = TEXT


Shape = Rod | Ghost | Disc | Words


def hand_map(
    deposits: Iterable[Deposit],
    say: Wording,
    digits: Iterable[AcroOsteolysis] = (),
    scanned: Collection[str] = ("right", "left"),
) -> list[Shape]:
    """Return the drawing: bones, discs (the largest first, so that small ones lie on top), words.

    Parameters
    ----------
    deposits : iterable of Deposit
        Each a disc.
    say : Wording
        The language.
    digits : iterable of AcroOsteolysis
        Those present are named over their tips.
    scanned : collection of str
        The hands in the scan; another one is drawn as a ghost, since it may hold anything.
    """
    shapes: list[Shape] = []
    for side in ("right", "left"):
        is_ghost = side not in scanned
        shapes += [Ghost(bone.rod) if is_ghost else bone.rod for bone in drawn_bones(side)]
        name = say("pictures.map_not_scanned", hand=say.hand(side)) if is_ghost else say.hand(side)
        shapes.append(Words(CENTRE_X[side], _HAND_NAME_Y, name))
    taken: dict[tuple[float, float], list[float]] = {}
    for deposit in by_volume(tuple(deposits)):
        place = place_of(deposit)
        if place is not None:
            disc = _disc(deposit, place, taken.setdefault(place, []))
            shapes += [disc, *_number(disc, deposit.deposit_id)]
    grades = [_grade(digit, say) for digit in digits if digit.present]
    return shapes + grades + _legend(say)


def map_caption(deposits: Iterable[Deposit], say: Wording) -> str:
    """Return what the drawing shows, and how many deposits it can't."""
    caption = say("pictures.map")
    missing = sum(place_of(deposit) is None for deposit in deposits)
    return " ".join([caption, say("pictures.map_missing", n=missing)]) if missing else caption


def map_alt(deposits: Iterable[Deposit], digits: Iterable[AcroOsteolysis], say: Wording) -> str:
    """Return in words what the drawing shows: how many deposits lie where, and which digits lost some of their tip."""
    shown = by_volume(tuple(deposits))
    lines = [
        say("pictures.map_alt_hand", hand=say.hand(side), list=say.counted(sites))
        for side in ("right", "left")
        if (sites := [say.site(replace(d, compartment=None)) for d in shown if d.side == side])
    ]
    lost = [
        say("pictures.map_alt_digit", digit=say.digit(d.side, d.digit), grade=acro(d, say)) for d in digits if d.present
    ]
    if lost:
        lines.append(say("pictures.map_alt_acro", list=say.listed(lost)))
    if not shown:
        return " ".join([say("pictures.map_alt_empty"), *lines])
    return say("pictures.map_alt", deposits=say.count("deposits", len(shown)), list=" ".join(lines))


def place_of(deposit: Deposit) -> tuple[float, float] | None:
    """Return where a deposit is drawn: the middle of its bone; None where its level or digit is not known."""
    if deposit.level is None:
        return None
    digit = deposit.digit or _ray_of(deposit.nearest_bone)
    if digit is None and deposit.level == "metacarpal":
        digit = 3  # the middle of the palm
    return middle_of(deposit.side, deposit.level, digit)


def _ray_of(bone: str | None) -> int | None:
    return int(bone[-1]) if bone and bone[-1] in "12345" and bone[:-2] in RAY_LEVELS else None


def _disc(deposit: Deposit, place: tuple[float, float], radii: list[float]) -> Disc:
    """Return a deposit's disc; ``radii`` of those at the same place grows by it."""
    radius = disc_radius(deposit.volume_mm3)
    away = math.sqrt(sum(r * r for r in radii)) + 0.5 * radius if radii else 0.0  # as discs in a sunflower lie
    turn = math.radians(_GOLDEN_DEGREES * len(radii))
    radii.append(radius)
    left, right = (0.0, WIDTH / 2) if place[0] < WIDTH / 2 else (WIDTH / 2, WIDTH)  # on its own hand, whole
    x = min(max(place[0] + away * math.cos(turn), left + radius), right - radius)
    y = min(max(place[1] + away * math.sin(turn), radius), HEIGHT - radius)
    return Disc(x, y, radius, MATERIAL_COLOURS[str(deposit.material)])


def _number(disc: Disc, deposit_id: int) -> list[Words]:
    """Return the number of a deposit inside its disc; nothing where the disc is too small for it."""
    size = min(_NUMBER_PER_RADIUS * disc.radius, _FONT)
    return [Words(disc.x, disc.y + 0.36 * size, str(deposit_id), size, BACKGROUND)] if size >= _LEAST_FONT else []


def _grade(digit: AcroOsteolysis, say: Wording) -> Words:
    """Return the grade of a digit that lost some of its tip, over the drawn tip."""
    tip = next(b.rod for b in drawn_bones(digit.side) if (b.level, b.digit) == (RAY_LEVELS[-1], digit.digit))
    y = min(tip.y, tip.end_y) - tip.width / 2 - _ABOVE_TIP
    is_graded = digit.grade is not None
    return Words(tip.end_x, y, say("pictures.map_grade" if is_graded else "pictures.map_present", grade=digit.grade))


def disc_radius(volume_mm3: float) -> float:
    """Return a disc's radius: its area goes by volume, down to the least that can be seen."""
    return max(_RADIUS_OF_1_MM3 * math.sqrt(volume_mm3), _LEAST_RADIUS)


def _legend(say: Wording) -> list[Shape]:
    shapes: list[Shape] = []
    y = 200.0
    for volume in _LEGEND_MM3:
        radius = disc_radius(volume)
        shapes += [Disc(WIDTH / 2, y + radius, radius, BONE_OUTLINE)]
        shapes += [Words(WIDTH / 2, y + 2 * radius + 10, say("pictures.map_scale", volume=say.number(volume, 0)))]
        y += 2 * radius + 18
    return shapes


def _rod_and_colour(shape: Rod | Ghost) -> tuple[Rod, RGB]:
    return (shape.rod, DRAWN_GHOST) if isinstance(shape, Ghost) else (shape, DRAWN_BONE)


def as_svg(shapes: list[Shape]) -> str:
    """Return the drawing as an SVG document; coordinates of two decimals, so that its bytes are always the same."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" font-family="sans-serif" '
        'text-anchor="middle">',
        f'<rect width="100%" height="100%" fill="{hexadecimal(BACKGROUND)}"/>',
    ]
    for s in shapes:
        if isinstance(s, Rod | Ghost):
            rod, colour = _rod_and_colour(s)
            lines.append(
                f'<path d="M{rod.x:.2f} {rod.y:.2f}L{rod.end_x + 0.01:.2f} {rod.end_y:.2f}" '
                f'stroke="{hexadecimal(colour)}" stroke-width="{rod.width:g}" stroke-linecap="round"/>'
            )
        elif isinstance(s, Disc):
            lines.append(
                f'<circle cx="{s.x:.2f}" cy="{s.y:.2f}" r="{s.radius:.2f}" fill="{hexadecimal(s.colour)}" '
                f'stroke="{hexadecimal(BACKGROUND)}" stroke-width="0.6"/>'
            )
        else:
            lines.append(
                f'<text x="{s.x:.2f}" y="{s.y:.2f}" font-size="{s.size:.2f}" fill="{hexadecimal(s.colour)}">'
                f"{escape(s.text)}</text>"
            )
    return "\n".join([*lines, "</svg>"]) + "\n"


def as_png(shapes: list[Shape]) -> Image.Image:
    """Return the drawing as a picture, drawn at twice its size and halved, so that edges are smooth."""
    from PIL import Image, ImageDraw, ImageFont

    scale = 2 * _PIXELS
    size = round(WIDTH * scale), round(HEIGHT * scale)
    image = Image.new("RGB", size, BACKGROUND)
    draw = ImageDraw.Draw(image)
    for s in shapes:
        if isinstance(s, Rod | Ghost):
            rod, colour = _rod_and_colour(s)
            ends = [(rod.x * scale, rod.y * scale), (rod.end_x * scale, rod.end_y * scale)]
            draw.line(ends, colour, round(rod.width * scale))
            for x, y in ends:
                draw.circle((x, y), rod.width * scale / 2, colour)
        elif isinstance(s, Disc):
            draw.circle((s.x * scale, s.y * scale), s.radius * scale, s.colour, BACKGROUND, scale // 2)
        else:
            font = ImageFont.load_default(s.size * scale)
            draw.text((s.x * scale, s.y * scale), s.text, s.colour, font, "ms")
    return image.resize((size[0] // 2, size[1] // 2), Image.Resampling.LANCZOS)
