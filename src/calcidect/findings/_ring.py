"""The soft tissue around a deposit, which tells its host: the tissue that would be there without it.

Tendons, muscles, fasciae and the fat between them run lengthwise, so that what lies beyond both ends of a deposit tells
more of its host than what lies beside it: a deposit in a tendon has fat beside it, and tendon at its ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._flow import Flow, flow_of, straight
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
_EVEN_HU, _EVEN_SIGMA_MM = 20.0, 2.0
"""Our choice: where a ring differs by less than 20 HU beyond noise, the host is its mean over 2 mm, which holds less
noise; elsewhere fat, muscle and tendon meet, and what is nearest tells most."""
_ACROSS_SIGMA_MM, _ALONG_SIGMA_MM = 0.4, 10.0
"""Our choice: along a tendon or muscle tissue hardly changes over a centimetre, and across it borders are as sharp as
the scan's blur (sigma 0.4 to 0.5 mm) shows them. In the pulp of a fingertip neither holds: there the host is the mean
over 2 mm."""
_TOLD_FROM_MM = 2.0
"""From the ends of a deposit of 20 mm3 to its middle."""
_MINIMUM_RING_VOXELS = 12
_EVERYWHERE = 1e-5
"""Weight of the whole ring's mean, which rules only where the Gaussian does not reach the ring."""
_SIGMAS = 5.0
"""Where the Gaussian ends."""


@dataclass(frozen=True, eq=False)
class Ring:
    """Soft tissue around a deposit, which tells its host.

    The host at a place is the ring's mean with weights that fall off as a Gaussian of the distance (normalised
    convolution, Knutsson and Westin, CVPR 1993, doi 10.1109/CVPR.1993.341081), so that fat on one side stays there. The
    Gaussian is long where the tissue runs, so that a tendon on both ends of a deposit goes on through it.

    Parameters
    ----------
    voxels : bool array, shape (k, j, i)
    sigma_voxels : array, shape (3,)
        Of the Gaussian: across the flow's planes, and within them.
    flow : Flow
        Which way the tissue runs; from plane to plane the Gaussian follows it.
    told_from_voxels : float
        Of a deposit, from its ends to its middle: 2 mm across the flow's planes.
    gap_voxels : float
        Planes so near to a place do not tell its host.
    """

    voxels: NDArray[np.bool_]
    sigma_voxels: FloatArray
    flow: Flow
    told_from_voxels: float
    gap_voxels: float = 0.0

    @cached_property
    def tells(self) -> bool:
        """Tell whether there is enough of it."""
        return int(self.voxels.sum()) >= _MINIMUM_RING_VOXELS

    def under(self, image: NDArray[Any]) -> FloatArray:
        """Return the host at every voxel of an image."""
        held = np.where(self.voxels, image, 0.0)
        return np.asarray((self._spread(held) + _EVERYWHERE * held.sum() / self.voxels.sum()) / self._reached)

    def left(self, image: NDArray[Any]) -> FloatArray:
        """Return by how much each of the ring's voxels differs from what planes 2 mm away and more tell there.

        So it is with a deposit's host, too, which is told from the deposit's ends.
        """
        apart = replace(self, gap_voxels=self.told_from_voxels)
        return np.asarray((image - apart.under(image))[self.voxels])

    def weights(self, window: FloatArray) -> FloatArray:
        """Return what each voxel of the ring counts in ``sum(window * under(image))``."""
        asked = window / self._reached
        spread = self._spread(asked) + _EVERYWHERE * asked.sum() / self.voxels.sum()
        return np.asarray(np.where(self.voxels, spread, 0.0))

    @cached_property
    def _reached(self) -> FloatArray:
        return self._spread(self.voxels.astype(float)) + _EVERYWHERE

    def _spread(self, image: FloatArray) -> FloatArray:
        """Return ``G image``; nothing lies beyond the box. G goes there and back, so that it is symmetric."""
        from scipy.ndimage import correlate1d

        planes = np.moveaxis(image, self.flow.axis, 0).astype(float)
        first = self.flow.across_voxels - self.flow.across_voxels.min(0)
        size = first.max(0) + planes.shape[1:]
        aligned = np.zeros((len(planes), *size))
        places = [
            (slice(j, j + planes.shape[1]), slice(i, i + planes.shape[2])) for j, i in (first.max(0) - first).tolist()
        ]
        for plane, place, part in zip(aligned, places, planes, strict=True):
            plane[place] = part
        for axis, (sigma, gap) in enumerate(zip(self.sigma_voxels, (self.gap_voxels, 0.0, 0.0), strict=True)):
            aligned = correlate1d(aligned, _gaussian(sigma, gap), axis, mode="constant")
        spread = np.stack([plane[place] for plane, place in zip(aligned, places, strict=True)])
        return np.asarray(np.moveaxis(spread, 0, self.flow.axis))


def _gaussian(sigma: float, gap: float) -> FloatArray:
    """Return a Gaussian of whole voxels, without its middle, its sum (without a gap) 1."""
    offset = np.arange(-int(np.ceil(_SIGMAS * sigma)), int(np.ceil(_SIGMAS * sigma)) + 1)
    height = np.exp(-0.5 * (offset / sigma) ** 2)
    return np.asarray(np.where(np.abs(offset) < gap, 0.0, height) / height.sum())


def ring_of(around: Surroundings, tissue: SoftTissue, settings: FindingsSettings) -> Ring:
    """Return the ring that tells the host."""
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
    is_even = beyond_noise_hu2 < _EVEN_HU**2 or not around.lengthwise
    along_mm = _ALONG_SIGMA_MM if around.lengthwise else _EVEN_SIGMA_MM
    across_mm = _EVEN_SIGMA_MM if is_even else _ACROSS_SIGMA_MM
    flow = flow_of(around) if around.lengthwise else straight(around)
    spacing_mm = np.array(around.spacing_mm[::-1])[list(flow.axes)]
    sigma_voxels = np.array([along_mm, across_mm, across_mm]) / spacing_mm
    return Ring(ring, sigma_voxels, flow, _TOLD_FROM_MM / spacing_mm[0])


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
