"""Bone destroyed beside a deposit, and what is none: contact, a deposit far away, loss of the tip.

A deposit is a ball whose centre lies some mm out of the middle of a shaft's palmar surface.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from calcidect.findings._destruction import bone_destruction
from calcidect.findings._types import BoneDestruction
from calcidect.geometry import FloatArray
from calcidect.settings import FindingsSettings
from support.hands import middle_of, resting_hand
from support.phalanges import Inside, bones_at_rest

NAME = "proximal_phalanx_3"
BONE = resting_hand("left").bones[NAME]
TIP = "distal_phalanx_3"


def palmar_surface_mm() -> float:
    near = np.abs((BONE.surface_mm - middle_of(BONE)) @ BONE.along) < 3.0
    return float(((BONE.surface_mm[near] - middle_of(BONE)) @ BONE.palmar).max())


def centre_of(beyond_mm: float) -> FloatArray:
    return middle_of(BONE) + (palmar_surface_mm() + beyond_mm) * BONE.palmar


def ball(centre: FloatArray, radius_mm: float) -> Inside:
    return lambda points: np.linalg.norm(points - centre, axis=1) < radius_mm


def found(
    deposit: Inside, hollow: Inside | None = None, *, name: str = NAME, lost: float = 0.0, fitted: float = 1.0,
    **changes: float,
) -> tuple[BoneDestruction, ...]:  # fmt: skip
    _, anatomy, deposits = bones_at_rest((name,), {name: lost} if lost else {}, deposit, hollow)
    assert deposits.any()
    (hand,) = anatomy.hands
    bones = {bone: replace(frame, fitted=fitted) for bone, frame in hand.bones.items()}
    anatomy = replace(anatomy, hands=(replace(hand, bones=bones),))
    return bone_destruction(anatomy, deposits, FindingsSettings(**changes))


def sites(beyond_mm: float, radius_mm: float, **changes: float) -> tuple[BoneDestruction, ...]:
    return found(ball(centre_of(beyond_mm), radius_mm), **changes)


def lost_of(deposit: FloatArray) -> tuple[float, float]:
    """Return how deep a ball of 4 mm reaches into bone, and how much lies below 0.5 mm, by fine points: mm and mm3.

    Depth is the distance to the nearest of points that lie densely on the bone's surface.
    """
    steps = np.linspace(-4.0, 4.0, 41)
    points = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3)
    points = deposit + points[np.linalg.norm(points, axis=1) < 4.0]
    inside = points[BONE.expected.distance_mm(points) < 0]
    away, _ = cKDTree(_dense_surface()).query(inside)
    return float(away.max()), float((away > 0.5).sum() * 0.2**3)


def _dense_surface() -> FloatArray:
    """Return points on the bone's surface, much nearer to each other than those of the model."""
    low, high = BONE.surface_mm.min(0) - 1, BONE.surface_mm.max(0) + 1
    axes = [np.arange(a, b, 0.25) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    return points[np.abs(BONE.expected.distance_mm(points)) < 0.1]


def test_a_deposit_in_the_shaft_has_destroyed_bone() -> None:
    (site,) = sites(0.5, 4.0)
    depth_mm, volume_mm3 = lost_of(centre_of(0.5))
    assert (site.side, site.bone, site.deposit_id) == ("left", NAME, 1)
    assert site.depth_mm == pytest.approx(depth_mm, abs=0.3)
    assert site.volume_mm3 == pytest.approx(volume_mm3, rel=0.15)
    assert 20 < site.contact_area_mm2 < 150


def test_large_and_small_erosions_are_looked_at_whole() -> None:
    """What remains of a bone may lie far from what is lost."""
    end = BONE.joint_mm + ((BONE.surface_mm - BONE.joint_mm) @ BONE.along).max() * BONE.along
    (small,), (large,) = (found(ball(end, radius)) for radius in (8.0, 11.0))
    assert large.volume_mm3 > small.volume_mm3 + 40


def test_contact_and_shallow_scallops_are_none_by_the_settings() -> None:
    assert sites(4.2, 4.0) == ()
    assert sites(2.5, 4.0) == ()
    assert len(sites(2.5, 4.0, destruction_depth_mm=0.6, destruction_volume_mm3=0.1)) == 1
    assert len(sites(2.0, 4.0)) == 1
    assert sites(2.0, 4.0, destruction_depth_mm=1.5) == ()
    assert sites(2.0, 4.0, destruction_volume_mm3=20.0) == ()


def test_what_is_lost_beside_a_deposit_counts_if_the_deposit_fills_a_quarter() -> None:
    deposit = ball(centre_of(3.0), 3.5)
    (filled,) = found(ball(centre_of(1.0), 3.7))
    (with_rim,) = found(ball(centre_of(1.0), 3.7), ball(centre_of(1.0), 4.1))
    assert with_rim.volume_mm3 > filled.volume_mm3 + 2
    assert found(deposit, ball(centre_of(0.5), 4.0)) == ()


def test_what_is_lost_far_from_a_deposit_is_no_site() -> None:
    """Bone is gone along the shaft; only what lies within 2 mm of the deposit is its work."""
    along = 8.0 * BONE.along
    gone = [ball(centre_of(0.5), 4.0), ball(centre_of(0.5) + along / 2, 4.0), ball(centre_of(0.5) + along, 4.0)]
    (near,) = found(gone[0], lambda points: np.any([inside(points) for inside in gone], axis=0))
    (wide,) = found(
        gone[0], lambda points: np.any([inside(points) for inside in gone], axis=0), destruction_beside_mm=10.0
    )
    assert wide.volume_mm3 > 1.3 * near.volume_mm3


def test_a_bone_whose_fit_is_not_sure_has_no_site() -> None:
    deposit = ball(centre_of(0.5), 4.0)
    assert len(found(deposit, fitted=0.65)) == 1
    assert found(deposit, fitted=0.55) == ()


def test_a_lost_tip_beside_a_deposit_is_no_site() -> None:
    """It is acro-osteolysis; as much lost of the shaft is a site."""
    bone = resting_hand("left").bones[TIP]
    height = ((bone.surface_mm - bone.joint_mm) @ bone.along).max()
    tip = bone.joint_mm + (height - 3.5) * bone.along
    assert found(ball(tip, 4.0), name=TIP, lost=0.4) == ()
