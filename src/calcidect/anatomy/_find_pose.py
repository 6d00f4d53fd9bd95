"""From a hand's bone surface to the best fit of the model.

A flat hand, laid by the hand's axes, is drawn to the bones that the network reads (``_bone_network``), each to its
own; then, names aside, to the surface of bone. Hands of both sides, and lying on both sides, are tried; and, since the
network can take one joint for the next, a flat hand without names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._bent_anew import bent_anew
from calcidect.anatomy._bone_network import Reading
from calcidect.anatomy._fit_model import BY_NAME_MM, COARSE_MM, COARSEST_MM, FINE_MM, SEEN, Fit, fit, judged
from calcidect.anatomy._hand_model import HandModel, Posed, number_of_parameters, pose, posed_points
from calcidect.anatomy._hand_space import HandSpace, Surface, surface_of
from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray

Signs = tuple[float, float, float]

_KEEP_MODEL, _KEEP_SCAN = 2, 3
"""Of the surface points, one in so many serves the coarse fits."""
_LEAST_POINTS = 100
AS_FOUND: Signs = (1.0, 1.0, 1.0)
_TURNED: tuple[Signs, ...] = (AS_FOUND, (-1.0, 1.0, 1.0), (1.0, 1.0, -1.0), (-1.0, 1.0, -1.0))
"""Signs of radial, distal, dorsal: as found, thumb on the other side, palm on the other side, both."""
_INTO_BONE_MM = 0.8
"""So far below its surface a point's bone is read: a voxel of the network's."""


@dataclass(frozen=True, eq=False)
class FoundPose:
    """The fitted model.

    Parameters
    ----------
    found : Fit
    space : HandSpace
        In which it was fitted.
    signs : tuple of float
        Of this space's radial, distal and dorsal against those of the space given.
    quality : float
        0 to 1: how well model and scan explain one another.
    this_side, other_side : float
        How well hands of this and of the other side do at first, before anything is fitted finely.
    """

    found: Fit
    space: HandSpace
    signs: Signs
    quality: float
    this_side: float
    other_side: float


def quality(found: Fit) -> float:
    """Return the mean of two shares that match: of the model's bones, each counted the same, and of the scan."""
    seen = found.seen > SEEN
    return 0.5 * (float(found.matched[seen].mean()) + found.explained) if seen.any() else 0.0


def find_pose(
    model: HandModel, mask: NDArray[np.bool_], space: HandSpace, wrist_mm: float | None, reading: Reading
) -> FoundPose | None:
    """Return the best fit of the model to a hand's bones, or None if there is too little bone.

    Parameters
    ----------
    model : HandModel
    mask : bool array, shape (k, j, i)
        Bone.
    space : HandSpace
    wrist_mm : float or None
        The radiocarpal line along the distal axis, where it is known.
    reading : Reading
        What the network says of this hand.
    """
    scan = surface_of(mask, space)
    if len(scan.points_mm) < _LEAST_POINTS:
        return None
    named, names = _named(scan, space, reading)
    tried = [_first(model, named, names, space, wrist_mm, signs) for signs in _TURNED]
    first, signs = max(tried, key=lambda one: quality(one[0]))
    other = max(quality(found) for found, its in tried if np.prod(its) != np.prod(signs))
    laid, signs = _right_way_up(model, first.parameters, signs)
    turned, seen = _turned(space, signs), _seen_from(scan, signs)
    coarse = _by_shape(model, seen, turned, wrist_mm, laid)
    fine = fit(model, seen, coarse.parameters, turned.holds, FINE_MM)
    if (bent := bent_anew(model, seen, fine)) is not None:
        fine = max(fine, fit(model, seen, bent, turned.holds, FINE_MM), key=quality)
    return FoundPose(fine, turned, signs, quality(fine), quality(first), other)


def refitted(model: HandModel, mask: NDArray[np.bool_], best: FoundPose) -> FoundPose:
    """Return a fit refined to a mask that holds more bone than it was found by; the fit itself if that is better."""
    found = fit(model, surface_of(mask, best.space), best.found.parameters, best.space.holds, FINE_MM)
    return max(best, replace(best, found=found, quality=quality(found)), key=lambda one: one.quality)


def replaced(model: HandModel, mask: NDArray[np.bool_], best: FoundPose, posed: Posed) -> FoundPose:
    """Return a fit with bones where they were put afterwards, judged anew by the mask."""
    found = judged(model, surface_of(mask, best.space), best.found.parameters, posed, best.space.holds)
    return replace(best, found=found, quality=quality(found))


