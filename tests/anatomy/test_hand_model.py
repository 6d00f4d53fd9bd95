"""The articulated hand: how it moves, and that it is found in whatever pose its own bones are laid."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from calcidect.anatomy import BONES
from calcidect.anatomy._find_pose import _right_way_up
from calcidect.anatomy._fit_model import BY_NAME_MM, FINE_MM, fit
from calcidect.anatomy._hand_model import load_hand_model, movements, number_of_parameters, of_bone, pose, posed_points
from calcidect.anatomy._hand_space import Surface
from calcidect.geometry import FloatArray


def test_the_model_has_the_29_bones_and_one_root() -> None:
    model = load_hand_model()
    assert tuple(bone.name for bone in model.bones) == BONES
    assert [bone.name for bone in model.bones if bone.parent < 0] == ["capitate"]


def test_long_bones_point_to_the_fingertips() -> None:
    for bone in load_hand_model().bones:
        if bone.name[-1].isdigit():
            assert (bone.points_mm.mean(0) - bone.joint_mm) @ bone.axes[2] > 0, bone.name


def test_points_move_as_the_derivatives_say() -> None:
    model = load_hand_model().thinned(20)
    rng = np.random.default_rng(0)
    parameters = rng.normal(0, 0.2, number_of_parameters(model))
    posed = pose(model, parameters)
    points, _ = posed_points(model, posed)
    moves = movements(model, parameters, posed, points)
    step = 1e-5
    for n in rng.choice(len(parameters), 60, replace=False):
        other = parameters.copy()
        other[n] += step
        moved = (posed_points(model, pose(model, other))[0] - points) / step
        if n != 6:  # growth of the whole hand leaves the shifts of its bones as they are: nearly right
            assert moves[:, :, n] == pytest.approx(moved, abs=0.02 * max(float(np.abs(moved).max()), 1.0))


def _everywhere(points: FloatArray) -> NDArray[np.bool_]:
    return np.ones(len(points), bool)


def test_a_bent_finger_is_found() -> None:
    model = load_hand_model().thinned(2)
    truth = np.zeros(number_of_parameters(model))
    of_bone(truth)[BONES.index("middle_phalanx_3"), 0] = 0.5
    of_bone(truth)[BONES.index("proximal_phalanx_5"), 1] = 0.1
    truth[3:7] = 4.0, -3.0, 2.0, 0.05
    scan = Surface(*posed_points(model, pose(model, truth)))
    found = fit(model, scan, np.zeros(len(truth)), _everywhere, BY_NAME_MM + FINE_MM)
    points, _ = posed_points(model, found.posed)
    assert np.median(np.linalg.norm(points - scan.points_mm, axis=1)) < 0.7
    assert found.explained > 0.97


def test_by_name_a_fist_that_lies_on_its_back_is_found_some_names_wrong() -> None:
    model = load_hand_model().thinned(2)
    truth = np.zeros(number_of_parameters(model))
    for name in BONES:
        if "phalanx" in name and not name.endswith("_1"):
            of_bone(truth)[BONES.index(name), 0] = 0.9
    truth[1] = np.pi * 0.9
    scan = Surface(*posed_points(model, pose(model, truth)))
    names = model.bone_of_point.copy()
    names[::7] = BONES.index("middle_phalanx_4")
    found = fit(model, scan, np.zeros(len(truth)), _everywhere, BY_NAME_MM, names)
    found = fit(model, scan, found.parameters, _everywhere, FINE_MM)
    points, _ = posed_points(model, found.posed)
    assert np.median(np.linalg.norm(points - scan.points_mm, axis=1)) < 0.7
    hand = [n for n, name in enumerate(BONES) if name not in ("radius", "ulna")]
    assert found.matched[hand].min() > 0.8


def test_a_hand_turned_over_is_the_same_hand_in_the_space_turned_over() -> None:
    model = load_hand_model().thinned(20)
    parameters = np.random.default_rng(3).normal(0, 0.2, number_of_parameters(model))
    parameters[:6] = 0.1, 2.9, -0.2, 5.0, -7.0, 3.0
    upright, signs = _right_way_up(model, parameters, (-1.0, 1.0, 1.0))
    assert signs == (1.0, 1.0, -1.0)
    before, after = (posed_points(model, pose(model, p))[0] for p in (parameters, upright))
    assert after * signs == pytest.approx(before * (-1.0, 1.0, 1.0), abs=1e-9)
    assert Rotation.from_rotvec(upright[:3]).as_matrix()[2, 2] > 0
    assert _right_way_up(model, upright, signs) == (pytest.approx(upright), signs)
