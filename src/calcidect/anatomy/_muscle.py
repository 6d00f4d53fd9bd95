"""Muscle bellies of a hand, where the scan shows them.

On cells of about a millimetre the mean of soft tissue tells fat (-110 HU), muscle (40 to 75) and tendon (80 to 145).
A deposit hides what it lies in: there two energies tell it (`_host_of_deposits`), and where they can't, the tissue
around stands in (normalised convolution: Knutsson and Westin, CVPR 1993). A belly is a body of muscle: what is thinner
than 3 mm is a fascia, a vessel, or a border of fat with tendon or skin.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._host_of_deposits import Around, HostOfDeposits
from calcidect.anatomy._seen_tendons import FAT_HU, TENDON_ABOVE_MUSCLE_HU, SeenTissue
from calcidect.geometry import Grid, Volume

Mask = NDArray[np.bool_]
Factors = tuple[int, int, int]
"""Voxels a cell along i, j, k."""

_CELL_MM = 1.0
"""Our choice: about the blur of a scan."""
_SOFT_HU = (-250.0, 180.0)
"""Neither air nor mineral, with noise."""
_NEAR_MM = 1.0
_SCALES = ((_NEAR_MM, 1.0), (2.0, 3e-2), (4.0, 1e-3), (8.0, 3e-5))
"""Our choice: blur of the cells in mm, and weight; where mineral hides all within one, the next wider one rules."""
_CORE_MM = 1.5
"""Our choice: half the thickness of the thinnest belly."""
SKIN_AND_BLUR_MM = 2.5
"""Skin of 1 to 1.5 mm, and 1 mm of blur."""


def map_muscle(tissue: SeenTissue, deposits: Mask, host: HostOfDeposits | None) -> Volume:
    """Return the distance to muscle in mm, negative inside, on cells of about a millimetre.

    Parameters
    ----------
    tissue : SeenTissue
    deposits : bool array
        The mineral of it that is none of bone.
    host : HostOfDeposits or None
        Of the same voxels; None of a single-energy scan.
    """
    factors, grid = _cells_of(tissue.grid)
    clear = _clear_of(tissue.mineral, factors)
    soft = _is_soft(tissue.low_hu, tissue.depth_mm)
    weight = np.where(clear, _cell_means(soft.astype(np.float32), factors), np.float32(0))
    hu = _soft_means(tissue.low_hu, soft, weight, factors)
    if host is not None and deposits.any():
        beneath = _clear_of(tissue.mineral & ~deposits, factors) & ~_clear_of(deposits, factors)
        ha = _soft_means(host.ha_mg_per_cm3, soft, weight, factors)
        mean, square, ha = (each[beneath] for each in _spread((hu, hu**2, ha), weight, grid))
        around = Around(mean, np.sqrt(np.maximum(square - mean**2, 0)), ha)
        hu[beneath], weight[beneath] = _beneath(tissue, host, beneath, factors, around)
    deep = _cell_means(tissue.depth_mm, factors) > SKIN_AND_BLUR_MM
    (filled,) = _spread((hu,), weight, grid)
    return Volume(_bellies(filled, deep, tissue.muscle_hu, grid), grid)


def _is_soft(hu: NDArray[np.float32], depth_mm: NDArray[np.float32]) -> Mask:
    return (depth_mm > SKIN_AND_BLUR_MM) & (hu > _SOFT_HU[0]) & (hu < _SOFT_HU[1])


def _clear_of(mineral: Mask, factors: Factors) -> Mask:
    """Tell which cells hold no mineral, nor do their neighbours: it blurs a millimetre."""
    from scipy.ndimage import binary_dilation

    return np.asarray(~binary_dilation(_cell_means(mineral.astype(np.float32), factors) > 0))


def _beneath(
    tissue: SeenTissue, host: HostOfDeposits, cells: Mask, factors: Factors, around: Around
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the host's HU in some cells, and the share of each that tells it."""
    i, j, k = factors
    a, b, c = np.nonzero(cells)
    arrays = (tissue.low_hu, host.ha_mg_per_cm3, tissue.depth_mm)
    low, ha, depth = (_in_cells(array, factors)[a, :, b, :, c, :].reshape(-1, i * j * k) for array in arrays)
    soft = _is_soft(low - np.float32(host.k_low) * ha, depth)
    share = soft.mean(1, dtype=np.float32)
    low, ha = (np.where(soft, array, 0).mean(1) / np.maximum(share, np.float32(1e-9)) for array in (low, ha))
    return host.likely(low, ha, around), share


