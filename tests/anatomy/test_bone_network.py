"""The network's reading of a hand: the model's own bones, drawn as a scan, under any axes and whichever way it lies."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from calcidect.anatomy import BONES
from calcidect.anatomy._bone_network import DEPOSIT, SESAMOID, Reading, read_bones
from calcidect.anatomy._fit_model import Fit
from calcidect.anatomy._hand_model import HandModel, load_hand_model, number_of_parameters, pose
from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._name_bones import nearest_bone
from calcidect.geometry import FloatArray, Grid

SPACING_MM = 1.5
CORTEX_MM = 1.2


def _box(axes: FloatArray) -> HandSpace:
    """Return a box around the model at rest, on the voxels of a scanner turned against the hand."""
    corners = np.array([[x, y, z] for x in (-52.0, 62.0) for y in (-50.0, 162.0) for z in (-54.0, 33.0)]) @ axes
    first, last = corners.min(0), corners.max(0)
    size = np.ceil((last - first) / SPACING_MM).astype(int)
    return HandSpace(Grid((size[0], size[1], size[2]), (SPACING_MM,) * 3, (first[0], first[1], first[2])), axes)


def _drawn(model: HandModel, space: HandSpace) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.bool_]]:
    """Return HU, nearest bone and inside of bone of the model at rest: cortex of 1.2 mm, spongy bone, fat around."""
    parameters = np.zeros(number_of_parameters(model))
    nothing = np.zeros(len(model.bones))
    found = Fit(parameters, pose(model, parameters), 0.0, nothing, nothing, 0.0)
    index = np.indices(space.grid.shape).reshape(3, -1).T
    owner, distance = nearest_bone(model, found, space.point_of(index))
    hu = np.where(distance < 0, np.where(distance > -CORTEX_MM, 1500.0, 250.0), -60.0).astype(np.float32)
    return hu.reshape(space.grid.shape), owner.reshape(space.grid.shape), (distance < -0.4).reshape(space.grid.shape)


@pytest.fixture(scope="module", params=["oblique", "a left hand"])
def case(request: pytest.FixtureRequest) -> tuple[Reading, NDArray[np.intp], NDArray[np.bool_]]:
    axes = {
        "oblique": Rotation.from_euler("xyz", (15, -10, 20), degrees=True).as_matrix(),
        "a left hand": np.diag([-1.0, 1.0, 1.0]),
    }[request.param]
    space = _box(axes)
    hu, owner, inside = _drawn(load_hand_model(), space)
    return read_bones(hu, np.ones(hu.shape, bool), hu > 200, space), owner, inside


def test_bones_are_read_by_name(case: tuple[Reading, NDArray[np.intp], NDArray[np.bool_]]) -> None:
    reading, owner, inside = case
    index = np.argwhere(inside)
    read = reading.at(reading.space.point_of(index)).astype(int) - 1
    right = read == owner[inside]
    assert right.mean() > 0.85
    for name in ("metacarpal_1", "metacarpal_5", "capitate", "radius", "proximal_phalanx_3"):
        assert right[owner[inside] == BONES.index(name)].mean() > 0.8, name


def test_bone_on_the_box_is_where_the_scan_has_it(case: tuple[Reading, NDArray[np.intp], NDArray[np.bool_]]) -> None:
    reading, _, inside = case
    read = reading.on_box(inside.shape)
    bone = (read.labels > 0) & (read.labels < SESAMOID)
    assert (read.inside <= bone).all()
    assert (bone <= read.beside).all()
    assert bone[inside].mean() > 0.9
    assert 2 * (bone & inside).sum() / (bone.sum() + inside.sum()) > 0.75


def test_soft_tissue_and_what_is_outside_of_the_grid_are_nothing() -> None:
    space = HandSpace(Grid((20, 20, 20), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)), np.eye(3))
    hu = np.full((20, 20, 20), 40.0, np.float32)
    mineral = np.zeros(hu.shape, bool)
    mineral[5:15, 5:15, 5:15] = True
    reading = read_bones(hu, np.ones(hu.shape, bool), mineral, space)
    assert (reading.labels == 0).mean() > 0.99
    assert reading.at(np.array([[500.0, 0.0, 0.0], [-500.0, 3.0, 9.0]])).tolist() == [0, 0]
    assert reading.labels.max() <= DEPOSIT


def test_without_mineral_nothing_is_read() -> None:
    space = HandSpace(Grid((6, 5, 4), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)), np.eye(3))
    nothing = np.zeros((4, 5, 6), bool)
    reading = read_bones(np.zeros(nothing.shape, np.float32), ~nothing, nothing, space)
    assert reading.at(np.array([[0.0, 0.0, 0.0], [3.0, 2.0, 1.0]])).tolist() == [0, 0]
    assert not reading.on_box(nothing.shape).beside.any()
