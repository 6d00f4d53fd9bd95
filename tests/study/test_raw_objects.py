"""Vendors' raw spectral objects are named, counted, and answered with what to export instead."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from calcidect.errors import StudyRefusedError
from calcidect.study import inspect_folder, read_study
from support.dicom import set_values, write_small

SBI = {
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7",
    "ImageType": ["DERIVED", "SECONDARY", "SBI", "SBI_CSPN"],
    "SeriesDescription": "SBI(V5.1)_Hands",
}
GE_PRIVATE = {"SOPClassUID": "1.2.840.113619.4.30", "Manufacturer": "GE MEDICAL SYSTEMS"}
GE_RAW = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66", "Manufacturer": "GE MEDICAL SYSTEMS"}
KINDS = {
    "philips": (SBI, "12 Philips spectral base images (SBI)", ("MonoE 50 keV", "MonoE 100 keV", "Z Effective")),
    "ge private": (GE_PRIVATE, "12 GE raw spectral data (GSI)", ("50 keV and 100 keV", "HAP(Water)")),
    "ge raw": (GE_RAW, "12 GE raw spectral data (GSI)", ("50 keV and 100 keV", "HAP(Water)")),
}


def raw_beside(folder: Path, values: dict, ct_too: bool) -> Path:
    """Write a series of raw objects, with or without one CT series beside it."""
    write_small(folder)
    if not ct_too:
        shutil.rmtree(folder / "low")
    set_values(folder / "high", **values)
    return folder


def refusal(folder: Path) -> StudyRefusedError:
    with pytest.raises(StudyRefusedError) as caught:
        read_study(folder)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("ct_too", "code"), [(False, "no_ct_images"), (True, "one_energy")])
def test_the_refusal_names_them_and_says_what_to_export(tmp_path: Path, kind: str, ct_too: bool, code: str) -> None:
    values, name, exports = KINDS[kind]
    error = refusal(raw_beside(tmp_path, values, ct_too))
    assert error.code == code
    assert name in error.found
    assert all(text in error.remedy for text in exports)


def test_inspection_counts_them(tmp_path: Path) -> None:
    found = inspect_folder(raw_beside(tmp_path, SBI, ct_too=True))
    assert dict(found.raw_objects) == {"Philips spectral base images (SBI)": 12}
    assert found.other_objects == 12
    assert found.refusal is not None
    assert "MonoE" in found.refusal["remedy"]


def test_a_pair_beside_them_is_read(tmp_path: Path) -> None:
    folder = write_small(tmp_path / "scan")
    extra = raw_beside(tmp_path / "scan" / "sbi", SBI, ct_too=False)
    assert extra.is_dir()
    assert read_study(folder).pair.name == "80/Sn150"


def test_an_ordinary_screenshot_is_no_raw_object(tmp_path: Path) -> None:
    screenshot = {"SOPClassUID": SBI["SOPClassUID"], "SeriesDescription": "Screen Save"}
    error = refusal(raw_beside(tmp_path, screenshot, ct_too=True))
    assert "SBI" not in error.found
