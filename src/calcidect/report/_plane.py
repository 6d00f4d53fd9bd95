"""A grey plane of HU with deposits in colour and bones outlined: pure functions of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.report._colours import BACKGROUND, BONE_LABEL, BONE_OUTLINE, MATERIAL_COLOURS

BONE_WINDOW_HU = (-300.0, 1300.0)
"""Black and white: centre 500, width 1600, a usual bone window in which skin and fat can still be seen."""

_OUTLINE_SHARE = 0.65  # of its colour over the scan
_SHADES = {"grey": 64, "outline": 16, "deposit": 32}  # of a palette: steps of 25 HU, as fine as noise, and coarser
_LEAST_LIGHT = 0.5  # of a deposit's colour in the darkest pixel; the brighter ones let the scan show through


def draw_plane(
    hu: NDArray[Any],
    codes: NDArray[Any],
    colours: NDArray[np.float32],
    spacing_mm: tuple[float, float],
    pixel_mm: float,
    window_hu: tuple[float, float] = BONE_WINDOW_HU,
) -> NDArray[np.uint8]:
    """Return a plane as a picture with square pixels.

    Parameters
    ----------
    hu : array, shape (rows, columns)
        Hounsfield units.
    codes : array of int, shape (rows, columns)
        0 nothing, 1 bone, deposit_id + 1.
    colours : array, shape (codes, 3)
        Colour of each code, 0 to 1.
    spacing_mm : tuple of float
        Between rows, between columns.
    pixel_mm : float
        Size of a pixel of the picture.
    window_hu : tuple of float
        HU shown black, and white.

    Returns
    -------
    array, shape (rows, columns, 3)
        uint8.
    """
    rows, columns = (max(1, round(n * s / pixel_mm)) for n, s in zip(hu.shape, spacing_mm, strict=True))
    shape = (rows, columns)
    low, high = window_hu
    grey = _resized(np.clip((hu.astype(np.float32) - low) / (high - low), 0, 1), shape)
    rgb = np.repeat(np.clip(grey, 0, 1)[..., None], 3, axis=2)
    if (codes == BONE_LABEL).any():
        outline = _outline(_resized((codes == BONE_LABEL).astype(np.float32), shape) >= 0.5)
        rgb[outline] = _outlined(rgb[outline])
    for code in np.unique(codes[codes > BONE_LABEL]):
        inside = _resized((codes == code).astype(np.float32), shape) >= 0.5
        rgb[inside] = _tinted(rgb[inside], colours[code])
    return np.rint(rgb * 255).astype(np.uint8)


def palette() -> NDArray[np.uint8]:
    """Return the colours of planes in few shades, shape (colours, 3): scan, outlines, deposits, and the gaps."""
    grey, outline, deposit = (np.repeat(np.linspace(0, 1, n)[:, None], 3, axis=1) for n in _SHADES.values())
    tints = [_tinted(deposit, np.array(colour) / 255) for colour in MATERIAL_COLOURS.values()]
    rows = np.concatenate([grey, _outlined(outline), *tints])
    return np.concatenate([np.rint(rows * 255).astype(np.uint8), np.array([BACKGROUND], np.uint8)])


def _outlined(rgb: NDArray[Any]) -> NDArray[Any]:
    return np.asarray((1 - _OUTLINE_SHARE) * rgb + _OUTLINE_SHARE * np.array(BONE_OUTLINE, np.float32) / 255)


def _tinted(rgb: NDArray[Any], colour: NDArray[Any]) -> NDArray[Any]:
    return np.asarray((_LEAST_LIGHT + (1 - _LEAST_LIGHT) * rgb) * colour)


def _resized(plane: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return a plane resampled linearly; a smaller one is averaged, as Pillow does."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(plane)).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(image)


def _outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of a mask that have a neighbour outside it."""
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inner
