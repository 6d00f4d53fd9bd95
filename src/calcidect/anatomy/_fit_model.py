"""Fit the articulated hand to the surface of bone in a scan.

Points of both surfaces are matched both ways by place and normal (iterative closest points: Besl and McKay, IEEE PAMI
1992;14:239); each match wants the distance along the normal to vanish (Chen and Medioni, Image Vis Comput 1992;10:145),
less so the farther it is (Geman and McClure's weight ``(s^2 / (s^2 + r^2))^2``, s from coarse to fine), and every joint
and length wants to stay near the model's, within the standard deviations below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._hand_model import (
    OF_HAND,
    HandModel,
    Posed,
    movements,
    number_of_parameters,
    of_bone,
    pose,
    posed_points,
)
from calcidect.anatomy._hand_space import Surface
from calcidect.geometry import FloatArray

Inside = Callable[[FloatArray], NDArray[np.bool_]]

BY_NAME_MM = (30.0,) * 4 + (15.0,) * 4 + (8.0,) * 4 + (4.0,) * 4
COARSEST_MM = (15.0,) * 5
COARSE_MM = (8.0,) * 4 + (5.0,) * 5 + (3.0,) * 4
FINE_MM = (3.0,) * 2 + (2.0,) * 4 + (1.2,) * 5
"""Of Geman and McClure's weight, an iteration each. Our choice: a hand's thickness down to a voxel or two."""
_STIFF_ABOVE_MM, _STIFF = 10.0, 0.3
"""While matches are that coarse, joints are held that much tighter, so that the hand as a whole is laid first."""
_LEAST_FACING = 0.3
"""Weight, while matches are that coarse, of one that faces elsewhere: a hand that lies on its other side can turn."""
_OTHER_BONE_MM = 1000.0
"""So far apart are points of two bones whose names are known: farther than any that match."""
_NORMAL_MM = 6.0
"""Normals that differ by 60 degrees count as that far apart."""
_SIDEWAYS = 0.15
"""Weight of a match's distance across the normal: surfaces slide, but not freely."""
_MEASUREMENTS = 370.0
"""Neighbouring points tell the same: matches of one way count as so many measurements, a dozen a bone. Our choice."""
_LARGEST_STEP = 1.0
"""Of a parameter in one iteration, in standard deviations."""
_CLOSE_MM, _APART_MM = 1.5, 4.0
SEEN = 0.5
"""Share of a bone's surface that lies in the scan: with less, the scan does not show the bone."""
MATCHED = 0.3
"""Share of a fitted bone's surface with bone beside it: with less, bone was not found there."""
_DEGREE = np.pi / 180


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted hand.

    Parameters
    ----------
    parameters : array
    posed : Posed
    misfit_mm : float
        Median distance of the scan's surface to the model's, along its normal.
    matched : array, shape (bones,)
        Share of each bone's model surface in the scan that has bone's surface, facing the same way, within 1.5 mm.
    explained : float
        Share of the scan's surface that has the model's within 1 mm along, and 4 mm across, its normal.
    seen : array, shape (bones,)
        Share of each bone's model surface that lies in the scan.
    """

    parameters: FloatArray
    posed: Posed
    misfit_mm: float
    matched: FloatArray
    seen: FloatArray
    explained: float


def standard_deviations(model: HandModel) -> FloatArray:
    """Return how far each parameter may stray from the flat hand's: our choice, generous against hands seen.

    Fingers bend by 25 degrees (contractures are worse, and take more matches to reach), spread by 8; carpals shift by
    1.5 mm; lengths vary by 7 % on top of the hand's size (segment lengths of adults: 5 to 8 %, Greiner 1991).
    """
    sd = np.empty(number_of_parameters(model))
    sd[:OF_HAND] = (0.5, 0.5, 0.5, 30.0, 30.0, 30.0, 0.15)
    for bone, own in zip(model.bones, of_bone(sd), strict=True):
        own[:3] = np.array(_turns_deg(bone.name)) * _DEGREE
        own[3:6] = _shift_mm(bone.name)
        own[6:] = (0.07, 0.08) if bone.name[-1].isdigit() else (0.08, 0.08)
    return sd


def _turns_deg(bone: str) -> tuple[float, float, float]:
    kind = bone.split("_")[0]
    if bone.endswith("_1"):
        return {"metacarpal": (18.0, 18.0, 15.0), "proximal": (20.0, 8.0, 8.0), "distal": (25.0, 4.0, 5.0)}[kind]
    if kind == "metacarpal":
        return {"2": (3.0, 3.0, 3.0), "3": (3.0, 3.0, 3.0), "4": (6.0, 4.0, 4.0), "5": (8.0, 6.0, 6.0)}[bone[-1]]
    by_kind = {
        "proximal": (22.0, 8.0, 6.0), "middle": (25.0, 4.0, 5.0), "distal": (20.0, 4.0, 5.0),
        "radius": (12.0, 10.0, 12.0), "ulna": (4.0, 4.0, 20.0), "capitate": (0.1, 0.1, 0.1),
    }  # fmt: skip
    return by_kind.get(kind, (8.0, 8.0, 8.0))


def _shift_mm(bone: str) -> float:
    by_kind = {"metacarpal": 1.2, "proximal": 0.8, "middle": 0.8, "distal": 0.8, "radius": 2.0, "ulna": 3.0}
    return by_kind.get(bone.split("_")[0], 0.1 if bone == "capitate" else 1.5)


def fit(
    model: HandModel, scan: Surface, start: FloatArray, inside: Inside, scales_mm: tuple[float, ...],
    names: NDArray[np.intp] | None = None,
) -> Fit:  # fmt: skip
    """Return the model fitted to a scan's surface of bone.

    Parameters
    ----------
    model : HandModel
    scan : Surface
    start : array
        Parameters to begin with.
    inside : callable
        Tells of points (n, 3) which lie in the scan.
    scales_mm : tuple of float
        An iteration each.
    names : int array, shape (points of the scan,), or None
        Bone, in the order of ``BONES``, that each point is on; then none matches another bone's.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(_placed(scan, names))
    bones = None if names is None else model.bone_of_point
    sd, mean, parameters = standard_deviations(model), _expected(start), start
    for scale_mm in scales_mm:
        posed = pose(model, parameters)
        surface = Surface(*posed_points(model, posed))
        moves = movements(model, parameters, posed, surface.points_mm)
        place = _placed(surface, bones)
        normal, gradient = _system(surface, place, scan, tree, moves, inside(surface.points_mm), scale_mm)
        prior = (_stiffer(sd) if scale_mm > _STIFF_ABOVE_MM else sd) ** -2
        normal[np.diag_indices_from(normal)] += prior
        step = np.linalg.solve(normal, -gradient - (parameters - mean) * prior)
        parameters = parameters + np.clip(step, -_LARGEST_STEP * sd, _LARGEST_STEP * sd)
    return judged(model, scan, parameters, pose(model, parameters), inside)


