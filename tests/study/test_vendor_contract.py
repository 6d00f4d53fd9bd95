"""Every vendor's way to write a scan, in every state in which it may arrive: the right pair, or the right refusal.

One suite for all rows of the phantom's table of styles (`VENDOR_STYLES`), and no scenario is left out for any.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from calcidect.errors import StudyRefusedError
from calcidect.phantom._dicom import write_pair
from calcidect.phantom._vendors import VENDOR_STYLES
from calcidect.study import Pair, inspect_folder, read_study
from support.dicom import BONE_RATIO, LABELS, change, set_values, small_pair, style_pairs

CASES = [(style, style_pairs(VENDOR_STYLES[style])[0]) for style in VENDOR_STYLES]
EVERY_PAIR = [(style, pair) for style in VENDOR_STYLES for pair in style_pairs(VENDOR_STYLES[style])]

every_style = pytest.mark.parametrize(("style", "pair"), CASES, ids=[style for style, _ in CASES])

# What a folder holds that has one member of the pair and the scanner's first companion in the place of the other.
MIXED_REFUSAL = {
    "ge_gsi": ("one_energy", "dual-energy"),  # no mixed image is written; the material map is no energy
    "canon_spectral": ("one_energy", "dual-energy"),  # the same
    "philips_iqon": ("no_pair", "virtual monoenergetic"),  # the conventional image is of both layers together
    "siemens_naeotom": ("one_energy", "dual-energy"),  # the threshold image is no energy
}
MIXED = "no_pair", "mixture"


def write(folder: Path, style: str, pair: Pair) -> Path:
    """Write a scan of a style with all that its scanner writes beside the pair."""
    low, high = small_pair(BONE_RATIO[pair.name])
    write_pair(low, high, pair, folder, vendor=style, seed=7, thickness_mm=0.75, labels=LABELS, companions=True)
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Pair], Path]:
    """Return a function that gives the folder of a style, written once, to be copied."""
    return cache(lambda style, pair: write(tmp_path_factory.mktemp(style), style, pair))


@pytest.fixture
def scan(tmp_path: Path, written: Callable[[str, Pair], Path], style: str, pair: Pair) -> Path:
    """Return a folder of a style's scan, to be spoiled."""
    return Path(shutil.copytree(written(style, pair), tmp_path / "scan"))


def refusal(folder: Path) -> StudyRefusedError:
    """Read a folder that must be refused; reading headers alone must say the same, as far as headers tell."""
    with pytest.raises(StudyRefusedError) as caught:
        read_study(folder)
    told = inspect_folder(folder).refusal
    from_pixels = caught.value.code in {"energies_swapped", "bone_ratio_low", "no_dense_calcium"}
    assert told == (None if from_pixels else caught.value.as_dict())
    return caught.value


@pytest.mark.parametrize(("style", "pair"), EVERY_PAIR, ids=[f"{style}-{pair.name}" for style, pair in EVERY_PAIR])
def test_good(scan: Path, style: str, pair: Pair) -> None:
    study = read_study(scan)
    low, high = small_pair(BONE_RATIO[pair.name])
    assert study.pair == pair
    assert [notice.code for notice in study.notices] == []
    np.testing.assert_array_equal(study.low.array, np.maximum(low.array, study.low.array.min()))
    np.testing.assert_array_equal(study.high.array, np.maximum(high.array, study.high.array.min()))
    found = inspect_folder(scan)
    chosen = {series.role: series.energy for series in found.series if series.role != "not used"}
    assert chosen == {"low": str(pair.low), "high": str(pair.high)}
    assert all(series.why_not for series in found.series if series.role == "not used")
    assert [candidate.name for candidate in found.pairs if candidate.is_chosen] == [pair.name]


@every_style
def test_swapped_labels(scan: Path, style: str, pair: Pair) -> None:
    give_pixels(scan / "low", scan / "high")
    assert refusal(scan).code == "energies_swapped"


@every_style
def test_missing_slice(scan: Path, style: str, pair: Pair) -> None:
    (scan / "high" / "00005.dcm").unlink()
    assert refusal(scan).code == "missing_slice"


