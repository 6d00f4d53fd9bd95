"""Every folder that can't be used is refused with its own code, in words, without a trace of the person."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import JPEGLosslessSV1

from calcidect.errors import EXIT_REFUSED, StudyRefusedError
from calcidect.geometry import Volume
from calcidect.phantom._dicom import write_pair
from calcidect.study import Energy, Pair, read_study
from support.dicom import (
    KV80,
    SIZE,
    SN150,
    STYLED_PAIRS,
    change,
    set_values,
    small_grid,
    small_volume,
    write_series,
    write_small,
)


def refusal(folder: Path) -> StudyRefusedError:
    """Read a folder that must be refused, and check what holds of every refusal."""
    with pytest.raises(StudyRefusedError) as caught:
        read_study(folder)
    error = caught.value
    assert error.exit_code == EXIT_REFUSED
    for text in (error.found, error.expected, error.remedy):
        assert text.endswith(".")
        assert not text[0].islower()
    assert not any(secret in str(error) for secret in ("4711", "Secret", "SECRET", "1968", str(folder)))
    return error


def shift(amount_mm: Callable[[int], float], axis: int) -> Callable[[Dataset, int], None]:
    """Return an edit that moves slice n by an amount along an axis; slices of both series are numbered from 0."""

    def edit(dataset: Dataset, _: int) -> None:
        position = [float(value) for value in dataset.ImagePositionPatient]
        position[axis] += amount_mm(int(dataset.InstanceNumber) - 1)
        dataset.ImagePositionPatient = position

    return edit


class TestFolders:
    def test_that_do_not_exist(self, tmp_path: Path) -> None:
        assert refusal(tmp_path / "nowhere").code == "path_missing"

    def test_that_are_files_of_another_kind(self, tmp_path: Path) -> None:
        (tmp_path / "scan.nii").write_bytes(b"NIfTI")
        assert refusal(tmp_path / "scan.nii").code == "not_a_folder"

    def test_that_are_empty(self, tmp_path: Path) -> None:
        (tmp_path / "inner").mkdir()
        assert refusal(tmp_path).code == "empty_folder"

    def test_of_text_files(self, tmp_path: Path) -> None:
        for n in range(3):
            (tmp_path / f"{n}.txt").write_text("no scan")
        error = refusal(tmp_path)
        assert (error.code, "3 files" in error.found) == ("no_dicom", True)

    def test_of_dicom_that_is_no_ct_image(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        set_values(folder, SOPClassUID="1.2.840.10008.5.1.4.1.1.7")  # what Philips' SBI objects are
        error = refusal(folder)
        assert (error.code, "SBI" in error.remedy) == ("no_ct_images", True)

    def test_with_two_patients(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        set_values(folder / "high", PatientID="other")
        assert refusal(folder).code == "several_patients"

    def test_with_two_patients_who_were_both_called_anonymous(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        set_values(folder, PatientID="ANON", PatientName="ANON")
        set_values(folder / "high", PatientBirthDate="19500101")
        assert refusal(folder).code == "several_patients"

    def test_with_two_studies(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        set_values(folder / "high", StudyInstanceUID="1.2.3")
        error = refusal(folder)
        assert (error.code, "--all" in error.remedy) == ("several_studies", True)


class TestFiles:
    def test_cut_off_within_the_pixels(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        path = folder / "low" / "00012.dcm"
        path.write_bytes(path.read_bytes()[:-100])
        error = refusal(folder)
        assert (error.code, "1 image" in error.found) == ("truncated_file", True)

    @pytest.mark.parametrize("length", [140, 300, 700, 1000])
    def test_cut_off_within_the_header(self, tmp_path: Path, length: int) -> None:
        folder = write_small(tmp_path)
        path = folder / "low" / "00012.dcm"
        path.write_bytes(path.read_bytes()[:length])
        assert refusal(folder).code in {"damaged_file", "truncated_file"}

    def test_of_random_bytes_after_the_preamble(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        noise = np.random.default_rng(5).integers(0, 256, 4000, np.uint8).tobytes()
        (folder / "low" / "00003.dcm").write_bytes(bytes(128) + b"DICM" + noise)
        assert refusal(folder).code == "damaged_file"

    @pytest.mark.parametrize("values", [{"Rows": 0}, {"BitsStored": 17}, {"RescaleSlope": "0"}])
    def test_whose_pixels_are_described_by_impossible_numbers(self, tmp_path: Path, values: dict[str, object]) -> None:
        folder = write_small(tmp_path)
        set_values(folder, **values)
        assert refusal(folder).code == "damaged_file"

    def test_whose_compression_is_unknown(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)

        def claim(dataset: Dataset, _: int) -> None:
            from pydicom.encaps import encapsulate

            dataset.PixelData = encapsulate([bytes(64)])
            dataset["PixelData"].is_undefined_length = True
            dataset.file_meta.TransferSyntaxUID = JPEGLosslessSV1

        change(folder, claim)
        assert refusal(folder).code == "pixels_undecodable"

    def test_that_vanish_while_they_are_read(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)

        def vanish(step: str, fraction: float) -> None:
            if step == "reading headers" and fraction == 1.0:
                (folder / "high" / "00003.dcm").unlink(missing_ok=True)

        with pytest.raises(StudyRefusedError) as caught:
            read_study(folder, progress=vanish)
        assert caught.value.code == "file_changed"

    def test_with_any_byte_of_a_header_changed_are_read_or_refused_never_a_fault(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        path = folder / "low" / "00003.dcm"
        sound = path.read_bytes()
        rng = np.random.default_rng(11)
        refused = 0
        for _ in range(60):
            content = bytearray(sound)
            content[int(rng.integers(132, len(sound) - SIZE[0] * SIZE[1] * 2))] = int(rng.integers(256))
            path.write_bytes(content)
            try:
                read_study(folder)
            except StudyRefusedError:
                refused += 1
        assert 0 < refused < 60


class TestStacks:
    def test_with_missing_slices_saying_how_many_where_and_in_which_energy(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        for name in ("00005.dcm", "00006.dcm"):
            (folder / "high" / name).unlink()
        error = refusal(folder)
        assert (error.code, error.found) == (
            "missing_slice",
            "In the series of Sn150 kV: 2 slice(s) are missing within the series (one every 0.75 mm): between 2.25 and "
            "4.50 mm from its first slice. The series of 80 kV is whole.",
        )

    def test_with_more_holes_than_are_worth_telling_one_by_one(self, tmp_path: Path) -> None:
        grid = small_grid(size=(24, 20, 30))
        low, high = small_volume(1100.0, grid), small_volume(500.0, grid)
        write_pair(low, high, Pair(KV80, SN150), tmp_path, vendor="siemens_force", seed=1, thickness_mm=0.75)
        for number in (4, 9, 14, 19, 24):
            for part in ("low", "high"):
                (tmp_path / part / f"{number:05d}.dcm").unlink()
        error = refusal(tmp_path)
        assert error.code == "missing_slice"
        assert "In the series of 80 kV and Sn150 kV: 5 slice(s)" in error.found
        assert "between 1.50 and 3.00 mm" in error.found
        assert "at 2 more places" in error.found

    def test_with_two_different_images_at_one_position(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        twin = folder / "low" / "twin.dcm"
        dataset = dcmread(folder / "low" / "00004.dcm")
        dataset.SOPInstanceUID = "1.2.3"
        dataset.PixelData = dataset.PixelData[:-2] + b"\1\2"
        dataset.save_as(twin)
        error = refusal(folder)
        assert (error.code, "1 position" in error.found) == ("duplicate_position", True)

    def test_with_two_equal_images_of_different_scale_at_one_position(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        dataset = dcmread(folder / "low" / "00004.dcm")
        dataset.SOPInstanceUID = "1.2.3"
        dataset.RescaleIntercept = -1000
        dataset.save_as(folder / "low" / "twin.dcm")
        assert refusal(folder).code == "duplicate_position"

    def test_with_two_different_images_of_one_name(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        twin = folder / "low" / "twin.dcm"
        content = bytearray((folder / "low" / "00004.dcm").read_bytes())
        content[-1] ^= 1
        twin.write_bytes(content)
        assert refusal(folder).code == "duplicate_position"

    def test_with_a_gantry_tilted_farther_than_gantries_do(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        change(folder, shift(lambda n: n * 0.75 * np.tan(np.radians(31)), axis=1))
        error = refusal(folder)
        assert (error.code, "31.0 degrees" in error.found, "30 degrees" in error.expected) == (
            "gantry_tilt",
            True,
            True,
        )

    def test_with_a_tilt_and_uneven_spacing_both_told(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        change(folder, shift(lambda n: 0.2 * (n > 5), axis=2))
        change(folder, lambda dataset, _: _tilt(dataset))
        error = refusal(folder)
        assert error.code == "gantry_tilt"
        assert "15.0 degrees" in error.found
        assert "unevenly" in error.found

    def test_with_one_slice_beside_the_others(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        change(folder, shift(lambda n: 2.0 * (n == 5), axis=0))
        error = refusal(folder)
        assert (error.code, "2.00 mm" in error.found) == ("slices_shifted", True)

    def test_with_uneven_spacing(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        change(folder, shift(lambda n: 0.2 * (n > 5), axis=2))
        error = refusal(folder)
        assert (error.code, "0.75 to 0.95 mm" in error.found) == ("uneven_spacing", True)

    @pytest.mark.parametrize("seam_mm", [0.0, 0.4])
    def test_of_two_parts_of_different_slice_distance(self, tmp_path: Path, seam_mm: float) -> None:
        folder = write_small(tmp_path)
        change(folder, shift(lambda n: 0.75 * max(0, n - 6) + seam_mm * (n > 6), axis=2))
        error = refusal(folder)
        assert error.code == "spacing_changes"
        assert "from 0.75 to 1.50 mm, 4.5 mm from the first slice" in error.found

    def test_with_a_drift_too_slow_for_any_one_gap(self, tmp_path: Path) -> None:
        # Gaps are 0.757 mm, later 0.743 mm: within 2 % of 0.75 mm, yet the middle lies 0.2 mm from where it should.
        grid = small_grid(size=(24, 20, 60))
        low, high = small_volume(1100.0, grid), small_volume(500.0, grid)
        write_pair(low, high, Pair(KV80, SN150), tmp_path, vendor="siemens_force", seed=1, thickness_mm=0.75)
        change(tmp_path, shift(lambda n: 0.007 * min(n, 60 - n), axis=2))
        assert refusal(tmp_path).code == "uneven_spacing"

    def test_of_a_few_slices(self, tmp_path: Path) -> None:
        grid = small_grid(size=(24, 20, 4))
        low, high = small_volume(1100.0, grid), small_volume(500.0, grid)
        write_pair(low, high, Pair(KV80, SN150), tmp_path, vendor="siemens_force", seed=1, thickness_mm=0.75)
        error = refusal(tmp_path)
        assert (error.code, "4 slice" in error.found) == ("too_small", True)

    @pytest.mark.parametrize("name", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
    def test_that_do_not_say_where_they_lie(self, tmp_path: Path, name: str) -> None:
        folder = write_small(tmp_path)
        change(folder, lambda dataset, _: delattr(dataset, name))
        assert refusal(folder).code == "position_missing"

    def test_whose_orientation_is_none(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        set_values(folder, ImageOrientationPatient=[1, 0, 0, 1, 0, 0])
        assert refusal(folder).code == "position_missing"

    def test_of_slices_that_are_not_parallel(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        turned = [1, 0, 0, 0, float(np.cos(0.01)), float(np.sin(0.01))]
        change(folder, lambda d, n: setattr(d, "ImageOrientationPatient", turned) if n == 3 else None)
        assert refusal(folder).code == "orientation_varies"


class TestEnergies:
    def test_one_alone(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        shutil.rmtree(folder / "high")
        error = refusal(folder)
        assert (error.code, "80 kV" in error.found) == ("one_energy", True)

    def test_none_stated(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        set_values(folder, KVP="", SeriesDescription="Hand")
        assert refusal(folder).code == "no_energy"

    def test_the_same_twice(self, tmp_path: Path) -> None:
        error = refusal(write_series(tmp_path, "canon", [(KV80, 1100.0), (KV80, 500.0)]))
        assert (error.code, "all 2 series are of 80 kV" in error.found) == ("no_pair", True)

    def test_one_and_a_mixture(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        set_values(folder / "high", SeriesDescription="DE_Gout 0.75 Qr36 F_0.5")
        error = refusal(folder)
        assert (error.code, "mixture" in error.found) == ("no_pair", True)

    @pytest.mark.parametrize(
        ("attribute", "value", "why"),
        [
            ("ConvolutionKernel", "Br64d", "kernels"),
        ],
    )
    def test_two_that_do_not_belong_together(self, tmp_path: Path, attribute: str, value: object, why: str) -> None:
        folder = write_small(tmp_path)
        set_values(folder / "high", **{attribute: value})
        error = refusal(folder)
        assert (error.code, why in error.found) == ("no_pair", True)

    def test_not_in_hu(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        set_values(folder, RescaleType="Z_EFF")
        error = refusal(folder)
        assert (error.code, "not in HU but in Z_EFF" in error.found) == ("no_energy", True)

    def test_swapped(self, tmp_path: Path) -> None:
        error = refusal(write_small(tmp_path, ratio=1 / 2.2))
        assert (error.code, "ratio 0.45" in error.found) == ("energies_swapped", True)

    def test_swapped_virtual_images(self, tmp_path: Path) -> None:
        pair = STYLED_PAIRS["philips_iqon"]
        assert refusal(write_small(tmp_path, "philips_iqon", pair, 1 / 2)).code == "energies_swapped"

    def test_hardly_different(self, tmp_path: Path) -> None:
        error = refusal(write_small(tmp_path, ratio=1.1))
        assert (error.code, "ratio 1.1" in error.found) == ("bone_ratio_low", True)

    def test_without_bone_to_confirm_them_by(self, tmp_path: Path) -> None:
        grid = small_grid()
        water = Volume(np.zeros(grid.shape), grid)
        write_pair(water, water, Pair(KV80, SN150), tmp_path, vendor="siemens_force", seed=1, thickness_mm=0.75)
        assert refusal(tmp_path).code == "no_dense_calcium"

    def test_two_pairs_in_different_places(self, tmp_path: Path) -> None:
        for name, x in (("right", -100.0), ("left", 20.0)):
            folder = write_small(tmp_path / name)
            change(folder, shift(lambda _, x=x: x, axis=0))
            change(folder, lambda dataset, n, name=name: _rename(dataset, f"1.{len(name)}", n))
        error = refusal(tmp_path)
        assert (error.code, "80/Sn150, 80/Sn150" in error.found) == ("several_pairs", True)

    def test_virtual_images_below_40_kev_only(self, tmp_path: Path) -> None:
        kev = [(Energy("kev", 30), 1900.0), (Energy("kev", 70), 700.0)]
        error = refusal(write_series(tmp_path, "ge_gsi", kev))
        assert (error.code, "at least 40 keV" in error.found) == ("no_pair", True)


def _tilt(dataset: Dataset) -> None:
    angle = np.radians(15)
    dataset.ImageOrientationPatient = [1, 0, 0, 0, round(float(np.cos(angle)), 9), round(float(-np.sin(angle)), 9)]


def _rename(dataset: Dataset, root: str, number: int) -> None:
    dataset.SOPInstanceUID = f"{root}.9.{number}"
    dataset.SeriesInstanceUID = f"{root}.{int(dataset.KVP)}"
