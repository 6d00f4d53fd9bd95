"""Carpals of other proportions than the model's are met."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.anatomy import BONES
from calcidect.anatomy._bone_network import SPACING_MM, Reading
from calcidect.anatomy._fit_model import Fit
from calcidect.anatomy._hand_model import HandModel, Posed, load_hand_model, number_of_parameters, pose, posed_points
from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._name_bones import distance_to
from calcidect.anatomy._place_carpals import inside_carpals, placed_carpals
from calcidect.geometry import FloatArray, Grid

CAPITATE, TIP = BONES.index("capitate"), BONES.index("distal_phalanx_3")
HU_PER_MG = 2.27
SPACE = HandSpace(Grid((80, 80, 70), (0.8, 0.8, 0.8), (-32.0, -32.0, -28.0)), np.eye(3))


def _at_rest(model: HandModel) -> Fit:
    parameters = np.zeros(number_of_parameters(model))
    nothing = np.zeros(len(BONES))
    return Fit(parameters, pose(model, parameters), 0.0, nothing, nothing, 0.0)


def _other_proportions(found: Fit) -> Fit:
    """Return the hand with a capitate that is a fifth narrower, longer, and lies elsewhere."""
    matrices, origins = found.posed.matrices.copy(), found.posed.origins_mm.copy()
    matrices[CAPITATE] = np.diag([0.8, 1.1, 0.9]) @ matrices[CAPITATE]
    origins[CAPITATE] += (1.0, -0.5, 0.5)
    return Fit(found.parameters, Posed(found.posed.rotations, matrices, origins), 0.0, found.matched, found.seen, 0.0)


def _distance(model: HandModel, found: Fit) -> FloatArray:
    index = np.indices(SPACE.grid.shape).reshape(3, -1).T
    return distance_to(model, found, CAPITATE, SPACE.point_of(index)).reshape(SPACE.grid.shape).astype(float)


def test_a_carpal_of_other_proportions_is_met() -> None:
    model = load_hand_model()
    start = _at_rest(model)
    truth = _other_proportions(start)
    depth = -_distance(model, truth)
    hu = (1000.0 / (1.0 + np.exp(-depth / 0.2))).astype(np.float32)
    labels = np.where(depth > 0, CAPITATE + 1, 0).astype(np.uint8)
    reading = Reading(SPACE, SPACE.point_of(np.zeros((1, 3)))[0], labels)
    assert pytest.approx(0.8) == SPACING_MM
    found = placed_carpals(model, start, SPACE, hu, hu, HU_PER_MG, reading)
    surface = posed_points(model, truth.posed)[0][model.bone_of_point == CAPITATE]
    before, after = (distance_to(model, fit, CAPITATE, surface) for fit in (start, replace(start, posed=found)))
    assert before.std() > 0.6  # its edge in the image may lie further in, but then all around
    assert after.std() < 0.2


def test_bones_that_are_not_read_stay_where_they_were_fitted() -> None:
    model = load_hand_model()
    start = _at_rest(model)
    hu = np.zeros(SPACE.grid.shape, np.float32)
    reading = Reading(SPACE, np.zeros(3), np.zeros((2, 2, 2), np.uint8))
    found = placed_carpals(model, start, SPACE, hu, hu, HU_PER_MG, reading)
    assert np.array_equal(found.matrices, start.posed.matrices)
    assert np.array_equal(found.origins_mm[TIP], start.posed.origins_mm[TIP])


def test_the_inside_of_a_carpal_is_bone_where_that_carpal_was_found() -> None:
    model = load_hand_model()
    start = _at_rest(model)
    assert not inside_carpals(model, start, SPACE).any()  # nothing matched
    found = replace(start, matched=np.where(np.arange(len(BONES)) == CAPITATE, 0.9, 0.0))
    inside, distance = inside_carpals(model, found, SPACE), _distance(model, found)
    assert np.array_equal(inside, distance < -0.8)
    assert 0.2 < inside.sum() / (distance < 0).sum() < 0.9
