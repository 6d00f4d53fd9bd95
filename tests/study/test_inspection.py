"""What ``inspect_folder`` tells: every series, its energy, its use or why it has none; and no one's identity."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from calcidect.errors import StudyRefusedError
from calcidect.study import Energy, Inspection, inspect_folder
from support.dicom import KV80, SN150, set_values, write_series, write_small


def rows(found: Inspection) -> dict[str, tuple[str, str]]:
    return {series.energy: (series.role, series.why_not) for series in found.series}


def test_a_pair_is_told_with_its_series(tmp_path: Path) -> None:
    found = inspect_folder(write_small(tmp_path))
    assert rows(found) == {"80 kV": ("low", ""), "Sn150 kV": ("high", "")}
    low = next(series for series in found.series if series.role == "low")
    assert (low.images, low.size, low.spacing_mm) == (12, (24, 20, 12), pytest.approx((0.5, 0.6, 0.75)))
    assert (low.energy_source, low.kernel) == ("KVP", "Qr36d")
    assert [(pair.name, pair.low, pair.is_chosen) for pair in found.pairs] == [("80/Sn150", low.series, True)]
    assert (low.number, low.thickness_mm, low.part) == ("2", 0.75, "")
    assert (found.patients, found.studies, found.refusal) == (1, 1, None)


def test_each_series_that_is_not_used_says_why(tmp_path: Path) -> None:
    kev = [Energy("kev", value) for value in (30, 40, 70, 140)]
    found = inspect_folder(write_series(tmp_path, "ge_gsi", [(energy, 700.0) for energy in kev]))
    assert rows(found) == {
        "30 keV": ("not used", "below 40 keV"),
        "40 keV": ("low", ""),
        "70 keV": ("not used", "energies farther apart were preferred"),
        "140 keV": ("high", ""),
    }


def test_a_mixed_image_says_so(tmp_path: Path) -> None:
    folder = write_series(tmp_path, "siemens_force", [(KV80, 1100.0), (SN150, 500.0), (Energy("kv", 120), 800.0)])
    set_values(folder / "2", SeriesDescription="DE_Gout M_0.5")
    found = inspect_folder(folder)
    assert [series.why_not for series in found.series] == ["", "", "mixture of several energies"]


def test_a_broken_geometry_is_told_in_its_row_and_as_the_refusal(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    (folder / "low" / "00005.dcm").unlink()
    found = inspect_folder(folder)
    assert found.refusal is not None
    assert found.refusal["code"] == "missing_slice"
    role, why_not = rows(found)["80 kV"]
    assert (role, why_not.startswith("1 slice(s) are missing")) == ("not used", True)
    assert rows(found)["Sn150 kV"] == ("not used", "nothing of another energy fits it")
    assert found.series[1].size is None


def test_a_conventional_scan_is_told_to_have_no_partner(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    shutil.rmtree(folder / "high")
    found = inspect_folder(folder)
    assert found.refusal is not None
    assert found.refusal["code"] == "one_energy"
    assert rows(found) == {"80 kV": ("not used", "nothing of another energy fits it")}


def test_two_patients_are_counted_and_refused(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    set_values(folder / "high", PatientID="other", StudyInstanceUID="1.2.3")
    found = inspect_folder(folder)
    assert (found.patients, found.studies) == (2, 2)
    assert found.refusal is not None
    assert found.refusal["code"] == "several_patients"


def test_other_files_and_objects_are_counted(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    (folder / "notes.txt").write_text("x")
    extra = write_small(folder / "sbi", seed=7) / "low"
    shutil.rmtree(folder / "sbi" / "high")
    set_values(extra, SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
    found = inspect_folder(folder)
    assert (found.other_objects, dict(found.skipped)) == (12, {"no DICOM file": 1})


def test_it_becomes_json_without_identity(tmp_path: Path) -> None:
    text = json.dumps(inspect_folder(write_small(tmp_path)).as_dict())
    assert '"role": "low"' in text
    assert not any(secret in text for secret in ("4711", "Secret", "SECRET", "1968", "1.2.826", str(tmp_path)))


def test_a_folder_without_dicom_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(StudyRefusedError) as caught:
        inspect_folder(tmp_path)
    assert caught.value.code == "no_dicom"