@every_style
def test_same_energy_twice(scan: Path, style: str, pair: Pair) -> None:
    """The high image is labelled as the low one is."""
    relabel(scan / "high", donor=scan / "low")
    remove_companions(scan, style)
    error = refusal(scan)
    if style == "siemens_dual_spiral":  # nothing says that it was dual-energy: two series of a single-energy scan
        assert (error.code, f"2 series are all of {pair.low}" in error.found) == ("several_series", True)
    else:
        assert (error.code, f"all 2 series are of {pair.low}" in error.found) == ("no_pair", True)


@every_style
def test_same_image_twice(scan: Path, style: str, pair: Pair) -> None:
    """The labels are right, but both series hold the image of one energy."""
    give_pixels(scan / "low", scan / "high", back=False)
    assert refusal(scan).code == "bone_ratio_low"


@every_style
def test_kernel_mismatch(scan: Path, style: str, pair: Pair) -> None:
    set_values(scan / "high", ConvolutionKernel="Br64d" if "siemens" in style else "BONE")
    error = refusal(scan)
    assert (error.code, "different kernels" in error.found) == ("no_pair", True)


@every_style
def test_mixed_image_offered_as_a_member(scan: Path, style: str, pair: Pair) -> None:
    for companion in VENDOR_STYLES[style].companions[1:]:
        shutil.rmtree(scan / companion.name)
    shutil.rmtree(scan / "high")
    error = refusal(scan)
    code, word = MIXED_REFUSAL.get(style, MIXED)
    assert (error.code, word in error.found) == (code, True)


@pytest.mark.parametrize(
    ("style", "pair"),
    [case for case in CASES if case[1].low.kind == "kv"],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_mixed_image_without_a_word_of_it_offered_as_a_member(scan: Path, style: str, pair: Pair) -> None:
    """Of tube voltages only: beside virtual images, any image of a tube voltage is refused for its kind."""
    shutil.rmtree(scan / "high")
    set_values(scan / "mixed", SeriesDescription="Hand", KVP=pair.high.value + 5)
    error = refusal(scan)
    assert (error.code, "maybe from both energies" in error.found) == ("no_pair", True)


@every_style
def test_other_patients_series(scan: Path, style: str, pair: Pair) -> None:
    set_values(scan / "high", PatientID="ID-4712")
    assert refusal(scan).code == "several_patients"


@every_style
@pytest.mark.parametrize("left", ["low", "high"])
def test_one_half_alone(scan: Path, style: str, pair: Pair, left: str) -> None:
    remove_companions(scan, style)
    shutil.rmtree(scan / {"low": "high", "high": "low"}[left])
    if (style, left) == ("siemens_dual_spiral", "low"):
        # Nothing in the untinned half of a dual spiral says that there was another: it is told as what it seems.
        assert [notice.code for notice in read_study(scan).notices] == ["single_energy"]
        return
    error = refusal(scan)
    assert (error.code, "part of a dual-energy scan" in error.found) == ("one_energy", True)


@every_style
def test_both_members_in_one_series(scan: Path, style: str, pair: Pair) -> None:
    for member in ("low", "high"):
        set_values(scan / member, SeriesInstanceUID="1.2.3")
    assert read_study(scan).pair == pair


def remove_companions(scan: Path, style: str) -> None:
    """Leave the members of the pair alone."""
    for companion in VENDOR_STYLES[style].companions:
        shutil.rmtree(scan / companion.name)


def give_pixels(source: Path, target: Path, back: bool = True) -> None:
    """Give one series the pixels of another; and the other way round, if asked for."""
    for path, other_path in zip(sorted(source.iterdir()), sorted(target.iterdir()), strict=True):
        one, other = dcmread(path), dcmread(other_path)
        one_pixels, other_pixels = one.PixelData, other.PixelData
        other.PixelData = one_pixels
        other.save_as(other_path)
        if back:
            one.PixelData = other_pixels
            one.save_as(path)


def relabel(folder: Path, donor: Path) -> None:
    """Give the images of a folder all that the headers of another say of X-rays."""
    sources = [dcmread(path) for path in sorted(donor.iterdir())]

    def edit(dataset: Dataset, number: int) -> None:
        for name in _LABELS:
            if name in dataset:
                del dataset[name]
            if name in sources[number]:
                dataset[name] = sources[number][name]

    change(folder, edit)


_LABELS = (
    "KVP", "FilterType", "SeriesDescription", "MultienergyCTAcquisitionSequence",
    "MultienergyCTCharacteristicsSequence", "00E11040",
)  # fmt: skip
