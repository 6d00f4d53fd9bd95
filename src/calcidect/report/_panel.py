"""A picture with what every medical picture needs: directions, a scale bar, a title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.report._colours import BACKGROUND, TEXT
from calcidect.report._wording import Wording

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

SCALE_BAR_MM = 10.0
_FONT_PX = 17
_LINE_PX = 21
_EDGE_PX = 8
_GAP_PX = 6


@dataclass(frozen=True)
class Directions:
    """What lies at each edge of a picture."""

    left: str
    right: str
    top: str
    bottom: str


AXIAL = Directions("R", "L", "A", "P")
CORONAL = Directions("R", "L", "H", "F")
SAGITTAL = Directions("A", "P", "H", "F")


@dataclass(frozen=True)
class Mark:
    """A number beside a point of a picture, in pixels from its left and top."""

    text: str
    x_px: float
    y_px: float


def finish(
    rgb: NDArray[np.uint8],
    pixel_mm: float,
    directions: Directions,
    title: str,
    say: Wording,
    marks: tuple[Mark, ...] = (),
) -> Image.Image:
    """Return a picture with title, directions, scale bar and numbers.

    Parameters
    ----------
    rgb : array, shape (rows, columns, 3)
        The picture, uint8.
    pixel_mm : float
        Size of a square pixel.
    directions, title, marks
        What to write on it.
    say : Wording
        The language of the scale.
    """
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(np.ascontiguousarray(rgb))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_FONT_PX)
    middle_x, middle_y = image.width / 2, image.height / 2
    title_end = _EDGE_PX + draw.textlength(title, font) + _GAP_PX
    meets_title = title_end > middle_x - draw.textlength(directions.top, font) / 2
    top_y = _EDGE_PX + (_LINE_PX if meets_title else 0)
    for text, x, y, anchor in (
        (directions.left, _EDGE_PX, middle_y, "lm"),
        (directions.right, image.width - _EDGE_PX, middle_y, "rm"),
        (directions.top, middle_x, top_y, "ma"),
        (directions.bottom, middle_x, image.height - _EDGE_PX, "md"),
    ):
        _write(draw, font, text, (x, y), anchor)
    for mark in marks:
        _write(draw, font, mark.text, (mark.x_px, mark.y_px), "mm")
    _write(draw, font, title, (_EDGE_PX, _EDGE_PX), "la")
    _draw_scale_bar(draw, font, image.size, pixel_mm, say("pictures.scale", length=f"{SCALE_BAR_MM:g}"))
    return image


def _write(draw: ImageDraw.ImageDraw, font: Font, text: str, at: tuple[float, float], anchor: str) -> None:
    draw.text(at, text, fill=TEXT, font=font, anchor=anchor, stroke_width=2, stroke_fill=BACKGROUND)


def _draw_scale_bar(
    draw: ImageDraw.ImageDraw, font: Font, size: tuple[int, int], pixel_mm: float, text: str
) -> None:  # fmt: skip
    length = round(SCALE_BAR_MM / pixel_mm)
    right, bottom = size[0] - _EDGE_PX, size[1] - _EDGE_PX
    left = right - length
    draw.rectangle((left - 1, bottom - 4, right + 1, bottom), fill=BACKGROUND)
    draw.rectangle((left, bottom - 3, right, bottom - 1), fill=TEXT)
    middle = min((left + right) / 2, right - draw.textlength(text, font) / 2)  # text wider than the bar stays inside
    _write(draw, font, text, (middle, bottom - 7), "md")


def side_by_side(images: list[Image.Image]) -> Image.Image:
    """Return pictures in a row on the background colour, each in the middle of the row's height."""
    from PIL import Image

    width = sum(image.width for image in images) + _GAP_PX * (len(images) - 1)
    height = max(image.height for image in images)
    row = Image.new("RGB", (width, height), BACKGROUND)
    x = 0
    for image in images:
        row.paste(image, (x, (height - image.height) // 2))
        x += image.width + _GAP_PX
    return row
