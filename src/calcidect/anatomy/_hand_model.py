"""The articulated hand that is fitted to a scan: 29 bones, their joints, and where a pose puts them.

The bones come from myo-sim (Apache-2.0) by ``scripts/build_hand_model.py``. Coordinates are mm along radial, distal and
dorsal of the hand, so that a left hand's are those of a right one. Each bone turns about the joint to the bone it
hangs from, may shift there a little, and is stretched along and across its long axis; the capitate is the root.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._expected_surface import ExpectedSurface
from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray

OF_BONE = 8
"""Numbers of a bone: turn about its three axes (rad), shift (mm, 3), log of its stretch along and across."""
OF_HAND = 7
"""Numbers of the whole hand: turn (rad, 3), shift (mm, 3), log of its size."""


@dataclass(frozen=True, eq=False)
class ModelBone:
    """One bone of the model at rest.

    Parameters
    ----------
    name : str
    parent : int
        Index of the bone it hangs from; -1 of the root.
    joint_mm : array, shape (3,)
    axes : array, shape (3, 3)
        Rows: flexion, abduction, long axis.
    points_mm, normals : array, shape (n, 3)
        On its surface.
    distance : int8 array, shape (k, j, i)
        Signed, negative inside, in steps of ``DISTANCE_STEP_MM``, on a grid along dorsal, distal, radial.
    first_mm : array, shape (3,)
        Of the distance's first voxel.
    grid_mm : float
        Of the distance's voxels.
    """

    name: str
    parent: int
    joint_mm: FloatArray
    axes: FloatArray
    points_mm: FloatArray
    normals: FloatArray
    distance: NDArray[np.int8]
    first_mm: FloatArray
    grid_mm: float


@dataclass(frozen=True, eq=False)
class HandModel:
    """The bones in the order of ``BONES``, and all their surface points in one array.

    Parameters
    ----------
    bones : tuple of ModelBone
    bone_of_point : int array, shape (n,)
    """

    bones: tuple[ModelBone, ...]
    bone_of_point: NDArray[np.intp]

    @property
    def order(self) -> list[int]:
        """Indices of the bones, each after the one it hangs from."""
        done: list[int] = []
        while len(done) < len(self.bones):
            done += [n for n, bone in enumerate(self.bones) if n not in done and bone.parent in [-1, *done]]
        return done

    def hangs_from(self) -> NDArray[np.bool_]:
        """Return, shape (bones, bones), whether the second is the first or hangs from it at any remove."""
        below = np.eye(len(self.bones), dtype=bool)
        for n in self.order:
            if self.bones[n].parent >= 0:
                below[:, n] |= below[:, self.bones[n].parent]
        return below

    def thinned(self, keep: int) -> HandModel:
        """Return the model with one surface point of so many."""
        bones = tuple(replace(b, points_mm=b.points_mm[::keep], normals=b.normals[::keep]) for b in self.bones)
        return HandModel(bones, np.repeat(np.arange(len(bones)), [len(b.points_mm) for b in bones]))


@dataclass(frozen=True, eq=False)
class Posed:
    """Where a pose puts every bone: ``x = matrix @ (rest - joint) + origin``.

    Parameters
    ----------
    rotations, matrices : array, shape (bones, 3, 3)
        Without and with stretch.
    origins_mm : array, shape (bones, 3)
        Of the joints.
    """

    rotations: FloatArray
    matrices: FloatArray
    origins_mm: FloatArray


@lru_cache(maxsize=1)
def load_hand_model() -> HandModel:
    """Return the model that ships with the package."""
    with (files("calcidect.anatomy") / "data" / "hand.npz").open("rb") as file:
        arrays = dict(np.load(file))
    facts = json.loads(arrays["facts"].tobytes())
    bones = tuple(
        ModelBone(
            name,
            BONES.index(facts[name]["parent"]) if facts[name]["parent"] else -1,
            np.array(facts[name]["joint_mm"]),
            np.array(facts[name]["axes"]),
            arrays[f"{name}.points"].astype(float),
            arrays[f"{name}.normals"].astype(float),
            arrays[f"{name}.distance"],
            np.array(facts[name]["first_mm"]),
            facts[name]["grid_mm"],
        )
        for name in BONES
    )
    owner = np.repeat(np.arange(len(bones)), [len(bone.points_mm) for bone in bones])
    return HandModel(bones, owner)


def directions(bone: ModelBone) -> FloatArray:
    """Return a bone's radial, distal and palmar directions at rest, rows of (3, 3): of a carpal, the hand's."""
    if not bone.name[-1].isdigit() and bone.name not in ("radius", "ulna"):
        return np.diag([1.0, 1.0, -1.0])
    _, palmar, distal = bone.axes
    return np.stack([np.cross(palmar, distal), distal, palmar])


def volumes_mm3(model: HandModel, posed: Posed) -> FloatArray:
    """Return the volume of every posed bone, shape (bones,)."""
    filled = np.array([(own.distance < 0).sum() * own.grid_mm**3 for own in model.bones])
    return np.asarray(filled * np.linalg.det(posed.matrices))


def expected_surface(model: HandModel, posed: Posed, bone: int) -> ExpectedSurface:
    """Return a posed bone's surface."""
    own, matrix = model.bones[bone], posed.matrices[bone]
    to_rest = np.linalg.inv(matrix)
    first = own.joint_mm - own.first_mm - to_rest @ posed.origins_mm[bone]
    to_index = np.column_stack([to_rest, first]) / own.grid_mm
    return ExpectedSurface(own.distance, float(np.cbrt(np.linalg.det(matrix))), to_index)


