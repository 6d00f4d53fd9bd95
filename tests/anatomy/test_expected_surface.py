"""The expected surface of a bone as a signed distance, in the fit's own coordinates and in the patient's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from calcidect.anatomy._expected_surface import FARTHEST_MM
from calcidect.anatomy._hand_model import (
    expected_surface,
    load_hand_model,
    number_of_parameters,
    pose,
    posed_points,
)
from calcidect.anatomy._types import BONES
from support.hands import middle_of, resting_hand


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", ["metacarpal_2", "distal_phalanx_4", "lunate"])
def test_points_of_a_surface_lie_on_it(side, name) -> None:
    bone = resting_hand(side).bones[name]
    assert bone.expected.distance_mm(bone.surface_mm) == pytest.approx(0.0, abs=0.45)
    assert bone.expected.distance_mm(bone.surface_mm).std() < 0.15


@pytest.mark.parametrize("name", BONES)
def test_the_middle_of_a_bone_lies_inside_and_what_is_far_away_outside(name) -> None:
    bone = resting_hand("left").bones[name]
    inside, outside = bone.expected.distance_mm(np.stack([bone.surface_mm.mean(0), middle_of(bone) + 100.0]))
    assert inside < -0.4  # fingertips are thin
    assert outside == pytest.approx(FARTHEST_MM)


def test_a_bone_that_is_turned_stretched_and_seen_along_other_axes_keeps_its_surface() -> None:
    model, parameters = load_hand_model(), np.zeros(number_of_parameters(load_hand_model()))
    parameters[:7] = 0.3, -0.2, 0.5, 10.0, -20.0, 30.0, np.log(1.5)
    posed = pose(model, parameters)
    points, normals = posed_points(model, posed)
    n = BONES.index("metacarpal_3")
    own = model.bone_of_point == n
    axes = Rotation.from_rotvec([0.4, -0.9, 0.7]).as_matrix()
    expected = expected_surface(model, posed, n).turned(axes)
    on_surface, inside = (p[own] @ axes for p in (points, points - 1.5 * normals))  # the axes are rows
    assert np.median(np.abs(expected.distance_mm(on_surface))) < 0.15
    assert np.median(expected.distance_mm(inside)) == pytest.approx(-1.5 * 0.77, abs=0.15)  # short, in every bone
