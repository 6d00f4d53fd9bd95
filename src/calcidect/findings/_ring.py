"""The soft tissue around a deposit, which tells its host: the tissue that would be there without it.

Tendons, muscles, fasciae and the fat between them run lengthwise, so that what lies beyond both ends of a deposit tells
more of its host than what lies beside it: a deposit in a tendon has fat beside it, and tendon at its ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._gather import distance_mm
from calcidect.findings._surroundings import Surroundings
from calcidect.geometry import FloatArray
from calcidect.materials import SoftTissue
from calcidect.settings import FindingsSettings

CLEAR_OF_BONE_MM = 1.0
CLEAR_OF_SKIN_MM = 1.0
"""The blur of bone and of the skin's edge (FWHM up to 1.2 mm) is down to a fortieth there."""
_RING_CLEARANCE_MM = 0.5
_SOFT_TISSUE_HU = (-200.0, 160.0)
_PLATEAU_MM = 1.5
_EVEN_HU, _EVEN_SIGMA_MM, _UNEVEN_SIGMA_MM = 20.0, 2.0, 1.0
"""Our choice: where a ring differs by less than 20 HU beyond noise, the host is its mean over 2 mm, which holds less
noise; elsewhere fat and muscle meet, and what is nearest tells most."""
_ACROSS_SIGMA_MM, _ALONG_SIGMA_MM = 0.7, 10.0
"""Our choice, where it is known which way soft tissue runs: along a tendon or muscle it hardly changes over a
centimetre, and across it borders are as sharp as the scan's blur (sigma 0.4 to 0.5 mm) shows them."""
_MINIMUM_RING_VOXELS = 12
_VOXEL_SIGMA = 0.9
"""Of a voxel, added to the Gaussian: the transform of one narrower than a voxel is cut off by the grid, and rings."""
_EVERYWHERE = 1e-3
"""Weight of the whole ring's mean, which rules only where the ring is more than 3 sigma away."""
_SIGMAS = 3.5
"""Where a ring's Gaussian ends."""


@dataclass(frozen=True, eq=False)
class Ring:
    """Soft tissue around a deposit, which tells its host.

    The host at a place is the ring's mean with weights that fall off as a Gaussian of the distance (normalised
    convolution, Knutsson and Westin, CVPR 1993, doi 10.1109/CVPR.1993.341081), so that fat on one side stays there. The
    Gaussian may be longer in one direction, so that a tendon on both ends of a deposit goes on through it.

    Parameters
    ----------
    voxels : bool array, shape (k, j, i)
    reach_voxels2 : array, shape (3, 3)
        Covariance of the Gaussian, along k, j, i.
    """

    voxels: NDArray[np.bool_]
    reach_voxels2: FloatArray

    @cached_property
    def tells(self) -> bool:
        """Tell whether there is enough of it."""
        return int(self.voxels.sum()) >= _MINIMUM_RING_VOXELS

    def under(self, image: NDArray[Any]) -> FloatArray:
        """Return the host at every voxel of an image."""
        held = np.where(self.voxels, image, 0.0)
        return np.asarray((self._spread(held) + _EVERYWHERE * held.sum() / self.voxels.sum()) / self._reached)

    def weights(self, window: FloatArray) -> FloatArray:
        """Return what each voxel of the ring counts in ``sum(window * under(image))``."""
        asked = window / self._reached
        spread = self._spread(asked) + _EVERYWHERE * asked.sum() / self.voxels.sum()
        return np.asarray(np.where(self.voxels, spread, 0.0))

    @cached_property
    def _reached(self) -> FloatArray:
        return self._spread(self.voxels.astype(float)) + _EVERYWHERE

    def _spread(self, image: FloatArray) -> FloatArray:
        """Return ``G image``, by the Gaussian's transform ``exp(-2 pi^2 f' reach f)``; nothing lies beyond the box."""
        from scipy.fft import irfftn, rfftn

        padded, transfer = self._transfer
        k, j, i = image.shape
        return np.asarray(irfftn(rfftn(image.astype(float), padded) * transfer, padded)[:k, :j, :i])

    @cached_property
    def _transfer(self) -> tuple[list[int], FloatArray]:
        from scipy.fft import fftfreq, next_fast_len, rfftfreq

        margin = np.ceil(_SIGMAS * np.sqrt(np.diag(self.reach_voxels2))).astype(int)
        padded = [next_fast_len(n + int(m), real=True) for n, m in zip(self.voxels.shape, margin, strict=True)]
        f = [fftfreq(padded[0])[:, None, None], fftfreq(padded[1])[:, None], rfftfreq(padded[2])]
        power = sum(self.reach_voxels2[a, b] * f[a] * f[b] for a in range(3) for b in range(3))
        return padded, np.exp(-2 * np.pi**2 * np.asarray(power))


def ring_of(around: Surroundings, tissue: SoftTissue, settings: FindingsSettings) -> Ring:
    """Return the ring that tells the host."""
    spacing_mm = np.array(around.spacing_mm[::-1])
    dense = around.mask & (around.low >= half_maximum_hu(around))
    soft = around.smooth_low
    from_dense_mm = distance_mm(dense, around.spacing_mm)
    ring = (
        clear_voxels(around)
        & (from_dense_mm > settings.halo_mm)
        & (from_dense_mm <= settings.halo_mm + settings.ring_mm)
        & (around.away_mm > _RING_CLEARANCE_MM)
        & (around.bone_mm > CLEAR_OF_BONE_MM + _RING_CLEARANCE_MM)
        & (around.depth_mm > CLEAR_OF_SKIN_MM + _RING_CLEARANCE_MM)
        & (soft > _SOFT_TISSUE_HU[0]) & (soft < _SOFT_TISSUE_HU[1])
    )  # fmt: skip
    beyond_noise_hu2 = float(np.var(around.low[ring])) - tissue.covariance.of_voxel[0, 0] if ring.any() else 0.0
    reach_mm2 = _reach_mm2(around.course, beyond_noise_hu2 < _EVEN_HU**2)
    return Ring(ring, reach_mm2 / np.outer(spacing_mm, spacing_mm) + _VOXEL_SIGMA**2 * np.eye(3))


def _reach_mm2(course: FloatArray | None, is_even: bool) -> FloatArray:
    """Return the covariance of the ring's Gaussian, along k, j, i."""
    if course is None:
        return (_EVEN_SIGMA_MM if is_even else _UNEVEN_SIGMA_MM) ** 2 * np.eye(3)
    across_mm2 = (_EVEN_SIGMA_MM if is_even else _ACROSS_SIGMA_MM) ** 2
    return np.asarray(across_mm2 * np.eye(3) + (_ALONG_SIGMA_MM**2 - across_mm2) * np.outer(course, course))


def clear_voxels(around: Surroundings) -> NDArray[np.bool_]:
    """Return the voxels that show the deposit and its host alone, once bone's blur is taken off."""
    return (around.bone_mm > 0) & (around.depth_mm > CLEAR_OF_SKIN_MM) & (around.others_mm > around.away_mm)


def half_maximum_hu(around: Surroundings) -> NDArray[np.float32]:
    """Return half of the plateau at each voxel; the plateau is the brightest within 1.5 mm.

    Never above that brightest voxel, so that something always reaches it.
    """
    from scipy.ndimage import maximum_filter

    inside = np.where(around.mask, np.minimum(around.smooth_low, around.low.max()), np.float32(-1024))
    size = [2 * round(_PLATEAU_MM / s) + 1 for s in around.spacing_mm[::-1]]
    plateau = maximum_filter(inside, size)
    return np.asarray(np.minimum(0.5 * plateau, plateau), np.float32)
