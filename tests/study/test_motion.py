"""Hands that moved between the energies are found and moved back; still ones are left as they are, to the bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from calcidect.geometry import Grid, Volume
from calcidect.phantom import load_scenario, simulate
from calcidect.phantom._motion import HandMotion
from calcidect.settings import StudySettings
from calcidect.study import Motion, read_study
from calcidect.study._motion import align
from support.moving import GRID, LIMIT_HU, Body, pair_of

SETTINGS = StudySettings()
TURN = Rotation.from_rotvec([1.2, -1.0, 1.3], degrees=True).as_matrix()
MOVED = Body(turn=TURN, shift_mm=(0.7, -0.6, 0.8))
SIDE_BY_SIDE = ((-24.0, 0.0, 0.0), (24.0, 0.0, 0.0))
WIDE = Grid((140, 58, 80), GRID.spacing_mm, (-55.6, -22.8, -39.5))


def side(n: int, gap_mm: float, **facts: object) -> Body:
    x, y, z = SIDE_BY_SIDE[n]
    return Body((x + np.sign(x) * gap_mm / 2, y, z), **facts)  # type: ignore[arg-type]


def error_mm(motion: Motion, body: Body) -> float:
    """Return how far the motion that was found misplaces the body's bone, at most."""
    points = np.array(body.centre_mm) + [[x, y, z] for x in (-15, 16) for y in (-7, 7) for z in (-26, 26)]
    centre = np.array(motion.centroid_mm)
    turn = Rotation.from_rotvec(motion.rotation_degrees, degrees=True).as_matrix()
    found = (points - centre) @ turn.T + centre + motion.shift_mm
    return float(np.linalg.norm(found - body.moved(points), axis=1).max())


@pytest.mark.parametrize("noise_hu", [0.0, 40.0])
def test_a_still_body_is_returned_as_it_came(noise_hu: float) -> None:
    low, high = pair_of([Body()], noise_hu)
    before = high.array.copy()
    found = align(low, high, LIMIT_HU, SETTINGS)
    assert found.high is high
    assert np.array_equal(high.array, before)
    (motion,) = found.motion
    assert not motion.corrected
    assert motion.largest_displacement_mm < 0.05
    assert found.notices == ()


@pytest.mark.parametrize("noise_hu", [0.0, 40.0])
def test_a_moved_body_is_found_and_moved_back(noise_hu: float) -> None:
    low, high = pair_of([MOVED], noise_hu)
    found = align(low, high, LIMIT_HU, SETTINGS)
    (motion,) = found.motion
    assert motion.corrected
    assert motion.residual_mm < 0.03
    assert error_mm(motion, MOVED) < 0.03
    assert [notice.code for notice in found.notices] == ["motion_corrected"]
    _, still = pair_of([Body()], 0.0)
    off = (found.high.array - still.array.astype(float))[still.array > -200]
    assert np.sqrt(np.mean(off**2)) < noise_hu + 8, "edges coincide again"
    assert found.high.array.dtype == high.array.dtype


@pytest.mark.parametrize("degrees", [4.0, 8.0])
def test_large_motion_is_caught(degrees: float) -> None:
    body = Body(turn=Rotation.from_rotvec([0, degrees, 0], degrees=True).as_matrix(), shift_mm=(2.0, -2.0, 1.0))
    (motion,) = align(*pair_of([body]), LIMIT_HU, SETTINGS).motion
    assert motion.corrected
    assert error_mm(motion, body) < 0.03


def test_the_axes_of_the_scan_do_not_matter() -> None:
    """The same body on a grid whose columns run to the right, and rows upwards: motion is told in LPS."""
    flipped = Grid(GRID.size, GRID.spacing_mm, (33.2, 22.8, -39.5), np.diag([-1.0, -1.0, 1.0]))
    (motion,) = align(*pair_of([MOVED], grid=flipped), LIMIT_HU, SETTINGS).motion
    assert error_mm(motion, MOVED) < 0.03


@pytest.mark.parametrize("gap_mm", [8.0, -0.5], ids=["apart", "touching"])
def test_of_two_bodies_only_the_one_that_moved_changes(gap_mm: float) -> None:
    bodies = [side(0, gap_mm), side(1, gap_mm, turn=TURN, shift_mm=(0.7, -0.6, 0.8))]
    low, high = pair_of(bodies, grid=WIDE)
    found = align(low, high, LIMIT_HU, SETTINGS)
    right, left = found.motion
    assert (right.corrected, left.corrected) == (False, True)
    assert right.largest_displacement_mm < 0.05
    assert error_mm(left, bodies[1]) < 0.05
    assert "patient's left" in found.notices[0].message
    kept = WIDE.index_of([-2.0 - gap_mm / 2 - 3, 0, 0])[0]
    assert np.array_equal(found.high.array[..., : int(kept)], high.array[..., : int(kept)])


