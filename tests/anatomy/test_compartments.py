"""Compartment, level and digit of landmarks of the articulated hand, left and right."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy import COMPARTMENTS, LEVELS, HandRegions, Side, regions_of
from calcidect.geometry import FloatArray, Grid, Volume
from support.hands import middle_of, resting_hand

IN_BONE_MM = 0.0


@pytest.fixture(scope="module", params=["left", "right"])
def regions(request: pytest.FixtureRequest) -> HandRegions:
    side: Side = request.param
    found = regions_of(resting_hand(side))
    assert found is not None
    return found


def named(regions: HandRegions, point: FloatArray, bone_mm: float = 5.0) -> tuple[str, str, int]:
    one = regions.name(point[None], np.array([bone_mm]))
    return COMPARTMENTS[one.compartment[0]], LEVELS[one.level[0]], int(one.digit[0])


def side_of(regions: HandRegions, bone: str) -> FloatArray:
    frame = regions.hand.bones[bone]
    return np.cross(frame.along, frame.palmar)


@pytest.mark.parametrize("digit", [1, 2, 3, 4, 5])
def test_the_pulp_is_the_fat_pad_and_the_nail_bed_is_not(regions: HandRegions, digit: int) -> None:
    bone = regions.hand.bones[f"distal_phalanx_{digit}"]
    tip = middle_of(bone) + 6 * bone.along
    assert named(regions, tip + 5 * bone.palmar) == ("fingertip_fat_pad", "distal_phalanx", digit)
    assert named(regions, tip + 6 * side_of(regions, f"distal_phalanx_{digit}"))[0] == "fingertip_fat_pad"
    assert named(regions, tip - 5 * bone.palmar) == ("subcutaneous", "distal_phalanx", digit)
    assert named(regions, tip - 0.5 * bone.palmar)[0] == "fingertip_fat_pad"  # in a lost tuft's place


@pytest.mark.parametrize(
    ("tendon", "compartment"), [("FDP", "flexor_tendon_sheath"), ("EDC", "extensor_tendon_sheath")]
)
@pytest.mark.parametrize("digit", [2, 3, 4, 5])
def test_a_tendon_beside_a_phalanx_is_in_its_sheath(
    regions: HandRegions, tendon: str, compartment: str, digit: int
) -> None:
    path = next(t.path_mm for t in regions.hand.tendons if t.name == f"{tendon}{digit}")
    middle = middle_of(regions.hand.bones[f"proximal_phalanx_{digit}"])
    point = path[np.linalg.norm(path - middle, axis=1).argmin()]
    assert named(regions, point) == (compartment, "proximal_phalanx", digit)


def test_the_carpal_tunnel_lies_before_the_capitate_and_has_no_digit(regions: HandRegions) -> None:
    capitate = regions.hand.bones["capitate"].surface_mm
    before = capitate.mean(0) - np.array([0, 0, 0.5 * np.ptp(capitate[:, 2]) + 3])
    behind = capitate.mean(0) + np.array([0, 0, 0.5 * np.ptp(capitate[:, 2]) + 5])
    assert named(regions, before) == ("carpal_tunnel", "carpus", 0)
    assert named(regions, behind)[0] != "carpal_tunnel"


def test_beside_a_joint_counts_as_periarticular_if_near_bone(regions: HandRegions) -> None:
    joint = next(ray for ray in regions.rays if ray.digit == 3).lines[2].middle_mm
    beside = joint + 9 * side_of(regions, "middle_phalanx_3")
    assert named(regions, beside, bone_mm=1.5)[0] == "periarticular"
    assert named(regions, beside, bone_mm=3.0) == ("subcutaneous", named(regions, beside)[1], 3)
    far = beside - 8 * regions.hand.bones["proximal_phalanx_3"].along
    assert named(regions, far, bone_mm=1.5) == ("subcutaneous", "proximal_phalanx", 3)


def test_the_forearm_begins_at_the_wrist(regions: HandRegions) -> None:
    below_skin = regions.hand.bones["radius"].surface_mm.mean(0) + np.array([0, 0, 20.0])
    assert named(regions, below_skin) == ("forearm", "forearm", 0)


def test_a_deposit_is_judged_by_its_centroid_and_its_nearest_place(regions: HandRegions) -> None:
    joint = next(ray for ray in regions.rays if ray.digit == 3).lines[2].middle_mm
    beside = joint + 9 * side_of(regions, "middle_phalanx_3")
    points = beside + np.array([[0, -8.0, 0], [0, 0, 0], [0, 8.0, 0]])
    bone_mm = np.array([3.0, 1.5, 3.0])
    one = {COMPARTMENTS[c] for c in regions.name(points, bone_mm, points.mean(0)).compartment}
    assert one == {"periarticular"}
    assert COMPARTMENTS[regions.name(points, bone_mm).compartment[0]] == "subcutaneous"


def test_muscle_counts_to_a_millimetre_beside_it_in_the_hand_and_has_no_digit() -> None:
    middle = middle_of(resting_hand().bones["metacarpal_5"]) + np.array([0, 0, -12.0])
    at = np.stack(np.meshgrid(*[np.arange(-20.0, 21.0)] * 3, indexing="ij"), -1)
    ball = (np.linalg.norm(at, axis=-1) - 4).astype(np.float32)
    regions = regions_of(resting_hand("right", Volume(ball, Grid((41, 41, 41), (1, 1, 1), tuple(middle - 20)))))
    assert regions is not None
    across = np.array([1.0, 0, 0])
    tendons = [t for t in regions.hand.tendons if np.linalg.norm(t.path_mm - middle, axis=1).min() < 6]
    assert not tendons
    assert named(regions, middle) == ("muscle", "metacarpal", 0)
    assert named(regions, middle + 4.8 * across)[0] == "muscle"
    assert named(regions, middle + 5.2 * across) == ("subcutaneous", "metacarpal", 5)


def test_where_the_scan_shows_a_belly_there_is_no_tendon() -> None:
    path = next(t.path_mm for t in resting_hand().tendons if t.name == "FDP3")
    middle = middle_of(resting_hand().bones["metacarpal_3"])
    point = path[np.linalg.norm(path - middle, axis=1).argmin()]
    at = np.stack(np.meshgrid(*[np.arange(-30.0, 31.0)] * 3, indexing="ij"), -1)
    grid = Grid((61, 61, 61), (1, 1, 1), tuple(point - 30))
    for radius_mm, expected in ((12, "muscle"), (4, "flexor_tendon_sheath")):
        ball = (np.linalg.norm(at, axis=-1) - radius_mm).astype(np.float32)
        regions = regions_of(resting_hand("right", Volume(ball, grid)))
        assert regions is not None
        assert named(regions, point)[0] == expected


def test_aspect_follows_the_bone_not_the_palm(regions: HandRegions) -> None:
    for name in ("proximal_phalanx_1", "middle_phalanx_4"):
        bone, radial = regions.hand.bones[name], side_of(regions, name)
        radial = radial if regions.hand.side == "right" else -radial
        away = {"palmar": bone.palmar, "dorsal": -bone.palmar, "radial": radial, "ulnar": -radial}
        for aspect, direction in away.items():
            assert regions.aspect(middle_of(bone) + 7 * direction) == aspect, name
    assert (side_of(regions, "middle_phalanx_4") @ regions.hand.radial > 0) == (regions.hand.side == "right")


def test_without_a_fitted_hand_there_are_no_regions() -> None:
    hand = resting_hand()
    assert regions_of(type(hand)(**{**vars(hand), "bones": {}})) is None
