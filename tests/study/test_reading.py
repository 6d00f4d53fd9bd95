"""A folder becomes a Study: energies, HU, place, person, and a hash of what was read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset

from calcidect.geometry import Volume
from calcidect.phantom._dicom import write_pair
from calcidect.study import Energy, Pair, read_study
from support.dicom import (
    BONE_RATIO,
    KV80,
    SN150,
    STYLED_PAIRS,
    change,
    set_values,
    small_grid,
    small_pair,
    small_volume,
    write_series,
    write_small,
)


def codes(notices: tuple) -> set[str]:
    return {notice.code for notice in notices}


@pytest.mark.parametrize("vendor", STYLED_PAIRS)
def test_every_vendor_is_read_with_its_energies_its_hu_and_its_place(tmp_path: Path, vendor: str) -> None:
    pair = STYLED_PAIRS[vendor]
    ratio = BONE_RATIO[pair.name]
    study = read_study(write_small(tmp_path, vendor, pair, ratio))
    low, high = small_pair(ratio)
    assert study.pair == pair
    assert study.low.array.dtype == np.int16
    assert study.low.grid.is_same_as(low.grid, 1e-6)
    np.testing.assert_array_equal(study.low.array, np.maximum(low.array, study.low.array.min()))
    np.testing.assert_array_equal(study.high.array, np.maximum(high.array, study.high.array.min()))
    assert codes(study.notices) == set()


def test_of_the_person_only_pseudonym_age_and_sex_are_kept(tmp_path: Path) -> None:
    study = read_study(write_small(tmp_path))
    assert (study.subject.age_years, study.subject.sex) == (57.0, "F")
    assert study.study_date == "2025-01-01"
    told = repr(study.subject) + repr(study.notices) + study.study_uid_hash
    assert not any(secret in told for secret in ("4711", "Secret", "SECRET", "1968"))


def test_the_pseudonym_is_the_same_at_each_visit_and_differs_between_people(tmp_path: Path) -> None:
    subjects = []
    for name, patient_id, date in (("a", "1", "20250101"), ("b", "1", "20260101"), ("c", "2", "20250101")):
        folder = write_small(tmp_path / name)
        set_values(folder, PatientID=patient_id, StudyDate=date)
        subjects.append(read_study(folder).subject.subject_id)
    assert subjects[0] == subjects[1] != subjects[2]


@pytest.mark.parametrize(
    ("age", "birth", "expected"),
    [("018M", "", 1.5), ("", "19680601", 56.0), ("", "", None), ("fifty", "19680101", 57.0), ("", "20990101", None)],
)
def test_age_is_taken_from_its_attribute_or_from_the_birth_date(
    tmp_path: Path, age: str, birth: str, expected: float | None
) -> None:
    folder = write_small(tmp_path)

    def edit(dataset: Dataset, _: int) -> None:
        dataset["PatientAge"]._value = age  # past pydicom's check of the value, as scanners get past it
        dataset.PatientBirthDate = birth

    change(folder, edit)
    assert read_study(folder).subject.age_years == expected


def test_names_and_folders_of_files_do_not_matter(tmp_path: Path) -> None:
    tidy = read_study(write_small(tmp_path / "tidy"))
    messy = tmp_path / "messy"
    for number, path in enumerate(sorted((tmp_path / "tidy").rglob("*.dcm"), reverse=True)):
        target = messy / f"disc{number % 3}" / f"IM{(number * 7) % 24:03d}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    study = read_study(messy)
    np.testing.assert_array_equal(study.low.array, tidy.low.array)
    assert study.input_hash == tidy.input_hash


def test_the_input_hash_tells_one_changed_bit(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    before = read_study(folder).input_hash
    path = folder / "high" / "00005.dcm"
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    assert read_study(folder).input_hash != before


def test_files_that_are_no_dicom_are_counted_and_told(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    (folder / "readme.txt").write_text("Dear colleague")
    (folder / "empty.dcm").touch()
    shutil.copy(folder / "low" / "00001.dcm", folder / "again.dcm")
    notice = next(n for n in read_study(folder).notices if n.code == "files_skipped")
    assert notice.message == "3 files were left out (empty file: 1, no DICOM file: 1, second copy of an image: 1)."


def test_voxels_at_the_top_of_the_scale_are_counted(tmp_path: Path) -> None:
    low, high = small_pair()
    low.array[6, 10, 8:12] = 4000
    write_pair(low, high, Pair(KV80, SN150), tmp_path, vendor="siemens_force", seed=1, thickness_mm=0.75)
    study = read_study(tmp_path)
    assert study.maximum_hu == (3071.0, 3071.0)
    assert study.quality is not None
    assert codes(study.quality.notices) == {"pixels_clipped"}
    assert "4 voxels at 80 kV lie at 3071 HU, 4 together" in study.quality.notices[0].message


def test_sixteen_bits_that_end_at_3071_hu_are_known_to_be_clipped(tmp_path: Path) -> None:
    low, high = small_pair(1.44)
    low.array[6, 10, 8:12] = 4000
    write_pair(low, high, STYLED_PAIRS["canon"], tmp_path, vendor="canon", seed=1, thickness_mm=0.75)
    study = read_study(tmp_path)
    assert study.maximum_hu == (3071.0, 32767.0)
    assert study.quality is not None
    assert codes(study.quality.notices) == {"pixels_clipped"}


def test_both_energies_in_one_series_are_told_apart_by_kvp(tmp_path: Path) -> None:
    folder = write_small(tmp_path, "canon", STYLED_PAIRS["canon"], 1.44)
    set_values(folder, SeriesInstanceUID="1.2.3")
    assert read_study(folder).pair.name == "80/135"


def test_a_localiser_in_the_series_is_left_aside(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    scout = folder / "low" / "scout.dcm"
    shutil.copy(folder / "low" / "00001.dcm", scout)

    def edit(dataset: Dataset, _: int) -> None:
        if dataset.filename == str(scout):
            dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
            dataset.SOPInstanceUID = "1.2.3"
            dataset.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]

    change(folder, edit)
    assert read_study(folder).low.grid.size == (24, 20, 12)


def test_grids_within_the_tolerance_become_one(tmp_path: Path) -> None:
    low, high = small_pair()
    write_pair(low, high, Pair(KV80, SN150), tmp_path, vendor="siemens_force", seed=1, thickness_mm=0.75)

    def edit(dataset: Dataset, _: int) -> None:
        if dataset.KVP == 150:
            dataset.ImagePositionPatient = [float(value) + 0.03 for value in dataset.ImagePositionPatient]

    change(tmp_path, edit)
    study = read_study(tmp_path)
    assert study.high.grid is study.low.grid
    assert study.low.grid.is_same_as(low.grid, 1e-6)


def test_a_filter_that_the_headers_leave_out_is_taken_from_the_bone_and_told(tmp_path: Path) -> None:
    folder = write_small(tmp_path, ratio=2.1)
    set_values(folder / "high", SeriesDescription="DE_Gout 0.75 Qr36 B")
    study = read_study(folder)
    assert study.pair.name == "80/Sn150"
    assert [(notice.code, "80/150" in notice.message) for notice in study.notices] == [("tin_from_pixels", True)]


def test_a_ratio_that_does_not_fit_the_stated_pair_is_told(tmp_path: Path) -> None:
    study = read_study(write_small(tmp_path, ratio=1.4))
    assert study.pair.name == "80/Sn150"
    assert codes(study.notices) == {"ratio_unexpected"}


def test_progress_reaches_the_end_of_each_step(tmp_path: Path) -> None:
    heard: dict[str, float] = {}
    read_study(write_small(tmp_path), progress=heard.__setitem__)
    done = ("reading headers", "reading images", "aligning", "checking quality")
    assert heard == dict.fromkeys(done, 1.0)


def test_of_several_virtual_images_the_two_farthest_apart_from_40_kev_up_are_taken(tmp_path: Path) -> None:
    kev = [(Energy("kev", value), hu) for value, hu in ((70, 700.0), (35, 1900.0), (40, 1500.0), (140, 450.0))]
    study = read_study(write_series(tmp_path, "ge_gsi", kev))
    assert study.pair.name == "40/140keV"
    assert abs(float(np.median(study.low.array[study.low.array > 1000])) - 1500) < 10


def test_of_two_kernels_the_softer_is_taken(tmp_path: Path) -> None:
    write_small(tmp_path / "soft")
    write_small(tmp_path / "sharp", ratio=2.4)
    sharp = iter(range(100, 200))
    for part in ("low", "high"):
        set_values(tmp_path / "sharp" / part, SeriesInstanceUID=f"1.2.{next(sharp)}", ConvolutionKernel="Br64d")

    def rename(dataset: Dataset, number: int) -> None:
        dataset.SOPInstanceUID = f"1.2.3.{number}"

    change(tmp_path / "sharp", rename)
    np.testing.assert_array_equal(read_study(tmp_path).high.array, read_study(tmp_path / "soft").high.array)


def test_a_mixed_image_beside_the_pair_is_not_used(tmp_path: Path) -> None:
    folder = write_series(tmp_path, "siemens_force", [(KV80, 1100.0), (SN150, 500.0), (Energy("kv", 120), 800.0)])
    set_values(folder / "2", SeriesDescription="DE_Gout 0.75 Qr36 M_0.5", KVP="80")
    assert read_study(folder).pair.name == "80/Sn150"


def test_one_hand_on_any_grid_keeps_every_voxel_value_at_its_place(tmp_path: Path) -> None:
    grid = small_grid(np.array([[0, 0, 1], [1, 0, 0], [0, -1, 0]]))
    low, high = small_volume(1100.0, grid), small_volume(500.0, grid, seed=3)
    write_pair(low, high, Pair(KV80, SN150), tmp_path, vendor="siemens_force", seed=1, thickness_mm=0.75)
    study = read_study(tmp_path)
    index = np.array([[5, 6, 7], [11, 3, 2]])
    there = np.rint(study.low.grid.index_of(grid.point_of(index))).astype(int)
    assert _at(study.low, there) == _at(low, index)


def _at(volume: Volume, index: np.ndarray) -> list[int]:
    i, j, k = index.T
    return [int(value) for value in volume.array[k, j, i]]
