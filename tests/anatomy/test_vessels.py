"""Arteries are told by where they run, and by how thin they are."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy._courses import courses
from calcidect.anatomy._fitted_bones import fitted_bones
from calcidect.anatomy._vessels import find_arteries
from support.fitted import blob, parts, rest_hand, surface

HAND = rest_hand()
BONES = fitted_bones(HAND)
COURSES = courses(BONES)


def along(bone: str, radial_mm: float, palmar_mm: float, shares: tuple[float, float]) -> np.ndarray:
    """Return points 0.3 mm apart along a bone, so far beside the middle of its surface."""
    points = BONES[bone].local(surface(bone))
    first, length = points[:, 1].min(), np.ptp(points[:, 1])
    middle = np.median(points, axis=0) + np.array([radial_mm, 0, palmar_mm])
    heights = np.arange(first + shares[0] * length, first + shares[1] * length, 0.3)
    at = np.stack([np.full_like(heights, middle[0]), heights, np.full_like(heights, middle[2])], -1)
    return np.asarray(BONES[bone].origin_mm + at @ BONES[bone].axes)


def number_found(path_mm: np.ndarray, radius_mm: float) -> int:
    return len(find_arteries(parts(blob(HAND.space, path_mm, radius_mm)), COURSES, HAND.space))


@pytest.mark.parametrize("bone", ["proximal_phalanx_1", "proximal_phalanx_2", "middle_phalanx_3", "proximal_phalanx_5"])
@pytest.mark.parametrize("radial_mm", [-6.5, 6.5])
def test_a_thin_tube_beside_the_flexor_tendons_is_an_artery(bone: str, radial_mm: float) -> None:
    assert number_found(along(bone, radial_mm, 4.5, (0.2, 0.8)), 0.9) == 1


def test_an_interrupted_wall_is_one_artery() -> None:
    path = along("proximal_phalanx_3", 6.5, 4.5, (0.1, 0.95))
    dashes = path[(np.arange(len(path)) // 15) % 2 == 0]  # 4.5 mm long
    assert number_found(dashes, 0.9) >= 3


def test_a_speck_close_to_a_calcified_stretch_belongs_to_it_and_a_far_one_does_not() -> None:
    path = along("proximal_phalanx_3", 6.5, 4.5, (0.1, 0.95))
    near, far = path[55:56], path[90:91]  # 3 and 13.5 mm beyond the stretch
    assert number_found(np.concatenate([near, far]), 0.6) == 0
    assert number_found(np.concatenate([path[:45], near, far]), 0.6) == 2


def test_the_radial_artery_at_the_wrist_is_one() -> None:
    assert number_found(along("radius", 5.0, 12.0, (0.85, 0.96)), 1.2) == 1


@pytest.mark.parametrize(("radial_mm", "palmar_mm"), [(0.0, 7.0), (0.0, -6.0), (8.0, -3.0)],
                         ids=["flexor sheath", "extensor sheath", "back of the side"])  # fmt: skip
def test_a_thin_tube_elsewhere_is_none(radial_mm: float, palmar_mm: float) -> None:
    assert number_found(along("proximal_phalanx_2", radial_mm, palmar_mm, (0.2, 0.8)), 0.9) == 0


@pytest.mark.parametrize(("shares", "radius_mm"), [((0.48, 0.52), 0.9), ((0.48, 0.52), 2.5), ((0.2, 0.8), 2.2)],
                         ids=["speck", "nodule", "thick"])  # fmt: skip
def test_what_is_short_or_thick_on_the_course_is_none(shares: tuple[float, float], radius_mm: float) -> None:
    assert number_found(along("proximal_phalanx_2", 6.5, 4.5, shares), radius_mm) == 0


def test_a_sheet_on_the_course_is_none() -> None:
    path = along("proximal_phalanx_2", 6.5, 4.5, (0.2, 0.8))
    steps = np.arange(-3.0, 3.1, 0.5)[:, None, None] * BONES["proximal_phalanx_2"].axes[2]
    assert number_found((path[None] + steps).reshape(-1, 3), 0.7) == 0
