"""Single-energy CT: read where it is one, refused where a dual-energy scan lost its other half."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset

from calcidect.errors import StudyRefusedError
from calcidect.settings import StudySettings
from calcidect.study import Energy, Study, inspect_folder, read_study
from support.dicom import KV80, SN150, change, set_values, small_volume, write_series, write_small

KV120 = Energy("kv", 120)
PLAIN = {"SeriesDescription": "Hand 0.75 axial", "ConvolutionKernel": "Br40d"}
ACCEPT, REFUSE = StudySettings(single_energy="accept"), StudySettings(single_energy="refuse")


def conventional(folder: Path, count: int = 1, **values: Any) -> Path:
    """Write a scan of 120 kV as any scanner would, as so many series in folders 0, 1, ..."""
    write_series(folder, "canon", [(KV120, 1100.0)] * count)
    set_values(folder, **PLAIN | values)
    return folder


def refusal(folder: Path, settings: StudySettings | None = None) -> StudyRefusedError:
    with pytest.raises(StudyRefusedError) as caught:
        read_study(folder, settings)
    return caught.value


class TestRead:
    def test_it_is_an_image_without_a_partner(self, tmp_path: Path) -> None:
        study = read_study(conventional(tmp_path))
        assert (study.single_energy, study.pair, study.high) == (KV120, None, None)
        assert (study.energies, len(study.maximum_hu)) == ("120 kV", 1)
        assert np.array_equal(study.low.array, small_volume(1100.0, seed=0).array)

    def test_the_reader_is_told_first_that_there_is_no_material(self, tmp_path: Path) -> None:
        notice = read_study(conventional(tmp_path)).notices[0]
        assert notice.code == "single_energy"
        assert "120 kV" in notice.message
        assert "No material" in notice.effect

    def test_inspect_tells_its_use(self, tmp_path: Path) -> None:
        found = inspect_folder(conventional(tmp_path))
        assert (found.refusal, [series.role for series in found.series]) == (None, ["single"])

    def test_a_study_of_one_image_and_two_energies_cannot_be_made(self, tmp_path: Path) -> None:
        study = read_study(conventional(tmp_path))
        pair = read_study(write_small(tmp_path / "pair")).pair
        with pytest.raises(ValueError, match="either a pair"):
            replace(study, pair=pair)
        with pytest.raises(ValueError, match="either a pair"):
            replace(study, single_energy=None)
        with pytest.raises(ValueError, match="highest value"):
            replace(study, maximum_hu=(3071.0, 3071.0))
        assert isinstance(study, Study)


class TestHalfOfADualEnergyScan:
    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ({"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI DUAL"]}, "Image Type says so"),
            ({"FilterType": "WEDGE TIN"}, "Filter Type says so"),
            ({"FilterMaterial": "GOLD"}, "Filter Type says so"),
            ({"MultienergyCTAcquisition": "YES"}, "Multi-energy CT Acquisition says so"),
            ({"SeriesDescription": "DE_Hand 0.75 A"}, "Series Description says so"),
            ({"SeriesDescription": "Dual Energy Hand 0.5"}, "Series Description says so"),
            ({"SeriesDescription": "GSI Hand"}, "Series Description says so"),
            ({"SeriesDescription": "MonoE 70 keV"}, "Series Description says so"),
        ],
    )
    def test_is_refused_by_what_its_headers_say(self, tmp_path: Path, values: dict[str, Any], why: str) -> None:
        error = refusal(conventional(tmp_path, **values))
        assert error.code == "one_energy"
        assert why in error.found
        assert "study.single_energy" in error.remedy

    @pytest.mark.parametrize("description", ["Hand side 0.75", "model DExtra", "spectrum", "Mano derecha de frente"])
    def test_is_not_seen_in_words_that_only_look_alike(self, tmp_path: Path, description: str) -> None:
        assert read_study(conventional(tmp_path, SeriesDescription=description)).energies == "120 kV"

    def test_is_refused_where_a_mixture_or_a_map_lies_beside_it(self, tmp_path: Path) -> None:
        folder = conventional(tmp_path, count=2)
        set_values(folder / "1", SeriesDescription="Hand F_0.5")
        assert refusal(folder).code == "no_pair"
        set_values(folder / "1", SeriesDescription="Z Effective", RescaleType="Z_EFF")
        error = refusal(folder)
        assert error.code == "one_energy"
        assert "a map of effective atomic number needs one of electron density" in error.found.lower()

    def test_is_not_seen_in_a_page_of_unspecified_unit(self, tmp_path: Path) -> None:
        folder = conventional(tmp_path, count=2)
        set_values(folder / "1", SeriesDescription="Dose report", RescaleType="US")
        assert read_study(folder).energies == "120 kV"

    def test_is_refused_where_raw_spectral_data_lie_beside_it(self, tmp_path: Path) -> None:
        folder = conventional(tmp_path, count=2)
        raw = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "ImageType": ["DERIVED", "SECONDARY", "SBI"]}
        set_values(folder / "1", **raw)
        error = refusal(folder)
        assert error.code == "one_energy"
        assert "MonoE 50 keV" in error.remedy

    def test_is_read_if_the_user_accepts_it_and_the_notice_says_so(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        shutil.rmtree(folder / "high")
        assert refusal(folder).code == "one_energy"
        study = read_study(folder, ACCEPT)
        assert study.single_energy == KV80
        assert "part of a dual-energy scan (Image Type says so)" in study.notices[0].message

    def test_with_a_broken_other_half_is_refused_for_that(self, tmp_path: Path) -> None:
        write_series(tmp_path, "canon", [(KV80, 1100.0), (Energy("kv", 135), 700.0)])
        set_values(tmp_path, **PLAIN)
        (tmp_path / "1" / "00005.dcm").unlink()
        assert refusal(tmp_path).code == "missing_slice"

    def test_a_pair_is_still_a_pair(self, tmp_path: Path) -> None:
        assert read_study(write_small(tmp_path), ACCEPT).pair is not None


def test_a_user_may_refuse_all_single_energy_scans(tmp_path: Path) -> None:
    assert refusal(conventional(tmp_path), REFUSE).code == "one_energy"


class TestWhichReconstruction:
    def chosen(self, folder: Path) -> str:
        (used,) = (series for series in inspect_folder(folder).series if series.role == "single")
        return used.kernel

    def test_the_softer_kernel_goes_before_the_sharper(self, tmp_path: Path) -> None:
        folder = conventional(tmp_path, count=2)
        set_values(folder / "0", ConvolutionKernel="Br64d")
        assert self.chosen(folder) == "Br40d"
        other = next(series for series in inspect_folder(folder).series if series.role == "not used")
        assert other.why_not == "another reconstruction of the same energy was chosen"

    def test_thin_slices_go_before_a_soft_kernel(self, tmp_path: Path) -> None:
        folder = conventional(tmp_path, count=2, ConvolutionKernel="Br44d")
        set_values(folder / "1", ConvolutionKernel="Br36d")
        change(folder / "1", spread(4.0))
        assert self.chosen(folder) == "Br44d"

    def test_originals_go_before_reformats(self, tmp_path: Path) -> None:
        folder = conventional(tmp_path, count=2, ConvolutionKernel="Br44d")
        set_values(folder / "1", ConvolutionKernel="Br36d", ImageType=["DERIVED", "SECONDARY", "MPR"])
        assert self.chosen(folder) == "Br44d"

    def test_a_reformat_does_not_take_the_place_of_a_broken_original(self, tmp_path: Path) -> None:
        folder = conventional(tmp_path, count=2)
        set_values(folder / "1", ImageType=["DERIVED", "SECONDARY", "MPR"])
        (folder / "0" / "00005.dcm").unlink()
        assert refusal(folder).code == "missing_slice"

    def test_a_broken_reformat_does_not_matter(self, tmp_path: Path) -> None:
        folder = conventional(tmp_path, count=2)
        set_values(folder / "1", ImageType=["DERIVED", "SECONDARY", "MPR"], ConvolutionKernel="Br36d")
        (folder / "1" / "00005.dcm").unlink()
        assert self.chosen(folder) == "Br40d"

    def test_two_alike_are_refused(self, tmp_path: Path) -> None:
        error = refusal(conventional(tmp_path, count=2))
        assert (error.code, "2 series are all of 120 kV" in error.found) == ("several_series", True)

    def test_two_places_are_refused_whatever_their_kernels(self, tmp_path: Path) -> None:
        folder = conventional(tmp_path, count=2)
        set_values(folder / "1", ConvolutionKernel="Br64d")
        change(folder / "1", moved(200.0))
        assert refusal(folder).code == "several_series"


def test_no_identity_is_in_what_is_told(tmp_path: Path) -> None:
    text = json.dumps([notice.message for notice in read_study(conventional(tmp_path)).notices])
    assert not any(secret in text for secret in ("4711", "Secret", str(tmp_path)))


def spread(factor: float) -> Any:
    """Return an edit that moves slices apart, from the first one's place."""

    def edit(dataset: Dataset, number: int) -> None:
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [x, y, float(z) + (factor - 1) * 0.75 * number]

    return edit


def moved(by_mm: float) -> Any:
    def edit(dataset: Dataset, _: int) -> None:
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [float(x) + by_mm, y, z]

    return edit


def test_tin_alone_is_taken_for_half_of_a_pair(tmp_path: Path) -> None:
    write_series(tmp_path, "siemens_force", [(SN150, 500.0)])
    set_values(tmp_path, ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], SeriesDescription="Hand Sn150kV")
    assert "Series Description says so" in refusal(tmp_path).found
