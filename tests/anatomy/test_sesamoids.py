"""Sesamoids are told by where the fitted hand has the palmar plates of the joints, ossicles by size and place."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy._fitted_bones import fitted_bones
from calcidect.anatomy._sesamoids import find_ossicles, find_sesamoids
from support.fitted import blob, mineral_of, parts, rest_hand, surface

HAND = rest_hand()
BONES = fitted_bones(HAND)
EGG_MM = (1.4, 1.7, 1.4)


def beside_head(bone: str, side: str, across_mm: float = 0.0) -> np.ndarray:
    """Return a place 3 mm in front of, or behind, the head of a bone whose palm side is told by its axes alone."""
    points = BONES[bone].local(surface(bone))
    head = points[points[:, 1] > points[:, 1].max() - 7]
    edge = head[:, 2].max() + 3 if side == "palmar" else head[:, 2].min() - 3
    at = np.array([np.median(head[:, 0]) + across_mm, np.median(head[:, 1]), edge])
    return np.asarray(BONES[bone].origin_mm + at @ BONES[bone].axes)


@pytest.mark.parametrize(("bone", "joint"), [
    ("metacarpal_1", "mcp_1"), ("proximal_phalanx_1", "ip_1"), ("metacarpal_2", "mcp_2"), ("metacarpal_5", "mcp_5"),
])  # fmt: skip
def test_an_egg_in_front_of_a_head_is_the_joints_sesamoid(bone: str, joint: str) -> None:
    found = find_sesamoids(parts(blob(HAND.space, beside_head(bone, "palmar"), EGG_MM)), BONES, HAND.space)
    assert {name for name, some in found.items() if some} == {joint}


def test_the_thumb_has_two_and_the_others_one() -> None:
    two = [beside_head("metacarpal_1", "palmar", mm) for mm in (-3.5, 3.5)]
    two += [beside_head("metacarpal_2", "palmar", mm) for mm in (-3.0, 3.0)]
    mask = np.any([blob(HAND.space, at, EGG_MM) for at in two], axis=0)
    found = find_sesamoids(parts(mask), BONES, HAND.space)
    assert (len(found["mcp_1"]), len(found["mcp_2"])) == (2, 1)


@pytest.mark.parametrize(("place", "radii_mm", "mg_per_cm3"), [
    (beside_head("metacarpal_2", "dorsal"), EGG_MM, 600.0),
    (beside_head("metacarpal_3", "palmar"), EGG_MM, 600.0),
    (beside_head("proximal_phalanx_2", "palmar"), EGG_MM, 600.0),
    (beside_head("metacarpal_2", "palmar") - (0, 0, 8), EGG_MM, 600.0),
    (beside_head("metacarpal_5", "palmar") - (0, 9, 1), EGG_MM, 600.0),
    (beside_head("metacarpal_2", "palmar"), (1.2, 5.0, 1.2), 600.0),
    (beside_head("metacarpal_2", "palmar"), (4.0, 4.0, 4.0), 600.0),
    (beside_head("metacarpal_2", "palmar"), EGG_MM, 120.0),
], ids=["behind", "no sesamoid there", "another joint", "skin", "muscle", "long", "large", "dilute"])  # fmt: skip
def test_what_lies_elsewhere_or_looks_otherwise_is_none(
    place: np.ndarray, radii_mm: tuple[float, float, float], mg_per_cm3: float
) -> None:
    found = find_sesamoids(parts(blob(HAND.space, place, radii_mm), mg_per_cm3), BONES, HAND.space)
    assert not any(found.values())


def behind(bone: str, share: float) -> np.ndarray:
    """Return a place 3 mm behind a bone, at that share of its length."""
    return BONES[bone].beside(share, 180.0, 3.0)


@pytest.mark.parametrize(("bone", "place", "depth_mm", "mg_per_cm3", "is_ossicle"), [
    ("lunate", behind("lunate", 0.5), 5.0, 600.0, True),
    ("metacarpal_3", behind("metacarpal_3", 0.05), 5.0, 600.0, True),
    ("metacarpal_3", beside_head("metacarpal_3", "palmar"), 5.0, 600.0, True),
    ("middle_phalanx_4", beside_head("middle_phalanx_4", "palmar"), 5.0, 600.0, True),
    ("radius", behind("radius", 0.5), 5.0, 600.0, False),
    ("metacarpal_3", behind("metacarpal_3", 0.5), 5.0, 600.0, False),
    ("metacarpal_3", behind("metacarpal_3", 0.95), 5.0, 600.0, False),
    ("lunate", behind("lunate", 0.5), 1.0, 600.0, False),
    ("lunate", behind("lunate", 0.5), 5.0, 250.0, False),
    ("lunate", behind("lunate", 0.5), 5.0, 1100.0, False),
], ids=[
    "carpal", "base", "palmar plate", "of a finger's last joint", "forearm", "shaft", "behind a head", "under the skin",
    "dilute", "a stone",
])  # fmt: skip
def test_a_small_dense_body_deep_at_the_wrist_or_in_a_palmar_plate_is_an_ossicle(
    bone: str, place: np.ndarray, depth_mm: float, mg_per_cm3: float, is_ossicle: bool
) -> None:
    ball = blob(HAND.space, place, 1.8)
    bones = blob(HAND.space, surface(bone), 1.0) & ~ball
    image = mineral_of(ball, mg_per_cm3)
    image.depth_mm[:] = depth_mm
    found = find_ossicles(parts(ball, mg_per_cm3), image, bones, BONES, HAND.space)
    assert (len(found) == 1) is is_ossicle
