"""Measures of older work, for comparison with it alone: volumes above fixed HU, an Agatston-like score, a shadow.

All of them change with the kernel, the energy and the slice thickness, and none tells mass: docs/method/materials.md,
section 9. They are taken at the pair's low energy, of deposits of any material.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._surroundings import Surroundings
from calcidect.geometry import FloatArray

THRESHOLDS_HU = (130.0, 150.0, 200.0, 300.0)
"""In use: 130 HU (Agatston, J Am Coll Cardiol 1990;15:827), 150 HU (gout software), 200 and 300 HU (bone)."""

_WEIGHT_STEPS_HU = (130.0, 200.0, 300.0, 400.0)
"""Density weight 1, 2, 3, 4 from these peaks on (Agatston, J Am Coll Cardiol 1990;15:827, at 120 or 130 kV)."""

_SCORED_SLICE_MM = 3.0
"""Distance of the slices for which the score was made (as above)."""

_CLEAR_OF_BONE_MM = 1.0
"""The blur of bone (FWHM up to 1.2 mm) is down to a fortieth there, as for the mass."""

_RAY_STEP = 0.5
"""Of the shortest voxel edge, between rays and along them: our choice; finer hardly changes an area."""


@dataclass(frozen=True)
class OlderMeasures:
    """One deposit as older work measured it; the names are columns of ``deposits.csv``."""

    volume_130_hu_mm3: float
    volume_150_hu_mm3: float
    volume_200_hu_mm3: float
    volume_300_hu_mm3: float
    agatston_like: float
    projected_area_mm2: float


def older_measures(
    around: Surroundings, voxels: NDArray[np.bool_], dorsal: FloatArray, halo_mm: float
) -> OlderMeasures:  # fmt: skip
    """Return the measures of one deposit.

    Parameters
    ----------
    around : Surroundings
        The deposit in its box.
    voxels : bool array, shape (k, j, i)
        The deposit's labelled voxels: what casts the shadow.
    dorsal : array, shape (3,)
        Unit vector from palm to back of the hand along the grid's axes i, j, k.
    halo_mm : float
        How far from its mineral voxels may count.
    """
    low = np.where(own_region(around, halo_mm), around.low, -np.inf)
    v130, v150, v200, v300 = (float(np.count_nonzero(low >= hu)) * around.voxel_mm3 for hu in THRESHOLDS_HU)
    area_mm2 = projected_area_mm2(voxels, around.spacing_mm, dorsal)
    return OlderMeasures(v130, v150, v200, v300, agatston_like(low, around.spacing_mm), area_mm2)


def own_region(around: Surroundings, halo_mm: float) -> NDArray[np.bool_]:
    """Return a deposit's mineral and the halo that is its own: in the body, clear of bone and of other deposits."""
    clear = (around.bone_mm > _CLEAR_OF_BONE_MM) & (around.depth_mm > 0) & (around.others_mm > around.away_mm)
    return around.mask | (clear & (around.away_mm <= halo_mm))


def agatston_like(low_hu: NDArray[np.floating], spacing_mm: tuple[float, float, float]) -> float:
    """Return the sum over slices of area above 130 HU times the weight of the slice's peak, for slices 3 mm apart.

    The area of a slice is mm2; slices nearer to each other than 3 mm count by their distance over 3 mm, so that the
    score does not grow with their number. The whole deposit is one lesion of each slice, whatever its parts. The
    original is of 120 to 130 kV: at 80 kV calcium is a third brighter.

    Parameters
    ----------
    low_hu : array, shape (k, j, i)
        HU, -inf outside the region.
    spacing_mm : tuple of float
        Along i, j, k.
    """
    i_mm, j_mm, k_mm = spacing_mm
    area_mm2 = np.count_nonzero(low_hu >= THRESHOLDS_HU[0], axis=(1, 2)) * i_mm * j_mm
    weight = np.searchsorted(_WEIGHT_STEPS_HU, low_hu.max(axis=(1, 2)), side="right")
    return float((area_mm2 * weight).sum() * k_mm / _SCORED_SLICE_MM)


def projected_area_mm2(
    voxels: NDArray[np.bool_], spacing_mm: tuple[float, float, float], towards: FloatArray
) -> float:  # fmt: skip
    """Return the area of the shadow that voxels cast along a direction.

    Parallel rays, half a voxel apart in a plane across the direction; a ray counts where it meets a voxel. Seen across
    their edges, voxels stand out: balls 12 voxels wide come out at most a sixth too large.

    Parameters
    ----------
    voxels : bool array, shape (k, j, i)
    spacing_mm : tuple of float
        Along i, j, k.
    towards : array, shape (3,)
        Unit vector along the axes i, j, k.
    """
    index = np.stack(np.nonzero(voxels), -1)[:, ::-1]
    if len(index) == 0:
        return 0.0
    spacing = np.array(spacing_mm)
    axes = _frame(towards)
    corners = np.stack(np.meshgrid(*[[-0.5, 0.5]] * 3, indexing="ij"), -1).reshape(-1, 3) * spacing @ axes.T
    along = (index * spacing) @ axes.T
    first, last = along.min(0) + corners.min(0), along.max(0) + corners.max(0)
    step = _RAY_STEP * float(spacing.min())
    u, v, w = (np.arange(a + step / 2, b + step / 2, step) for a, b in zip(first, last, strict=True))
    plane = u[:, None, None] * axes[0] + v[:, None] * axes[1]
    shadow = np.zeros((len(u), len(v)), bool)
    for depth in w:
        shadow |= _at(voxels, (plane + depth * axes[2]) / spacing)
    return float(np.count_nonzero(shadow)) * step**2


def _frame(towards: FloatArray) -> FloatArray:
    """Return three perpendicular unit vectors as rows, the last along a direction."""
    least = np.eye(3)[int(np.abs(towards).argmin())]
    across = np.cross(towards, least)
    across /= np.linalg.norm(across)
    return np.array([across, np.cross(towards, across), towards])


def _at(voxels: NDArray[np.bool_], index: FloatArray) -> NDArray[np.bool_]:
    """Return the voxel at each place (i, j, k), False outside."""
    nearest = np.rint(index).astype(int)
    inside = np.all((nearest >= 0) & (nearest < voxels.shape[::-1]), axis=-1)
    i, j, k = np.moveaxis(np.where(inside[..., None], nearest, 0), -1, 0)
    return np.asarray(voxels[k, j, i] & inside)
