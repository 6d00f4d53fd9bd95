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
BONE_OUTLINE: RGB = (168, 182, 196)
BACKGROUND: RGB = (12, 14, 17)
TEXT: RGB = (236, 239, 242)

NO_LABEL, BONE_LABEL = 0, 1


def hexadecimal(colour: RGB) -> str:
    """Return ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def colour_table(materials: dict[int, str]) -> NDArray[np.float32]:
    """Return the colour of every code of a label picture, shape (codes, 3), 0 to 1.

    Code 0 is nothing, 1 bone, n + 1 the deposit with id n of ``materials``.
    """
    table = np.zeros((max(materials, default=0) + 2, 3), np.float32)
    table[BONE_LABEL] = np.array(BONE_SURFACE) / 255
    for deposit_id, material in materials.items():
        table[deposit_id + 1] = np.array(MATERIAL_COLOURS[material]) / 255
    return table