def _cells_of(grid: Grid) -> tuple[Factors, Grid]:
    """Return voxels a cell along i, j, k, and the grid of whole cells."""
    i, j, k = (max(1, round(_CELL_MM / s)) for s in grid.spacing_mm)
    size = (grid.size[0] // i, grid.size[1] // j, grid.size[2] // k)
    origin = grid.point_of([(i - 1) / 2, (j - 1) / 2, (k - 1) / 2])
    spacing = tuple(n * s for n, s in zip((i, j, k), grid.spacing_mm, strict=True))
    return (i, j, k), Grid(size, spacing, tuple(origin), grid.direction)  # type: ignore[arg-type]


def _in_cells(array: NDArray[np.float32], factors: Factors) -> NDArray[np.float32]:
    """Return the voxels of whole cells, shape (cells, k, cells, j, cells, i)."""
    i, j, k = factors
    a, b, c = array.shape[0] // k, array.shape[1] // j, array.shape[2] // i
    return array[: a * k, : b * j, : c * i].reshape(a, k, b, j, c, i)


def _cell_means(array: NDArray[np.float32], factors: Factors) -> NDArray[np.float32]:
    return np.asarray(_in_cells(array, factors).mean((1, 3, 5)), np.float32)


def _soft_means(
    array: NDArray[np.float32], soft: Mask, weight: NDArray[np.float32], factors: Factors
) -> NDArray[np.float32]:  # fmt: skip
    """Return the means of the soft tissue in whole cells, of which so much is soft; 0 where none is."""
    means = _cell_means(np.where(soft, array, np.float32(0)), factors)
    return np.where(weight > 0, means / np.maximum(weight, np.float32(1e-9)), np.float32(0))


def _spread(
    fields: Sequence[NDArray[np.float32]], weight: NDArray[np.float32], grid: Grid
) -> list[NDArray[np.float32]]:
    """Return the mean of each field of what is near, or of what is farther where nothing is."""
    from scipy.ndimage import gaussian_filter

    sums = np.zeros((1 + len(fields), *weight.shape), np.float32)
    for sigma_mm, share in _SCALES:
        sigma = [sigma_mm / s for s in grid.spacing_mm[::-1]]
        for total, field in zip(sums, (weight, *(weight * field for field in fields)), strict=True):
            total += share * gaussian_filter(field, sigma, truncate=3.0)
    shows, least = sums[0] > 1e-9, np.maximum(sums[0], np.float32(1e-9))
    return [np.where(shows, total / least, np.float32(FAT_HU)) for total in sums[1:]]


def _bellies(hu: NDArray[np.float32], deep: Mask, muscle_hu: float, grid: Grid) -> NDArray[np.float32]:
    """Return the signed distance to muscle: more muscle than fat and than tendon, near a core of muscle."""
    brightest = muscle_hu + 0.5 * TENDON_ABOVE_MUSCLE_HU
    muscle = deep & (hu > 0.5 * (muscle_hu + FAT_HU)) & (hu < brightest)
    sure = deep & (hu > 0.85 * muscle_hu + 0.15 * FAT_HU) & (hu < brightest)
    core = _signed_mm(sure, grid) < -_CORE_MM
    return _signed_mm(muscle & (_signed_mm(core, grid) < _CORE_MM + _NEAR_MM), grid)


def _signed_mm(mask: Mask, grid: Grid) -> NDArray[np.float32]:
    """Return the distance to a mask's surface, negative inside."""
    import SimpleITK as sitk

    if not mask.any():
        return np.full(mask.shape, 99.0, np.float32)
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(grid.spacing_mm)
    distance = sitk.SignedMaurerDistanceMap(image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    half = 0.5 * float(np.mean(grid.spacing_mm))  # the filter measures from the centres of the mask's outermost cells
    return np.asarray(sitk.GetArrayFromImage(distance) - half, np.float32)