def share_along(model: HandModel, posed: Posed, bone: int, points_mm: FloatArray) -> FloatArray:
    """Return where points (n, 3) lie along a posed bone: 0 at its proximal end, 1 at its distal one."""
    own = model.bones[bone]
    rest = (points_mm - posed.origins_mm[bone]) @ np.linalg.inv(posed.matrices[bone]).T
    first, last = np.quantile((own.points_mm - own.joint_mm) @ own.axes[2], (0.01, 0.99))
    return np.asarray((rest @ own.axes[2] - first) / (last - first))


def shares_along(model: HandModel, posed: Posed, bones: NDArray[np.intp], points_mm: FloatArray) -> FloatArray:
    """Return where points (n, 3) lie along posed bones, each point's own, shape (n,): as ``share_along``."""
    shares = np.zeros(len(points_mm))
    for n in np.unique(bones):
        own = bones == n
        shares[own] = share_along(model, posed, int(n), points_mm[own])
    return shares


def number_of_parameters(model: HandModel) -> int:
    """Return how many numbers describe a pose: first the hand's, then each bone's."""
    return OF_HAND + OF_BONE * len(model.bones)


def of_bone(parameters: FloatArray) -> FloatArray:
    """Return the numbers of the bones, shape (bones, 8), as a view."""
    return parameters[OF_HAND:].reshape(-1, OF_BONE)


def pose(model: HandModel, parameters: FloatArray) -> Posed:
    """Return where a pose puts every bone.

    Parameters
    ----------
    model : HandModel
    parameters : array, shape (7 + 8 bones,)
    """
    from scipy.spatial.transform import Rotation

    own = of_bone(parameters)
    axes = np.stack([bone.axes for bone in model.bones])
    turns = Rotation.from_rotvec(np.einsum("bk,bkx->bx", own[:, :3], axes)).as_matrix()
    stretch = np.exp(parameters[6]) * _stretches(axes[:, 2], own[:, 6], own[:, 7])
    rotations, origins = np.empty_like(turns), np.empty((len(model.bones), 3))
    whole = Rotation.from_rotvec(parameters[:3]).as_matrix()
    for n in model.order:
        bone = model.bones[n]
        if bone.parent < 0:
            rotation, origin = whole, parameters[3:6] + bone.joint_mm
        else:
            p = bone.parent
            rotation = rotations[p]
            origin = origins[p] + rotation @ stretch[p] @ (bone.joint_mm - model.bones[p].joint_mm)
        origins[n] = origin + rotation @ own[n, 3:6]
        rotations[n] = rotation @ turns[n]
    return Posed(rotations, rotations @ stretch, origins)


