"""A drawn pair of hands with every deposit as a disc, at its digit and level: the same drawing for every person.

Drawn as the palms are seen: the right hand on the left, thumbs to the middle, both of one outline. A disc's area goes
by volume, which every deposit has, also of one energy; its colour by material. One list of shapes is written as SVG and
as PNG.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from calcidect.findings import Deposit
from calcidect.report._colours import BACKGROUND, BONE_OUTLINE, MATERIAL_COLOURS, RGB, TEXT, hexadecimal

if TYPE_CHECKING:
    from PIL import Image

WIDTH, HEIGHT = 330.0, 290.0
"""Of the drawing, in its own units: about millimetres of an adult's hand."""
_CENTRE_X = {"right": 82.0, "left": 248.0}
_BASE_Y = 196.0  # of the metacarpals' bases
_BONE: RGB = (84, 92, 101)
_LEVELS = ("metacarpal", "proximal_phalanx", "middle_phalanx", "distal_phalanx")
_RAYS = {
    1: (20.0, 4.0, 36.0, (36.0, 28.0, 0.0, 21.0)),
    2: (14.0, 0.0, 9.0, (56.0, 38.0, 24.0, 18.0)),
    3: (3.0, 0.0, 1.0, (54.0, 42.0, 28.0, 19.0)),
    4: (-7.0, 0.0, -7.0, (48.0, 39.0, 26.0, 19.0)),
    5: (-16.0, -3.0, -16.0, (44.0, 31.0, 19.0, 17.0)),
}
"""Radial and distal place of a metacarpal's base, degrees to the thumb's side, lengths of its bones; our drawing."""
_WIDTHS = (9.0, 8.5, 7.5, 7.0)
_JOINT = 3.0  # between the ends of two bones
_CARPUS = ((15, -8), (6, -8), (-3, -8), (-11, -8), (12, -18), (2, -19), (-8, -17))
_FOREARM = ((9.0, 13.0), (-9.0, 9.0))  # radial place and width of radius and ulna
_WRIST, _ELBOW_END = -29.0, -84.0
_RADIUS_OF_1_MM3 = 0.45  # 1,000 mm3, a bulky hand, is about as wide as two fingers
_LEAST_RADIUS = 1.2
_GOLDEN_DEGREES = 137.5  # discs of one place lie around the largest one, as seeds do
_LEGEND_MM3 = (10, 100, 1000)
_PIXELS = 3  # of the PNG, a unit


@dataclass(frozen=True)
class Rod:
    """A line with round ends."""

    x: float
    y: float
    end_x: float
    end_y: float
    width: float


@dataclass(frozen=True)
class Disc:
    """A deposit, or one of the legend."""

    x: float
    y: float
    radius: float
    colour: RGB


@dataclass(frozen=True)
class Words:
    """Text, its middle at a point."""

    x: float
    y: float
    text: str


Shape = Rod | Disc | Words


def hand_map(deposits: Iterable[Deposit]) -> list[Shape]:
    """Return the drawing: bones, discs (the largest first, so that small ones lie on top), words."""
    shapes: list[Shape] = []
    for side in ("right", "left"):
        shapes += _bones(side)
        shapes.append(Words(_CENTRE_X[side], 10, f"{side.capitalize()} hand"))
    taken: dict[tuple[float, float], list[float]] = {}
    for deposit in sorted(deposits, key=lambda d: (-d.volume_mm3, d.deposit_id)):
        place = place_of(deposit)
        if place is not None:
            shapes.append(_disc(deposit, place, taken.setdefault(place, [])))
    return shapes + _legend()


def map_caption(deposits: Iterable[Deposit]) -> str:
    """Return what the drawing shows, and how many deposits it can't."""
    caption = "Drawn hands, palms seen: a disc for each deposit at its digit and level, its area by volume."
    missing = sum(place_of(deposit) is None for deposit in deposits)
    return f"{caption} Not drawn, since their place is not known: {missing}." if missing else caption


def place_of(deposit: Deposit) -> tuple[float, float] | None:
    """Return where a deposit is drawn: the middle of its bone; None where its level or digit is not known."""
    if deposit.level == "forearm":
        return _at(deposit.side, 0, (_WRIST + _ELBOW_END) / 2)
    if deposit.level == "carpus":
        return _at(deposit.side, 2, -13)
    if deposit.level not in _LEVELS:
        return None
    digit = deposit.digit or _ray_of(deposit.nearest_bone)
    if digit is None and deposit.level == "metacarpal":
        digit = 3  # the middle of the palm
    bones = {} if digit is None else _ray(digit)
    if deposit.level not in bones:
        return None
    (x, y), (end_x, end_y), _ = bones[deposit.level]
    return _at(deposit.side, (x + end_x) / 2, (y + end_y) / 2)


