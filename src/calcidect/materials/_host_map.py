"""The host of every mineral voxel: HU of the soft tissue around it at both energies, and how uncertain that is.

Normalised convolution (Knutsson and Westin, CVPR 1993, doi 10.1109/CVPR.1993.341081) of the soft tissue on a grid of
1 to 1.5 mm, with wider and wider scales where nothing is near (the push-pull pyramid of Gortler et al., SIGGRAPH 1996,
doi 10.1145/237170.237200).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Volume
from calcidect.materials._coarse import CoarseGrid, Floats
from calcidect.materials._noise import SoftTissue
from calcidect.study import Study

_SOFT_TISSUE_HU = -250.0
"""Voxels below are air or its blur: fat is -110 HU, and 4 times the noise of a noisy scan (35 HU) less still counts."""
_SIGMA_CELLS = 1.0
"""Our choice: as wide as the ring from which deposits take their host (docs/method/anatomy.md)."""
_WIDER = 0.005
"""Weight of the next wider scale against cells full of soft tissue: it rules where less than 0.5 % of them are near."""
_NOTHING = 1e-6
"""At the widest scale the whole scan's soft tissue stands in only where there is none at all."""
_UNEVEN_SHARE = 0.5
"""The host's standard deviation, as a share of the unevenness around: half of it is explained by interpolation, as in
the ring of a deposit (docs/method/anatomy.md)."""
_LEVELS = 6
"""Each twice as wide: the last one has cells of 32 mm, a whole hand."""


@dataclass(frozen=True, eq=False)
class HostMap:
    """HU of soft tissue in every cell, and the variance of its error besides the voxels' own noise.

    Parameters
    ----------
    coarse : CoarseGrid
        The cells.
    low_hu, high_hu : float32 array, shape ``coarse.cells``
    low_hu2, high_hu2, both_hu2 : float32 array, shape ``coarse.cells``
        Variances at either energy, and the covariance.
    """

    coarse: CoarseGrid
    low_hu: Floats
    high_hu: Floats
    low_hu2: Floats
    high_hu2: Floats
    both_hu2: Floats


def map_host(study: Study, soft: NDArray[np.bool_], tissue: SoftTissue, noise_hu2: NDArray[np.float64]) -> HostMap:
    """Return the host, from soft tissue clear of mineral, skin and air.

    Its error: how much the cells' means around differ (tissue changes from place to place), less what noise alone makes
    them differ by, plus the noise of the mean.

    Parameters
    ----------
    study : Study
        Of two energies.
    soft : bool array
        Voxels that may count.
    tissue : SoftTissue
        Of the whole scan: what stands where there is nothing near.
    noise_hu2 : array, shape (2, 2)
        Covariance of a voxel's noise.
    """
    assert study.high is not None
    coarse = CoarseGrid.over(study.low.grid)
    share, mean_low, mean_high = _cell_means(coarse, study.low, study.high, soft)
    moments = np.stack([mean_low, mean_high, mean_low**2, mean_high**2, mean_low * mean_high])
    stack = np.concatenate([share[None], share * moments, (share > 0)[None]]).astype(np.float32)
    scan = np.array([tissue.host_hu[0], tissue.host_hu[1]])
    everywhere = np.array([*scan, *(scan**2), scan[0] * scan[1], 1.0], np.float32)
    local, cells = _push_pull(stack, everywhere)
    groups = np.float32(tissue.correlated_voxels / coarse.voxels_per_cell)
    of_cells, of_mean = np.minimum(groups * local[5], 1.0), groups * cells  # shares of a voxel's noise
    variances = []
    for of_square, n, m in ((2, 0, 0), (3, 1, 1), (4, 0, 1)):
        uneven = local[of_square] - local[n] * local[m] - of_cells * np.float32(noise_hu2[n, m])
        uneven = np.maximum(uneven, 0.0) if n == m else uneven
        variances.append(_UNEVEN_SHARE**2 * uneven + of_mean * np.float32(noise_hu2[n, m]))
    bound = np.sqrt(variances[0] * variances[1])
    return HostMap(coarse, local[0], local[1], variances[0], variances[1], np.clip(variances[2], -bound, bound))


