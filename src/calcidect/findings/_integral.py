"""What each voxel counts in a deposit's integral: the deposit and its halo, less the host around it.

One set of weights for every image, so that signal, host, noise and the share of the deposit that is seen all follow
from the same sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._noise_filter import NoiseFilter
from calcidect.findings._ring import Ring
from calcidect.geometry import FloatArray
from calcidect.materials import NoiseCovariance

_SMALLEST_SHARE = 0.3
"""Our choice: a deposit of which less can be seen is not scaled up further, and is flagged long before."""
_FULL_SHARE = 0.05
"""A voxel that the deposit fills by this share counts half. Our choice: between 0.02 and 0.1 the noise of simulated
deposits changes by a tenth; the smaller, the less a wrong shape matters (docs/method/materials.md)."""
_NO_SHARE = 0.003
_KNOWN_SHARE = 0.15
"""The same for a shape that is as good as known, of which less is in doubt. Our choice: between 0.05 and 0.5 the
deviation of balls of 2 mm changes by a twentieth."""
_PRECISION, _MOST_STEPS = 1e-3, 50


@dataclass(frozen=True, eq=False)
class Integral:
    """Weights on a deposit's box, shape (k, j, i), and the share of its blurred shape that they count.

    Parameters
    ----------
    window : array
        Up to 1 in the deposit, less in its halo, 0 elsewhere.
    host : array
        Ring voxels; its sum is the window's, or 0 without a ring.
    share : float
        Of the deposit's signal, above 0.
    visible : float
        Share of the blurred deposit where nothing else blurs into it.
    """

    window: FloatArray
    host: FloatArray
    share: float
    visible: float

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
        """Return the sum of HU above a host over the whole deposit, what is not counted made up for."""
        return float((self.window * (image - host_hu)).sum()) / self.share


def integral_of(
    filled: NDArray[np.float32], signal: NDArray[np.float32], seen: NDArray[np.bool_], ring: Ring,
    noise: NoiseCovariance | None = None,
) -> Integral:  # fmt: skip
    """Return the weights of a deposit, with f the share that its blurred shape fills: ``f / (f + 0.05)``.

    The far halo holds little signal and all the noise and host, so it counts less; what that leaves out, the share
    makes up for. This is the least-squares estimate of a signal whose error in a voxel has the variance of the noise
    and, for the shape, 20 f times it. Where the shape is as good as known, the noise's own correlation R and a smaller
    doubt of it are taken in: ``(0.15 R + F)^-1 f``, F the diagonal matrix of f.

    Parameters
    ----------
    filled : float32 array, shape (k, j, i)
        Share of each voxel that the blurred deposit fills.
    signal : float32 array
        As it should appear, up to a factor.
    seen : bool array
        Voxels that show this deposit and its host alone; others count nothing.
    ring : Ring
    noise : NoiseCovariance, optional
        Where the shape is as good as known.
    """
    counted = seen & (filled > _NO_SHARE)
    window = np.where(counted, filled / (filled + _FULL_SHARE), 0.0)
    if noise is not None and counted.any():
        known = _of_known_shape(filled, counted, noise)
        as_much = float((window * filled).sum() / (known * filled).sum())
        window = as_much * known  # of the shape, for a share to mean the same
    host = ring.weights(window) if ring.tells else np.zeros(window.shape)
    whole = max(float(signal.sum()), 1e-9)
    share = float(((window - host) * signal).sum()) / whole
    return Integral(window, host, max(share, _SMALLEST_SHARE), float(signal[seen].sum()) / whole)


def _of_known_shape(
    filled: NDArray[np.float32], counted: NDArray[np.bool_], noise: NoiseCovariance
) -> FloatArray:  # fmt: skip
    """Return ``(0.15 R + F)^-1 f`` on the voxels that count, by conjugate gradients."""
    from scipy.ndimage import find_objects
    from scipy.sparse.linalg import LinearOperator, cg

    box = find_objects(counted.astype(np.uint8))[0]
    here, correlation = counted[box], NoiseFilter.of(noise, counted[box].shape)
    share = filled[box][here].astype(float)
    image = np.zeros(here.shape)

    def applied(weights: FloatArray) -> FloatArray:
        image[here] = weights
        return np.asarray(_KNOWN_SHARE * correlation.correlated(image)[here] + share * weights)

    system = LinearOperator((share.size, share.size), matvec=applied, dtype=float)
    weights, _ = cg(system, share, x0=share / (share + _KNOWN_SHARE), rtol=_PRECISION, maxiter=_MOST_STEPS)
    window = np.zeros(filled.shape)
    window[box][here] = weights
    return window
