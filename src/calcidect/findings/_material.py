"""What a deposit is made of: its integrals and its voxels' scatter, without what the stored range cut off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray
from calcidect.materials import Classification, Sensitivity, SoftTissue, classify, scatter_of

_LEAST_COUNT = 0.5  # of a full voxel's weight: the deposit and its near halo


def material_of(
    images: tuple[NDArray[np.float32], NDArray[np.float32]], clipped: NDArray[np.bool_] | None, window: FloatArray,
    host: FloatArray, host_hu: tuple[float, float], host_covariance: FloatArray, uneven_hu2: FloatArray,
    k: Sensitivity, tissue: SoftTissue, spacing_mm: tuple[float, float, float],
) -> Classification:  # fmt: skip
    """Return the class of a deposit.

    Clipped voxels do not count: what was filled in there takes hydroxyapatite for granted. Those around them lie on
    the same ray.

    Parameters
    ----------
    images : tuple of array, shape (k, j, i)
        HU at low and high energy.
    clipped : bool array or None
    window, host : array
        What each voxel counts in the deposit's integral, and the ring's voxels in its host.
    host_hu : tuple of float
        The host's mean at both energies.
    host_covariance, uneven_hu2 : array, shape (2, 2)
        What that mean is uncertain by besides noise; the unevenness of the host around.
    k : Sensitivity
        In the host.
    tissue : SoftTissue
    spacing_mm : tuple of float
        Along i, j, k.
    """
    counted = window if clipped is None else np.where(clipped, 0.0, window)
    weights = counted - host * (counted.sum() / window.sum())
    low, high = (float((counted * (image - level)).sum()) for image, level in zip(images, host_hu, strict=True))
    covariance = tissue.covariance.of_sums(weights) + host_covariance * counted.sum() ** 2
    near = counted >= _LEAST_COUNT * window.max()
    scatter = scatter_of(images[0], images[1], near, tissue.covariance, uneven_hu2, spacing_mm)
    return classify(low, high, covariance, k, scatter=scatter)
