"""Every vendor's way to write a scan, in every state in which it may arrive: the right pair, or the right refusal.

One suite for all rows of the phantom's table of styles (`VENDOR_STYLES`). A scenario that can't be with a style says why.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from calcidect.errors import StudyRefusedError
from calcidect.phantom._dicom import write_pair
from calcidect.phantom._vendors import VENDOR_STYLES
from calcidect.study import Pair, inspect_folder, read_study
from support.dicom import BONE_RATIO, LABELS, change, set_values, small_pair, style_pairs

CASES = [(style, pair) for style in VENDOR_STYLES for pair in style_pairs(VENDOR_STYLES[style])]
IDS = [f"{style}-{pair.name}" for style, pair in CASES]

every_case = pytest.mark.parametrize(("style", "pair"), CASES, ids=IDS)

# What a folder holds that has one member of the pair and the scanner's first companion in the place of the other.
MIXED_REFUSAL = {
    "ge_gsi": ("one_energy", "dual-energy"),  # no mixed image is written; the material map is no energy
    "canon_spectral": ("one_energy", "dual-energy"),  # the same
    "philips_iqon": ("no_pair", "virtual monoenergetic"),  # the conventional image is of both layers together
    "siemens_naeotom": ("one_energy", "dual-energy"),  # the threshold image is no energy
}
MIXED = "no_pair", "mixture"


def write(folder: Path, style: str, pair: Pair, ratio: float | None = None, **more: object) -> Path:
    """Write a scan of a style with all that its scanner writes beside the pair."""
    low, high = small_pair(ratio or BONE_RATIO[pair.name])
    settings = {"seed": 7, "thickness_mm": 0.75, "labels": LABELS, "companions": True} | more
    write_pair(low, high, pair, folder, vendor=style, **settings)  # type: ignore[arg-type]
    return folder


def refusal(folder: Path) -> StudyRefusedError:
    """Read a folder that must be refused; reading headers alone must say the same, as far as headers tell."""
    with pytest.raises(StudyRefusedError) as caught:
        read_study(folder)
    told = inspect_folder(folder).refusal
    from_pixels = caught.value.code in {"energies_swapped", "bone_ratio_low", "no_dense_calcium"}
    assert told == (None if from_pixels else caught.value.as_dict())
    return caught.value


@every_case
def test_good(tmp_path: Path, style: str, pair: Pair) -> None:
    folder = write(tmp_path, style, pair)
    study = read_study(folder)
    low, high = small_pair(BONE_RATIO[pair.name])
    assert study.pair == pair
    assert [notice.code for notice in study.notices] == []
    np.testing.assert_array_equal(study.low.array, np.maximum(low.array, study.low.array.min()))
    np.testing.assert_array_equal(study.high.array, np.maximum(high.array, study.high.array.min()))
    found = inspect_folder(folder)
    chosen = {series.role: series.energy for series in found.series if series.role != "not used"}
    assert chosen == {"low": str(pair.low), "high": str(pair.high)}
    assert all(series.why_not for series in found.series if series.role == "not used")
    assert [candidate.name for candidate in found.pairs if candidate.is_chosen] == [pair.name]


@every_case
def test_swapped_labels(tmp_path: Path, style: str, pair: Pair) -> None:
    error = refusal(write(tmp_path, style, pair, 1 / BONE_RATIO[pair.name]))
    assert error.code == "energies_swapped"


@every_case
@pytest.mark.parametrize("member", ["low", "high"])
def test_missing_slice(tmp_path: Path, style: str, pair: Pair, member: str) -> None:
    folder = write(tmp_path, style, pair)
    (folder / member / "00005.dcm").unlink()
    assert refusal(folder).code == "missing_slice"


@every_case
def test_same_energy_twice(tmp_path: Path, style: str, pair: Pair) -> None:
    """The high image is labelled as the low one is."""
    folder = write(tmp_path, style, pair, companions=False)
    relabel(folder / "high", donor=folder / "low")
    error = refusal(folder)
    assert (error.code, f"all 2 series are of {pair.low}" in error.found) == ("no_pair", True)


@every_case
def test_same_pixels_twice(tmp_path: Path, style: str, pair: Pair) -> None:
    """The labels are right, but both series hold the image of one energy."""
    assert refusal(write(tmp_path, style, pair, 1.0)).code == "bone_ratio_low"


@every_case
def test_kernel_mismatch(tmp_path: Path, style: str, pair: Pair) -> None:
    folder = write(tmp_path, style, pair)
    set_values(folder / "high", ConvolutionKernel="Br64d" if "siemens" in style else "BONE")
    error = refusal(folder)
    assert (error.code, "different kernels" in error.found) == ("no_pair", True)


@every_case
def test_mixed_image_offered_as_a_member(tmp_path: Path, style: str, pair: Pair) -> None:
    folder = write(tmp_path, style, pair)
    for companion in VENDOR_STYLES[style].companions[1:]:
        shutil.rmtree(folder / companion.name)
    shutil.rmtree(folder / "high")
    error = refusal(folder)
    code, word = MIXED_REFUSAL.get(style, MIXED)
    assert (error.code, word in error.found) == (code, True)


@every_case
def test_other_patients_series(tmp_path: Path, style: str, pair: Pair) -> None:
    folder = write(tmp_path, style, pair)
    set_values(folder / "high", PatientID="ID-4712")
    assert refusal(folder).code == "several_patients"


@every_case
@pytest.mark.parametrize("member", ["low", "high"])
def test_one_half_alone(tmp_path: Path, style: str, pair: Pair, member: str) -> None:
    folder = write(tmp_path, style, pair, companions=False)
    shutil.rmtree(folder / member)
    error = refusal(folder)
    assert error.code == "one_energy"
    # Nothing in the header of an untinned half of this style says that there was another.
    is_silent = style == "siemens_dual_spiral" and member == "high"
    assert ("dual-energy" in error.found) != is_silent


@every_case
def test_both_members_in_one_series(tmp_path: Path, style: str, pair: Pair) -> None:
    folder = write(tmp_path, style, pair)
    for member in ("low", "high"):
        set_values(folder / member, SeriesInstanceUID="1.2.3")
    study = read_study(folder)
    assert study.pair == pair


def relabel(folder: Path, donor: Path) -> None:
    """Give the images of a folder all that their headers say of X-rays in another."""
    sources = [dcmread(path) for path in sorted(donor.glob("*.dcm"))]

    def edit(dataset: Dataset, number: int) -> None:
        source = sources[number]
        for name in ("KVP", "FilterType", "SeriesDescription", *_MULTI_ENERGY):
            if name in source:
                dataset[name] = source[name]
            elif name in dataset:
                del dataset[name]
        if (0x00E1, 0x1040) in source:
            dataset[0x00E11040] = source[0x00E11040]

    change(folder, edit)


_MULTI_ENERGY = ("MultienergyCTAcquisitionSequence", "MultienergyCTCharacteristicsSequence")


def copied(folder: Path, target: Path, edit: Callable[[Dataset], None]) -> Path:
    """Copy a folder as images of their own, edited."""
    shutil.copytree(folder, target)

    def rename(dataset: Dataset, _: int) -> None:
        dataset.SOPInstanceUID += ".9"
        dataset.SeriesInstanceUID += ".9"
        edit(dataset)

    change(target, rename)
    return target
