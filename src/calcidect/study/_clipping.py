"""The plateau at which a series is cut off above: at whatever value, by its bits or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import connected_voxels

_LOWEST_PLATEAU_HU = 1000.0
"""Our rule: the lowest top of a stored range in use is 1023 HU (12 bits with a sign, intercept -1024)."""
_USUAL_MAXIMUM_HU = 3071.0
"""Where scanners with the usual 12-bit scale clip, even when they write 16 bits (docs/dicom.md)."""

_LEAST_VOXELS, _TAIL = 8, 0.02  # our rule


@dataclass(frozen=True)
class Clipping:
    """Where a series is cut off above.

    Parameters
    ----------
    maximum_hu : float
        The top of its range; voxels at it are at least as dense.
    voxels : int
        How many lie there.
    largest_plateau_voxels : int
        Of those, the most that touch face to face.
    """

    maximum_hu: float
    voxels: int = 0
    largest_plateau_voxels: int = 0


def find_clipping(hu: NDArray[Any], storable_hu: float) -> Clipping:
    """Return where a series is cut off above.

    The range ends where storage does, at 3071 HU if nothing is higher, or at the highest value if that is a plateau: at
    least 8 voxels, and more than lie in the 2 % below it. Without a cut the values thin out upwards, and one voxel
    is the highest; but for images without noise, where every material is a plateau.

    Parameters
    ----------
    hu : array, shape (slices, rows, columns)
        HU.
    storable_hu : float
        Highest value that the bits of the series can hold.
    """
    highest_each = [float(image.max()) for image in hu]
    highest = max(highest_each)
    if highest < min(storable_hu, _LOWEST_PLATEAU_HU):
        return Clipping(storable_hu)
    below = highest - _TAIL * abs(highest)
    indices, in_tail = [], 0
    for k, top in enumerate(highest_each):
        if top >= below:
            at_top = np.flatnonzero(hu[k].ravel() == highest)
            indices.append(at_top + k * hu[k].size)
            in_tail += int(np.count_nonzero(hu[k] >= below)) - len(at_top)
    voxels = np.concatenate(indices)
    is_end = highest >= storable_hu or highest == _USUAL_MAXIMUM_HU
    if not is_end and (len(voxels) < max(_LEAST_VOXELS, in_tail + 1) or not _is_noisy(hu[highest_each.index(highest)])):
        return Clipping(storable_hu)
    sizes = np.bincount(connected_voxels(voxels, hu.shape))
    return Clipping(highest, len(voxels), int(sizes.max()))


def _is_noisy(image: NDArray[Any]) -> bool:
    """Tell whether most neighbours inside the body differ, short of its densest parts."""
    inside = (image > 0) & (image < 0.9 * image.max())
    steps = np.abs(np.diff(image.astype(np.float32), axis=1))[inside[:, 1:] & inside[:, :-1]]
    return not len(steps) or bool(np.median(steps) > 0)
