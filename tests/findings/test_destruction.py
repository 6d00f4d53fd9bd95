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


def centre_of(beyond_mm: float) -> np.ndarray:
    return middle_of(BONE) + (palmar_surface_mm() + beyond_mm) * BONE.palmar


def sites(centre_beyond_mm: float, radius_mm: float, **changes: float) -> tuple[BoneDestruction, ...]:
    """Return the sites found of a ball whose centre lies that far out of the middle of the shaft's palmar surface."""
    centre = centre_of(centre_beyond_mm)

    def ball(points: np.ndarray) -> np.ndarray:
        inside: np.ndarray = np.linalg.norm(points - centre, axis=1) < radius_mm
        return inside

    _, anatomy, deposits = bones_at_rest((NAME,), {}, ball)
    return bone_destruction(anatomy, deposits, FindingsSettings(**changes))


def test_a_deposit_in_the_shaft_has_destroyed_bone() -> None:
    """As deep as the ball reaches, and as large as what it shares with the bone, by points much finer than voxels."""
    steps = np.linspace(-4.0, 4.0, 41)
    ball = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3)
    ball = centre_of(0.5) + ball[np.linalg.norm(ball, axis=1) < 4.0]
    depth = -BONE.expected.distance_mm(ball)
    (site,) = sites(0.5, 4.0)
    assert (site.side, site.bone, site.deposit_id) == ("left", NAME, 1)
    assert site.depth_mm == pytest.approx(float(depth.max()), abs=0.3)
    assert site.volume_mm3 == pytest.approx((depth > 0.4).sum() * 0.2**3, rel=0.15)
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
    _, anatomy, deposits = bones_at_rest((name,), {name: 0.3}, lambda p: np.linalg.norm(p - tip, axis=1) < 2.0)
    assert deposits.any()
    assert bone_destruction(anatomy, deposits, FindingsSettings()) == ()
