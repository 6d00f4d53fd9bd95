"""Bone destroyed beside a deposit, and what is none: contact, a deposit far away, loss of the tip."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.findings._destruction import bone_destruction
from calcidect.findings._types import BoneDestruction
from calcidect.settings import FindingsSettings
from support.hands import middle_of, resting_hand
from support.phalanges import bones_at_rest

NAME = "proximal_phalanx_3"
BONE = resting_hand("left").bones[NAME]


def palmar_surface_mm() -> float:
    near = np.abs((BONE.surface_mm - middle_of(BONE)) @ BONE.along) < 3.0
    return float(((BONE.surface_mm[near] - middle_of(BONE)) @ BONE.palmar).max())


def sites(centre_beyond_mm: float, radius_mm: float, *, is_bone: bool = True, **changes: float) -> tuple[
    BoneDestruction, ...
]:  # fmt: skip
    """Return the sites found of a ball whose centre lies that far out of the middle of the shaft's palmar surface."""
    centre = middle_of(BONE) + (palmar_surface_mm() + centre_beyond_mm) * BONE.palmar

    def ball(points: np.ndarray) -> np.ndarray:
        inside: np.ndarray = np.linalg.norm(points - centre, axis=1) < radius_mm
        return inside

    low, anatomy, deposits = bones_at_rest((NAME,), {}, ball, is_bone)
    return bone_destruction(low, anatomy, deposits, FindingsSettings(**changes))


@pytest.mark.parametrize("is_bone", [True, False])
def test_a_deposit_in_the_shaft_has_destroyed_bone(is_bone: bool) -> None:
    """Whether the part of it that lies in the bone's place was labelled as bone or as deposit."""
    (site,) = sites(0.5, 4.0, is_bone=is_bone)
    assert (site.side, site.bone, site.deposit_id) == ("left", NAME, 1)
    assert site.depth_mm == pytest.approx(3.0, abs=1.2)
    assert 20 < site.volume_mm3 < 110
    assert 20 < site.contact_area_mm2 < 150


def test_contact_alone_is_no_destruction() -> None:
    assert sites(4.2, 4.0) == ()


def test_what_is_shallow_or_small_by_the_settings_is_no_site() -> None:
    assert sites(0.5, 4.0, destruction_depth_mm=5.0) == ()
    assert sites(0.5, 4.0, destruction_volume_mm3=200.0) == ()


def test_bone_without_a_deposit_near_is_not_looked_at() -> None:
    assert sites(9.0, 4.0) == ()


def test_a_lost_tip_beside_a_deposit_is_no_site() -> None:
    name = "distal_phalanx_3"
    bone = resting_hand("left").bones[name]
    height = (bone.surface_mm - bone.joint_mm) @ bone.along
    tip = bone.joint_mm + (height.max() - 1.5) * bone.along
    low, anatomy, deposits = bones_at_rest((name,), {name: 0.3}, lambda p: np.linalg.norm(p - tip, axis=1) < 2.0)
    assert deposits.any()
    assert bone_destruction(low, anatomy, deposits, FindingsSettings()) == ()
