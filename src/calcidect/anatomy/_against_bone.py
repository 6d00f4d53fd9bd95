"""Deposits in contact with bone: what sticks out of a bone's own surface, or fills it more than it fills its like.

Bone and calcinosis are the same mineral, so energy can't part them. Three signs can:

- **outside**: mineral farther out of the refined surface (``_refine_surface``) than blur and misfit reach;
- **no bone left**: mineral in the place of a fingertip's tuft, apart from the bone that remains;
- **solid**: mineral inside of bone that is denser than bone is there, at that share of its length and depth: the median
  of the bones of its kind in this hand, so that no anatomy or density is taken for granted. A dense shaft is bone: it
  lies outside, too, or goes through a joint (``_through_joint``), in a hand that shows other deposits.

From these cores a deposit grows back to the bone's surface; what is a prominence of bone stays bone (``_prominence``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._bone_density import denser_than_usual
from calcidect.anatomy._contested import Evidence, read_as_bone
from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._fit_model import MATCHED
from calcidect.anatomy._hand_model import HandModel, shares_along
from calcidect.anatomy._name_bones import Placed
from calcidect.anatomy._prominence import BEYOND_BLUR_MM, OUTSIDE_MG_PER_CM3, prominences
from calcidect.anatomy._through_joint import through_joints
from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray, parts_holding
from calcidect.study import depth_mm

SURFACE_MM = -0.25
"""Where bone ends, on the refined surface's distance: that surface lies so much outside on average."""
_MARGIN_SHARE, _TIP_SHARE = 0.15, 0.1
"""Of a bone's length at either end: the joint's margin; of a fingertip, where tufts differ most."""
_TUFT_SHARE, _LEAST_TUFT_MM3 = 0.5, 8.0
_SOLID_RADIUS_MM, _SOLID_WITHIN_MM = 1.2, 3.0
_GROW_MM, _GROW_INSIDE_MM, _BESIDE_MM = 1.5, 1.0, 0.3
"""As far as blur reaches; what lies farther outside than the surface is sure belongs to a core close by."""


def deposits_against_bone(
    bones: NDArray[np.bool_], where: Placed, evidence: Evidence, best: FoundPose, model: HandModel
) -> NDArray[np.bool_]:
    """Return the voxels of deposits in contact with bone.

    Parameters
    ----------
    bones : bool array, shape (k, j, i)
        Bone and what touches it, filled and trimmed of blur.
    where : Placed
        All mineral that is connected to bone, blur included.
    evidence : Evidence
    best : FoundPose
    model : HandModel
        Refined to this scan.
    """
    spacing, shape, image = best.space.grid.spacing_mm, bones.shape, evidence.image
    shares = shares_along(model, best.found.posed, where.bone, best.space.point_of(where.index))
    distance = _filled(where, where.distance_mm, shape, np.float32(np.inf))
    denser = _filled(where, _denser(where, shares, bones, image.ha_mg_per_cm3), shape, False)
    cores = _cores(where, shares, bones, distance, evidence, best.found.matched, spacing)
    bodies = _opened(denser & (distance < _SOLID_WITHIN_MM), spacing)
    solid = parts_holding(bodies & cores, bodies)
    if evidence.is_calcified:
        bone = _filled(where, where.bone, shape, -1)
        solid |= through_joints(bodies, bone, distance, model, float(np.prod(spacing)))
    return _grown(cores, solid, distance, denser, spacing)


