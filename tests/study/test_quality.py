"""What headers and pixels tell of a scan's quality, both ways: told where it is so, silent where it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, Sequence

from calcidect.geometry import Grid
from calcidect.phantom._dicom import write_pair
from calcidect.settings import StudySettings
from calcidect.study import Pair, StudyQuality, read_study
from calcidect.study._clipping import Clipping
from calcidect.study._quality import SeriesRead, study_quality
from support.dicom import KV80, LABELS, SIZE, SN150, change, set_values, small_pair, write_small
from support.fingers import fingers, gaussian, unsharp

PAIR = Pair(KV80, SN150)
Kernel = Callable[[np.ndarray, float], np.ndarray]


def read_fingers(folder: Path, low: Kernel, high: Kernel, **values: object) -> StudyQuality:
    """Write fingers as DICOM, edit the headers, and return the quality that reading them tells."""
    images = [fingers(kernel, seed=seed, slices=12) for seed, kernel in enumerate((low, high))]
    images[1] = images[1].like(np.where(images[1].array > 300, images[1].array // 2, images[1].array))
    write_pair(*images, PAIR, folder, vendor="siemens_force", seed=1, thickness_mm=0.5, labels=LABELS)
    set_values(folder, **values)
    quality = read_study(folder).quality
    assert quality is not None
    return quality


def codes(quality: StudyQuality) -> list[str]:
    return [notice.code for notice in quality.notices]


def test_a_soft_kernel_in_both_energies_is_fine(tmp_path: Path) -> None:
    quality = read_fingers(tmp_path, gaussian(0.9), gaussian(0.9))
    assert codes(quality) == []
    assert quality.high is not None
    assert (quality.low.kernel, quality.low.kernel_family, quality.low.thickness_mm) == ("Qr36d", "quantitative", 0.5)
    assert quality.patient_position == "HFP"
    assert not quality.contrast_medium


def test_an_edge_enhancing_kernel_is_told_though_its_name_is_soft(tmp_path: Path) -> None:
    quality = read_fingers(tmp_path, unsharp(0.8, 0.5), unsharp(0.8, 0.5), ConvolutionKernel="B30f")
    assert codes(quality) == ["kernel_sharp"]
    assert "80 kV and Sn150 kV" in quality.notices[0].message
    assert "Ratio" in quality.notices[0].effect


def test_a_kernel_for_bone_is_told_by_its_name(tmp_path: Path) -> None:
    quality = read_fingers(tmp_path, gaussian(0.9), gaussian(0.9), ConvolutionKernel=["Br64d", "3"])
    assert codes(quality) == ["kernel_sharp"]
    assert "Br64d" in quality.notices[0].message


def test_different_kernels_of_one_name_are_told_by_the_pixels(tmp_path: Path) -> None:
    quality = read_fingers(tmp_path, gaussian(0.7), gaussian(1.1))
    assert codes(quality) == ["kernels_differ"]
    assert "mm" in quality.notices[0].message


def test_one_enhanced_energy_is_both(tmp_path: Path) -> None:
    assert codes(read_fingers(tmp_path, unsharp(0.9, 0.6), gaussian(0.9))) == ["kernel_sharp", "kernels_differ"]


def read_small(
    folder: Path, spacing_mm: tuple[float, float, float] = (0.5, 0.6, 0.75), thickness_mm: float = 0.75,
    low_top_hu: float | None = None,
) -> StudyQuality:  # fmt: skip
    low, high = small_pair(grid=Grid(SIZE, spacing_mm))
    if low_top_hu is not None:
        low.array[4:8, 8:12, 8:12] = low_top_hu
        low.array[2, 8, 8:11] = low_top_hu
    write_pair(low, high, PAIR, folder, vendor="siemens_force", seed=1, thickness_mm=thickness_mm, labels=LABELS)
    quality = read_study(folder).quality
    assert quality is not None
    return quality


@pytest.mark.parametrize(
    ("spacing_mm", "thickness_mm", "expected"),
    [
        ((0.5, 0.6, 0.75), 0.75, []),
        ((0.5, 0.5, 0.5), 1.0, []),  # overlapping slices of 1 mm, as hand protocols have them
        ((0.78, 0.78, 1.0), 1.0, []),
        ((0.5, 0.5, 1.0), 1.5, ["slices_thick"]),
        ((0.5, 0.5, 2.0), 2.0, ["slices_thick"]),
        ((0.5, 0.5, 0.9), 0.6, ["slices_apart"]),
        ((0.5, 0.5, 3.0), 1.0, ["slices_thick", "slices_apart"]),
        ((0.98, 0.98, 0.6), 0.6, ["pixels_large"]),
    ],
)
def test_slices_and_pixels(
    tmp_path: Path, spacing_mm: tuple[float, float, float], thickness_mm: float, expected: list[str]
) -> None:
    assert codes(read_small(tmp_path, spacing_mm, thickness_mm)) == expected


def test_the_share_that_was_not_imaged_is_told(tmp_path: Path) -> None:
    (notice,) = read_small(tmp_path, (0.5, 0.5, 1.0), 0.6).notices
    assert "40 % of the hand" in notice.message


def test_limits_are_settings(tmp_path: Path) -> None:
    folder = write_small(tmp_path, thickness_mm=1.5)
    quality = read_study(folder, StudySettings(thick_slice_mm=2.0)).quality
    assert quality is not None
    assert codes(quality) == []


@pytest.mark.parametrize("top_hu", [3071, 2976])
def test_plateaus_are_counted_by_energy_and_size_in_one_notice(tmp_path: Path, top_hu: int) -> None:
    quality = read_small(tmp_path, low_top_hu=top_hu)
    assert codes(quality) == ["pixels_clipped"]
    assert quality.notices[0].message.startswith(
        f"The stored range is cut off above: 67 voxels at 80 kV lie at {top_hu} HU, 64 together."
    )
    assert (quality.low.clipped_voxels, quality.low.largest_plateau_voxels) == (67, 64)
    assert quality.high is not None
    assert quality.high.clipped_voxels == 0


def test_the_range_ends_at_the_plateau_for_every_later_step(tmp_path: Path) -> None:
    read_small(tmp_path, low_top_hu=2976)
    assert read_study(tmp_path).maximum_hu == (2976.0, 3071.0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"ContrastBolusAgent": "Ultravist 370"}, True),
        ({"ContrastBolusVolume": "80"}, True),
        ({"ContrastBolusAgentSequence": Sequence([Dataset()])}, True),
        ({"ContrastBolusUsageSequence": Sequence([Dataset()])}, True),
        ({"ContrastBolusAgent": ""}, False),
        ({"ContrastBolusAgent": "NONE"}, False),
        ({"ContrastBolusAgentSequence": Sequence([])}, False),
        ({}, False),
    ],
)
def test_contrast_medium_by_the_headers(tmp_path: Path, values: dict[str, object], expected: bool) -> None:
    folder = write_small(tmp_path)
    set_values(folder, **values)
    quality = read_study(folder).quality
    assert quality is not None
    assert quality.contrast_medium == expected
    assert codes(quality) == ["contrast_medium"] * expected
    assert "Ultravist" not in str(quality), "what was given is not kept"


def test_absent_attributes_stop_nothing(tmp_path: Path) -> None:
    folder = write_small(tmp_path)

    def strip(dataset: Dataset, _: int) -> None:
        for name in ("SliceThickness", "PatientPosition", "ConvolutionKernel"):
            if name in dataset:
                del dataset[name]

    change(folder, strip)
    quality = read_study(folder).quality
    assert quality is not None
    assert (quality.low.kernel, quality.low.kernel_family, quality.low.thickness_mm) == ("", None, None)
    assert quality.patient_position == ""
    assert codes(quality) == []


def test_text_that_is_no_position_is_not_kept(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    set_values(folder, PatientPosition="MISS X")
    quality = read_study(folder).quality
    assert quality is not None
    assert quality.patient_position == ""


def test_one_energy_alone_is_looked_at_too() -> None:
    volume = fingers(unsharp(0.8, 0.6), slices=12)
    quality = study_quality(SeriesRead("120 kV", volume, [], Clipping(3071.0)), None, StudySettings())
    assert quality.high is None
    assert codes(quality) == ["kernel_sharp"]


def test_no_notice_names_a_person_or_a_vendors_text(tmp_path: Path) -> None:
    folder = write_small(tmp_path, thickness_mm=2.0)
    set_values(folder, ContrastBolusAgent="Secret", ConvolutionKernel="BONE")
    quality = read_study(folder).quality
    assert quality is not None
    assert len(quality.notices) == 3
    for notice in quality.notices:
        assert notice.effect
        assert not {"Secret", LABELS.patient_id, "calcidect"} & set(f"{notice.message} {notice.effect}".split())
