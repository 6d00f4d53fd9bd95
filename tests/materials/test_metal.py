"""Metal is told; the densest calcium is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.geometry import Volume
from calcidect.materials import Metal, decompose, sensitivity
from calcidect.materials._metal import metal_bodies, metal_notices, metal_of, metal_points_mm
from calcidect.study import Energy, Motion, Pair
from materials.blocks import GRID, KV140, RADIUS_MM, SN150, cylinder, radius_mm

SN140 = Pair(Energy("kv", 80), Energy("kv", 140, filter="Sn"))
WIDE_HU = 31743.0
K, J, I = np.indices(GRID.shape)  # noqa: E741
ACROSS_MM = np.hypot((J - 30) * 0.5, (I - 40) * 0.5)
WIRE = ACROSS_MM < 0.8  # a K-wire of 1.6 mm along the finger
STONE = np.sqrt((J - 30) ** 2 + (I - 40) ** 2 + (K - 20) ** 2) * 0.5 < 4
RING = (np.abs(radius_mm() - RADIUS_MM - 1.0) < 1.0) & (np.abs(K - 4) < 4)
NOTHING = np.zeros(GRID.shape, bool)


def scan(
    pair: Pair, where: np.ndarray, hu: tuple[float, float], top_hu: float = 3071.0, streak_hu: float = 0.0
) -> tuple[Volume, Volume, tuple[float, float]]:
    """Return a finger with a body of so many HU at low and high energy, and dark streaks beside it."""
    images = []
    for n, value in enumerate(hu):
        image = np.where(radius_mm() < RADIUS_MM, 50.0, -1000.0)
        image += np.random.default_rng(n).normal(0, 20, GRID.shape)
        image[where] = value
        beside = (np.abs(J - 30) < 2) & ~where & (radius_mm() < RADIUS_MM) & where.any((1, 2))[:, None, None]
        image[beside] += streak_hu
        images.append(Volume(np.clip(np.rint(image), -1024, top_hu).astype(np.int16), GRID))
    return images[0], images[1], (top_hu, top_hu)


def found(pair: Pair, where: np.ndarray, hu: tuple[float, float], **more: float) -> Metal:
    low, high, top = scan(pair, where, hu, **more)
    return metal_of(metal_bodies(low, high, top, sensitivity(pair, 3.0)), high)


def stone_hu(pair: Pair, mg_per_cm3: float) -> tuple[float, float]:
    s = sensitivity(pair, 3.0)
    return 50 + s.ha_low * mg_per_cm3, 50 + s.ha_high * mg_per_cm3


@pytest.mark.parametrize("top_hu", [3071.0, WIDE_HU])
@pytest.mark.parametrize("where", [WIRE, RING], ids=["wire", "ring"])
def test_metal_is_told_behind_tin_whatever_the_range(where: np.ndarray, top_hu: float) -> None:
    metal = found(SN150, where, (20_000, 12_000), top_hu=top_hu)
    assert metal.bodies == 1
    assert metal.volume_mm3 == pytest.approx(where.sum() * GRID.voxel_volume_mm3)
    assert metal.thirds == (("first", "middle", "last") if where is WIRE else ("first",))


@pytest.mark.parametrize("pair", [SN150, SN140, KV140], ids=lambda pair: pair.name)
@pytest.mark.parametrize("mg_per_cm3", [1500.0, 2400.0])
@pytest.mark.parametrize("top_hu", [3071.0, WIDE_HU])
def test_a_stone_is_no_metal_though_it_is_cut_off(pair: Pair, mg_per_cm3: float, top_hu: float) -> None:
    assert found(pair, STONE, stone_hu(pair, mg_per_cm3), top_hu=top_hu) == Metal()


def test_without_tin_metal_is_told_by_its_streaks_where_the_range_ends_early() -> None:
    assert found(KV140, WIRE, (20_000, 15_000), streak_hu=-500).bodies == 1
    assert found(KV140, WIRE, (20_000, 15_000)).bodies == 0, "the same HU as a stone's"
    assert found(KV140, WIRE, (20_000, 15_000), top_hu=WIDE_HU).bodies == 1


def test_metal_is_told_where_it_is() -> None:
    low, high, top = scan(SN150, WIRE, (20_000, 12_000))
    points = metal_points_mm(metal_bodies(low, high, top, sensitivity(SN150, 3.0)), high)
    wire = GRID.point_of(np.stack(np.nonzero(WIRE), -1)[:, ::-1])
    assert 10 < len(points) < len(wire)
    apart_mm = np.linalg.norm(wire[:, None] - points, axis=2)
    assert apart_mm.min(1).max() < 1.8
    assert apart_mm.min(0).max() == 0
    assert metal_points_mm([], high).shape == (0, 3)


def test_air_between_fingers_is_no_streak() -> None:
    low, high, top = scan(KV140, STONE, stone_hu(KV140, 2400.0))
    for image in (low, high):
        image.array[:, 24:36, 10:24] = -1000
    assert metal_bodies(low, high, top, sensitivity(KV140, 3.0)) == []


def test_a_few_bright_voxels_of_noise_are_no_metal() -> None:
    specks = NOTHING.copy()
    specks[10, 30, 30:32] = specks[20, 20, 20] = specks[30, 40, 40] = True
    assert found(SN150, specks, (3071, 3071)) == Metal()


def test_one_energy_tells_no_metal() -> None:
    low, _, top = scan(SN150, WIRE, (20_000, 12_000))
    assert metal_bodies(low, None, top, sensitivity(SN150, 3.0)) == []


def test_the_notice_tells_where_and_how_much() -> None:
    (notice,) = metal_notices(found(SN150, RING, (20_000, 12_000)))
    assert notice.code == "metal"
    assert "1 body" in notice.message
    assert "first third" in notice.message
    assert "material" in notice.effect
    assert metal_notices(Metal()) == ()


def test_where_metal_is_and_how_the_hand_moved_reach_the_maps() -> None:
    study = cylinder(SN150)
    for image in (study.low, study.high):
        assert image is not None
        image.array[WIRE] = 3071
    moved = (Motion((0.0, 0.0, 0.0), remainder_mm=0.8),)
    maps = decompose(replace(study, motion=moved, maximum_hu=(3071.0, 3071.0)))
    assert maps.metal.bodies == 1
    assert len(maps.metal_points_mm) > 10
    assert maps.motion == moved
