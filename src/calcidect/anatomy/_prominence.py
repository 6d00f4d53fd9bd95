"""Which mineral outside of a bone's surface is bone itself: osteophytes, and prominences that the fitted bone lacks.

- It is **hollow**: a shell around marrow, as whole bones are told.
- It **narrows** from the surface outward, is small, and no denser than thin bone, at a joint's margin or at a tip:
  osteophytes are spurs and rims, a deposit that touches bone is widest away from it. Not if the network reads more of
  it as a deposit than as bone: it seldom takes bone for one. Nor if it is too dim for bone's edge throughout: it would
  be neither.
- There is **little** of it beyond blur.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._bone_network import DEPOSIT, is_bone
from calcidect.anatomy._bones import MARROW_RATIO, marrow_ratio
from calcidect.anatomy._contested import Evidence
from calcidect.geometry import widened
from calcidect.study import depth_mm

Mask = NDArray[np.bool_]

BEYOND_BLUR_MM = 1.2
"""From an edge: a soft kernel (sigma 0.5 mm) leaves a hundredth of bone there."""
OUTSIDE_MG_PER_CM3 = 80.0
"""Our choice: least density of mineral outside of bone, above noise and tendon."""
_BLUR_MM = 0.5
"""Sigma of a soft kernel."""
_LEAST_MM3, _LEAST_AT_MARGIN_MM3 = 2.5, 20.0
"""Our choice: a quarter of a ball of 2.7 mm that touches; at a margin the largest common osteophyte, 4 x 3 x 3 mm."""
_LOW_MM, _MIDDLE_MM, _HIGH_MM, _HALF_LAYER_MM = 0.75, 1.25, 1.75, 0.25
_NARROWS = 0.5
"""Ratio of the sections 1.75 and 0.75 mm above the surface: 0.2 to 0.5 of spurs, 0.6 and more of most deposits."""
_SPUR_MM2 = 10.0
"""Section of a spur 1.25 mm above the surface: our choice, of one that is 3.5 mm thick."""
_SPUR_MG_PER_CM3 = 600.0
"""A spur is thin: blur leaves it less than 0.55 of compact bone (1,080 mg/cm3, ICRU 46)."""
_BRIGHT_SHARE = 0.1
"""Our choice: of what is more than blur; a spur's foot is as bright as bone's edge, a dim deposit nowhere."""
_AROUND_MM = 3.0


def prominences(
    cores: Mask, bones: Mask, distance_mm: NDArray[np.float32], at_margin: Mask, evidence: Evidence,
    spacing_mm: tuple[float, float, float],
) -> Mask:  # fmt: skip
    """Return the cores, connected parts outside of bone's surface, that are bone.

    Parameters
    ----------
    cores : bool array, shape (k, j, i)
    bones : bool array
        Bone and what touches it, trimmed of blur.
    distance_mm : float32 array
        From the refined surface of the nearest bone; infinite where there is no mineral.
    at_margin : bool array
        Beside a joint, or beyond a tip.
    evidence : Evidence
    spacing_mm : tuple of float
        Along i, j, k.
    """
    from scipy.ndimage import find_objects, label

    parts, _ = label(cores)
    found, image = np.zeros_like(cores), evidence.image
    reach = [int(np.ceil(_AROUND_MM / s)) for s in spacing_mm[::-1]]
    for number, box in enumerate(find_objects(parts), start=1):
        near = widened(box, reach)
        core, ha = parts[near] == number, image.ha_mg_per_cm3[near]
        read = evidence.read[near][core]
        thin = float(np.quantile(ha[core], 0.9)) < _SPUR_MG_PER_CM3
        is_read_as_bone = (read == DEPOSIT).sum() <= is_bone(read).sum()
        unblurred = _unblurred(core, bones[near], ha, spacing_mm)
        is_bright = (core & bones[near]).sum() > _BRIGHT_SHARE * (core & unblurred).sum()
        may_be_spur = thin and is_bright and bool(at_margin[near][core].mean() > 0.5) and is_read_as_bone
        if is_hollow(core, bones[near], image.smooth_low_hu[near], spacing_mm) or _is_small(
            core, unblurred, distance_mm[near], spacing_mm, may_be_spur
        ):
            found[near] |= core
    return found


def _unblurred(core: Mask, bones: Mask, ha: NDArray[np.float32], spacing_mm: tuple[float, float, float]) -> Mask:
    """Return bones, and what of the core is denser than their blur leaves at that distance."""
    from scipy.special import ndtr

    if not bones.any():
        return core
    compact = float(np.quantile(ha[bones], 0.9))
    blur = compact * ndtr(-depth_mm(~bones, spacing_mm) / _BLUR_MM)
    return np.asarray(bones | (core & (ha > blur + OUTSIDE_MG_PER_CM3)))


def is_hollow(core: Mask, bones: Mask, density: NDArray[np.float32], spacing_mm: tuple[float, float, float]) -> bool:
    """Tell whether a part is a shell around marrow, as whole bones are told.

    Parameters
    ----------
    core : bool array, shape (k, j, i)
        The part.
    bones : bool array
        Bone and what touches it, trimmed of blur.
    density : float32 array
        In any unit.
    spacing_mm : tuple of float
        Along i, j, k.
    """
    dense = core & (density > 0.5 * np.quantile(density[core], 0.9))
    ratio = marrow_ratio(depth_mm(bones | dense, spacing_mm), density, core)
    return ratio is not None and ratio < MARROW_RATIO


def _is_small(
    core: Mask, unblurred: Mask, distance_mm: NDArray[np.float32], spacing_mm: tuple[float, float, float],
    may_be_spur: bool,
) -> bool:  # fmt: skip
    """Tell whether too little is more than the blur of bone; of what may be a spur, more is asked if it narrows."""
    voxel_mm3 = float(np.prod(spacing_mm))
    volume_mm3 = float((core & unblurred).sum()) * voxel_mm3
    if not may_be_spur or volume_mm3 < _LEAST_MM3:
        return volume_mm3 < _LEAST_MM3
    body = unblurred & (depth_mm(~core, spacing_mm) <= _AROUND_MM)
    low, middle, high = (
        float((body & (np.abs(distance_mm - at) < _HALF_LAYER_MM)).sum()) * voxel_mm3 / (2 * _HALF_LAYER_MM)
        for at in (_LOW_MM, _MIDDLE_MM, _HIGH_MM)
    )
    is_spur = high < _NARROWS * low or middle < _SPUR_MM2
    return is_spur and volume_mm3 < _LEAST_AT_MARGIN_MM3