def test_deposits_of_another_ratio_do_not_pull() -> None:
    low, high = pair_of([MOVED])
    grid = np.indices(GRID.shape)
    for centre in ((40, 11, 42), (40, 47, 44), (30, 29, 40)):
        near = sum((n - c) ** 2 for n, c in zip(grid, centre, strict=True)) < 16
        low.array[near], high.array[near] = 500, 480  # urate that did not move along
    (motion,) = align(low, high, LIMIT_HU, SETTINGS).motion
    assert error_mm(motion, MOVED) < 0.05


def test_clipped_voxels_stay_clipped() -> None:
    low, high = pair_of([MOVED], 5.0)
    limit = 650.0
    high = high.like(np.minimum(high.array, np.int16(limit)))
    found = align(low, high, limit, SETTINGS)
    assert found.motion[0].corrected
    assert found.high.array.max() == limit
    clipped = [int((image.array == limit).sum()) for image in (found.high, high)]
    assert clipped[0] == pytest.approx(clipped[1], rel=0.03)


def test_a_bone_that_moved_by_itself_is_told() -> None:
    found = align(*pair_of([Body(second_mm=(2.4, 0.0, 0.0))]), LIMIT_HU, SETTINGS)
    assert found.motion[0].remainder_mm > 0.5
    assert "motion_within_hand" in [notice.code for notice in found.notices]


def test_less_than_the_tolerance_is_left_alone() -> None:
    low, high = pair_of([Body(shift_mm=(0.3, 0.0, 0.0))])
    found = align(low, high, LIMIT_HU, StudySettings(motion_tolerance_mm=0.5))
    assert found.high is high
    assert found.motion[0].residual_mm == pytest.approx(0.3, abs=0.03)


def another_hand() -> tuple[Volume, Volume]:
    low, _ = pair_of([Body()])
    _, high = pair_of([Body(turn=Rotation.from_rotvec([0, 0, 90], degrees=True).as_matrix())])
    return low, high


def nothing() -> tuple[Volume, Volume]:
    low, high = pair_of([Body()])
    return low, high.like(np.full_like(high.array, -1000))


@pytest.mark.parametrize("pair", [another_hand, nothing])
def test_what_does_not_fit_is_told_and_left_alone(pair: object) -> None:
    low, high = pair()  # type: ignore[operator]
    found = align(low, high, LIMIT_HU, SETTINGS)
    assert found.high is high
    assert [notice.code for notice in found.notices] == ["motion_uncorrected"]
    assert not found.motion[0].corrected


def test_a_scan_without_a_body_has_no_motion() -> None:
    air = Volume(np.full(GRID.shape, -1000, np.int16), GRID)
    assert align(air, air, LIMIT_HU, SETTINGS).motion == ()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("slice_mm", [0.35, 0.5, 1.0])
def test_a_scan_too_flat_for_coarse_grids_is_no_fault(slice_mm: float) -> None:
    hu = np.full((8, 200, 110), -1000)
    hu[:, 10:-10, 15:-15] = 40
    hu[:, 20:-20, 30:36] = hu[:, 20:-20, 70:76] = 900
    noise = np.random.default_rng(0).normal(0, 20, (2, *hu.shape))
    grid = Grid((110, 200, 8), (0.8, 1.6, slice_mm))
    low, high = (Volume((image + n).astype(np.int16), grid) for image, n in zip((hu, hu * 0.6), noise, strict=True))
    found = align(low, high, LIMIT_HU, SETTINGS)
    assert len(found.motion) == 1
    assert found.high is high


def test_a_simulated_hand_is_moved_back(tmp_path: Path) -> None:
    scenario = load_scenario("standard", seed=7101, quick=True, pair="80/135")
    move = HandMotion(scenario.hands[0], (0.7, -0.7, 0.69), (1.1, -1.2, 1.15))
    simulate(replace(scenario, scanner=replace(scenario.scanner, motion=(move,))), tmp_path / "case")
    (motion,) = read_study(tmp_path / "case/dicom").motion
    assert motion.corrected
    assert motion.residual_mm < 0.15
    assert np.linalg.norm(motion.rotation_degrees) == pytest.approx(2.0, abs=0.03)
