"""A drawn pair of hands with every deposit as a disc, at its digit and level: the same drawing for every person.

A disc's area goes by volume, which every deposit has, also of one energy; its colour by material. One list of shapes is
written as SVG and as PNG.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from calcidect.drawn_hands import CENTRE_X, HEIGHT, RAY_LEVELS, WIDTH, Rod, drawn_bones, middle_of
from calcidect.findings import Deposit
from calcidect.report._colours import BACKGROUND, BONE_OUTLINE, MATERIAL_COLOURS, RGB, TEXT, hexadecimal

if TYPE_CHECKING:
    from PIL import Image

_BONE: RGB = (84, 92, 101)
_RADIUS_OF_1_MM3 = 0.45  # 1,000 mm3, a bulky hand, is about as wide as two fingers
_LEAST_RADIUS = 1.2
_GOLDEN_DEGREES = 137.5  # discs of one place lie around the largest one, as seeds do
_LEGEND_MM3 = (10, 100, 1000)
_PIXELS = 3  # of the PNG, a unit


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
        shapes += [bone.rod for bone in drawn_bones(side)]
        shapes.append(Words(CENTRE_X[side], 10, f"{side.capitalize()} hand"))
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