def _cores(
    where: Placed, shares: FloatArray, bones: NDArray[np.bool_], distance: NDArray[np.float32], evidence: Evidence,
    matched: FloatArray, spacing: tuple[float, float, float],
) -> NDArray[np.bool_]:  # fmt: skip
    """Return mineral that can't be the bone it touches: outside of it, or where a tuft has gone.

    Beside a bone that was not found where it was fitted, nothing is told.
    """
    image, voxel_mm3 = evidence.image, float(np.prod(spacing))
    kind = np.array([name.split("_")[0] for name in BONES])[where.bone]
    tuft = _filled(where, (kind == "distal") & (shares > _TUFT_SHARE), bones.shape, False)
    outside = np.isfinite(distance) & (distance > BEYOND_BLUR_MM) & (image.ha_mg_per_cm3 > OUTSIDE_MG_PER_CM3)
    outside &= _filled(where, matched[where.bone] >= MATCHED, bones.shape, False)
    at_margin = _filled(where, _is_at_margin(kind, shares), bones.shape, False)
    outside &= ~prominences(outside, bones, distance, at_margin, evidence, spacing)
    outside &= ~read_as_bone(outside, bones, evidence, voxel_mm3)
    boneless = tuft & (distance <= BEYOND_BLUR_MM) & (_distance_mm(bones, spacing) > BEYOND_BLUR_MM)
    return outside | parts_holding(boneless, boneless | outside, _LEAST_TUFT_MM3 / voxel_mm3)


def _is_at_margin(kind: NDArray[np.str_], share: FloatArray) -> NDArray[np.bool_]:
    """Tell which voxels lie beside a joint or a tip; a carpal is all joint."""
    tubular = np.isin(kind, ("distal", "middle", "proximal", "metacarpal"))
    forearm = np.isin(kind, ("radius", "ulna"))
    at_end = share > np.where(kind == "distal", 1 - _TIP_SHARE, 1 - _MARGIN_SHARE)
    return np.asarray(np.where(tubular, (share < _MARGIN_SHARE) | at_end, ~forearm | at_end))


def _grown(
    cores: NDArray[np.bool_], solid: NDArray[np.bool_], distance: NDArray[np.float32], denser: NDArray[np.bool_],
    spacing: tuple[float, float, float],
) -> NDArray[np.bool_]:  # fmt: skip
    """Return cores and solid bodies with what belongs to them: denser than bone or, outside of it, close by."""
    from_core, from_solid = (_distance_mm(mask, spacing) for mask in (cores, solid))
    from_both = np.minimum(from_core, from_solid)
    outer = (distance > SURFACE_MM) & (from_both <= _GROW_MM) & denser
    beside = np.isfinite(distance) & (distance > _BESIDE_MM) & (from_both <= _GROW_INSIDE_MM)
    inner = (from_solid <= _GROW_INSIDE_MM) & denser
    return parts_holding(cores | solid, cores | solid | outer | beside | inner)


def _denser(where: Placed, shares: FloatArray, bones: NDArray[np.bool_], ha: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which voxels are denser than bone or its blur is in their place; far outside, all mineral is."""
    at = tuple(where.index.T)
    near = where.distance_mm < BEYOND_BLUR_MM
    own = near & (bones[at] | (where.distance_mm > 0))
    denser = ~near
    denser[own] = denser_than_usual(ha[at][own], where.distance_mm[own], where.bone[own], shares[own])
    return denser


def _opened(denser: NDArray[np.bool_], spacing: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Return the bodies in which a ball finds room."""
    from scipy.ndimage import binary_opening

    return np.asarray(binary_opening(denser, _ball(spacing)))


def _ball(spacing: tuple[float, float, float]) -> NDArray[np.bool_]:
    reach = [int(_SOLID_RADIUS_MM / s) for s in spacing[::-1]]
    steps = np.meshgrid(*(np.arange(-n, n + 1) * s for n, s in zip(reach, spacing[::-1], strict=True)), indexing="ij")
    return np.asarray(sum(x * x for x in steps) <= _SOLID_RADIUS_MM**2)


def _filled(where: Placed, values: NDArray[np.generic], shape: tuple[int, ...], empty: object):  # type: ignore[no-untyped-def]
    """Return values on the hand's box."""
    array = np.full(shape, empty, values.dtype)
    array[tuple(where.index.T)] = values
    return array


def _distance_mm(mask: NDArray[np.bool_], spacing: tuple[float, float, float]) -> NDArray[np.float32]:
    """Return the distance to the nearest voxel of a mask, mm; infinite if it is empty."""
    return depth_mm(~mask, spacing) if mask.any() else np.full(mask.shape, np.inf, np.float32)
