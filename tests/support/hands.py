"""The articulated hand at rest as if it had been fitted: every bone and tendon where the model has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calcidect.anatomy import BoneFrame, Hand, Side
from calcidect.anatomy._hand_model import expected_surface, load_hand_model, number_of_parameters, pose
from calcidect.anatomy._tendons import posed_tendons
from calcidect.geometry import FloatArray, Volume

_RADIAL, _DISTAL, _DORSAL = np.eye(3)


def resting_hand(side: Side = "right", muscle_mm: Volume | None = None) -> Hand:
    """Return the hand, LPS x towards the thumb of a left and away from that of a right hand, y distal, z dorsal."""
    model = load_hand_model()
    posed = pose(model, np.zeros(number_of_parameters(model)))
    turn = np.diag([1.0 if side == "left" else -1.0, 1.0, 1.0])
    bones = {bone.name: BoneFrame(turn @ bone.joint_mm, turn @ bone.axes[2], turn @ bone.axes[1], 1.0, 1.0,
                                  bone.points_mm @ turn, 1.0, expected_surface(model, posed, n).turned(turn))
             for n, bone in enumerate(model.bones)}  # fmt: skip
    tendons = tuple(replace(tendon, path_mm=tendon.path_mm @ turn) for tendon in posed_tendons(model, posed))
    wrist_mm = float(np.mean([bones[name].surface_mm[:, 1].min() for name in ("lunate", "scaphoid")]))
    return Hand(side, 1.0, (0, 0, 0), (1, 1, 1), np.ones((1, 1, 1), bool), _DISTAL, _DORSAL, turn @ _RADIAL, wrist_mm,
                bones, tendons, muscle_mm)  # fmt: skip


def middle_of(bone: BoneFrame) -> FloatArray:
    """Return the middle of a bone's long axis."""
    reach = (bone.surface_mm - bone.joint_mm) @ bone.along
    return bone.joint_mm + 0.5 * (reach.min() + reach.max()) * bone.along
