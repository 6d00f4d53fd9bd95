"""What each voxel counts in a deposit's integral: the deposit and its halo, less the host around it.

One set of weights for every image, so that signal, host, noise and the share of the deposit that is seen all follow
from the same sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray

_SMALLEST_SHARE = 0.3
"""Our choice: a deposit of which less can be seen is not scaled up further, and is flagged long before."""
_MINIMUM_RING_VOXELS = 12
_HOST_SIGMA_MM = 1.0
"""As wide as the halo across which the host is interpolated."""
_EVERYWHERE = 1e-3
"""Weight of the whole ring's mean, which rules only where the ring is more than 3 sigma away."""


@dataclass(frozen=True, eq=False)
class Integral:
    """Weights on a deposit's box, shape (k, j, i), and the share of its blurred shape that they count.

    Parameters
    ----------
    window : array
        1 in the deposit and its halo, else 0.
    host : array
        Ring voxels; its sum is the window's, or 0 without a ring.
    share : float
        Of the deposit's signal, above 0.
    """

    window: FloatArray
    host: FloatArray
    share: float

    @property
    def has_ring(self) -> bool:
        """Tell whether the ring tells the host."""
        return bool(self.host.any())

    @property
    def weights(self) -> FloatArray:
        """Return window less host."""
        return self.window - self.host

    def host_hu(self, image: NDArray[Any]) -> float:
        """Return the host's mean under the window, as the ring tells it."""
        return float((self.host * image).sum() / self.window.sum())

    def excess_hu_voxels(self, image: NDArray[Any], host_hu: float) -> float:
        """Return the sum of HU above a host over the whole deposit, what is not seen made up for."""
        return float((self.window * (image - host_hu)).sum()) / self.share


def integral_of(
    region: NDArray[np.bool_], ring: NDArray[np.bool_], filled: NDArray[np.float32],
    spacing_mm: tuple[float, float, float],
) -> Integral:  # fmt: skip
    """Return the weights of a deposit.

    The host under each voxel is the ring's mean with weights that fall off as a Gaussian of the distance (normalised
    convolution, Knutsson and Westin, CVPR 1993, doi 10.1109/CVPR.1993.341081), so that fat on one side stays there;
    summed over the region that is one weight for each voxel of the ring.

    Parameters
    ----------
    region, ring : bool array, shape (k, j, i)
        The deposit with its halo; what tells the host.
    filled : float32 array
        Share of each voxel that the blurred deposit fills, up to a factor.
    spacing_mm : tuple of float
        Along i, j, k.
    """
    window = region.astype(float)
    host = _host_weights(window, ring, spacing_mm) if ring.sum() >= _MINIMUM_RING_VOXELS else np.zeros(window.shape)
    seen = float(((window - host) * filled).sum() / max(float(filled.sum()), 1e-9))
    return Integral(window, host, max(seen, _SMALLEST_SHARE))


def _host_weights(window: FloatArray, ring: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> FloatArray:
    from scipy.ndimage import gaussian_filter

    sigma = [_HOST_SIGMA_MM / s for s in spacing_mm[::-1]]
    reached = gaussian_filter(ring.astype(float), sigma, mode="constant") + _EVERYWHERE
    asked = window / reached
    spread = gaussian_filter(asked, sigma, mode="constant") + _EVERYWHERE * asked.sum() / ring.sum()
    return np.asarray(np.where(ring, spread, 0.0))
