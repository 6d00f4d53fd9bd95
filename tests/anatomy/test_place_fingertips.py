"""A distal phalanx goes back to its own edge from where what touches it has drawn the fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from calcidect.anatomy import BONES
from calcidect.anatomy._fit_model import Fit
from calcidect.anatomy._hand_model import HandModel, Posed, load_hand_model, number_of_parameters, pose, posed_points
from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._name_bones import distance_to
from calcidect.anatomy._place_fingertips import placed_fingertips
from calcidect.geometry import FloatArray, Grid

TIP, OTHER = BONES.index("distal_phalanx_3"), BONES.index("distal_phalanx_2")
HU_PER_MG = 2.27
SPACING_MM = 0.6


def _at_rest(model: HandModel) -> Fit:
    parameters = np.zeros(number_of_parameters(model))
    seen = np.where(np.arange(len(BONES)) == TIP, 1.0, 0.0)
    return Fit(parameters, pose(model, parameters), 0.0, seen, seen, 0.0)


def _space(points: FloatArray) -> HandSpace:
    first, size = points.min(0) - 9, np.ceil((np.ptp(points, axis=0) + 18) / SPACING_MM).astype(int)
    return HandSpace(Grid(tuple(size.tolist()), (SPACING_MM,) * 3, tuple(first.tolist())), np.eye(3))


def _astray(model: HandModel, truth: Fit) -> Fit:
    """Return a fit that a nodule has drawn along the finger, turned and widened."""
    rotations, matrices, origins = truth.posed.rotations.copy(), truth.posed.matrices.copy(), truth.posed.origins_mm
    turn = Rotation.from_rotvec(0.08 * model.bones[TIP].axes[0]).as_matrix()
    rotations[TIP] = turn @ rotations[TIP]
    matrices[TIP] = 1.05 * turn @ matrices[TIP]
    origins = origins + np.where(np.arange(len(BONES)) == TIP, 1.5, 0.0)[:, None] * model.bones[TIP].axes[2]
    return replace(truth, posed=Posed(rotations, matrices, origins))


def _image(model: HandModel, truth: Fit, space: HandSpace, nodule_mm: float) -> np.ndarray:
    """Return the bone with a ball at the palmar side of its tip, as bright as the bone."""
    points = space.point_of(np.indices(space.grid.shape).reshape(3, -1).T)
    surface = posed_points(model, truth.posed)[0][model.bone_of_point == TIP]
    _, palmar, distal = model.bones[TIP].axes
    tip = surface[(surface @ distal).argmax()] + (nodule_mm - 1) * palmar
    ball = np.linalg.norm(points - tip, axis=1) - nodule_mm
    depth = -np.minimum(distance_to(model, truth, TIP, points), ball).reshape(space.grid.shape)
    return (1000.0 / (1.0 + np.exp(-depth / 0.25))).astype(np.float32)


def _misfit_mm(model: HandModel, truth: Fit, posed: Posed) -> float:
    surface = posed_points(model, truth.posed)[0][model.bone_of_point == TIP]
    return float(distance_to(model, replace(truth, posed=posed), TIP, surface).std())


def test_a_phalanx_that_a_nodule_has_drawn_astray_goes_back() -> None:
    model = load_hand_model()
    truth = _at_rest(model)
    start = _astray(model, truth)
    space = _space(posed_points(model, truth.posed)[0][model.bone_of_point == TIP])
    hu = _image(model, truth, space, nodule_mm=2.5)
    found = placed_fingertips(model, start, space, hu, hu, HU_PER_MG)
    assert _misfit_mm(model, truth, start.posed) > 0.5
    assert _misfit_mm(model, truth, found) < 0.2


def test_a_phalanx_without_an_edge_or_out_of_the_scan_stays_where_it_was_fitted() -> None:
    model = load_hand_model()
    start = _at_rest(model)
    space = _space(posed_points(model, start.posed)[0][model.bone_of_point == TIP])
    hu = np.zeros(space.grid.shape, np.float32)
    assert np.array_equal(placed_fingertips(model, start, space, hu, hu, HU_PER_MG).matrices, start.posed.matrices)
    hu = _image(model, start, space, nodule_mm=2.5)
    unseen = _astray(model, replace(start, seen=np.zeros(len(BONES))))
    assert np.array_equal(placed_fingertips(model, unseen, space, hu, hu, HU_PER_MG).matrices, unseen.posed.matrices)


def test_the_other_bones_stay() -> None:
    model = load_hand_model()
    truth = _at_rest(model)
    space = _space(posed_points(model, truth.posed)[0][model.bone_of_point == TIP])
    found = placed_fingertips(model, _astray(model, truth), space, *[_image(model, truth, space, 2.5)] * 2, HU_PER_MG)
    others = np.arange(len(BONES)) != TIP
    assert np.array_equal(found.matrices[others], truth.posed.matrices[others])
    assert np.array_equal(found.origins_mm[OTHER], truth.posed.origins_mm[OTHER])
