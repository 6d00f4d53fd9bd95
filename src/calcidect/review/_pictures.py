"""Small pictures for lists: each deposit in a plane, and the hands of a result."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Volume
from calcidect.report import PlaneView, close_up
from calcidect.review._faults import not_found

if TYPE_CHECKING:
    from PIL import Image

OVERVIEW_HEIGHT_PX = 320
_AROUND_MM = 60.0
"""Half the width of the largest picture, and a little."""
MAP_WINDOW_MG_PER_CM3 = (0.0, 800.0)
"""Black and white where the scan is not there and the hydroxyapatite map stands in: white is dense cortical bone."""


def thumbnail(
    image: Volume, bones: Volume, deposits: Volume, deposit_id: int, material: str, view: PlaneView, overlay: bool,
    window: tuple[float, float],
) -> bytes:  # fmt: skip
    """Return one deposit in a plane as PNG.

    Raises
    ------
    RequestRefusedError
        404 if no voxel has the deposit's label.
    """
    at = voxels_of(deposits.array, deposit_id)
    if len(at) == 0:
        raise not_found("deposit")
    reach = np.ceil(_AROUND_MM / np.array(deposits.grid.spacing_mm[::-1])).astype(int)
    first = np.maximum(at.min(0) - reach, 0)
    last = np.minimum(at.max(0) + 1 + reach, deposits.array.shape)
    (k, j, i), (n_k, n_j, n_i) = (tuple(int(n) for n in part) for part in (first, last - first))
    grey, bone, labels = (volume.cropped((i, j, k), (n_i, n_j, n_k)) for volume in (image, bones, deposits))
    return as_png(close_up(grey, bone, labels, deposit_id, material, view=view, overlay=overlay, window=window))


def voxels_of(labels: NDArray[np.generic], label: int) -> NDArray[np.int64]:
    """Return the voxels (k, j, i) of a label, shape (n, 3)."""
    return np.argwhere(labels == label)


def as_png(rgb: NDArray[np.uint8]) -> bytes:
    """Return a picture as PNG."""
    from PIL import Image

    return _png(Image.fromarray(rgb))


def overview(pictures: list[bytes]) -> bytes:
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
