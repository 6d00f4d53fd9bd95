"""One deposit in its box: the images, and how far every voxel lies from what else is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import SMOOTH_MM
from calcidect.geometry import FloatArray
from calcidect.study import StudyQuality

_SOFT_KERNEL_FWHM_MM = 1.0
"""Of a soft kernel for hands (docs/method/quality.md), where the skin's edge could not be measured."""
_FWHM_MM = (0.4, 2.0)
"""Our choice: what is measured beyond is no kernel's blur."""
_SIGMA_OF_FWHM = 1 / 2.3548


@dataclass(frozen=True)
class Blur:
    """Full width at half maximum of the blur of a scan, in mm: in the plane of the slices, and along them."""

    in_plane_mm: float
    along_mm: float

    @property
    def widest_mm(self) -> float:
        """Return the larger of the two."""
        return max(self.in_plane_mm, self.along_mm)

    def sigma_mm(self) -> FloatArray:
        """Return the standard deviations of the Gaussian of that width, along k, j, i."""
        return _SIGMA_OF_FWHM * np.array([self.along_mm, self.in_plane_mm, self.in_plane_mm])


def blur_of(quality: StudyQuality | None, slice_spacing_mm: float) -> Blur:
    """Return the blur of a scan: in the plane that of the skin's edge, along the slices their thickness.

    Without a measured edge, that of a soft kernel; without a stated thickness, the distance of the slices.
    """
    series = [one for one in (quality.low, quality.high) if one is not None] if quality else []
    edges = [one.blur_fwhm_mm for one in series if one.blur_fwhm_mm is not None]
    thick = [one.thickness_mm for one in series if one.thickness_mm is not None]
    in_plane = float(np.mean(edges)) if edges else _SOFT_KERNEL_FWHM_MM
    along = max([slice_spacing_mm, *thick])
    return Blur(float(np.clip(in_plane, *_FWHM_MM)), along)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """One deposit in its box: images and distances, float32, shape (k, j, i).

    Parameters
    ----------
    low : array
        HU.
    high : array or None
        HU; None of a single-energy scan.
    mask : bool array
        The deposit's mineral.
    away_mm, bone_mm, depth_mm, others_mm : array
        Distance to this deposit, to bone, to the skin from inside, and to other deposits or what was
        taken for none.
    spacing_mm : tuple of float
        Along i, j, k.
    blur : Blur
        Of the scan.
    clipped : bool array or None
        Low-energy voxels at the top of the stored range, filled in from the high energy; None if there are none.
    course : array, shape (3,)
        Which way the soft tissue is expected to run: unit vector along k, j, i. Hands lie along the slices' axis.
    lengthwise : bool
        Whether it runs so. Not in the pulp of a fingertip, beyond the tendons' ends: its septa go from bone to skin.
    """

    low: NDArray[np.float32]
    high: NDArray[np.float32] | None
    mask: NDArray[np.bool_]
    away_mm: NDArray[np.float32]
    bone_mm: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    others_mm: NDArray[np.float32]
    spacing_mm: tuple[float, float, float]
    blur: Blur
    clipped: NDArray[np.bool_] | None = None
    course: FloatArray = field(default_factory=lambda: np.array([1.0, 0.0, 0.0]))
    lengthwise: bool = True

    @property
    def voxel_mm3(self) -> float:
        """Volume of a voxel."""
        return float(np.prod(self.spacing_mm))

    @cached_property
    def smooth_low(self) -> NDArray[np.float32]:
        """The low energy, smoothed as where mineral is looked for, so that noise does not tell what soft tissue is."""
        from scipy.ndimage import gaussian_filter

        return np.asarray(gaussian_filter(self.low, [SMOOTH_MM / s for s in self.spacing_mm[::-1]]), np.float32)

    @property
    def mine(self) -> NDArray[np.bool_]:
        """Voxels that could belong to this deposit: not in bone, nor nearer to another deposit."""
        return (self.bone_mm > 0) & (self.others_mm > self.away_mm)
