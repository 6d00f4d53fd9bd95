"""What the checks of pixels look at: thresholds that tell body from air and bone from soft tissue, and a sample."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

BODY_HU = -400.0
"""Half way between air and fat at the skin."""
DENSE_HU = 300.0
"""Voxels above it are dense calcium (docs/dicom.md)."""

_VOXELS = 2**22  # enough for a median; a whole study has forty times as many


def sampled_slices(*images: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return every few slices of images of one shape (slices, rows, columns): the same of each, as views."""
    step = max(1, images[0].size // _VOXELS)
    return tuple(image[::step] for image in images)
