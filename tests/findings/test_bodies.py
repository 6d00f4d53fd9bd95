"""Which mineral is one deposit: drawn bodies, blurred as a scan blurs them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calcidect.findings._bodies import part_bodies
from calcidect.findings._gather import gather
from calcidect.settings import FindingsSettings
from support.shapes import BLUR_MM, HOST_HU, SHAPE, SPACING_MM, ball, points


def bridge(width: float, half: float) -> np.ndarray:
    x, y, z = np.moveaxis(points(), -1, 0)
    return np.maximum(np.hypot(y, z) - width / 2, np.abs(x) - half)


def count_of(sdf: np.ndarray, hu: float = 1200.0) -> int:
    """Return how many deposits a shape is, found as mineral above a seventh of its density."""
    rng = np.random.default_rng(4)
    sigma = BLUR_MM / 2.3548 / np.array(SPACING_MM[::-1])
    image = HOST_HU + gaussian_filter(hu * np.clip(0.5 - sdf / 0.5, 0, 1), sigma)
    low = (image + rng.normal(0, 15, SHAPE)).astype(np.float32)
    mineral = gaussian_filter(low, sigma) > HOST_HU + hu / 7
    settings = FindingsSettings()
    labels, count = gather(mineral, SPACING_MM, settings.join_gap_mm, settings.minimum_volume_mm3)
    labels, count = part_bodies(labels, count, low, np.ones(SHAPE, bool), SPACING_MM, BLUR_MM, settings)
    assert set(np.unique(labels)) == set(range(count + 1))
    return count


@pytest.mark.parametrize(("gap_mm", "expected"), [(1.0, 1), (3.0, 2), (5.0, 2)])
def test_gaps_are_those_of_the_bodies_not_of_their_blur(gap_mm: float, expected: int) -> None:
    apart = (4.0 + gap_mm) / 2
    assert count_of(np.minimum(ball(-apart, 4.0), ball(apart, 4.0))) == expected


@pytest.mark.parametrize(("width_mm", "expected"), [(1.6, 2), (3.6, 1)])
def test_a_neck_thinner_than_half_parts_two_bodies(width_mm: float, expected: int) -> None:
    bodies = np.minimum(ball(-4, 5.0), ball(4, 5.0))
    assert count_of(np.minimum(bodies, bridge(width_mm, 4))) == expected


def test_what_a_neck_parts_no_gap_joins_again() -> None:
    """Bodies 1.5 mm apart would be one by the gap alone."""
    bodies = np.minimum(ball(-3.75, 6.0), ball(3.75, 6.0))
    assert count_of(bodies) == 1
    assert count_of(np.minimum(bodies, bridge(2.2, 3.75))) == 2


def test_bodies_less_than_twice_as_thick_as_the_blur_are_never_parted() -> None:
    """Else a neck like that would part them, as it does thicker ones."""

    def dumbbell(size: float) -> np.ndarray:
        bodies = np.minimum(ball(-0.75 * size, size), ball(0.75 * size, size))
        return np.minimum(bodies, bridge(0.35 * size, 0.75 * size))

    assert count_of(dumbbell(1.9)) == 1
    assert count_of(dumbbell(5.0)) == 2


def test_what_stands_out_by_less_than_half_is_a_deposit_of_its_own() -> None:
    """Beside another group that has a body."""
    labels = np.zeros(SHAPE, np.int32)
    labels[18:22, 18:22, 8:12], labels[18:22, 18:22, 44:48] = 1, 2
    low = np.full(SHAPE, HOST_HU, np.float32)
    low[labels == 1] = 1200
    low[labels == 2] = HOST_HU - 20
    found, count = part_bodies(labels, 2, low, np.ones(SHAPE, bool), SPACING_MM, BLUR_MM, FindingsSettings())
    assert count == 2
    assert (found[labels == 2] == 2).all() or (found[labels == 2] == 1).all()
    assert len(np.unique(found[labels == 1])) == 1
    assert found[labels == 1][0] != found[labels == 2][0]


def test_a_sheet_with_a_thin_spot_is_one() -> None:
    x, y, z = np.moveaxis(points(), -1, 0)
    thickness = 1.8 - 0.8 * np.exp(-(x**2) / 4)
    assert count_of(np.maximum(np.abs(z) - thickness / 2, np.hypot(x, y) - 8)) == 1


def test_a_rough_clump_is_one() -> None:
    rng = np.random.default_rng(2)
    rough = gaussian_filter(rng.normal(size=SHAPE), 2)
    assert count_of(ball(0, 8.0) + 0.5 * rough / rough.std()) == 1
