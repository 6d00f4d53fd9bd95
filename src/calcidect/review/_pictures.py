"""Small pictures for lists: each deposit in a plane, and the hands of a result."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Grid
from calcidect.report import shown_mm
from calcidect.review._faults import not_found
from calcidect.review._voxels import Voxels

if TYPE_CHECKING:
    from PIL import Image

OVERVIEW_HEIGHT_PX = 320
MAP_WINDOW_MG_PER_CM3 = (0.0, 800.0)
"""Black and white where the scan is not there and the hydroxyapatite map stands in: white is dense cortical bone."""


Box = tuple[slice, slice, slice]
"""Along k, j, i."""


def box_around(voxels: Voxels, grid: Grid) -> Box:
    """Return the part of a grid that a picture of a deposit can show."""
    index = np.stack(np.unravel_index(voxels, grid.shape), -1)
    spacing = np.array(grid.spacing_mm[::-1])
    around_mm = shown_mm(float(((np.ptp(index, axis=0) + 1) * spacing).max())) / 2
    reach = np.ceil(around_mm / spacing).astype(int) + 1
    first = np.maximum(index.min(0) - reach, 0)
    last = np.minimum(index.max(0) + 1 + reach, grid.shape)
    k, j, i = (slice(int(low), int(high)) for low, high in zip(first, last, strict=True))
    return k, j, i


def dense_in(box: Box, voxels: Voxels, values: NDArray[Any], shape: tuple[int, int, int]) -> NDArray[Any]:
    """Return the values of few voxels in a box, 0 elsewhere."""
    part = np.zeros([side.stop - side.start for side in box], values.dtype)
    begin, end = (np.ravel_multi_index((k, 0, 0), (shape[0] + 1, *shape[1:])) for k in (box[0].start, box[0].stop))
    near = slice(*np.searchsorted(voxels, [begin, end]))
    index = np.unravel_index(voxels[near], shape)
    inside = np.all([(at >= side.start) & (at < side.stop) for at, side in zip(index, box, strict=True)], axis=0)
    part[tuple(at[inside] - side.start for at, side in zip(index, box, strict=True))] = values[near][inside]
    return part


def as_png(rgb: NDArray[np.uint8]) -> bytes:
    """Return a picture as PNG."""
    from PIL import Image

    return _png(Image.fromarray(rgb))


def overview_of(pictures: list[bytes]) -> bytes:
    """Return pictures of a report in a row, small.

    Raises
    ------
    RequestRefusedError
        404 if there is none.
    """
    from PIL import Image, UnidentifiedImageError

    opened = []
    for data in pictures:
        try:
            opened.append(Image.open(io.BytesIO(data), formats=["PNG"]).convert("RGB"))
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
            continue  # damaged, or no picture at all
    if not opened:
        raise not_found("picture")
    small = [one.resize((max(1, one.width * OVERVIEW_HEIGHT_PX // one.height), OVERVIEW_HEIGHT_PX)) for one in opened]
    row = Image.new("RGB", (sum(one.width for one in small), OVERVIEW_HEIGHT_PX))
    x = 0
    for one in small:
        row.paste(one, (x, 0))
        x += one.width
    return _png(row)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()
