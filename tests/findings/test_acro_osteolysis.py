"""Acro-osteolysis of bones with cortex and marrow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.anatomy import BoneLabel, HandAnatomy
from calcidect.findings._acro_osteolysis import _Digit, _told_by_others, acro_osteolysis
from calcidect.findings._distal_phalanx import _repaired, _to_skin
from calcidect.findings._tip_loss import TipLoss
from calcidect.findings._types import AcroOsteolysis
from calcidect.geometry import Grid, Volume
from calcidect.settings import FindingsSettings
from support.hands import resting_hand
from support.phalanges import bones_at_rest

DIGITS = tuple(f"distal_phalanx_{digit}" for digit in range(1, 6))
LOST = {"distal_phalanx_1": 0.35, "distal_phalanx_2": 0.6, "distal_phalanx_4": 0.2}


def assessed(low: Volume, anatomy: HandAnatomy, deposits: np.ndarray) -> dict[int, AcroOsteolysis]:
    rows = acro_osteolysis(low, anatomy, deposits, FindingsSettings())
    return {row.digit: row for row in rows if row.side == "left"}


@pytest.fixture(scope="module")
def lost():
    return bones_at_rest(DIGITS, LOST)


@pytest.fixture(scope="module")
def whole():
    return bones_at_rest(("distal_phalanx_3",))


def test_each_digits_loss_is_told(lost) -> None:
    found = assessed(*lost)
    for digit in range(1, 6):
        true = LOST.get(f"distal_phalanx_{digit}", 0.0)
        assert found[digit].fraction_lost == pytest.approx(true, abs=0.08)
        assert found[digit].present is (true >= 0.1)
    assert [found[digit].grade for digit in range(1, 6)] == [2, 3, 0, 1, 0]
    assert found[2].residual_length_mm < 0.5 * found[2].expected_length_mm
    assert found[3].residual_length_mm == pytest.approx(found[3].expected_length_mm, rel=0.1)


def test_the_other_digits_tell_how_long_a_distal_phalanx_was(lost) -> None:
    """Of digits whose bones all say they were a sixth shorter, the next one was so, too."""
    whole = TipLoss(0.0, 0.02, np.log(0.85), 0.03)
    told = [_Digit("left", digit, None, 16.0, whole) for digit in (1, 2, 4, 5)]
    own = _Digit("left", 3, None, 16.0, TipLoss(0.5, 0.1, 0.0, 0.1))
    correction, sd = _told_by_others(own, [*told, own])
    assert correction == pytest.approx(np.log(0.85), abs=0.06)
    assert sd == pytest.approx(0.05)
    assert _told_by_others(own, [own]) == (0.0, pytest.approx(0.10))


def test_a_stump_without_a_name_is_taken_for_the_phalanx_in_whose_place_it_lies(lost) -> None:
    low, anatomy, deposits = lost
    labels = {n: BoneLabel(m.side, "unnamed") if m.bone == "distal_phalanx_2" else m for n, m in
              anatomy.bone_labels.items()}  # fmt: skip
    found = assessed(low, replace(anatomy, bone_labels=labels), deposits)
    assert found[2].fraction_lost == pytest.approx(0.6, abs=0.08)


def test_what_cannot_be_assessed_has_nulls_and_a_reason(whole) -> None:
    low, anatomy, deposits = whole
    (hand,) = anatomy.hands
    bones = {name: replace(bone, seen=0.5) if name == "distal_phalanx_3" else bone for name, bone in hand.bones.items()}
    bones |= {name: replace(bone, confidence=0.1) for name, bone in bones.items() if name.endswith("_5")}
    found = assessed(low, replace(anatomy, hands=(replace(hand, bones=bones),)), deposits)
    nameless = assessed(low, replace(anatomy, hands=(replace(hand, bones={}),)), deposits)
    assert "cuts it off" in found[3].reason
    assert "not found" in found[2].reason
    assert "29 bones" in nameless[1].reason
    for row in (found[3], found[2], nameless[1]):
        assert (row.present, row.fraction_lost, row.fraction_lost_sd, row.grade) == (None, None, None, None)
        assert (row.residual_length_mm, row.tuft_width_mm, row.soft_tissue_cap_mm) == (None, None, None)


def test_what_a_deposit_took_from_the_side_is_not_lost_from_the_tip() -> None:
    bone = resting_hand("left").bones["distal_phalanx_3"]
    reach = np.quantile((bone.surface_mm - bone.joint_mm) @ bone.along, (0, 1))
    middle = bone.joint_mm + (0.35 * reach[0] + 0.65 * reach[1]) * bone.along + 3.0 * bone.palmar
    found = assessed(*bones_at_rest(("distal_phalanx_3",), {}, lambda p: np.linalg.norm(p - middle, axis=1) < 2.5))
    assert found[3].present is False


def test_a_solid_body_in_the_tufts_place_is_no_tuft() -> None:
    bone = resting_hand("left").bones["distal_phalanx_1"]
    height = (bone.surface_mm - bone.joint_mm) @ bone.along

    def beyond(points: np.ndarray) -> np.ndarray:
        offset = (points - bone.joint_mm) @ bone.along - np.quantile(height, 0.99) + 3.0
        across = points - bone.joint_mm - ((points - bone.joint_mm) @ bone.along)[:, None] * bone.along
        centre = (bone.surface_mm - bone.joint_mm)[height > height.max() - 6]
        centre = (centre - (centre @ bone.along)[:, None] * bone.along).mean(0)
        return (np.abs(offset) < 3.0) & (np.linalg.norm(across - centre, axis=1) < 2.6)

    low, anatomy, deposits = bones_at_rest(("distal_phalanx_1",), {"distal_phalanx_1": 0.2}, beyond)
    labels = anatomy.bones.array.copy()
    labels[(deposits > 0) & (low.array > 650)] = 1  # as the deposit touches bone and was taken for it, up to its edge
    found = assessed(low, replace(anatomy, bones=anatomy.bones.like(labels)), np.zeros_like(deposits))
    assert found[1].present is True
    assert found[1].fraction_lost == pytest.approx(0.2, abs=0.1)


def test_the_cap_goes_from_the_tip_to_the_skin(whole) -> None:
    low, anatomy, deposits = whole
    (hand,) = anatomy.hands
    bone = hand.bones["distal_phalanx_3"]
    points = anatomy.bones.grid.point_of(np.argwhere(anatomy.bones.array > 0)[:, ::-1])
    tip = ((points - bone.joint_mm) @ bone.along).max()
    everywhere = anatomy.bones.grid.point_of(np.argwhere(hand.body)[:, ::-1])
    body = (((everywhere - bone.joint_mm) @ bone.along) <= tip + 4.0).reshape(hand.body.shape)
    found = assessed(low, replace(anatomy, hands=(replace(hand, body=body),)), deposits)
    assert found[3].soft_tissue_cap_mm == pytest.approx(4.0, abs=1.0)
    assert 4.0 < found[3].tuft_width_mm < 10.0


def test_what_hangs_on_by_a_neck_is_left_out_where_the_scan_shows_deposits() -> None:
    bone, lump = np.array([0.0, 20, 10, 8, 8, 7, 1, 6, 8, 0]), np.zeros(10)
    assert _repaired(bone, lump, has_deposits=True).tolist() == [0.0, 20, 10, 8, 8, 7, 0, 0, 0, 0]
    assert _repaired(bone, lump, has_deposits=False).tolist() == bone.tolist()


def test_a_scallop_is_filled_up_to_where_the_bone_ends() -> None:
    bone, scallop = np.array([0.0, 20, 10, 3, 8, 7, 0.5, 0.5, 0, 0]), np.array([0.0, 0, 0, 5, 0, 0, 4, 4, 4, 0])
    assert _repaired(bone, scallop, has_deposits=False).tolist() == [0.0, 20, 10, 8, 8, 7, 0.5, 0.5, 0, 0]


def test_a_fingertip_in_a_fist_has_no_cap(whole) -> None:
    (hand,) = whole[1].hands
    size = (10, 60, 10)
    fist = replace(hand, size=size, body=np.ones(size[::-1], bool))
    bones = Volume(np.zeros(size[::-1], np.uint8), Grid(size, (1.0, 1.0, 1.0)))
    assert _to_skin(fist, bones, np.array([5.0, 20.0, 5.0]), np.array([0.0, 1.0, 0.0])) is None
    assert _to_skin(fist, bones, np.array([5.0, 50.0, 5.0]), np.array([0.0, 1.0, 0.0])) is None  # cut off by the scan
    fist.body[:, 55:] = False
    assert _to_skin(fist, bones, np.array([5.0, 50.0, 5.0]), np.array([0.0, 1.0, 0.0])) == pytest.approx(4.5, abs=0.15)
