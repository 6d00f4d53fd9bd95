"""Stored pixels become the right HU, however they are stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from calcidect.errors import StudyRefusedError
from calcidect.phantom._dicom import write_pair
from calcidect.study import Study, read_study
from support.dicom import STYLED_PAIRS, change, set_values, small_grid, small_pair, write_small

CANON = STYLED_PAIRS["canon"]


def canon(folder: Path, edit: Callable[[Dataset, int], None] | None = None) -> Study:
    """Read a scan with signed pixels and no intercept, edited."""
    write_small(folder, "canon", CANON, 1.44)
    if edit:
        change(folder, edit)
    return read_study(folder)


def to_syntax(uid: str) -> Callable[[Dataset, int], None]:
    def edit(dataset: Dataset, _: int) -> None:
        if uid in (RLELossless, JPEG2000Lossless):
            dataset.compress(uid, generate_instance_uid=False)
        if uid == ExplicitVRBigEndian:
            dataset.PixelData = dataset.pixel_array.byteswap().tobytes()
        dataset.file_meta.TransferSyntaxUID = uid

    return edit


SYNTAXES = [
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEG2000Lossless,
]


@pytest.mark.parametrize("uid", SYNTAXES, ids=[uid.name for uid in SYNTAXES])
def test_a_transfer_syntax_changes_no_value(tmp_path: Path, uid: str) -> None:
    grid = small_grid(size=(40, 36, 12))  # JPEG 2000 has no smaller images
    low, high = small_pair(1.44, grid)
    write_pair(low, high, CANON, tmp_path, vendor="canon", seed=7, thickness_mm=0.75)
    for path in sorted(tmp_path.rglob("*.dcm")):
        dataset = dcmread(path)
        to_syntax(uid)(dataset, 0)
        dcmwrite(path, dataset, implicit_vr=uid == ImplicitVRLittleEndian, little_endian=uid != ExplicitVRBigEndian)
    study = read_study(tmp_path)
    np.testing.assert_array_equal(study.low.array, low.array)
    np.testing.assert_array_equal(study.high.array, high.array)


def test_eight_bits_are_read_too(tmp_path: Path) -> None:
    def edit(dataset: Dataset, _: int) -> None:
        stored = np.clip((dataset.pixel_array + 1024) // 16, 0, 255).astype(np.uint8)
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
        dataset.RescaleSlope, dataset.RescaleIntercept = "16", "-1024"
        dataset.PixelData = stored.tobytes()

    low, _ = small_pair(1.44)
    np.testing.assert_allclose(canon(tmp_path, edit).low.array, low.array.clip(-1024), atol=16)


def test_a_slope_that_is_not_one_gives_fractions_of_a_hu(tmp_path: Path) -> None:
    def edit(dataset: Dataset, _: int) -> None:
        dataset.RescaleSlope, dataset.RescaleIntercept = "0.5", "7.25"

    low, _ = small_pair(1.44)
    study = canon(tmp_path, edit)
    assert study.low.array.dtype == np.float32
    np.testing.assert_allclose(study.low.array, low.array * 0.5 + 7.25)


def test_values_beyond_16_bits_of_hu_are_kept(tmp_path: Path) -> None:
    write_small(tmp_path, "siemens_force", maximum_hu=9000.0)
    peak = 40_000

    def edit(dataset: Dataset, number: int) -> None:
        stored = dataset.pixel_array.copy()
        stored[10, 10] = peak + 1024
        dataset.PixelData = stored.tobytes()

    change(tmp_path / "low", edit)
    study = read_study(tmp_path)
    assert study.low.array.max() == peak
    assert study.low.array.dtype == np.float32
    assert study.high.array.dtype == np.int16


@pytest.mark.parametrize("padding", [-2000, -32768])
def test_padding_outside_the_field_of_view_becomes_air(tmp_path: Path, padding: int) -> None:
    def edit(dataset: Dataset, _: int) -> None:
        stored = dataset.pixel_array.copy()
        stored[:2] = padding
        dataset.PixelData = stored.tobytes()
        dataset.add_new("PixelPaddingValue", "SS", padding)

    low, _ = small_pair(1.44)
    study = canon(tmp_path, edit)
    assert (study.low.array[:, :2] == -1024).all()
    np.testing.assert_array_equal(study.low.array[:, 2:], low.array[:, 2:])


@pytest.mark.parametrize(("vendor", "ratio"), [("siemens_force", 2.2), ("canon", 1.44)])
def test_bits_above_the_stored_ones_are_no_pixels(tmp_path: Path, vendor: str, ratio: float) -> None:
    """Old scanners keep overlays there; signed values need their sign back."""
    pair = STYLED_PAIRS[vendor]
    plain = read_study(write_small(tmp_path / "plain", vendor, pair, ratio))

    def edit(dataset: Dataset, _: int) -> None:
        dataset.BitsStored, dataset.HighBit = 12, 11
        stored = dataset.pixel_array.copy()
        stored[3:6] = (stored[3:6] & 0x0FFF) | 0x1000
        dataset.PixelData = stored.tobytes()

    change(write_small(tmp_path / "overlay", vendor, pair, ratio), edit)
    np.testing.assert_array_equal(read_study(tmp_path / "overlay").low.array, plain.low.array)


def test_a_cut_off_compressed_image_is_refused(tmp_path: Path) -> None:
    write_small(tmp_path, "canon", CANON, 1.44)
    change(tmp_path, to_syntax(RLELossless))
    path = tmp_path / "low" / "00006.dcm"
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(StudyRefusedError) as caught:
        read_study(tmp_path)
    assert caught.value.code == "pixels_undecodable"


def test_a_colour_picture_in_the_folder_is_not_used(tmp_path: Path) -> None:
    write_small(tmp_path, "canon", CANON, 1.44)
    picture = write_small(tmp_path / "picture", "canon", CANON, 1.44, seed=8)
    set_values(picture, SamplesPerPixel=3, PhotometricInterpretation="RGB")
    set_values(picture, StudyInstanceUID=_study_uid(tmp_path))
    with pytest.raises(StudyRefusedError) as caught:  # its pixels are a third of what three colours need
        read_study(tmp_path)
    assert caught.value.code == "truncated_file"


def _study_uid(folder: Path) -> str:
    return str(dcmread(folder / "low" / "00001.dcm").StudyInstanceUID)