def _cell_means(
    coarse: CoarseGrid, low: Volume, high: Volume, soft: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    """Return of each cell the share of soft tissue, and its mean HU at both energies."""
    count, low_sum, high_sum = (np.zeros(coarse.cells, np.float32) for _ in range(3))
    for layer, slab in coarse.slabs():
        here = soft[slab] & (low.array[slab] > _SOFT_TISSUE_HU)
        count[layer] = coarse.layer_sum(here.astype(np.float32))
        for total, image in ((low_sum, low), (high_sum, high)):
            total[layer] = coarse.layer_sum(np.where(here, image.array[slab], 0).astype(np.float32))
    number: Floats = np.maximum(count, np.float32(1.0))
    share: Floats = count / np.float32(coarse.voxels_per_cell)
    return share, low_sum / number, high_sum / number


def _push_pull(stack: Floats, everywhere: Floats, level: int = 0) -> tuple[Floats, Floats]:
    """Return the local means of fields, at this scale where it tells, else at wider ones, and how noisy these are.

    Parameters
    ----------
    stack : array, shape (1 + fields, slices, rows, columns)
        Weights, and weighted fields.
    everywhere : array, shape (fields,)
        What stands beyond the widest scale.
    level : int
        How often the cells were doubled.

    Returns
    -------
    means : array, shape (fields, slices, rows, columns)
    noise : array, shape (slices, rows, columns)
        Variance of the mean, as a share of that of a cell of the finest scale.
    """
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(stack, [0.0, *[_SIGMA_CELLS] * 3], mode="constant", truncate=3.0)
    wider = np.concatenate([everywhere, [0.0]]).astype(np.float32)[:, None, None, None]
    weight_wider = np.float32(_NOTHING)
    shape = stack.shape[1:]
    if level + 1 < _LEVELS and max(shape) > 1:
        means, noise = _push_pull(_halved(stack), everywhere, level + 1)
        weight_wider = np.float32(_WIDER)
        wider = _doubled(np.concatenate([means, noise[None]]))[:, : shape[0], : shape[1], : shape[2]]
    total = smooth[0] + weight_wider
    # A squared Gaussian is a narrower one, over 8 pi^1.5 sigma^3; every doubling joins 8 cells.
    squared = gaussian_filter(stack[0], _SIGMA_CELLS / np.sqrt(2), mode="constant", truncate=4.25)
    squared /= np.float32(8 * np.pi**1.5 * _SIGMA_CELLS**3 * 8**level)
    noise = (squared + weight_wider**2 * wider[-1]) / total**2
    return (smooth[1:] + weight_wider * wider[:-1]) / total, noise


def _halved(stack: Floats) -> Floats:
    """Return means over two cells along each axis; the last may be over one cell and nothing."""
    padded = np.pad(stack, [(0, 0), *((0, n % 2) for n in stack.shape[1:])])
    for axis in (1, 2, 3):
        even, odd = (padded.take(range(start, padded.shape[axis], 2), axis) for start in (0, 1))
        padded = 0.5 * (even + odd)
    return padded


def _doubled(fields: Floats) -> Floats:
    """Return fields with twice as many cells along each axis but the first, linear between the cells' middles."""
    for axis in (1, 2, 3):
        last = fields.shape[axis] - 1
        former, following = (fields.take(np.clip(np.arange(last + 1) + step, 0, last), axis) for step in (-1, 1))
        near, far = np.float32(0.75) * fields, np.float32(0.25)
        both = np.stack([near + far * former, near + far * following], axis=axis + 1)
        fields = both.reshape(*fields.shape[:axis], -1, *fields.shape[axis + 1 :])
    return fields
