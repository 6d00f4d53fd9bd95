"""One person's hands as numbers drawn from a seed: size, proportions, pose, cortex, marrow, fat.

Sources: hand length 172 +- 9 mm (women) and 189 +- 9 mm (men) and its proportions from anthropometric surveys
(NASA-STD-3000; Greiner 1991); cortex of 0.4-2.5 mm and bone densities as in docs/method/phantom.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from calcidect.anatomy import BONES, Side

LONG_BONES = tuple(name for name in BONES if name[-1].isdigit())
_MODEL_HAND_LENGTH_MM = 178.0
_LENGTH_MM = {"F": (172.0, 9.0), "M": (189.0, 9.0)}


@dataclass(frozen=True)
class HandShape:
    """Shape and pose of one hand.

    Parameters
    ----------
    size : float
        Isotropic scale against the model of myo-sim.
    length, width : dict
        Factors along and across each bone, on top of ``size``.
    pose_rad : dict
        Joint name to angle, added to the model's rest pose.
    tilt_rad : tuple of float
        Turn of the whole hand about patient x, y, z: nobody lies straight.
    seed : int
        For the bumps of every bone, so that they stay the same from call to call.
    """

    size: float
    length: dict[str, float]
    width: dict[str, float]
    pose_rad: dict[str, float]
    tilt_rad: tuple[float, float, float]
    seed: int


@dataclass(frozen=True)
class Person:
    """Everything about one simulated person that is not a deposit or a lesion.

    Parameters
    ----------
    sex : {"F", "M"}
    age_years : float
    hands : dict
        Side to shape and pose.
    cortex_factor : float
        Thickness of every cortex against a healthy adult's; 0.55 is osteoporosis.
    trabecular_mg_per_cm3 : float
        Hydroxyapatite of the spongy bone under a joint surface.
    fat_factor : float
        Thickness of the fat under the skin against the average.
    joint_gap_mm : float
        Distance between the bones of a healthy MCP joint; others follow from it.
    narrowed : frozenset of str
        Distal bones of joints without cartilage left.
    osteophytes : frozenset of str
        Bones with osteophytes at their base.
    sesamoids : dict
        Side to the joints that have sesamoids.
    calcified_arteries : frozenset of str
        Digits' rays (``"right_2"``) whose palmar digital arteries are calcified.
    seed : int
    """

    sex: str
    age_years: float
    hands: dict[Side, HandShape]
    cortex_factor: float
    trabecular_mg_per_cm3: float
    fat_factor: float
    joint_gap_mm: float
    narrowed: frozenset[str]
    osteophytes: frozenset[str]
    sesamoids: dict[Side, tuple[str, ...]]
    calcified_arteries: frozenset[str]
    seed: int = field(default=0)


@dataclass(frozen=True)
class Described:
    """What is known of a person before anything is drawn; None: drawn.

    Parameters
    ----------
    sex : {"F", "M"}
    age_years : float
    hand_length_mm : float
        From the wrist's crease to the tip of the middle finger.
    contracture_degrees : float
        Flexion that the PIP joints of the fingers can't leave; each has 0.4 to 1 of it.

    Raises
    ------
    ValueError
        If one is out of the range of adults.
    """

    sex: str | None = None
    age_years: float | None = None
    hand_length_mm: float | None = None
    contracture_degrees: float | None = None

    def __post_init__(self) -> None:
        if self.sex not in (None, "F", "M"):
            raise ValueError(f"sex is {self.sex!r}, not F or M")
        ranges = {"age_years": (18, 89), "hand_length_mm": (150, 215), "contracture_degrees": (0, 60)}
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} is {value:g}, not {low} to {high}")


SESAMOID_FREQUENCY = {"mcp_1": 1.0, "ip_1": 0.53, "mcp_2": 0.434, "mcp_5": 0.677}
"""Share of adult hands: Yammine K, Clin Anat 2014;27:1291 (thumb MCP 99.9 % taken as always)."""


def draw_person(seed: int, described: Described | None = None) -> Person:
    """Return the person of a seed, as described where that says it; the same seed gives the same person."""
    given = described or Described()
    rng = np.random.default_rng([seed, 1])
    drawn_sex = "F" if rng.random() < 0.85 else "M"  # systemic sclerosis: nine of ten in the study were women
    sex = given.sex or drawn_sex
    mean, sd = _LENGTH_MM[sex]
    drawn_mm = float(np.clip(rng.normal(mean, sd), mean - 2 * sd, mean + 2 * sd))
    size = (drawn_mm if given.hand_length_mm is None else given.hand_length_mm) / _MODEL_HAND_LENGTH_MM
    build = float(np.clip(rng.normal(1.0, 0.06), 0.86, 1.14))
    rays = {ray: float(np.clip(rng.normal(1.0, 0.025), 0.94, 1.06)) for ray in range(1, 6)}
    common = {
        bone: (rays[int(bone[-1])] * float(rng.normal(1, 0.015)), build * float(rng.normal(1, 0.025)))
        for bone in LONG_BONES
    }
    hands: dict[Side, HandShape] = {
        side: _draw_hand(rng, size, build, common, seed, given.contracture_degrees) for side in ("right", "left")
    }
    joints = [bone for bone in LONG_BONES if not bone.startswith("metacarpal")]
    arthrosis = rng.random() < 0.35
    drawn_age = float(np.round(np.clip(rng.normal(57, 11), 25, 85)))
    return Person(
        sex,
        drawn_age if given.age_years is None else given.age_years,
        hands,
        cortex_factor=float(rng.uniform(0.55, 1.2)),
        trabecular_mg_per_cm3=float(rng.uniform(160, 330)),
        fat_factor=float(rng.uniform(0.5, 1.5)),
        joint_gap_mm=float(rng.uniform(1.3, 2.0)),
        narrowed=frozenset(str(b) for b in rng.choice(joints, 3, replace=False)) if arthrosis else frozenset(),
        osteophytes=frozenset(str(b) for b in rng.choice(joints, 3, replace=False)) if arthrosis else frozenset(),
        sesamoids={
            side: tuple(joint for joint, share in SESAMOID_FREQUENCY.items() if rng.random() < share) for side in hands
        },
        calcified_arteries=frozenset(f"{side}_{ray}" for side in hands for ray in range(1, 6) if rng.random() < 0.08),
        seed=seed,
    )


def _draw_hand(
    rng: np.random.Generator, size: float, build: float, common: dict[str, tuple[float, float]], seed: int,
    contracture_degrees: float | None,
) -> HandShape:  # fmt: skip
    """Return one hand: the person's proportions, a little asymmetry, and a pose of its own."""
    length = {bone: values[0] * float(rng.normal(1, 0.005)) for bone, values in common.items()}
    width = {bone: values[1] * float(rng.normal(1, 0.008)) for bone, values in common.items()}
    for bone in BONES:
        length.setdefault(bone, float(rng.normal(1, 0.02)))
        width.setdefault(bone, build if bone in ("radius", "ulna") else float(rng.normal(1, 0.02)))
    tilt = np.radians(rng.normal(0, (4, 5, 6)))
    pose = _draw_pose(rng, contracture_degrees)
    return HandShape(size, length, width, pose, (float(tilt[0]), float(tilt[1]), float(tilt[2])), seed)