def _stretches(long_axes: FloatArray, along: FloatArray, across: FloatArray) -> FloatArray:
    """Return the matrices (bones, 3, 3) that stretch along and across the long axes by the exponentials given."""
    outer = np.einsum("bx,by->bxy", long_axes, long_axes)
    return np.asarray(np.exp(along)[:, None, None] * outer + np.exp(across)[:, None, None] * (np.eye(3) - outer))


def posed_points(model: HandModel, posed: Posed) -> tuple[FloatArray, FloatArray]:
    """Return the surface points and their unit normals, each shape (n, 3), where a pose puts them."""
    points = [m @ (bone.points_mm - bone.joint_mm).T for bone, m in zip(model.bones, posed.matrices, strict=True)]
    normals = [np.linalg.inv(m).T @ bone.normals.T for bone, m in zip(model.bones, posed.matrices, strict=True)]
    placed = np.concatenate([p.T + o for p, o in zip(points, posed.origins_mm, strict=True)])
    turned = np.concatenate([n.T for n in normals])
    return placed, turned / np.linalg.norm(turned, axis=1, keepdims=True)


def movements(model: HandModel, parameters: FloatArray, posed: Posed, points_mm: FloatArray) -> NDArray[np.float32]:
    """Return how points move with every parameter, shape (n, 3, parameters), float32.

    Parameters
    ----------
    points_mm : array, shape (n, 3)
        All surface points, as ``posed_points`` gives them.
    """
    from scipy.spatial.transform import Rotation

    own, below, owner = of_bone(parameters), model.hangs_from(), model.bone_of_point
    moves = np.zeros((len(points_mm), 3, len(parameters)), np.float32)
    root = posed.origins_mm[next(n for n, bone in enumerate(model.bones) if bone.parent < 0)]
    for k, axis in enumerate(_turning_axes(parameters[:3], np.eye(3))):
        moves[:, :, k] = np.cross(axis, points_mm - root)
        moves[:, k, 3 + k] = 1
    moves[:, :, 6] = points_mm - root
    for n, bone in enumerate(model.bones):
        subtree = below[n][owner]
        base = posed.rotations[bone.parent] if bone.parent >= 0 else Rotation.from_rotvec(parameters[:3]).as_matrix()
        first = OF_HAND + OF_BONE * n
        for k, axis in enumerate(_turning_axes(own[n, :3], bone.axes) @ base.T):
            moves[subtree, :, first + k] = np.cross(axis, points_mm[subtree] - posed.origins_mm[n])
            moves[subtree, :, first + 3 + k] = base[:, k]
        _stretching(model, posed, n, points_mm, below, moves[:, :, first + 6 : first + 8])
    return moves


def _turning_axes(turn: FloatArray, axes: FloatArray) -> FloatArray:
    """Return the axes (rows), in the parent's frame, about which a bone turns as each of its angles grows."""
    from scipy.spatial.transform import Rotation

    step = 1e-4
    now = Rotation.from_rotvec(turn @ axes)
    then = Rotation.from_rotvec((turn + step * np.eye(3)) @ axes)
    return np.asarray((then * now.inv()).as_rotvec() / step)


def _stretching(
    model: HandModel, posed: Posed, n: int, points_mm: FloatArray, below: NDArray[np.bool_], moves: NDArray[np.float32]
) -> None:
    """Write how points move, shape (n, 3, 2), as a bone is stretched along and across: its own, and what follows."""
    owner = model.bone_of_point
    axis = posed.rotations[n] @ model.bones[n].axes[2]

    def parts(offset: FloatArray) -> FloatArray:
        along = np.outer(offset @ axis, axis)
        return np.stack([along, offset - along], -1)

    own = owner == n
    moves[own] = parts(points_mm[own] - posed.origins_mm[n])
    for child, bone in enumerate(model.bones):
        if bone.parent == n:
            rest = posed.matrices[n] @ (bone.joint_mm - model.bones[n].joint_mm)
            moves[below[child][owner]] = parts(rest[None])[0]
