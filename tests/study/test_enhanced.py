"""Multi-frame CT is read as if each frame were an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from calcidect.errors import StudyRefusedError
from calcidect.phantom._dicom import write_pair
from calcidect.study import Study, inspect_folder, read_study
from support.dicom import STYLED_PAIRS, small_grid, small_pair, write_small
from support.enhanced import write_enhanced

SYNTAXES = (
    ExplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEG2000Lossless,
)
SHARED = ("PlaneOrientationSequence", "PixelMeasuresSequence", "PixelValueTransformationSequence")


@pytest.fixture
def classic(tmp_path: Path) -> Path:
    """Return a folder of classic images, large enough for every codec."""
    folder, vendor = tmp_path / "in", "siemens_force"
    low, high = small_pair(2.2, small_grid(size=(40, 36, 9)))
    write_pair(low, high, STYLED_PAIRS[vendor], folder, vendor=vendor, seed=7, thickness_mm=1)
    return folder


def images(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.dcm"))


def assert_same(study: Study, other: Study) -> None:
    np.testing.assert_array_equal(study.low.array, other.low.array)
    np.testing.assert_array_equal(study.high.array, other.high.array)
    assert study.low.grid.is_same_as(other.low.grid, 1e-9)
    assert study.pair == other.pair
    assert study.subject == other.subject


def codes_of_refusal(path: Path) -> str:
    with pytest.raises(StudyRefusedError) as caught:
        read_study(path)
    return caught.value.code


@pytest.mark.parametrize("uid", SYNTAXES, ids=[uid.name for uid in SYNTAXES])
def test_one_file_with_both_energies(tmp_path: Path, classic: Path, uid: UID) -> None:
    file = write_enhanced(images(classic), tmp_path / "out" / "scan", uid=uid, shared=SHARED)
    assert_same(read_study(file), read_study(classic))


@pytest.mark.parametrize("is_converted", [False, True])
def test_one_file_for_each_energy(tmp_path: Path, classic: Path, is_converted: bool) -> None:
    for part in ("low", "high"):
        write_enhanced(
            images(classic / part), tmp_path / "out" / part, is_converted=is_converted, instance_uid=f"1.2.{len(part)}"
        )
    assert_same(read_study(tmp_path / "out"), read_study(classic))


def test_frames_in_any_order(tmp_path: Path, classic: Path) -> None:
    shuffled = [images(classic)[n] for n in np.random.default_rng(0).permutation(18)]
    assert_same(read_study(write_enhanced(shuffled, tmp_path / "scan")), read_study(classic))


def test_virtual_energies_of_supplement_188_in_each_frame(tmp_path: Path) -> None:
    folder = write_small(tmp_path / "in", "ge_gsi", STYLED_PAIRS["ge_gsi"], 2.2)

    def state_energy(dataset: Dataset) -> None:
        for number, groups in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            characteristics = Dataset()
            characteristics.MonoenergeticEnergyEquivalent = 100.0 if number < 12 else 50.0  # high comes first
            groups.MultienergyCTCharacteristicsSequence = [characteristics]

    file = write_enhanced(images(folder), tmp_path / "scan")
    dataset = dcmread(file)
    dataset.SeriesDescription = "GSI"
    dataset.pop("MultienergyCTCharacteristicsSequence", None)
    state_energy(dataset)
    dataset.save_as(file)
    study = read_study(file)
    assert study.pair.name == "50/100keV"
    np.testing.assert_array_equal(study.low.array, read_study(folder).low.array)


def test_frames_of_another_kind_make_a_series_of_their_own(tmp_path: Path, classic: Path) -> None:
    file = write_enhanced(images(classic), tmp_path / "scan")
    dataset = dcmread(file)
    for groups in dataset.PerFrameFunctionalGroupsSequence[:9]:
        groups.CTImageFrameTypeSequence[0].FrameType = ["DERIVED", "PRIMARY", "VOLUME", "EFF_ATOMIC_NUM"]
    dataset.save_as(file)
    assert sorted(series.why_not for series in inspect_folder(file).series)[-1] == "nothing of another energy fits it"
    assert "material map without its partner" in {series.why_not for series in inspect_folder(file).series}


def test_the_hash_of_the_input_is_of_the_file(tmp_path: Path, classic: Path) -> None:
    file = write_enhanced(images(classic), tmp_path / "scan")
    before = read_study(file).input_hash
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.write_bytes(content)
    assert read_study(file).input_hash != before


def test_frames_in_several_fragments_are_told_apart_by_the_offset_table(tmp_path: Path, classic: Path) -> None:
    file = write_enhanced(images(classic), tmp_path / "scan", uid=RLELossless)
    dataset = dcmread(file)
    frames = list(generate_frames(dataset.PixelData, number_of_frames=18))
    dataset.PixelData = encapsulate(frames, fragments_per_frame=2, has_bot=True)
    dataset.save_as(file)
    assert_same(read_study(file), read_study(classic))
    dataset.PixelData = encapsulate(frames, fragments_per_frame=2, has_bot=False)
    dataset.save_as(file)
    assert codes_of_refusal(file) == "pixels_undecodable"


def test_fewer_frames_described_than_stated_is_damage(tmp_path: Path, classic: Path) -> None:
    file = write_enhanced(images(classic), tmp_path / "scan")
    dataset = dcmread(file)
    dataset.NumberOfFrames = 10**9
    dataset.save_as(file)
    assert codes_of_refusal(file) == "damaged_file"


def test_a_file_cut_within_its_last_frame_is_refused(tmp_path: Path, classic: Path) -> None:
    file = write_enhanced(images(classic), tmp_path / "scan")
    file.write_bytes(file.read_bytes()[:-10])
    assert codes_of_refusal(file) == "truncated_file"


def test_thickness_kernel_and_contrast_medium_stand_in_the_functional_groups(classic: Path, tmp_path: Path) -> None:
    for name in ("low", "high"):
        write_enhanced(images(classic / name), tmp_path / f"out/{name}.dcm", instance_uid=f"1.2.{len(name)}")
    path = tmp_path / "out/low.dcm"
    whole = dcmread(path)
    used = Dataset()
    used.ContrastBolusAgentAdministered = "YES"
    for frame in whole.PerFrameFunctionalGroupsSequence:
        frame.ContrastBolusUsageSequence = [used]
    whole.save_as(path)
    quality = read_study(tmp_path / "out").quality
    assert quality is not None
    assert (quality.low.thickness_mm, quality.low.kernel, quality.patient_position) == (1.0, "Qr36d", "HFP")
    assert quality.contrast_medium
