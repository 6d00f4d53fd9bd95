"""What a deposit is made of: its integrals and its voxels' scatter, without what the stored range cut off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._ring import Ring
from calcidect.geometry import FloatArray
from calcidect.materials import Classification, Sensitivity, SoftTissue, classify, scatter_of

_LEAST_COUNT = 0.5  # of a full voxel's weight: the deposit and its near halo


def material_of(
    above: Sequence[FloatArray], clipped: NDArray[np.bool_] | None, window: FloatArray, ring: Ring,
    host_covariance: FloatArray, k: Sensitivity, tissue: SoftTissue, spacing_mm: tuple[float, float, float],
) -> Classification:  # fmt: skip
    """Return the class of a deposit.

    Clipped voxels do not count: what was filled in there takes hydroxyapatite for granted. Those around them lie on
    the same ray.

    Parameters
    ----------
    above : sequence of array, shape (k, j, i)
        HU at low and high energy above the host at each place, so that a border of fat and muscle that runs through the
        deposit is no part of its scatter.
    clipped : bool array or None
    window : array
        What each voxel counts in the deposit's integral.
    ring : Ring
        What told the host; where it tells nothing, a typical host was taken off.
    host_covariance : array, shape (2, 2)
        What the host is uncertain by besides noise.
    k : Sensitivity
        In the host.
    tissue : SoftTissue
    spacing_mm : tuple of float
        Along i, j, k.
    """
    counted = window if clipped is None else np.where(clipped, 0.0, window)
    low, high = (float((counted * image).sum()) for image in above)
    weights = counted - ring.weights(counted) if ring.tells else counted
    covariance = tissue.covariance.of_sums(weights) + host_covariance * counted.sum() ** 2
    near = counted >= _LEAST_COUNT * window.max()
    told_by = ring.weights if ring.tells else None
    scatter = scatter_of(above[0], above[1], near, tissue.covariance, host_covariance, spacing_mm, told_by)
    return classify(low, high, covariance, k, scatter=scatter)
