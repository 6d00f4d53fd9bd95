"""Deposits in contact with bone: the parts of mineral that are likely deposits, by all their signs together.

Bone and calcinosis are the same mineral, so energy can't part them. What can is told in `_mineral_signs`; how likely
each place is a deposit, in `_deposit_trees`. Here places become deposits: likely ones that are connected, of some size,
with some of which it is sure, and the blur around them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._deposit_trees import deposit_likelihood
from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._hand_model import HandModel
from calcidect.anatomy._mineral_signs import Evidence, Signs, Values, signs_of

Mask = NDArray[np.bool_]

SURFACE_MM = -0.25
"""Where bone ends, on the refined surface's distance: that surface lies so much outside on average."""
_LIKELY, _SURE = 0.5, 0.9
_LEAST_MM3, _LEAST_SURE_MM3 = 8.0, 4.0
"""Our choice: a ball of 2.5 mm, of a voxel or two of blur all around; half of it sure."""
_SMOOTH_STEPS = 0.8
"""Of the signs' grid: what is told of single places is noise."""


def deposits_against_bone(zone: Mask, bones: Mask, evidence: Evidence, best: FoundPose, model: HandModel) -> Mask:
    """Return the voxels of deposits in contact with bone.

    Parameters
    ----------
    zone : bool array, shape (k, j, i)
        Mineral that is connected to bone, blur included.
    bones : bool array
        Bone and what touches it, filled and trimmed of blur.
    evidence : Evidence
    best : FoundPose
    model : HandModel
        Refined to this scan.
    """
    signs = signs_of(zone, bones, evidence, best, model)
    kept = _kept(signs, deposit_likelihood(signs), float(np.prod(best.space.grid.spacing_mm) * np.prod(signs.step)))
    return zone & (_on_box(kept, signs, zone.shape) > _LIKELY)


def _kept(signs: Signs, likelihood: Values, place_mm3: float) -> Values:
    """Return the likelihood on the signs' grid, smoothed, 0 outside of the parts that are deposits."""
    from scipy.ndimage import gaussian_filter, label

    at = tuple(signs.index.T)
    told, value = np.zeros((2, *signs.shape), np.float32)
    told[at], value[at] = 1, likelihood
    weight = gaussian_filter(told, _SMOOTH_STEPS)
    smooth = told * gaussian_filter(value, _SMOOTH_STEPS) / np.maximum(weight, 1e-3)
    parts, count = label(smooth > _LIKELY)
    size, sure = (np.bincount(parts[smooth > limit], minlength=count + 1) * place_mm3 for limit in (_LIKELY, _SURE))
    is_deposit = (size >= _LEAST_MM3) & (sure >= _LEAST_SURE_MM3)
    is_deposit[0] = False
    return np.asarray(np.where(is_deposit[parts], smooth, 0), np.float32)


def _on_box(values: Values, signs: Signs, shape: tuple[int, ...]) -> Values:
    """Return values of the signs' grid at the voxels of the hand's box, linear between places."""
    from scipy.ndimage import affine_transform

    return np.asarray(affine_transform(values, 1 / signs.step, output_shape=shape, order=1, mode="nearest"))
