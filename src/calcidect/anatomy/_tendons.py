"""The tendons of a hand: curves through points fixed to bones, so that a fitted pose places them.

The points are those of myo-sim (Apache-2.0), written by ``scripts/build_hand_model.py``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import numpy as np

from calcidect.anatomy._hand_model import HandModel, Posed
from calcidect.anatomy._types import BONES, Tendon
from calcidect.geometry import FloatArray

PATH_STEP_MM = 1.0
"""Between the points of a curve: less than any tendon's radius."""
_RADIUS_MM = {"finger_flexor": 2.0, "finger_extensor": 1.2, "wrist": 1.9}
"""Of a round tendon of the same section, in the model's hand: the flexor pair of a finger is 5 to 6 mm wide, extensors
3 to 4 by 1 to 2 mm, tendons of the wrist 3 to 5 mm (ultrasound). Rounded: what counts is 1.5 mm around them."""
_EXTENSORS = ("EDC", "EDM", "EIP", "EPL", "EPB", "APL", "ECR", "ECU")
_OF_THE_WRIST = ("FCR", "FCU", "PL", "APL", "ECR", "ECU")


@dataclass(frozen=True, eq=False)
class ModelTendon:
    """One tendon of the model at rest.

    Parameters
    ----------
    name : str
        ``FDP2``: flexor digitorum profundus of the second digit.
    bones : tuple of int
        Of each point, the bone it is fixed to, as an index into ``BONES``.
    points_mm : array, shape (n, 3)
        Proximal first, in the model's coordinates.
    """

    name: str
    bones: tuple[int, ...]
    points_mm: FloatArray


@lru_cache(maxsize=1)
def load_tendons() -> tuple[ModelTendon, ...]:
    """Return the tendons that ship with the package."""
    with (files("calcidect.anatomy") / "data" / "hand.npz").open("rb") as file:
        tendons = json.loads(np.load(file)["tendons"].tobytes())
    return tuple(
        ModelTendon(name, tuple(BONES.index(bone) for bone, _ in path), np.array([point for _, point in path]))
        for name, path in tendons.items()
    )


def posed_tendons(model: HandModel, posed: Posed) -> tuple[Tendon, ...]:
    """Return every tendon as a curve where a pose puts it, in the model's coordinates."""
    size = float(np.cbrt(np.median(np.linalg.det(posed.matrices))))
    return tuple(
        Tendon(tendon.name, kind_of(tendon.name), _curve(_placed(model, posed, tendon)), size * _radius(tendon.name))
        for tendon in load_tendons()
    )


def kind_of(name: str) -> Literal["flexor", "extensor"]:
    """Tell flexors from extensors; the abductor of the thumb runs with its extensors."""
    return "extensor" if name.startswith(_EXTENSORS) else "flexor"


def _radius(name: str) -> float:
    return _RADIUS_MM["wrist" if name.startswith(_OF_THE_WRIST) else f"finger_{kind_of(name)}"]


def _placed(model: HandModel, posed: Posed, tendon: ModelTendon) -> FloatArray:
    """Return a tendon's points where their bones are."""
    return np.array([
        posed.matrices[n] @ (point - model.bones[n].joint_mm) + posed.origins_mm[n]
        for n, point in zip(tendon.bones, tendon.points_mm, strict=True)
    ])  # fmt: skip


def _curve(points_mm: FloatArray) -> FloatArray:
    """Return points a millimetre apart on a smooth curve that overshoots nowhere (PCHIP over the arc's length)."""
    from scipy.interpolate import PchipInterpolator

    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points_mm, axis=0), axis=1))])
    apart = np.concatenate([[True], np.diff(arc) > PATH_STEP_MM / 10])
    steps = np.linspace(0.0, arc[apart][-1], max(int(arc[-1] / PATH_STEP_MM) + 1, 2))
    return np.asarray(PchipInterpolator(arc[apart], points_mm[apart])(steps))
