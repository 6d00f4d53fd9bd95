"""Stored pixels become the right HU, however they are stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import JPEG2000, UID, JPEGLSNearLossless, RLELossless

from calcidect.codecs import _workers
from calcidect.errors import StudyRefusedError
from calcidect.phantom._dicom import write_pair
from calcidect.study import Study, read_study
from support.dicom import BONE_RATIO, STYLED_PAIRS, change, set_values, small_grid, small_pair, write_small
from support.syntaxes import LOSSLESS, rewrite

CANON = STYLED_PAIRS["canon"]


def canon(folder: Path, edit: Callable[[Dataset, int], None] | None = None) -> Study:
    """Read a scan with signed pixels and no intercept, edited."""
    write_small(folder, "canon", CANON, 1.44)
    if edit:
        change(folder, edit)
    return read_study(folder)


@pytest.mark.parametrize("vendor", ["canon", "siemens_force"])  # signed 16 bits; unsigned 12 bits
@pytest.mark.parametrize("uid", LOSSLESS, ids=[uid.name for uid in LOSSLESS])
def test_a_transfer_syntax_changes_no_value(tmp_path: Path, uid: UID, vendor: str) -> None:
    pair = STYLED_PAIRS[vendor]
    ratio = BONE_RATIO[pair.name]
    grid = small_grid(size=(40, 36, 8))  # JPEG 2000 as pydicom writes it has no smaller images
    low, high = small_pair(ratio, grid)
    write_pair(low, high, pair, tmp_path, vendor=vendor, seed=7, thickness_mm=0.75)
    for path in sorted(tmp_path.rglob("*.dcm")):
        rewrite(path, uid)
    study = read_study(tmp_path)
    np.testing.assert_array_equal(study.low.array, low.array.clip(study.low.array.min()))
    np.testing.assert_array_equal(study.high.array, high.array.clip(study.high.array.min()))
    assert not study.notices


@pytest.mark.parametrize(("uid", "near"), [(JPEGLSNearLossless, 3), (JPEG2000, 0)])
def test_lossy_compression_is_told_with_its_effect(tmp_path: Path, uid: UID, near: int) -> None:
    grid = small_grid(size=(40, 36, 8))
    low, high = small_pair(1.44, grid)
    write_pair(low, high, CANON, tmp_path, vendor="canon", seed=7, thickness_mm=0.75)
    for path in sorted((tmp_path / "low").rglob("*.dcm")):
        rewrite(path, uid, near=near)
    study = read_study(tmp_path)
    (notice,) = study.notices
    assert notice.code == "lossy_compression"
    assert "80 kV series were" in notice.message
    assert "mass" in notice.effect
    assert 0 < np.abs(study.low.array.astype(int) - low.array).max() <= 10
    np.testing.assert_array_equal(study.high.array, high.array)


@pytest.mark.parametrize(("stated", "is_told"), [("01", True), ("00", False)])
def test_a_header_that_tells_of_loss_is_believed(tmp_path: Path, stated: str, is_told: bool) -> None:
    write_small(tmp_path, "canon", CANON, 1.44)
    set_values(tmp_path, LossyImageCompression=stated)
    assert [notice.code for notice in read_study(tmp_path).notices] == ["lossy_compression"] * is_told


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_number_of_workers_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    def edit(dataset: Dataset, number: int) -> None:
        dataset.RescaleIntercept = str(100 * number)  # slices that can't change places unnoticed

    write_small(tmp_path, "canon", CANON, 1.44)
    change(tmp_path / "low", edit)
    plain = read_study(tmp_path)
    for path in sorted(tmp_path.rglob("*.dcm")):
        rewrite(path, RLELossless)
    monkeypatch.setattr(_workers, "usable_cores", lambda: count)
    np.testing.assert_array_equal(read_study(tmp_path).low.array, plain.low.array)


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
    for path in tmp_path.rglob("*.dcm"):
        rewrite(path, RLELossless)
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