def _draw_pose(rng: np.random.Generator, contracture_degrees: float | None) -> dict[str, float]:
    """Return joint angles of a hand laid palm down: nearly flat, contracted in some, or as much as is given."""
    contracture = rng.uniform(15, 40) if rng.random() < 0.25 else 0.0
    if contracture_degrees is not None:
        contracture = contracture_degrees
    spread, curl = rng.normal(0, 4), rng.uniform(0, 12)
    pose = {
        "pro_sup": rng.uniform(-60, -20), "deviation": rng.normal(4, 5), "flexion": rng.normal(0, 6),
        "cmc_flexion": rng.normal(12, 7), "cmc_abduction": rng.uniform(-28, -14),  # the thumb beside the palm
        "mp_flexion": rng.normal(0, 6), "ip_flexion": rng.normal(0, 6),
    }  # fmt: skip
    for ray in range(2, 6):
        pose[f"mcp{ray}_flexion"] = curl + rng.uniform(-4, 6)
        pose[f"mcp{ray}_abduction"] = {2: 1.0, 3: 0.0, 4: -0.7, 5: -1.4}[ray] * spread + rng.normal(0, 1.5)
        pose[f"pm{ray}_flexion"] = curl + contracture * rng.uniform(0.4, 1.0) + rng.uniform(0, 8)
        pose[f"md{ray}_flexion"] = 0.7 * curl + rng.uniform(0, 10)
    return {joint: float(np.radians(angle)) for joint, angle in pose.items()}
