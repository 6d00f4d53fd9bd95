"""Measures of older work: volumes above fixed HU, an Agatston-like score, the shadow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcidect.findings._gather import distance_mm
from calcidect.findings._older import agatston_like, older_measures, own_region, projected_area_mm2
from calcidect.findings._surroundings import Blur, Surroundings

SPACING_MM = (0.5, 0.5, 1.0)
SHAPE = (20, 24, 24)
DORSAL = np.array([0.0, 1.0, 0.0])


def box(hu: float, host_hu: float = 50.0, bone_mm: float = 30.0) -> Surroundings:
    """A block of 4 x 3 x 4 mm (i, j, k) in a host."""
    mask = np.zeros(SHAPE, bool)
    mask[8:12, 9:15, 8:16] = True
    low = np.where(mask, hu, host_hu).astype(np.float32)
    far = np.full(SHAPE, 30.0, np.float32)
    bone = np.full(SHAPE, bone_mm, np.float32)
    return Surroundings(low, None, mask, distance_mm(mask, SPACING_MM), bone, far, far, SPACING_MM, Blur(0.9, 1.0))


def test_a_block_has_the_volume_of_its_voxels_above_each_threshold() -> None:
    found = older_measures(box(250.0), box(250.0).mask, DORSAL, 1.0)
    volumes = found.volume_130_hu_mm3, found.volume_150_hu_mm3, found.volume_200_hu_mm3, found.volume_300_hu_mm3
    assert volumes == pytest.approx((48.0, 48.0, 48.0, 0.0))


@pytest.mark.parametrize(("peak_hu", "weight"), [(129, 0), (130, 1), (199, 1), (200, 2), (300, 3), (399, 3), (400, 4)])
def test_the_score_is_area_times_weight_for_slices_3_mm_apart(peak_hu: float, weight: int) -> None:
    found = older_measures(box(peak_hu), box(peak_hu).mask, DORSAL, 1.0)
    assert found.agatston_like == pytest.approx(weight * 4 * 12.0 * 1.0 / 3.0)  # 4 slices of 12 mm2, 1 mm apart


def test_each_slice_has_the_weight_of_its_own_peak() -> None:
    low = np.full((2, 4, 4), -np.inf)
    low[0, :2] = 150.0
    low[1, :2] = 150.0
    low[1, 0, 0] = 450.0
    assert agatston_like(low, (1.0, 1.0, 3.0)) == pytest.approx(8 * 1 + 8 * 4)


@given(slices=st.sampled_from([1, 2, 3, 6]))
def test_more_slices_of_the_same_thing_leave_the_score_as_it_is(slices: int) -> None:
    low = np.full((slices, 4, 4), 350.0)
    assert agatston_like(low, (1.0, 1.0, 6.0 / slices)) == pytest.approx(16 * 3 * 2)


def test_halo_counts_where_it_is_the_deposits_own() -> None:
    bright = box(500.0, host_hu=160.0)  # the host itself is above 130 HU: only reach limits the region
    region = own_region(bright, 1.0)
    assert region.sum() > bright.mask.sum()
    assert bright.away_mm[region].max() <= 1.0
    by_bone = box(500.0, host_hu=160.0, bone_mm=0.5)
    assert np.array_equal(own_region(by_bone, 1.0), by_bone.mask)


def test_a_neighbour_keeps_its_half_of_the_gap() -> None:
    around = box(500.0, host_hu=160.0)
    mine = own_region(around, 2.0)
    beside = Surroundings(
        around.low, None, around.mask, around.away_mm, around.bone_mm, around.depth_mm,
        np.full(SHAPE, 1.0, np.float32), SPACING_MM, around.blur,
    )  # fmt: skip
    assert around.mask.sum() < own_region(beside, 2.0).sum() < mine.sum()


@pytest.mark.parametrize(
    ("towards", "area_mm2"), [((1, 0, 0), 3 * 4), ((0, 1, 0), 4 * 4), ((0, 0, 1), 4 * 3), ((0.6, 0.8, 0), 4 * 5.0)]
)
def test_the_shadow_of_a_block_is_that_of_its_sides(towards: tuple[float, ...], area_mm2: float) -> None:
    # Seen along (0.6, 0.8, 0), 4 x 3 mm are 4 * 0.8 + 3 * 0.6 = 5 mm wide.
    assert projected_area_mm2(box(500.0).mask, SPACING_MM, np.array(towards)) == pytest.approx(area_mm2, rel=0.05)


@given(st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)).filter(lambda v: np.linalg.norm(v) > 0.2))
def test_the_shadow_of_a_ball_is_a_disc_and_the_corners_of_its_voxels_from_everywhere(
    towards: tuple[float, float, float],
) -> None:
    k, j, i = np.indices((17, 17, 17)) - 8
    ball = np.hypot(np.hypot(i, j), k) * 0.5 <= 3.0
    direction = np.array(towards) / np.linalg.norm(towards)
    assert 0.97 < projected_area_mm2(ball, (0.5, 0.5, 0.5), direction) / (np.pi * 3.0**2) < 1.17


def test_two_bodies_behind_each_other_cast_one_shadow() -> None:
    voxels = np.zeros((4, 12, 4), bool)
    voxels[:, 0:2] = voxels[:, 8:10] = True
    behind, beside = (projected_area_mm2(voxels, (1.0, 1.0, 1.0), np.array(v)) for v in ((0.0, 1, 0), (1.0, 0, 0)))
    assert (behind, beside) == pytest.approx((16.0, 16.0))


def test_nothing_casts_no_shadow() -> None:
    assert projected_area_mm2(np.zeros((2, 2, 2), bool), SPACING_MM, DORSAL) == 0.0
