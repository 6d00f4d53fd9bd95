"""Where a deposit lies: by most of its mass, its centroid and its nearest bone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calcidect.anatomy import regions_of
from calcidect.findings._place import Place, place_of
from support.hands import middle_of, resting_hand

HAND = resting_hand()
REGIONS = regions_of(HAND)
BONE = HAND.bones["proximal_phalanx_3"]
FLEXOR = next(t.path_mm for t in HAND.tendons if t.name == "FDP3")
IN_SHEATH = FLEXOR[np.linalg.norm(FLEXOR - middle_of(BONE), axis=1).argmin()]
BESIDE = middle_of(BONE) + 11 * np.cross(BONE.along, BONE.palmar)
POINTS = np.stack([IN_SHEATH, BESIDE])
FAR_FROM_BONE = np.array([3.0, 3.0])


def test_most_of_the_mass_decides_and_the_shares_are_told() -> None:
    for mass, compartment in (([3.0, 1.0], "flexor_tendon_sheath"), ([1.0, 3.0], "subcutaneous")):
        place = place_of(HAND, REGIONS, "proximal_phalanx_3", POINTS, np.array(mass), FAR_FROM_BONE, POINTS.mean(0))
        assert place.compartment == compartment
        assert place.compartment_shares == {"flexor_tendon_sheath": mass[0] / 4, "subcutaneous": mass[1] / 4}
        assert (place.nearest_bone, place.level, place.digit) == ("proximal_phalanx_3", "proximal_phalanx", 3)


def test_a_tie_goes_to_the_compartment_that_the_contract_names_first() -> None:
    place = place_of(HAND, REGIONS, None, POINTS, np.ones(2), FAR_FROM_BONE, POINTS.mean(0))
    assert place.compartment == "flexor_tendon_sheath"


def test_a_sesamoid_or_an_unnamed_bone_is_no_name_but_the_level_is_told() -> None:
    for name in ("unnamed", "sesamoid_mcp_1", None):
        place = place_of(HAND, REGIONS, name, POINTS, np.ones(2), FAR_FROM_BONE, POINTS.mean(0))
        assert (place.nearest_bone, place.level, place.digit) == (None, "proximal_phalanx", 3)


def test_without_a_fitted_hand_only_the_forearm_is_told() -> None:
    hand = replace(HAND, bones={}, radiocarpal_mm=-20.0)
    for y, level in ((50.0, None), (-50.0, "forearm")):
        point = np.array([[0, y, 0]])
        assert place_of(hand, regions_of(hand), "unnamed", point, np.ones(1), np.ones(1), point[0]) == Place(
            level=level
        )
