"""Hands that move between the energies: as far as asked, without losing anything, as sharp as before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calcidect.errors import InputRefusedError
from calcidect.geometry import Grid
from calcidect.phantom import load_scenario, simulate
from calcidect.phantom._motion import HandMotion, cropped_to, looked_up, margin_grid, motion_of
from calcidect.phantom._scanner import ScannerSettings, sampling
from calcidect.phantom._scenario import parse_pair
from conftest import coarse

FINE = Grid((90, 80, 100), (0.3, 0.3, 0.3), (-13.0, -12.0, -15.0))
SCAN = Grid((64, 64, 60), (0.6, 0.6, 0.7), (-19.0, -19.0, -20.0))
SETTINGS = ScannerSettings(parse_pair("80/Sn150"), "siemens", 0.6, 0.7, 0.9, 0.8, (20.0, 15.0))
MOVE = HandMotion("left", (0.5, -0.4, 0.3), (3.0, -1.0, 2.0))
OFF_CENTRE_MM = np.array([6.0, -4.0, 7.0])


def ball(centre_mm: np.ndarray) -> np.ndarray:
    k, j, i = np.meshgrid(*(np.arange(n) for n in FINE.shape), indexing="ij")
    return (np.linalg.norm(FINE.point_of(np.stack([i, j, k], -1)) - centre_mm, axis=-1) < 2.5).astype("f4")


def seen_turned(fine: np.ndarray, move: HandMotion) -> np.ndarray:
    wide = margin_grid(FINE, np.array([0.38, 0.38, 0.34]))
    spread = sampling(FINE, wide, SETTINGS, np.zeros(3))
    blurred = spread.sampled(lambda start, stop: fine[start:stop])
    motion = motion_of("left", FINE, (move,), (0.0, 0.0, 0.0))
    box, values = looked_up(blurred, cropped_to(wide, spread.box), motion, SCAN)
    whole = np.zeros(SCAN.shape, np.float32)
    whole[box] = values
    return whole


def seen_still(fine: np.ndarray) -> np.ndarray:
    placed = sampling(FINE, SCAN, SETTINGS, np.zeros(3))
    whole = np.zeros(SCAN.shape, np.float32)
    whole[placed.box] = placed.sampled(lambda start, stop: fine[start:stop])
    return whole


def test_a_turned_hand_is_as_sharp_as_one_built_where_it_comes_to_lie() -> None:
    """The ball built at its new place differs by the fine voxels of its edge alone, and by no blur."""
    motion = motion_of("left", FINE, (MOVE,), (0.0, 0.0, 0.0))
    there = motion.matrix[:3, :3] @ OFF_CENTRE_MM + motion.matrix[:3, 3]
    turned, built = seen_turned(ball(OFF_CENTRE_MM), MOVE), seen_still(ball(there))
    assert turned.sum() == pytest.approx(seen_still(ball(OFF_CENTRE_MM)).sum(), rel=0.002)
    centre = [np.average(np.indices(a.shape).reshape(3, -1), axis=1, weights=a.ravel()) for a in (turned, built)]
    assert centre[0] == pytest.approx(centre[1], abs=0.03)
    # A further blur of 0.1 mm standard deviation would lower this by 4 %.
    assert (turned**2).sum() == pytest.approx((built**2).sum(), rel=0.012)


def test_a_turn_through_the_spline_alone_changes_next_to_nothing() -> None:
    """A full turn in one step: where voxels fall on each other again, only the spline could differ."""
    whole_turn = HandMotion("left", (0.0, 0.0, 0.0), (0.0, 0.0, 360.0))
    assert np.abs(seen_turned(ball(OFF_CENTRE_MM), whole_turn) - seen_still(ball(OFF_CENTRE_MM))).max() < 0.01


def test_only_the_hand_that_moves_moves_and_the_truth_tells(tmp_path: Path) -> None:
    toml = (
        'hands = ["left", "right"]\nquick = true\n[motion.left]\nshift_mm = [1, 0, 0]\nrotation_degrees = [0, 2, 0]\n'
    )
    (tmp_path / "moves.toml").write_text(toml)
    scenario = load_scenario(str(tmp_path / "moves.toml"), seed=3)
    assert scenario.scanner.motion == (HandMotion("left", (1.0, 0.0, 0.0), (0.0, 2.0, 0.0)),)
    quiet = replace(scenario, hands=("right",), scanner=replace(scenario.scanner, shift_mm=(0.0, 0.5, 0.0)))
    simulate(coarse(quiet), tmp_path / "case")
    (moved,) = json.loads((tmp_path / "case/truth/truth.json").read_text())["motion"]
    assert moved["shift_mm"] == [0.0, 0.5, 0.0]
    assert np.allclose(np.array(moved["matrix"])[:3, :3], np.eye(3))


@pytest.mark.parametrize(
    "table",
    ["[motion.middle]\nshift_mm = [1, 0, 0]", "[motion.left]\nshift_mm = [1, 0]", "[motion.left]\nspeed = 3"],
)
def test_a_motion_that_makes_no_sense_is_refused(tmp_path: Path, table: str) -> None:
    (tmp_path / "wrong.toml").write_text(table)
    with pytest.raises(InputRefusedError):
        load_scenario(str(tmp_path / "wrong.toml"))
