"""Random hands: numbers of the articulated model, far beyond what scans of hands show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcidect.anatomy import BONES
from calcidect.anatomy._fit_model import standard_deviations
from calcidect.anatomy._hand_model import HandModel, Posed, number_of_parameters, of_bone, pose
from calcidect.geometry import FloatArray

DEGREE = np.pi / 180


@dataclass(frozen=True, eq=False)
class DrawnHand:
    """One hand before it is an image.

    Parameters
    ----------
    posed : Posed
    lost : dict
        Digit to the share of its distal phalanx that is resorbed.
    missing : frozenset of int
        Bones, in the order of ``BONES``, that are not there.
    """

    posed: Posed
    lost: dict[int, float]
    missing: frozenset[int]


def draw_hand(model: HandModel, rng: np.random.Generator) -> DrawnHand:
    """Return a random hand: any size, pose and proportions, some with resorbed tips or missing digits."""
    posed = pose(model, _parameters(model, rng))
    is_diseased = rng.random() < 0.5
    lost = {ray: float(rng.uniform(0.1, 0.95)) for ray in range(1, 6) if is_diseased and rng.random() < 0.4}
    missing: set[int] = set()
    for ray in range(1, 6):
        if rng.random() < 0.02:
            kinds = ("distal", "middle", "proximal")[: rng.integers(1, 4)]
            missing |= {n for n, name in enumerate(BONES) if name.endswith(f"_{ray}") and name.startswith(kinds)}
    return DrawnHand(posed, lost, frozenset(missing))


def _parameters(model: HandModel, rng: np.random.Generator) -> FloatArray:
    sd = standard_deviations(model)
    drawn = rng.normal(0.0, 1.0, number_of_parameters(model)) * sd
    drawn[:3] = rng.normal(0, (9 * DEGREE, 9 * DEGREE, 9 * DEGREE))
    drawn[3:6] = 0
    drawn[6] = rng.normal(0, 0.1)
    own = of_bone(drawn)
    own[:, 6:] *= 1.2
    common = rng.normal(0, 0.05, 6)
    for n, name in enumerate(BONES):
        if name[-1].isdigit():
            own[n, 6] += common[int(name[-1])]
    _bend_fingers(own, rng)
    return drawn


def _bend_fingers(own: FloatArray, rng: np.random.Generator) -> None:
    """Write the bends and spreads of fingers: some flat, some curled, some contracted, some crossing."""
    curl = rng.uniform(0, 45) if rng.random() < 0.4 else rng.uniform(-5, 15)
    spread = rng.normal(2, 5)
    for ray in range(1, 6):
        contracture = rng.uniform(15, 80) if rng.random() < 0.2 else 0.0
        for kind, share in (("proximal", 0.5), ("middle", 1.0), ("distal", 0.6)):
            name = f"{kind}_phalanx_{ray}"
            if name not in BONES or ray == 1:
                continue
            n = BONES.index(name)
            own[n, 0] = (share * (curl + (contracture if kind != "proximal" else 0.0)) + rng.normal(0, 8)) * DEGREE
            if kind == "proximal":
                own[n, 1] = ((ray - 3) * spread + rng.normal(0, 4)) * DEGREE