def _named(scan: Surface, space: HandSpace, reading: Reading) -> tuple[Surface, NDArray[np.intp] | None]:
    """Return the points whose bone is read, and those bones; all points without names where too few are."""
    below = space.lps_of(scan.points_mm - _INTO_BONE_MM * scan.normals)
    read = reading.at_lps(below).astype(np.intp)
    is_named = (read >= 1) & (read <= len(BONES))
    if is_named.sum() < _LEAST_POINTS:
        return scan, None
    return Surface(scan.points_mm[is_named], scan.normals[is_named]), read[is_named] - 1


def _first(
    model: HandModel, scan: Surface, names: NDArray[np.intp] | None, space: HandSpace, wrist_mm: float | None,
    signs: Signs,
) -> tuple[Fit, Signs]:  # fmt: skip
    """Return the fit of a flat hand, by name where the network has read enough."""
    thin, part, turned = model.thinned(_KEEP_MODEL), _thinned(_seen_from(scan, signs)), _turned(space, signs)
    if names is None:
        return _flat(thin, part, turned, wrist_mm), signs
    return fit(thin, part, start_of(thin, part, wrist_mm), turned.holds, BY_NAME_MM, names[::_KEEP_SCAN]), signs


def _right_way_up(model: HandModel, parameters: FloatArray, signs: Signs) -> tuple[FloatArray, Signs]:
    """Return the same hand in the space that has its palm where the hand has it: a fit by name can turn it over."""
    from scipy.spatial.transform import Rotation

    turn = Rotation.from_rotvec(parameters[:3]).as_matrix()
    if turn[2, 2] >= 0:
        return parameters, signs
    over, root = np.array([-1.0, 1.0, -1.0]), model.bones[BONES.index("capitate")].joint_mm
    upright = parameters.copy()
    upright[:3] = Rotation.from_matrix(over[:, None] * turn).as_rotvec()
    upright[3:6] = over * (parameters[3:6] + root) - root
    return upright, (-signs[0], signs[1], -signs[2])


def _by_shape(model: HandModel, scan: Surface, space: HandSpace, wrist_mm: float | None, laid: FloatArray) -> Fit:
    """Return the better of two fits without names: from the fit by name, and from a flat hand."""
    thin, part = model.thinned(_KEEP_MODEL), _thinned(scan)
    return max(fit(thin, part, laid, space.holds, COARSE_MM), _flat(thin, part, space, wrist_mm), key=quality)


def _flat(thin: HandModel, part: Surface, space: HandSpace, wrist_mm: float | None) -> Fit:
    """Return the coarse fit of a flat hand without names."""
    return fit(thin, part, start_of(thin, part, wrist_mm), space.holds, COARSEST_MM + COARSE_MM)


def _thinned(scan: Surface) -> Surface:
    return Surface(scan.points_mm[::_KEEP_SCAN], scan.normals[::_KEEP_SCAN])


def _seen_from(scan: Surface, signs: Signs) -> Surface:
    return Surface(scan.points_mm * signs, scan.normals * signs)


def _turned(space: HandSpace, signs: Signs) -> HandSpace:
    return HandSpace(space.grid, space.axes * np.array(signs)[:, None])


def start_of(model: HandModel, scan: Surface, wrist_mm: float | None) -> FloatArray:
    """Return parameters that lay a flat hand's wrist, fingertips and middle where the scan has them."""
    parameters = np.zeros(number_of_parameters(model))
    points, _ = posed_points(model, pose(model, parameters))
    lunate = points[model.bone_of_point == BONES.index("lunate")]
    bottom, top = lunate[:, 1].min(), points[:, 1].max()
    tip, scale = float(np.quantile(scan.points_mm[:, 1], 0.999)), 1.0
    if wrist_mm is not None:
        scale = float(np.clip((tip - wrist_mm) / (top - bottom), 0.75, 1.3))
    low = tip - scale * (top - bottom)
    part, own_part = scan.points_mm[scan.points_mm[:, 1] > low], points[points[:, 1] > bottom]
    if len(part) == 0:
        part = scan.points_mm
    root = model.bones[BONES.index("capitate")].joint_mm
    for axis in (0, 2):
        middle = scale * (np.median(own_part[:, axis]) - root[axis])
        parameters[3 + axis] = np.median(part[:, axis]) - root[axis] - middle
    parameters[4] = tip - root[1] - scale * (top - root[1])
    parameters[6] = np.log(scale)
    return parameters
