"""What bone and neighbours blur into a deposit's place, told from the image by the scan's own blur.

Beside bone every voxel holds the deposit's signal and bone's blur. Which is which follows from the blur, which is
known, and from where bone and mineral lie, which the anatomy room tells: a source of unknown strength in each of their
voxels, blurred, must give the image. This is partial-volume correction by regions (Rousset et al., J Nucl Med
1998;39:904), with a region for every voxel, as bone is nowhere even.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._surroundings import Surroundings
from calcidect.geometry import FloatArray, box_around

_FIT_MM, _SOURCES_MM = 3.0, 4.0
"""From the deposit: its halo, and what blurs into that; sources go on for as far again as they are seen."""
_SEEN_MM = 1.0
"""The blur of an edge (FWHM up to 1.2 mm) is down to a fortieth there."""
_MINERAL_HU = 1000.0
"""Standard deviation of a source about 0, which holds what the image does not tell. Our choice, the order of bone's HU
at 80 kV."""
_PRECISION, _MOST_STEPS = 1e-3, 200
_SIGMAS = 3.5
"""Where the blur is cut off."""
SURFACE_SD_MM = 0.7
"""Of the border between bone and what lies on it, where the image shows no edge. On simulated hands it is drawn 0.5 mm
off (root mean square), and with the true border what is left of bone's blur moves masses by as much as another 0.4 mm
would; together 0.65. Pieces that were drawn into bone as a whole are not in it (docs/method/anatomy.md)."""


def unmixed(images: Sequence[FloatArray], around: Surroundings, noise_hu: Sequence[float]) -> list[FloatArray]:
    """Return what bone and neighbours add to each image: all but 0 where they are far.

    Least squares over the strengths s of all sources, in bone, neighbours and deposit, with B their blur:
    ``sum (y - B s)^2 / noise^2 + sum s^2 / (1000 HU)^2``; of B s the part of bone and neighbours. Voxels that touch
    bone and are not the deposit's may hold some of it, those that touch the deposit's mineral some of that.

    Parameters
    ----------
    images : sequence of array, shape (k, j, i)
        HU above the host.
    around : Surroundings
    noise_hu : sequence of float
        Standard deviation of a voxel of each image.
    """
    beside = (around.bone_mm <= 0) | (around.others_mm <= 0)
    if not (beside & (around.away_mm <= _FIT_MM)).any():
        return [np.zeros(image.shape) for image in images]
    box = box_around(around.away_mm <= _SOURCES_MM, np.zeros(3))
    assert box is not None  # a deposit has voxels
    away_mm, bone_mm, others_mm = around.away_mm[box], around.bone_mm[box], around.others_mm[box]
    touching_mm = 0.5 * max(around.spacing_mm)
    own = (away_mm <= touching_mm) & ~beside[box]
    foreign = (beside[box] | (bone_mm <= touching_mm)) & ~own & (away_mm <= _SOURCES_MM)
    seen = (away_mm <= _FIT_MM) & (np.minimum(np.minimum(bone_mm, others_mm), away_mm) <= _SEEN_MM)
    sources = _Sources.of(foreign | own, around)
    added = []
    for image, noise in zip(images, noise_hu, strict=True):
        strengths = sources.fitted(image[box], seen, (noise / _MINERAL_HU) ** 2)
        part = np.zeros(image.shape)
        part[box] = sources.image(np.where(foreign[sources.voxels], strengths, 0.0))
        added.append(part)
    return added


def surface_mg_per_mm(filled: NDArray[np.float32], mg_per_cm3: FloatArray, around: Surroundings) -> float:
    """Return by how much a deposit's mass changes if its border with bone lies elsewhere: contact area times density.

    Two bodies that share a face, each blurred by a Gaussian, overlap by ``integral f (1 - f) = sigma / sqrt(pi)``
    across it; so their overlap tells the area, without counting the steps of voxels.

    Parameters
    ----------
    filled : float32 array, shape (k, j, i)
        Share of each voxel that the blurred deposit fills.
    mg_per_cm3 : array
        Crystal above the host, bone and deposit.
    around : Surroundings
    """
    bone = around.bone_mm <= 0
    if not bone.any():
        return 0.0
    of_bone = _Sources.of(bone, around).image(np.ones(int(bone.sum())))
    area_mm2 = np.sqrt(np.pi) / around.blur.sigma_mm().mean() * around.voxel_mm3 * filled * of_bone
    return float((area_mm2 * np.maximum(mg_per_cm3, 0.0)).sum()) / 1000


@dataclass(frozen=True, eq=False)
class _Sources:
    """Sources in some voxels of a box, each even over its voxel, and the blur through which they are seen."""

    voxels: NDArray[np.bool_]
    kernels: tuple[FloatArray, ...]

    @classmethod
    def of(cls, voxels: NDArray[np.bool_], around: Surroundings) -> _Sources:
        pairs = zip(around.blur.sigma_mm(), around.spacing_mm[::-1], strict=True)
        return cls(voxels, tuple(_kernel(sigma, spacing) for sigma, spacing in pairs))

    def image(self, strengths: FloatArray) -> FloatArray:
        """Return ``B s``, the image of the sources."""
        image = np.zeros(self.voxels.shape)
        image[self.voxels] = strengths
        return self._blurred(image)

    def fitted(self, image: FloatArray, seen: NDArray[np.bool_], held: float) -> FloatArray:
        """Return the strengths that give an image where it is seen, by conjugate gradients.

        ``(B' S B + held) s = B' S y`` with S the seen voxels; B is symmetric.
        """
        from scipy.sparse.linalg import LinearOperator, cg

        def applied(strengths: FloatArray) -> FloatArray:
            return self._at(np.where(seen, self.image(strengths), 0.0)) + held * strengths

        count = int(self.voxels.sum())
        system = LinearOperator((count, count), matvec=applied, dtype=float)
        strengths, _ = cg(system, self._at(np.where(seen, image, 0.0)), rtol=_PRECISION, maxiter=_MOST_STEPS)
        return np.asarray(strengths)

    def _at(self, image: FloatArray) -> FloatArray:
        return np.asarray(self._blurred(image)[self.voxels])

    def _blurred(self, image: FloatArray) -> FloatArray:
        from scipy.ndimage import correlate1d

        for axis, kernel in enumerate(self.kernels):
            image = correlate1d(image, kernel, axis, mode="constant")
        return image


def _kernel(sigma_mm: float, spacing_mm: float) -> FloatArray:
    """Return what a source even over its voxel gives at the middles of the voxels along a line through it."""
    from scipy.special import ndtr

    reach = int(np.ceil(_SIGMAS * sigma_mm / spacing_mm))
    edges = (np.arange(-reach, reach + 2) - 0.5) * spacing_mm / sigma_mm
    return np.asarray(np.diff(ndtr(edges)))
