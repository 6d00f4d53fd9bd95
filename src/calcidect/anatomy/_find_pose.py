"""From a hand's bone surface to the best fit of the model.

The first start is a flat hand, laid by its axes. Where it does not explain the scan, or thumb and palm may lie on other
sides than they were thought to, other starts are fitted coarsely; the best is fitted finely.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._fit_model import COARSE_MM, FINE_MM, Fit, fit
from calcidect.anatomy._hand_model import HandModel, number_of_parameters, of_bone, pose, posed_points
from calcidect.anatomy._hand_space import HandSpace, Surface, surface_of
from calcidect.anatomy._slipped_fingers import laid_anew
from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray

Signs = tuple[float, float, float]

_KEEP_MODEL, _KEEP_SCAN = 2, 3
"""Of the surface points, one in so many serves the coarse fits."""
_LEAST_POINTS = 100
_GOOD = 0.93
"""Our choice, of ``quality``: what a fine fit reaches on simulated hands. Most coarse fits stay below, and then other
starts are tried too."""
SEEN = 0.5
"""Share of a bone's surface that lies in the scan: with less, the scan does not show the bone."""
MATCHED = 0.3
"""Share of a fitted bone's surface with bone beside it: with less, bone was not found there."""
AS_FOUND: Signs = (1.0, 1.0, 1.0)
_TURNED: tuple[Signs, ...] = ((-1.0, 1.0, 1.0), (1.0, 1.0, -1.0), (-1.0, 1.0, -1.0))
"""Signs of radial, distal, dorsal: thumb on the other side, palm on the other side, both."""


@dataclass(frozen=True)
class Start:
    """How a fit begins.

    Parameters
    ----------
    bend_rad, spread_rad : float
        Of every finger joint, beyond a flat hand's, and between neighbouring fingers.
    from_tips : bool
        Whether the fingertips are in the scan, and tell place and size.
    """

    bend_rad: float = 0.0
    spread_rad: float = 0.0
    from_tips: bool = True


_STARTS = (
    Start(bend_rad=0.5), Start(bend_rad=1.0), Start(spread_rad=0.12), Start(from_tips=False),
    Start(bend_rad=0.5, from_tips=False),
)  # fmt: skip


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
    other_side : float or None
        The best quality of a hand of the other side; None if it was not tried.
    """

    found: Fit
    space: HandSpace
    signs: Signs
    quality: float
    other_side: float | None


def quality(found: Fit) -> float:
    """Return the mean of two shares that match: of the model's bones, each counted the same, and of the scan."""
    seen = found.seen > SEEN
    return 0.5 * (float(found.matched[seen].mean()) + found.explained) if seen.any() else 0.0


def find_pose(
    model: HandModel, mask: NDArray[np.bool_], space: HandSpace, wrist_mm: float | None, doubtful: bool
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
    doubtful : bool
        Whether thumb and palm may lie on other sides than the space has them.
    """
    scan = surface_of(mask, space)
    if len(scan.points_mm) < _LEAST_POINTS:
        return None
    tried = [_coarse(model, scan, space, wrist_mm, AS_FOUND, Start())]
    is_good = tried[0][0] >= _GOOD
    if not is_good:
        tried += [_coarse(model, scan, space, wrist_mm, AS_FOUND, start) for start in _STARTS]
    if doubtful or not is_good:
        tried += [_coarse(model, scan, space, wrist_mm, signs, Start()) for signs in _TURNED]
    best = max(tried, key=lambda one: one[0])
    other = [one[0] for one in tried if np.prod(one[1]) != np.prod(best[1])]
    turned = _turned(space, best[1])
    seen = _seen_from(scan, best[1])
    fine = fit(model, seen, best[2].parameters, turned.holds, FINE_MM)
    laid = laid_anew(model, seen, fine)
    if laid is not None:
        fine = max(fine, fit(model, seen, laid, turned.holds, FINE_MM), key=quality)
    return FoundPose(fine, turned, best[1], quality(fine), max(other, default=None))


def refitted(model: HandModel, mask: NDArray[np.bool_], best: FoundPose) -> FoundPose:
    """Return a fit refined to a mask that holds more bone than it was found by; the fit itself if that is better."""
    found = fit(model, surface_of(mask, best.space), best.found.parameters, best.space.holds, FINE_MM)
    return max(best, replace(best, found=found, quality=quality(found)), key=lambda one: one.quality)


def _coarse(
    model: HandModel, scan: Surface, space: HandSpace, wrist_mm: float | None, signs: Signs, start: Start
) -> tuple[float, Signs, Fit]:  # fmt: skip
    thin = model.thinned(_KEEP_MODEL)
    part = _seen_from(Surface(scan.points_mm[::_KEEP_SCAN], scan.normals[::_KEEP_SCAN]), signs)
    found = fit(thin, part, start_of(thin, part, wrist_mm, start), _turned(space, signs).holds, COARSE_MM)
    return quality(found), signs, found


def _seen_from(scan: Surface, signs: Signs) -> Surface:
    return Surface(scan.points_mm * signs, scan.normals * signs)


def _turned(space: HandSpace, signs: Signs) -> HandSpace:
    return HandSpace(space.grid, space.axes * np.array(signs)[:, None])


def start_of(model: HandModel, scan: Surface, wrist_mm: float | None, start: Start) -> FloatArray:
    """Return parameters that lay the model's wrist, fingertips and middle where the scan has them."""
    parameters = _bent(model, start)
    points, _ = posed_points(model, pose(model, parameters))
    lunate = points[model.bone_of_point == BONES.index("lunate")]
    bottom, top = lunate[:, 1].min(), points[:, 1].max()
    tip, scale = float(np.quantile(scan.points_mm[:, 1], 0.999)), 1.0
    if wrist_mm is not None and start.from_tips:
        scale = float(np.clip((tip - wrist_mm) / (top - bottom), 0.75, 1.3))
    if wrist_mm is not None and not start.from_tips:
        tip = wrist_mm + scale * (top - bottom)
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


def _bent(model: HandModel, start: Start) -> FloatArray:
    """Return parameters of a hand with bent or spread fingers."""
    parameters = np.zeros(number_of_parameters(model))
    for bone, own in zip(model.bones, of_bone(parameters), strict=True):
        if "phalanx" in bone.name and not bone.name.endswith("_1"):
            own[0] = start.bend_rad
            own[1] = start.spread_rad * (int(bone.name[-1]) - 3) if bone.name.startswith("proximal") else 0.0
    return parameters