def _ray_of(bone: str | None) -> int | None:
    return int(bone[-1]) if bone and bone[-1] in "12345" and bone[:-2] in _LEVELS else None


def _at(side: str, radial: float, distal: float) -> tuple[float, float]:
    return _CENTRE_X[side] + (radial if side == "right" else -radial), _BASE_Y - distal


def _ray(digit: int) -> dict[str, tuple[tuple[float, float], tuple[float, float], float]]:
    """Return both ends (radial, distal) and the width of each bone of a ray."""
    x, y, degrees, lengths = _RAYS[digit]
    step_x, step_y = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    bones = {}
    for level, length, width in zip(_LEVELS, lengths, _WIDTHS, strict=True):
        if length:
            end = x + length * step_x, y + length * step_y
            bones[level] = ((x, y), end, width)
            x, y = end[0] + _JOINT * step_x, end[1] + _JOINT * step_y
    return bones


def _bones(side: str) -> list[Shape]:
    rods = [(start, end, width) for digit in _RAYS for start, end, width in _ray(digit).values()]
    rods += [((x, y), (x, y), 11.0) for x, y in _CARPUS]
    rods += [((x, _WRIST), (1.1 * x, _ELBOW_END), width) for x, width in _FOREARM]
    shapes: list[Shape] = []
    for start, end, width in rods:
        inset = width / 2 if start != end else 0.0  # a rod's round end goes beyond its point
        length = math.dist(start, end) or 1.0
        way = (end[0] - start[0]) / length * inset, (end[1] - start[1]) / length * inset
        first, last = _at(side, start[0] + way[0], start[1] + way[1]), _at(side, end[0] - way[0], end[1] - way[1])
        shapes.append(Rod(*first, *last, width))
    return shapes


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


def disc_radius(volume_mm3: float) -> float:
    """Return a disc's radius: its area goes by volume, down to the least that can be seen."""
    return max(_RADIUS_OF_1_MM3 * math.sqrt(volume_mm3), _LEAST_RADIUS)


def _legend() -> list[Shape]:
    shapes: list[Shape] = []
    y = 200.0
    for volume in _LEGEND_MM3:
        radius = disc_radius(volume)
        shapes += [Disc(WIDTH / 2, y + radius, radius, BONE_OUTLINE)]
        shapes += [Words(WIDTH / 2, y + 2 * radius + 10, f"{volume:,} mm3")]
        y += 2 * radius + 18
    return shapes


def as_svg(shapes: list[Shape]) -> str:
    """Return the drawing as an SVG document; coordinates of two decimals, so that its bytes are always the same."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" font-family="sans-serif" '
        'font-size="8" text-anchor="middle">',
        f'<rect width="100%" height="100%" fill="{hexadecimal(BACKGROUND)}"/>',
    ]
    for s in shapes:
        if isinstance(s, Rod):
            lines.append(
                f'<path d="M{s.x:.2f} {s.y:.2f}L{s.end_x + 0.01:.2f} {s.end_y:.2f}" stroke="{hexadecimal(_BONE)}" '
                f'stroke-width="{s.width:g}" stroke-linecap="round"/>'
            )
        elif isinstance(s, Disc):
            lines.append(
                f'<circle cx="{s.x:.2f}" cy="{s.y:.2f}" r="{s.radius:.2f}" fill="{hexadecimal(s.colour)}" '
                f'stroke="{hexadecimal(BACKGROUND)}" stroke-width="0.6"/>'
            )
        else:
            lines.append(f'<text x="{s.x:.2f}" y="{s.y:.2f}" fill="{hexadecimal(TEXT)}">{escape(s.text)}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def as_png(shapes: list[Shape]) -> Image.Image:
    """Return the drawing as a picture, drawn at twice its size and halved, so that edges are smooth."""
    from PIL import Image, ImageDraw, ImageFont

    scale = 2 * _PIXELS
    size = round(WIDTH * scale), round(HEIGHT * scale)
    image = Image.new("RGB", size, BACKGROUND)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(8 * scale)
    for s in shapes:
        if isinstance(s, Rod):
            ends = [(s.x * scale, s.y * scale), (s.end_x * scale, s.end_y * scale)]
            draw.line(ends, _BONE, round(s.width * scale))
            for x, y in ends:
                draw.circle((x, y), s.width * scale / 2, _BONE)
        elif isinstance(s, Disc):
            draw.circle((s.x * scale, s.y * scale), s.radius * scale, s.colour, BACKGROUND, scale // 2)
        else:
            draw.text((s.x * scale, s.y * scale), s.text, TEXT, font, "ms")
    return image.resize((size[0] // 2, size[1] // 2), Image.Resampling.LANCZOS)