def _expected(start: FloatArray) -> FloatArray:
    """Return what the standard deviations are about: the start's place and turns, and the model's lengths."""
    mean = start.copy()
    of_bone(mean)[:, 3:] = 0
    return mean


def _stiffer(sd: FloatArray) -> FloatArray:
    return np.concatenate([sd[:OF_HAND], _STIFF * sd[OF_HAND:]])


def _placed(surface: Surface, bones: NDArray[np.intp] | None) -> FloatArray:
    """Return what is near in matching: place, normal and, where they are known, the bones' names."""
    own = np.zeros(len(surface.points_mm)) if bones is None else _OTHER_BONE_MM * bones
    return np.hstack([surface.points_mm, _NORMAL_MM * surface.normals, own[:, None]])


def _system(
    surface: Surface, place: FloatArray, scan: Surface, tree: object, moves: NDArray[np.float32],
    seen: NDArray[np.bool_], scale_mm: float,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return matrix and gradient of the normal equations of all matches, both ways."""
    from scipy.spatial import cKDTree

    assert isinstance(tree, cKDTree)
    mine = np.nonzero(seen)[0]
    away, theirs = tree.query(place[mine])
    back, nearest = cKDTree(place[mine]).query(tree.data)
    is_same, is_same_back = away < _OTHER_BONE_MM / 2, back < _OTHER_BONE_MM / 2
    model_index = np.concatenate([mine[is_same], mine[nearest[is_same_back]]])
    scan_index = np.concatenate([theirs[is_same], np.nonzero(is_same_back)[0]])
    offset = surface.points_mm[model_index] - scan.points_mm[scan_index]
    normals = scan.normals[scan_index]
    least = _LEAST_FACING if scale_mm > _STIFF_ABOVE_MM else 0.0
    facing = np.maximum((normals * surface.normals[model_index]).sum(1), least)
    along = (offset * normals).sum(1)
    across = (offset**2).sum(1) - along**2
    weight = facing * (scale_mm**2 / (scale_mm**2 + along**2 + across)) ** 2
    sigma2 = (0.25 * scale_mm) ** 2 + 0.25
    # each side of the matching has the same say
    side = np.repeat([1.0, is_same.sum() / max(is_same_back.sum(), 1)], [is_same.sum(), is_same_back.sum()])
    weight *= side / sigma2 * _MEASUREMENTS / len(surface.points_mm)
    # all matches of one model point add up, before the large product is formed
    return _sums(moves, model_index, offset, normals, weight)


def _sums(
    moves: NDArray[np.float32], index: NDArray[np.intp], offset: FloatArray, normals: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return J'WJ and J'Wr, W = w (n n' + sideways (1 - n n')), added up per model point first."""
    count, _, width = moves.shape
    metric = weight[:, None, None] * (
        (1 - _SIDEWAYS) * np.einsum("nx,ny->nxy", normals, normals) + _SIDEWAYS * np.eye(3)
    )
    per_point, pull = np.zeros((count, 3, 3)), np.zeros((count, 3))
    np.add.at(per_point, index, metric)
    np.add.at(pull, index, np.einsum("nxy,ny->nx", metric, offset))
    values, vectors = np.linalg.eigh(per_point)
    half = vectors * np.sqrt(np.maximum(values, 0))[:, None, :]
    rows = np.matmul(half.transpose(0, 2, 1).astype(np.float32), moves).reshape(-1, width)
    gradient = pull.astype(np.float32).reshape(-1) @ moves.reshape(-1, width)
    return (rows.T @ rows).astype(float), gradient.astype(float)


def judged(model: HandModel, scan: Surface, parameters: FloatArray, posed: Posed, inside: Inside) -> Fit:
    """Return posed bones with how well they and the scan explain one another."""
    from scipy.spatial import cKDTree

    points, normals = posed_points(model, posed)
    seen = inside(points)
    tree, back = cKDTree(scan.points_mm), cKDTree(points)
    away, theirs = tree.query(points)
    facing = (normals * scan.normals[theirs]).sum(1) > 0
    apart, mine = back.query(scan.points_mm)
    along = np.abs(((scan.points_mm - points[mine]) * normals[mine]).sum(1))
    bones = len(model.bones)
    total = np.bincount(model.bone_of_point, minlength=bones)
    shown = np.bincount(model.bone_of_point[seen], minlength=bones)
    close = np.bincount(model.bone_of_point[seen & facing & (away < _CLOSE_MM)], minlength=bones)
    explained = float(np.mean((along < 1.0) & (apart < _APART_MM)))
    return Fit(
        parameters,
        posed,
        float(np.median(along)),
        close / np.maximum(shown, 1),
        shown / np.maximum(total, 1),
        explained,
    )
