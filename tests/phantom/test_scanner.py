"""The scanner keeps amounts, and does what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.errors import InputRefusedError
from calcidect.geometry import Grid
from calcidect.phantom import load_scenario
from calcidect.phantom._noise import correlated_noise
from calcidect.phantom._scanner import ScannerSettings, box_share, sampling
from calcidect.phantom._scenario import list_scenarios, parse_pair
from calcidect.study import Energy

FINE = Grid((90, 80, 100), (0.3, 0.3, 0.3), (-13.0, -12.0, -15.0))
SCAN = Grid((64, 64, 60), (0.6, 0.6, 0.7), (-19.0, -19.0, -20.0))


def settings() -> ScannerSettings:
    return ScannerSettings(parse_pair("80/Sn150"), "siemens", 0.6, 0.7, 0.9, 0.8, (20.0, 15.0))


def ball(radius_mm: float) -> np.ndarray:
    k, j, i = np.meshgrid(*(np.arange(n) for n in FINE.shape), indexing="ij")
    return (np.linalg.norm(FINE.point_of(np.stack([i, j, k], -1)) - [0.1, 0.2, -0.1], axis=-1) < radius_mm).astype("f4")


@pytest.mark.parametrize("radius_mm", [1.0, 2.0, 4.0])
def test_blur_and_sampling_keep_the_sum(radius_mm: float) -> None:
    mineral = 500.0 * ball(radius_mm)
    seen = sampling(FINE, SCAN, settings(), np.zeros(3)).sampled(lambda start, stop: mineral[start:stop])
    truth_mg = mineral.sum() * FINE.voxel_volume_mm3 / 1000
    assert seen.sum() * SCAN.voxel_volume_mm3 / 1000 == pytest.approx(truth_mg, rel=0.01)


def test_a_shift_between_the_energies_moves_the_image() -> None:
    mineral = ball(3.0)
    centres = []
    for shift in ((0, 0, 0), (0.5, -0.4, 0.3)):
        placed = sampling(FINE, SCAN, settings(), np.array(shift, float))
        seen = placed.sampled(lambda start, stop: mineral[start:stop])
        index = np.stack(np.meshgrid(*(np.arange(p.start, p.stop) for p in placed.box), indexing="ij"), -1)
        centres.append(SCAN.point_of(np.average(index.reshape(-1, 3), axis=0, weights=seen.ravel())[::-1]))
    assert centres[1] - centres[0] == pytest.approx([0.5, -0.4, 0.3], abs=0.01)


def test_shares_of_voxels_sum_to_the_volume() -> None:
    mineral = ball(2.5)
    _, share = box_share(mineral, FINE, SCAN)
    assert share.max() <= 1.0 + 1e-5
    assert share.sum() * SCAN.voxel_volume_mm3 == pytest.approx(mineral.sum() * FINE.voxel_volume_mm3, rel=1e-4)


def test_noise_has_unit_deviation_and_is_correlated() -> None:
    noise = correlated_noise((40, 96, 96), (0.7, 0.5), np.random.default_rng(1))
    assert noise.std() == pytest.approx(1.0, abs=0.03)
    neighbours = (noise[:, :, 1:] * noise[:, :, :-1]).mean()
    assert 0.1 < neighbours < 0.9, "a soft kernel ties neighbours together"
    # Little power at low frequencies: means over blocks scatter less than white noise would.
    blocks = noise.reshape(40, 12, 8, 12, 8).mean((2, 4))
    assert blocks.std() < 1 / 8


def test_every_built_in_scenario_loads_for_every_pair() -> None:
    for name in list_scenarios():
        for pair in ("80/140", "80/135", "80/Sn140", "70/Sn150", "80/Sn150", "100/Sn150", "50/100keV", "70/140keV"):
            scenario = load_scenario(name, seed=1, quick=True, pair=pair)
            assert scenario.scanner.pair.name == pair
            assert len(scenario.hands) == 1


def test_low_energy_comes_first() -> None:
    assert parse_pair("80/Sn150").high == Energy("kv", 150.0, filter="Sn")


def test_same_seed_same_scenario_and_another_seed_another() -> None:
    assert load_scenario("mixed", seed=4) == load_scenario("mixed", seed=4)
    assert load_scenario("mixed", seed=4) != load_scenario("mixed", seed=5)
    assert replace(load_scenario("mixed", seed=4), seed=5) != load_scenario("mixed", seed=5)


@pytest.mark.parametrize("pair", ["80/120", "80", "80/Sn120"])
def test_a_pair_that_no_style_writes_is_refused(pair: str) -> None:
    with pytest.raises(InputRefusedError):
        load_scenario("standard", quick=True, pair=pair)
