"""How dense bone and its blur usually are, by share of its length and depth: from the bones of its kind in the hand.

A deposit that has eaten into a bone, or taken a tuft's place, is solid where bone is a shell around marrow. Age, kernel
and person change how dense bone looks, so that no fixed limit serves; the other digits of the same hand do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray

_PARTS_OF_LENGTH, _PARTS_OF_DEPTH = 10, 10
_OUTSIDE_MM = 0.4
"""Outside of the surface, where blur falls off, a part of depth is so thick; the first three parts lie there."""
_PARTS_OUTSIDE = 3
_LEAST_VOXELS = 8
_LEAST_EXCESS_MG_PER_CM3, _DEVIATIONS = 150.0, 2.0
"""Our choice: clear of the texture of spongy bone (a standard deviation is 0.67 of that of the quartile)."""
_QUARTILE = 0.674
_KINDS = ("distal", "middle", "proximal", "metacarpal", "carpal", "radius", "ulna", "pisiform")
"""Alike inside; the pisiform is denser than the other carpals."""
_CARPAL = _KINDS.index("carpal")
_KIND = np.array([_KINDS.index(k) if (k := name.split("_")[0]) in _KINDS else _CARPAL for name in BONES])


def denser_than_usual(
    ha_mg_per_cm3: NDArray[np.floating], distance_mm: NDArray[np.floating], bone: NDArray[np.intp], share: FloatArray
) -> NDArray[np.bool_]:
    """Tell which voxels in bone or its blur are denser than their place is in the other bones of their kind.

    Parameters
    ----------
    ha_mg_per_cm3 : array, shape (n,)
    distance_mm : array, shape (n,)
        From the bone's surface, negative inside.
    bone : int array, shape (n,)
        In the order of ``BONES``.
    share : array, shape (n,)
        Of the bone's length; not used of carpals, which have no length.
    """
    middle, spread = usual_density(ha_mg_per_cm3, distance_mm, bone, share, np.ones(len(bone), bool))
    limit = middle + np.fmax(_LEAST_EXCESS_MG_PER_CM3, _DEVIATIONS * spread)
    return np.asarray(ha_mg_per_cm3 > limit)  # false where the limit is nan


def usual_density(
    density: NDArray[np.floating], distance_mm: NDArray[np.floating], bone: NDArray[np.intp], share: FloatArray,
    counts: NDArray[np.bool_],
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return median and standard deviation of the density of bones of their kind, at the place of every voxel.

    Parameters
    ----------
    density : array, shape (n,)
        In any unit.
    distance_mm : array, shape (n,)
        From the bone's surface, negative inside.
    bone : int array, shape (n,)
        In the order of ``BONES``.
    share : array, shape (n,)
        Of the bone's length; not used of carpals, which have no length.
    counts : bool array, shape (n,)
        The voxels from which it is told.

    Returns
    -------
    middle, spread : array, shape (n,)
        nan where too few voxels tell.
    """
    place = _place(distance_mm, bone, share)
    middle, spread = _usual(density[counts], bone[counts], place[counts])
    return middle[_KIND[bone], place], spread[_KIND[bone], place]


def _place(distance_mm: NDArray[np.floating], bone: NDArray[np.intp], share: FloatArray) -> NDArray[np.intp]:
    """Return the number of each voxel's part of its bone, by length and by depth relative to the bone's deepest."""
    deepest = np.ones(len(BONES))
    for n in np.unique(bone):
        deepest[n] = max(np.quantile(-distance_mm[bone == n], 0.99), 0.5)
    inside = _PARTS_OUTSIDE + -distance_mm / deepest[bone] * (_PARTS_OF_DEPTH - _PARTS_OUTSIDE)
    outside = _PARTS_OUTSIDE - distance_mm / _OUTSIDE_MM
    depth = np.clip(np.where(distance_mm < 0, inside, outside), 0, _PARTS_OF_DEPTH - 1).astype(int)
    length = np.clip(share * _PARTS_OF_LENGTH, 0, _PARTS_OF_LENGTH - 1).astype(int)
    length[_KIND[bone] == _CARPAL] = 0
    return np.asarray(length * _PARTS_OF_DEPTH + depth, np.intp)


def _usual(ha: NDArray[np.floating], bone: NDArray[np.intp], place: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Return median and standard deviation, shape (kinds, places): each the median of the bones of a kind."""
    parts = _PARTS_OF_LENGTH * _PARTS_OF_DEPTH
    own = np.full((2, len(BONES) * parts), np.nan)
    key = bone * parts + place
    order = np.argsort(key, kind="stable")
    keys, starts = np.unique(key[order], return_index=True)
    for k, values in zip(keys, np.split(ha[order], starts[1:]), strict=True):
        if len(values) >= _LEAST_VOXELS:
            own[:, k] = np.quantile(values, (0.5, 0.75))
    half, upper = own.reshape(2, len(BONES), parts)
    middle = np.stack([_median(half[kind == _KIND]) for kind in range(len(_KINDS))])
    spread = np.stack([_median((upper - half)[kind == _KIND]) for kind in range(len(_KINDS))])
    return middle, spread / _QUARTILE


def _median(rows: FloatArray) -> FloatArray:
    """Return each column's median of what is known; nan where nothing is."""
    known = np.isfinite(rows).any(0)
    middle = np.full(rows.shape[1], np.nan)
    middle[known] = np.nanmedian(rows[:, known], 0)
    return middle
