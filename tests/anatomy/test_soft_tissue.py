"""Tendons and muscle of a made block: found where the scan shows them, whatever deposits hide."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy import Tendon
from calcidect.anatomy._host_of_deposits import HostOfDeposits
from calcidect.anatomy._muscle import map_muscle
from calcidect.anatomy._seen_tendons import SeenTissue, sampled, seen_tendons
from calcidect.anatomy._tendons import load_tendons
from calcidect.geometry import Grid

SPACING_MM = 0.6
GRID = Grid((50, 50, 60), (SPACING_MM,) * 3)
FAT, MUSCLE, TENDON = -110.0, 50.0, 110.0
Z = np.arange(2.0, 33.0)
UP = np.array([0.0, 0.0, 1.0])
MIDDLE = np.array([15.0, 15.0])


def tube(middle: tuple[float, float], radius_mm: float) -> np.ndarray:
    """Return a mask, shape (k, j, i), of a tube along z."""
    j, i = np.meshgrid(np.arange(50) * SPACING_MM, np.arange(50) * SPACING_MM, indexing="ij")
    return np.broadcast_to(np.hypot(i - middle[0], j - middle[1]) <= radius_mm, GRID.shape)


def tissue(hu: np.ndarray, mineral: np.ndarray | None = None) -> SeenTissue:
    noise = np.random.default_rng(1).normal(0, 8, GRID.shape)
    hidden = np.zeros(GRID.shape, bool) if mineral is None else mineral
    return SeenTissue(GRID, (hu + noise).astype(np.float32), np.full(GRID.shape, 9, np.float32), hidden, MUSCLE)


def tendon_at(x: float, y: float) -> Tendon:
    return Tendon("FDP3", "flexor", np.stack([np.full(len(Z), x), np.full(len(Z), y), Z], 1), 1.8)


@pytest.mark.parametrize("around", [FAT, MUSCLE])
def test_a_tendon_two_millimetres_from_where_it_is_expected_is_found(around: float) -> None:
    hu = np.where(tube((15, 15), 1.8), TENDON, around)
    (found,) = seen_tendons([tendon_at(16.4, 13.6)], tissue(hu))
    assert np.linalg.norm(found.path_mm[:, :2] - MIDDLE, axis=1).max() < 0.6


def test_a_tendon_that_does_not_show_stays_where_it_is_expected() -> None:
    (found,) = seen_tendons([tendon_at(15, 15)], tissue(np.full(GRID.shape, FAT)))
    assert np.linalg.norm(found.path_mm[:, :2] - MIDDLE, axis=1).max() < 0.1


def test_a_dilute_deposit_beside_a_tendon_does_not_pull_it() -> None:
    deposit = tube((18.5, 15), 1.6)
    hu = np.where(deposit, 160.0, np.where(tube((15, 15), 1.8), TENDON, MUSCLE))
    seen = tissue(hu)
    pulled, found = (seen_tendons([tendon_at(16.5, 15)], t)[0] for t in (seen, seen.without(deposit)))
    assert np.abs(found.path_mm[:, 0] - 15).max() < 0.9 < np.abs(pulled.path_mm[:, 0] - 15).mean()


def test_a_stretch_that_a_deposit_hides_follows_its_neighbours() -> None:
    deposit = tube((15, 15), 3.0) & (np.abs(np.arange(60) - 28)[:, None, None] < 8)
    hu = np.where(deposit, 900.0, np.where(tube((15, 15), 1.8), TENDON, FAT))
    (found,) = seen_tendons([tendon_at(17.5, 15)], tissue(hu).without(deposit))
    assert np.linalg.norm(found.path_mm[:, :2] - MIDDLE, axis=1).max() < 1.3  # 1.8 if each place spoke for itself


def test_a_tendon_outside_the_skin_comes_in() -> None:
    seen = tissue(np.full(GRID.shape, FAT))
    depth = np.broadcast_to((20 - np.arange(50) * SPACING_MM)[None, :, None], GRID.shape).astype(np.float32)
    (found,) = seen_tendons([tendon_at(15, 22)], SeenTissue(GRID, seen.low_hu, depth, seen.mineral, MUSCLE))
    assert found.path_mm[:, 1].max() < 20 - 1.8 - 1.2


def test_muscle_is_told_from_fat_and_tendon_and_seen_through_a_deposit() -> None:
    belly, deposit = tube((15, 15), 7), tube((15, 15), 2.5)
    hu = np.where(deposit, 900.0, np.where(belly, MUSCLE, FAT))
    muscle = map_muscle(tissue(hu, deposit), deposit, None)
    assert muscle.grid.spacing_mm == pytest.approx((1.2, 1.2, 1.2))

    def distance(x: float) -> float:
        i, j, k = np.round(muscle.grid.index_of([x, 15, 18])).astype(int)
        return float(muscle.array[k, j, i])

    assert distance(15) < -3
    assert distance(15 + 7) == pytest.approx(0, abs=1.2)
    assert distance(15 + 11) > 2
    none = np.zeros(GRID.shape, bool)
    assert (map_muscle(tissue(np.where(belly, TENDON, FAT)), none, None).array > 1).mean() > 0.95
    assert (map_muscle(tissue(np.where(tube((15, 15), 1.0), MUSCLE, FAT)), none, None).array > 0).all()


def test_two_energies_tell_a_deposit_on_the_fascia_from_one_in_the_belly() -> None:
    j = np.broadcast_to(np.arange(50)[None, :, None] * SPACING_MM, GRID.shape)
    under = np.where(j < 15, MUSCLE, FAT).astype(np.float32)
    deposit = (j > 15) & (j < 19) & (np.abs(np.arange(60) - 30)[:, None, None] < 15)
    ha = np.where(deposit, 400, 0).astype(np.float32)
    seen, host = tissue(under + 2 * ha, deposit), HostOfDeposits(ha, 2.0, 0.1)
    places = GRID.point_of(np.argwhere(deposit)[:, ::-1])

    def in_muscle(host: HostOfDeposits | None) -> float:
        muscle = map_muscle(seen, deposit, host)
        return float((sampled(muscle.array, muscle.grid, places) <= 0).mean())

    assert in_muscle(host) < 0.2
    assert in_muscle(None) > 0.3  # what is around says: half


def test_every_digit_has_its_tendons() -> None:
    names = {tendon.name for tendon in load_tendons()}
    assert {f"{kind}{ray}" for kind in ("FDP", "FDS", "EDC") for ray in range(2, 6)} <= names
    assert {"FPL", "EPL", "EPB", "APL", "FCR", "FCU", "ECRL", "ECRB", "ECU"} <= names
