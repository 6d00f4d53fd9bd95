"""One simulated hand, measured as images of two energies, as material maps, and by one energy alone."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from calcidect import Result, Study, analyze_folder, read_study
from calcidect.geometry import Volume
from calcidect.materials import decompose
from calcidect.phantom._maps import GE_MAPS, PHILIPS_MAPS, write_maps
from calcidect.study import Energy, Pair
from support.dicom import set_values


@pytest.fixture(scope="module")
def images(quick_case: Path) -> Study:
    """Return the hand's two images, as if they were virtual ones of 50 and 100 keV."""
    study = read_study(quick_case / "dicom")
    return replace(study, pair=Pair(Energy("kev", 50), Energy("kev", 100)))


@pytest.mark.parametrize(("styles", "vendor"), [(GE_MAPS, "ge_gsi"), (PHILIPS_MAPS, "philips_iqon")])
def test_maps_give_the_images_and_the_masses_that_they_were_made_from(images, tmp_path, styles, vendor):
    write_maps(images.low, images.high, tmp_path, styles=styles, vendor=vendor, seed=201, thickness_mm=1.0)
    maps = read_study(tmp_path)
    for made, read in ((images.low, maps.low), (images.high, maps.high)):
        body = made.array > -500
        assert np.abs(read.array.astype(float) - made.array)[body].mean() < 1  # HU: rounding
    assert total_mg(maps) == pytest.approx(total_mg(images), rel=0.01)


def test_maps_are_analysed_to_the_end(images, tmp_path):
    write_maps(images.low, images.high, tmp_path / "scan", styles=GE_MAPS, vendor="ge_gsi", seed=201, thickness_mm=1.0)
    result = analyze_folder(tmp_path / "scan", tmp_path / "result")
    assert result.study.pair == "50/100keV"
    assert "material_maps" in {notice.code for notice in result.warnings}
    assert (tmp_path / "result" / "report.pdf").is_file()
    assert Result.load(tmp_path / "result").findings.quality == result.findings.quality


def total_mg(study: Study) -> float:
    hydroxyapatite = decompose(study).hydroxyapatite
    assert hydroxyapatite is not None
    return float(hydroxyapatite.array.sum()) * study.low.grid.voxel_volume_mm3 / 1000


@pytest.fixture(scope="module")
def alone(quick_case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the result folder of the hand's 80 kV image, with the headers of a conventional scan."""
    folder = tmp_path_factory.mktemp("alone")
    shutil.copytree(quick_case / "dicom" / "low", folder / "scan")
    set_values(folder / "scan", SeriesDescription="Hand 1.0", ImageType=["ORIGINAL", "PRIMARY", "AXIAL"])
    analyze_folder(folder / "scan", folder / "result")
    return folder / "result"


def test_one_energy_finds_the_deposits_and_no_others(alone: Path, quick_case: Path):
    truth = Volume.from_nifti(nibabel.load(quick_case / "truth" / "deposits.nii.gz")).array
    found = Result.load(alone).deposit_map.array
    volumes = json.loads((quick_case / "truth" / "truth.json").read_text())["deposits"]
    large = [deposit["deposit_id"] for deposit in volumes if deposit["volume_mm3"] >= 20]
    assert all((found[truth == label] > 0).any() for label in large)
    assert all((truth[found == label] > 0).any() for label in np.unique(found[found > 0]))


def test_one_energy_finds_the_bone(alone: Path, quick_case: Path):
    truth = Volume.from_nifti(nibabel.load(quick_case / "truth" / "bones.nii.gz")).array > 0
    found = Result.load(alone).bone_map.array > 0
    assert 2 * (truth & found).sum() > 0.88 * (truth.sum() + found.sum())  # as of two energies


def test_what_one_energy_cannot_tell_is_left_empty_and_flagged(alone: Path):
    document = json.loads((alone / "findings.json").read_text(encoding="utf-8"))
    empty = ("ha_mass_mg", "ha_mass_sd_mg", "urate_mass_mg", "mean_ha_mg_per_cm3", "mean_hu_high", "dual_energy_ratio",
             "confidence")  # fmt: skip
    assert document["deposits"]
    for deposit in document["deposits"]:
        assert (deposit["material"], "single_energy" in deposit["flags"]) == ("indeterminate", True)
        assert {deposit[name] for name in empty} == {None}
        assert deposit["volume_mm3"] > 0
    for burden in filter(None, document["burden"].values()):
        assert {burden[name] for name in ("ha_mass_mg", "ha_mass_sd_mg", "urate_mass_mg", "bulky")} == {None}
    assert (document["study"]["pair"], document["study"]["single_energy"]) == ("80 kV", True)
    assert document["quality"]["noise_high_hu"] is None
    assert document["quality"]["high"] is None
    assert document["warnings"][0]["code"] == "single_energy"
    assert {"materials", "deposits.material", "burden.bulky"} <= {item["name"] for item in document["not_assessed"]}


def test_the_quality_of_the_one_image_is_told(alone: Path):
    quality = json.loads((alone / "findings.json").read_text(encoding="utf-8"))["quality"]
    assert quality["low"]["kernel"]
    assert quality["low"]["thickness_mm"] > 0
    assert (quality["contrast_medium"], quality["patient_position"]) == (False, "HFP")
    page = (alone / "report.html").read_text(encoding="utf-8")
    assert f'<td class="left">{quality["noise_low_hu"]:.1f} HU</td>' in page


def test_one_energy_writes_no_material_maps_and_its_report_says_why(alone: Path):
    assert not (alone / "materials").exists()
    assert "none" in json.loads((alone / "provenance.json").read_text(encoding="utf-8"))["calibration"]
    page = (alone / "report.html").read_text(encoding="utf-8")
    assert "single-energy CT" in page
    assert page.index("material and mass cannot be told") < page.index('<h2 id="burden">')
