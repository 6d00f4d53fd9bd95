"""Deposits in contact with bone as the trees weigh all their signs together.

What is seen of each place is told in `_mineral_signs`; how likely it is a deposit, in `_deposit_trees`. Here places
become deposits: likely ones that are connected, of some size, with some of which it is sure; but for shells around
marrow, which are bone. In a hand without deposits apart from bone none are told unless one is large: on simulated
hands the trees, too, take some osteophytes for deposits. What single signs tell (`_against_bone`) is confirmed here, or
is bone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._contested import Evidence
from calcidect.anatomy._deposit_trees import deposit_likelihood
from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._hand_model import HandModel
from calcidect.anatomy._mineral import MineralImage
from calcidect.anatomy._mineral_signs import Signs, Values, signs_of
from calcidect.anatomy._prominence import is_hollow
from calcidect.geometry import FloatArray, widened

Mask = NDArray[np.bool_]

_LIKELY, _SURE = 0.5, 0.9
"""Our choice: likelier a deposit than bone; all but sure."""
_LEAST_MM3, _LEAST_SURE_MM3 = 8.0, 4.0
"""Our choice: a ball of 2.5 mm, of a voxel or two of blur all around; half of it sure."""
_LEAST_SURE_ALONE_MM3 = 60.0
"""Of one at least, in a hand that shows no deposits apart from bone. On simulated hands without any, which trees were
not trained on, 29 at most."""
_CONFIRMED = 0.2
"""Our choice: of a part that single signs tell, the mean likelihood. On simulated hands in development it takes away
four false parts of five, most of them osteophytes, and one true one of thirty (docs/method/anatomy.md)."""
_SMOOTH_STEPS = 0.8
"""Of the signs' grid: what is told of single places is noise."""
_AROUND_MM = 3.0
"""Our choice: of a part, in which its depth in bone is told."""


@dataclass(frozen=True, eq=False)
class Weighed:
    """What the trees say of mineral in contact with bone.

    Parameters
    ----------
    deposits : bool array, shape (k, j, i) of the hand's box
        The voxels of deposits.
    likelihood : float32 array, on the signs' grid
        Of a deposit, 0 to 1; 0 where nothing was weighed.
    step : array, shape (3,)
        Voxels of the hand's box from one place of that grid to the next.
    """

    deposits: Mask
    likelihood: Values
    step: FloatArray

    def confirmed(self, told: Mask) -> Mask:
        """Return the connected parts of what single signs tell that are no less likely deposits than `_CONFIRMED`."""
        from scipy.ndimage import label

        parts, count = label(told)
        own = parts[told]
        likelihood = _between(self.likelihood, self.step, np.argwhere(told))
        size, total = (np.bincount(own, weights, minlength=count + 1) for weights in (None, likelihood))
        is_deposit = total >= _CONFIRMED * size
        is_deposit[0] = False
        return np.asarray(is_deposit[parts])


def weigh_mineral(zone: Mask, bones: Mask, evidence: Evidence, best: FoundPose, model: HandModel) -> Weighed:
    """Return what of mineral that is connected to bone is a deposit, and how likely.

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
    place_mm3 = float(np.prod(best.space.grid.spacing_mm) * np.prod(signs.step))
    likelihood = np.zeros(signs.shape, np.float32)
    likelihood[tuple(signs.index.T)] = deposit_likelihood(signs)
    kept = _kept(signs, likelihood, place_mm3, is_calcified=evidence.is_calcified)
    likely = np.zeros_like(zone)
    likely[zone] = _between(kept, signs.step, np.argwhere(zone)) > _LIKELY
    likely &= ~_hollow(likely, bones, evidence.image, best.space.grid.spacing_mm)
    return Weighed(likely, likelihood, signs.step)


def _kept(signs: Signs, likelihood: Values, place_mm3: float, *, is_calcified: bool) -> Values:
    """Return the likelihood on the signs' grid, smoothed, 0 outside of the parts that are deposits.

    A large one makes others likely, as deposits apart from bone do.
    """
    from scipy.ndimage import gaussian_filter, label

    told = np.zeros(signs.shape, np.float32)
    told[tuple(signs.index.T)] = 1
    weight = gaussian_filter(told, _SMOOTH_STEPS)
    smooth = told * gaussian_filter(likelihood, _SMOOTH_STEPS) / np.maximum(weight, 1e-3)
    parts, count = label(smooth > _LIKELY)
    size, sure = (np.bincount(parts[smooth > limit], minlength=count + 1) * place_mm3 for limit in (_LIKELY, _SURE))
    sure[0] = 0
    is_deposit = (size >= _LEAST_MM3) & (sure >= _LEAST_SURE_MM3)
    is_deposit &= is_calcified or sure.max() >= _LEAST_SURE_ALONE_MM3
    return np.asarray(np.where(is_deposit[parts], smooth, 0), np.float32)


def _between(values: Values, step: FloatArray, voxels: NDArray[np.intp]) -> Values:
    """Return values of the signs' grid at voxels (n, 3) of the hand's box, linear between places."""
    from scipy.ndimage import map_coordinates

    return np.asarray(map_coordinates(values, (voxels / step).T, order=1, mode="nearest"))


def _hollow(likely: Mask, bones: Mask, image: MineralImage, spacing_mm: tuple[float, float, float]) -> Mask:
    """Return the connected parts that are a shell around marrow: a prominence, or a bone."""
    from scipy.ndimage import find_objects, label

    parts, _ = label(likely)
    found = np.zeros_like(likely)
    reach = [int(np.ceil(_AROUND_MM / s)) for s in spacing_mm[::-1]]
    for number, box in enumerate(find_objects(parts), start=1):
        near = widened(box, reach)
        part = parts[near] == number
        found[near] |= part & is_hollow(part, bones[near], image.smooth_low_hu[near], spacing_mm)
    return found
