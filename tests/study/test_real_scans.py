"""Scans of real scanners: what they hold is recognised, and refused for the right reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from calcidect import analyze
from calcidect.errors import StudyRefusedError
from calcidect.materials import virtual_monoenergetic
from calcidect.study import Energy, Pair, inspect_folder, read_study

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "realdata"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not REAL.is_dir(), reason="scans of real scanners are not beside the repository"),
]


def refusal(name: str) -> StudyRefusedError:
    with pytest.raises(StudyRefusedError) as caught:
        read_study(REAL / name)
    return caught.value


def test_a_head_of_one_energy_is_read_and_refused_because_it_shows_no_hand() -> None:
    study = read_study(REAL / "philips_head")
    assert (study.energies, study.high, study.low.grid.size) == ("120 kV", None, (512, 512, 28))
    with pytest.raises(StudyRefusedError) as caught:
        analyze(study)
    assert (caught.value.code, caught.value.exit_code) == ("no_hand", 3)


def test_the_head_scan_lies_where_it_was_scanned() -> None:
    (series,) = inspect_folder(REAL / "philips_head").series
    assert series.size == (512, 512, 28)
    assert series.spacing_mm == pytest.approx((0.451171875, 0.451171875, 5.0))


def test_tilt_and_uneven_spacing_are_both_told() -> None:
    error = refusal("ge_variable_tilt")
    assert error.code == "gantry_tilt"
    assert "18.5 degrees" in error.found
    assert "1.08 to 7.00 mm" in error.found


def test_virtual_energies_are_found_although_kvp_says_120() -> None:
    found = inspect_folder(REAL / "philips_vmi")
    assert {series.energy for series in found.series} == {"50 keV", "100 keV", "150 keV"}
    assert refusal("philips_vmi").code == "too_small"


@pytest.mark.parametrize(("kev", "others"), [(100, (50, 150)), (150, (50, 100))])
def test_a_third_energy_is_predicted_as_the_scanner_gives_it(kev: int, others: tuple[int, int]) -> None:
    # The slice shows a rod (Teflon, by its HU) in water, both found by eye; the bar is 6 HU.
    images = {energy: vmi(energy) for energy in (kev, *others)}
    pair = Pair(*(Energy("kev", energy) for energy in others))
    error = np.abs(virtual_monoenergetic(images[others[0]], images[others[1]], pair, kev) - images[kev])
    row, column = np.mgrid[:512, :512]
    from_rod = np.hypot(row - 260, column - 368)
    water = (np.hypot(row - 259, column - 254) < 190) & (from_rod > 35)
    assert images[kev][from_rod < 14].min() > 700  # it is the rod
    assert error[from_rod < 14].mean() < 3
    assert error[water].mean() < 1


def vmi(kev: int) -> np.ndarray:
    dataset = dcmread(REAL / "philips_vmi" / f"{kev}.dcm")
    return np.asarray(dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept))
