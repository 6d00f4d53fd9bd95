"""What one energy tells, and what it leaves open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.errors import InputRefusedError, Notice
from calcidect.geometry import Grid, Volume
from calcidect.materials import MaterialMaps, brightness_of_80_kv, decompose
from calcidect.study import Energy, SeriesQuality, Study, StudyQuality, Subject

NOISE_HU = 15.0


def study(hu: float = 60.0, noise_hu: float = NOISE_HU, energy: Energy = Energy("kv", 120)) -> Study:  # noqa: B008
    grid = Grid((60, 60, 40), (0.5, 0.5, 0.5))
    image = np.random.default_rng(3).normal(hu, noise_hu, grid.shape)
    image[10:30, 20:40, 20:40] = 3071
    return Study(
        low=Volume(np.rint(image).astype(np.int16), grid), high=None, pair=None, subject=Subject("x"), study_date=None,
        study_uid_hash="", input_hash="", maximum_hu=(3071.0,), single_energy=energy,
    )  # fmt: skip


def test_there_are_no_maps_and_no_sensitivity() -> None:
    maps = decompose(study())
    assert (maps.concentrations, maps.hydroxyapatite, maps.urate, maps.high, maps.sensitivity) == (None,) * 5
    assert maps.single_energy == Energy("kv", 120)


def test_noise_and_host_are_measured_and_clipped_voxels_counted() -> None:
    maps = decompose(study())
    assert maps.soft_tissue.noise_hu == pytest.approx((NOISE_HU,), rel=0.06)
    assert maps.soft_tissue.host_hu == pytest.approx((60.0,), abs=1)
    assert maps.clipped_voxels == (20**3,)


def test_what_the_study_room_found_of_quality_goes_on() -> None:
    series = SeriesQuality("Br64", "sharp", 0.6, 0.03, 150.0, 2.0, 3071.0, 8000, 8000)
    quality = StudyQuality(series, None, True, "HFP", (Notice("kernel_sharp", "m"),))
    assert decompose(replace(study(), quality=quality)).quality == quality


@pytest.mark.parametrize(("noise_hu", "codes"), [(NOISE_HU, []), (60.0, ["noise_high"])])
def test_high_noise_is_told(noise_hu: float, codes: list[str]) -> None:
    assert [notice.code for notice in decompose(study(noise_hu=noise_hu)).notices] == codes


def test_a_scan_without_soft_tissue_is_refused() -> None:
    with pytest.raises(InputRefusedError):
        decompose(study(hu=-1000.0, noise_hu=1.0))


def test_maps_of_half_a_pair_cannot_be_made() -> None:
    maps = decompose(study())
    with pytest.raises(ValueError, match="both images"):
        replace(maps, single_energy=None)
    with pytest.raises(ValueError, match="both images"):
        replace(maps, high=maps.low)
    assert isinstance(maps, MaterialMaps)


@pytest.mark.parametrize(
    ("energy", "factor"),
    [
        (Energy("kv", 80), 1.0),
        (Energy("kv", 120), 2.27 / 1.68),
        (Energy("kv", 125), 2.27 / 1.64),  # between two tables
        (Energy("kv", 60), 2.27 / 2.59),  # beyond the last
        (Energy("kv", 100, filter="Sn"), 2.27 / 1.06),  # the nearest beam with tin
        (Energy("kv", 150, filter="Sn"), 2.27 / 0.95),
        (Energy("kev", 70), 2.27 / 1.31),
    ],
)
def test_mineral_is_as_much_brighter_at_80_kv_as_the_tables_say(energy: Energy, factor: float) -> None:
    assert brightness_of_80_kv(energy) == pytest.approx(factor, rel=0.01)
