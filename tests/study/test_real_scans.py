"""Scans of real scanners: what they hold is recognised, and refused for the right reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from calcidect.errors import StudyRefusedError
from calcidect.study import inspect_folder, read_study

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "realdata"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not REAL.is_dir(), reason="scans of real scanners are not beside the repository"),
]


def refusal(name: str) -> StudyRefusedError:
    with pytest.raises(StudyRefusedError) as caught:
        read_study(REAL / name)
    return caught.value


def test_a_head_scan_of_one_energy_is_refused_as_such() -> None:
    error = refusal("philips_head")
    assert (error.code, "120 kV" in error.found, error.exit_code) == ("one_energy", True, 3)


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
