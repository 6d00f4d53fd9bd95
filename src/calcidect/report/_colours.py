"""The colours of pictures and tables.

Deposits take three colours of the palette of Okabe and Ito (Color Universal Design, 2008), which people with
any common colour blindness tell apart; bone and skin stay neutral, so that colour always means deposit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RGB = tuple[int, int, int]

MATERIAL_COLOURS: dict[str, RGB] = {
    "hydroxyapatite": (213, 94, 0),  # vermillion
    "urate": (86, 180, 233),  # sky blue
    "indeterminate": (204, 121, 167),  # reddish purple
}
BONE_SURFACE: RGB = (226, 217, 196)
DRAWN_BONE: RGB = (84, 92, 101)
DRAWN_GHOST: RGB = (34, 38, 43)
BONE_OUTLINE: RGB = (168, 182, 196)
BACKGROUND: RGB = (12, 14, 17)
TEXT: RGB = (236, 239, 242)

PAGE_COLOURS: dict[str, RGB] = {
    "paper": (255, 255, 255),
    "band": (243, 245, 247),
    "ink": (27, 31, 36),
    "soft": (91, 102, 112),
    "line": (213, 218, 224),
    "dark": BACKGROUND,
    "fine": (46, 112, 71),
    "look": (154, 103, 0),
    "limits": (166, 54, 38),
}
"""Of the page: what is written in ``ink`` and ``soft`` on ``paper`` and ``band``, and the signs of a verdict."""

NO_LABEL, BONE_LABEL = 0, 1


def hexadecimal(colour: RGB) -> str:
    """Return ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def contrast(first: RGB, second: RGB) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, 'contrast ratio' and 'relative luminance')."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: RGB) -> float:
    value = np.array(colour) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def colour_table(materials: dict[int, str]) -> NDArray[np.float32]:
    """Return the colour of every code of a label picture, shape (codes, 3), 0 to 1.

    Code 0 is nothing, 1 bone, n + 1 the deposit with id n of ``materials``.
    """
    table = np.zeros((max(materials, default=0) + 2, 3), np.float32)
    table[BONE_LABEL] = np.array(BONE_SURFACE) / 255
    for deposit_id, material in materials.items():
        table[deposit_id + 1] = np.array(MATERIAL_COLOURS[material]) / 255
    return table
