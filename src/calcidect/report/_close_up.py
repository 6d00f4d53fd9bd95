"""One plane through one deposit, small: for lists of deposits."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Volume
from calcidect.report._axes import in_patient_axes, voxels
from calcidect.report._colours import BONE_LABEL, colour_table
from calcidect.report._pictures import cube
from calcidect.report._plane import BONE_WINDOW_HU, draw_plane

PlaneView = Literal["axial", "coronal"]

_PIXELS = 160
_LEAST_MM, _MOST_MM = 25.0, 110.0
"""Width of a picture: room for a finger around the smallest deposit, and for the whole of the largest."""


def close_up(
    image: Volume, bones: Volume, deposits: Volume, deposit_id: int, material: str, *, view: PlaneView = "axial",
    overlay: bool = True, window: tuple[float, float] = BONE_WINDOW_HU,
) -> NDArray[np.uint8]:  # fmt: skip
    """Return a plane through the middle of a deposit, shape (160, 160, 3), in the radiological convention.

    Parameters
    ----------
    image : Volume
        HU or mg/cm3: what is shown in grey.
    bones, deposits : Volume
        Labels on the grid of ``image``. Every deposit is drawn in the colour of ``material``.
    deposit_id : int
        Of the deposit in the middle; it must have voxels.
    material : str
        Of the deposit.
    view : {"axial", "coronal"}
    overlay : bool
        Whether deposits are coloured and bones outlined.
    window : tuple of float
        Values shown black, and white.
    """
    grey, bone, labels = (in_patient_axes(volume) for volume in (image, bones, deposits))
    at = np.argwhere(labels.array == deposit_id)
    centre = at[np.abs(at - at.mean(0)).sum(1).argmin()][::-1]
    extent_mm = float(((np.ptp(at, axis=0) + 1) * np.array(labels.grid.spacing_mm[::-1])).max())
    field_mm = shown_mm(extent_mm)
    i, j, k = voxels(grey.grid, field_mm / 2)
    half = (i, j, 0) if view == "axial" else (i, 0, k)
    middle = (int(centre[0]), int(centre[1]), int(centre[2]))
    shown, bone_plane, ids = (
        _plane(cube(volume.array, middle, half, outside), view)
        for volume, outside in ((grey, int(window[0])), (bone, 0), (labels, 0))
    )
    codes = np.where(ids == deposit_id, BONE_LABEL + 1, np.where(bone_plane > 0, BONE_LABEL, 0))
    x, y, z = grey.grid.spacing_mm
    colours = colour_table({1: material})
    drawn = draw_plane(
        shown, codes if overlay else np.zeros_like(codes), colours, (y if view == "axial" else z, x),
        field_mm / _PIXELS, window,
    )  # fmt: skip
    return _square(drawn)


def shown_mm(extent_mm: float) -> float:
    """Return the width of the picture of a deposit of some extent."""
    return float(np.clip(1.4 * extent_mm, _LEAST_MM, _MOST_MM))


def _plane(box: NDArray[Any], view: PlaneView) -> NDArray[Any]:
    """Return the one plane of a box, the patient's head or front up."""
    return box[0] if view == "axial" else box[::-1, 0]


def _square(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of a picture, filled up with black: boxes are whole voxels, so sizes differ by a few pixels."""
    rows, columns = (max(_PIXELS - n, 0) for n in rgb.shape[:2])
    padded = np.pad(rgb, ((rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2), (0, 0)))
    top, left = ((n - _PIXELS) // 2 for n in padded.shape[:2])
    return padded[top : top + _PIXELS, left : left + _PIXELS]
