"""The digital hand: anatomy that holds for every seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._bones import ray_axes
from calcidect.phantom._hand import DigitalHand, build_hand
from calcidect.phantom._person import Described, Person, draw_person
from calcidect.phantom._pose import pose_hand
from calcidect.phantom._skeleton import load_skeleton
from calcidect.phantom._voxelise import mesh_field

SPACING_MM = 0.6


@pytest.fixture(scope="module")
def person() -> Person:
    return draw_person(12)


@pytest.fixture(scope="module")
def hand(person: Person) -> DigitalHand:
    return build_hand(person, "right", SPACING_MM, np.zeros(3), {2: 0.3})


def test_same_seed_same_person() -> None:
    assert draw_person(5) == draw_person(5)
    assert draw_person(5) != draw_person(6)


def test_what_is_described_of_a_person_is_not_drawn_and_the_rest_is() -> None:
    drawn = draw_person(5)
    other = draw_person(5, Described(sex="M", age_years=44.0, hand_length_mm=200.0, contracture_degrees=40.0))
    assert (other.sex, other.age_years) == ("M", 44.0)
    right, as_drawn = other.hands["right"], drawn.hands["right"]
    assert right.size == pytest.approx(200.0 / 178.0)
    assert (right.length, right.width, other.cortex_factor) == (as_drawn.length, as_drawn.width, drawn.cortex_factor)
    straight = draw_person(5, Described(contracture_degrees=0.0)).hands["right"].pose_rad
    for ray in range(2, 6):
        bent = np.degrees(right.pose_rad[f"pm{ray}_flexion"] - straight[f"pm{ray}_flexion"])
        assert 16.0 <= bent <= 40.0
        assert right.pose_rad[f"mcp{ray}_flexion"] == straight[f"mcp{ray}_flexion"]


def test_a_left_hand_has_its_thumb_towards_the_right(person: Person) -> None:
    for side, medial in (("right", 1), ("left", -1)):
        posed = pose_hand(load_skeleton(), person.hands[side], side)  # type: ignore[index,arg-type]
        thumb = posed.bones["distal_phalanx_1"].vertices_mm.mean(0)
        little = posed.bones["distal_phalanx_5"].vertices_mm.mean(0)
        assert np.sign(thumb[0] - little[0]) == medial, "arms overhead and palms down: thumbs point to each other"
        assert posed.bones["distal_phalanx_3"].vertices_mm[:, 2].mean() > posed.radiocarpal_mm[2] + 100
        assert posed.dorsal[1] > 0.8, "the back of the hand looks to posterior"


def test_voxels_keep_the_volume_of_a_mesh(hand: DigitalHand) -> None:
    bone = hand.posed.bones["metacarpal_3"]
    a, b, c = (bone.vertices_mm[bone.faces[:, n]] for n in range(3))
    mesh_mm3 = abs(float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum()) / 6)
    field = mesh_field(bone.vertices_mm, bone.faces, hand.grid, 3.0)
    assert field is not None
    assert (field.sdf_mm < 0).sum() * hand.grid.voxel_volume_mm3 == pytest.approx(mesh_mm3, rel=0.01)


def test_bones_keep_a_joint_space(hand: DigitalHand) -> None:
    """No voxel of one bone is a neighbour of another bone's."""
    for axis in range(3):
        first = np.take(hand.bones, np.arange(hand.bones.shape[axis] - 1), axis)
        second = np.take(hand.bones, np.arange(1, hand.bones.shape[axis]), axis)
        meeting = (first != second) & (first > 0) & (second > 0)
        assert meeting.sum() < 1e-4 * (hand.bones > 0).sum()


def test_every_bone_lies_under_skin(hand: DigitalHand) -> None:
    inside = hand.tissue > 0
    surface = inside & ~np.roll(inside, 1, 2)
    assert not (hand.bones[surface] > 0).any()


def test_every_digit_has_a_nail_on_its_back(hand: DigitalHand) -> None:
    k, j, i = np.nonzero(hand.tissue == Tissue.NAIL)
    points = hand.grid.point_of(np.stack([i, j, k], -1))
    for digit in range(1, 6):
        start, end = hand.posed.bones[f"distal_phalanx_{digit}"].axis
        along, palmar, _ = ray_axes(hand.posed, hand.posed.bones[f"distal_phalanx_{digit}"])
        near = points[np.linalg.norm(points - end, axis=1) < 9] - start
        assert len(near) > 20
        assert (near @ palmar < 0).mean() > 0.95
        assert (near @ along > 0).all()


def test_flexor_tendons_run_on_the_palmar_side_of_straight_fingers() -> None:
    skeleton, shape = load_skeleton(), draw_person(12).hands["right"]
    posed = pose_hand(skeleton, replace(shape, pose_rad={}), "right")
    for ray in range(1, 6):
        bone = posed.bones[f"proximal_phalanx_{ray}"]
        tendon = posed.tendons_mm["FPL" if ray == 1 else f"FDP{ray}"]
        middle = bone.vertices_mm.mean(0)
        nearest = tendon[np.linalg.norm(tendon - middle, axis=1).argmin()]
        assert (nearest - middle) @ bone.palmar > 2
        if ray > 1:
            assert bone.palmar @ -posed.dorsal > 0.7


def test_thumb_has_two_sesamoids(hand: DigitalHand) -> None:
    assert {"sesamoid_mcp_1_radial", "sesamoid_mcp_1_ulnar"} <= set(hand.bone_names)


def test_acro_osteolysis_takes_the_share_asked_for_from_the_tip(person: Person, hand: DigitalHand) -> None:
    whole = build_hand(person, "right", SPACING_MM, np.zeros(3), {})
    name = "distal_phalanx_2"
    before, after = ((h.bones == h.bone_names.index(name) + 1).sum() * h.grid.voxel_volume_mm3 for h in (whole, hand))
    assert 1 - after / before == pytest.approx(0.3, abs=0.03)
    start, end = whole.posed.bones[name].axis
    k, j, i = np.nonzero(hand.bones == hand.bone_names.index(name) + 1)
    reach = ((hand.grid.point_of(np.stack([i, j, k], -1)) - start) @ (end - start)).max() / (
        (end - start) @ (end - start)
    )
    assert reach < 0.95, "it is the tip that is gone"


def test_mineral_lies_in_bone_only_and_marrow_is_fat(hand: DigitalHand) -> None:
    outside = hand.ha_mg_per_cm3[(hand.bones == 0)]
    assert (outside > 600).mean() < 1e-3  # half voxels at surfaces only
    inside = hand.bones > 0
    assert set(np.unique(hand.tissue[inside])) == {Tissue.MATRIX, Tissue.MARROW}


def test_tendons_stay_below_the_skin(hand: DigitalHand) -> None:
    index = {name: np.round(hand.soft.grid.index_of(path)).astype(int) for name, path in hand.posed.tendons_mm.items()}
    for name, at in index.items():
        at = at[((at >= 0) & (at < hand.soft.grid.size)).all(1)]
        assert hand.soft.skin_mm[at[:, 2], at[:, 1], at[:, 0]].max(initial=-9.0) < -0.5, name
