"""Of several pairs the right one is taken, the same each time; where headers give no reason, none is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset

from calcidect.errors import StudyRefusedError
from calcidect.phantom._dicom import write_pair
from calcidect.settings import StudySettings
from calcidect.study import Energy, Inspection, Pair, inspect_folder, read_study
from calcidect.study._candidates import WEIGHTS, SeriesPair, find_candidates
from calcidect.study._pair import choose_pair
from calcidect.study._scan import scan_files
from calcidect.study._series import dual_energy_sign_of, group_series
from support.dicom import (
    BONE_RATIO,
    KV80,
    LABELS,
    SN150,
    STYLED_PAIRS,
    change,
    set_values,
    small_pair,
    write_series,
    write_small,
)

Edit = Callable[[Dataset], None]


def second(folder: Path, target: Path, number: int, edit: Edit) -> Path:
    """Copy series as reconstructions of their own, edited; ``number`` tells several copies apart."""
    shutil.copytree(folder, target)

    def rename(dataset: Dataset, _: int) -> None:
        dataset.SOPInstanceUID = f"1.2.{number}.{dataset.InstanceNumber}.{dataset.SeriesNumber}"
        dataset.SeriesInstanceUID = f"1.2.{number}.{dataset.SeriesNumber}"
        dataset.SeriesNumber += 10 * number
        edit(dataset)

    change(target, rename)
    return target


def give(**values: object) -> Edit:
    def edit(dataset: Dataset) -> None:
        for name, value in values.items():
            setattr(dataset, name, value)

    return edit


def chosen(found: Inspection) -> set[str]:
    """Return the numbers of the two series that would be read."""
    return {series.number for series in found.series if series.role != "not used"}


def reasons(found: Inspection) -> list[str]:
    return [pair.why_not for pair in found.pairs if not pair.is_chosen]


def refusal(folder: Path) -> StudyRefusedError:
    with pytest.raises(StudyRefusedError) as caught:
        read_study(folder)
    return caught.value


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (give(ConvolutionKernel="Br64d"), "a softer kernel was preferred"),
        (give(ConvolutionKernel="Br36d"), "a softer kernel was preferred"),  # not made for measuring HU
        (give(SliceThickness=3.0), "thinner slices were preferred"),
        (give(SliceThickness=3.0, ConvolutionKernel="Br64d"), "a softer kernel was preferred"),
    ],
)
@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_the_better_of_two_reconstructions_is_taken_whatever_comes_first(
    tmp_path: Path, edit: Edit, why: str, names: tuple[str, str]
) -> None:
    good = write_small(tmp_path / names[0])
    second(good, tmp_path / names[1], 1, edit)
    found = inspect_folder(tmp_path)
    assert chosen(found) == {"2", "3"}
    scores = [pair.score for pair in found.pairs]
    assert scores == sorted(scores, reverse=True)
    assert [reason for reason in reasons(found) if "preferred" in reason][-1] == why


def test_a_longer_scan_is_taken_before_a_part_of_it(tmp_path: Path) -> None:
    whole = write_small(tmp_path / "whole")
    part = second(whole, tmp_path / "part", 1, give())
    for path in [*sorted((part / "low").iterdir())[9:], *sorted((part / "high").iterdir())[9:]]:
        path.unlink()
    found = inspect_folder(tmp_path)
    assert chosen(found) == {"2", "3"}
    assert "a longer scan was preferred" in reasons(found)


def test_thin_slices_are_taken_before_thick_ones_of_the_same_scan(tmp_path: Path) -> None:
    thin = write_small(tmp_path / "thin")
    thick = second(thin, tmp_path / "thick", 1, give(SliceThickness=1.5))
    for path in sorted(thick.rglob("*.dcm"))[1::2]:
        path.unlink()
    settings = StudySettings()
    assert chosen(inspect_folder(tmp_path, settings)) == {"2", "3"}


def test_tube_voltages_go_before_virtual_images_of_the_same_scan(tmp_path: Path) -> None:
    write_small(tmp_path / "kv", "siemens_force")
    virtual = write_small(tmp_path / "kev", "siemens_monoplus", STYLED_PAIRS["siemens_monoplus"])
    set_values(virtual, **{name: read_value(tmp_path / "kv", name) for name in _SCAN})
    set_values(virtual / "low", SeriesInstanceUID="1.2.3", SeriesNumber=12)
    set_values(virtual / "high", SeriesInstanceUID="1.2.4", SeriesNumber=13)
    change(virtual, lambda dataset, n: setattr(dataset, "SOPInstanceUID", f"1.2.5.{n}"))
    found = inspect_folder(tmp_path)
    assert chosen(found) == {"2", "3"}
    assert reasons(found) == ["tube voltages go before virtual images"]


_SCAN = ("StudyInstanceUID", "FrameOfReferenceUID")


def read_value(folder: Path, name: str) -> object:
    from pydicom import dcmread

    return dcmread(next(folder.rglob("*.dcm")))[name].value


@pytest.mark.parametrize(
    ("edit", "difference"),
    [
        (give(), "nothing that their headers state"),
        (give(AcquisitionNumber=2, AcquisitionTime="120100"), "acquisition"),
        (give(SeriesDescription="Again, DE B_Sn150kV A_80kV"), "description"),
        (give(ConvolutionKernel="Qr36f"), "kernel"),  # the same kernel, of another rotation time
    ],
)
def test_two_pairs_of_equal_worth_are_refused_with_what_differs(tmp_path: Path, edit: Edit, difference: str) -> None:
    second(write_small(tmp_path / "a"), tmp_path / "b", 1, edit)
    error = refusal(tmp_path)
    assert (error.code, f"They differ in {difference}." in error.found) == ("several_pairs", True)
    found = inspect_folder(tmp_path)
    assert set(reasons(found)) == {"no pair was chosen"}
    assert found.refusal == error.as_dict()


@pytest.mark.parametrize("shift_mm", [9.0, 100.0])
def test_hands_scanned_or_reconstructed_alone_are_refused(tmp_path: Path, shift_mm: float) -> None:
    """Voxels are 0.5 mm and 24 a row: moved by 9 mm, a quarter of the field of view is common."""

    def move(dataset: Dataset) -> None:
        dataset.ImagePositionPatient = [dataset.ImagePositionPatient[0] + shift_mm, *dataset.ImagePositionPatient[1:]]

    second(write_small(tmp_path / "right"), tmp_path / "left", 1, move)
    error = refusal(tmp_path)
    assert (error.code, error.found) == (
        "several_pairs",
        "The study holds 2 dual-energy pairs that could each be meant: 80/Sn150, 80/Sn150. They differ in the place "
        "scanned.",
    )


def test_two_acquisitions_in_one_series_are_told_apart_by_their_number(tmp_path: Path) -> None:
    """KVP of a split beam is the same in both, and here nothing but Filter Type tells the halves."""
    style = "siemens_twinbeam"
    folder = write_small(tmp_path, style, STYLED_PAIRS[style], BONE_RATIO["Au120/Sn120"])
    for number, (member, metal) in enumerate((("low", "GOLD"), ("high", "TIN")), 1):
        set_values(folder / member, SeriesDescription="TwinBeam", FilterType=metal, AcquisitionNumber=number)
    set_values(folder, SeriesInstanceUID="1.2.3")
    assert read_study(folder).pair.name == "Au120/Sn120"
    parts = [series.part for series in inspect_folder(folder).series]
    assert sorted(parts) == ["acquisition 1 of 2", "acquisition 2 of 2"]
    assert len({series.series for series in inspect_folder(folder).series}) == 2


def test_a_hand_scanned_alone_that_needs_cropping_is_not_left_out_unseen(tmp_path: Path) -> None:
    first = write_small(tmp_path / "first")

    def aside(dataset: Dataset) -> None:
        dataset.ImagePositionPatient = [dataset.ImagePositionPatient[0] + 200, *dataset.ImagePositionPatient[1:]]

    other = second(first, tmp_path / "other", 1, aside)
    sorted((other / "high").iterdir())[-1].unlink()
    error = refusal(tmp_path)
    assert (error.code, "the place scanned" in error.found) == ("several_pairs", True)


def test_the_time_to_choose_grows_no_faster_than_the_number_of_pairs(tmp_path: Path) -> None:
    images = scan_files(sorted(write_small(tmp_path).rglob("*.dcm")), StudySettings(), lambda *_: None).images
    (low, _) = group_series(images, StudySettings())
    found = [replace(low.found, energy=Energy("kev", 40 + n)) for n in range(40)]
    series = [replace(low, found=one, part=str(n)) for n, one in enumerate(found)]
    candidates = find_candidates(series, StudySettings())
    asked = 0

    class Counted(SeriesPair):
        @property
        def score(self) -> float:
            nonlocal asked
            asked += 1
            return super().score

    counted = [Counted(p.low, p.high, p.parts, p.obstacle, p.is_exact) for p in candidates]
    assert choose_pair(series, counted, StudySettings()).pair == Pair(Energy("kev", 40), Energy("kev", 79))
    assert asked <= 3 * len(counted)


def test_one_energy_scanned_twice_in_one_series_is_split_and_refused_as_such(tmp_path: Path) -> None:
    folder = write_series(tmp_path, "canon", [(KV80, 1100.0), (KV80, 1090.0)])
    set_values(folder, SeriesInstanceUID="1.2.3")
    error = refusal(folder)
    assert (error.code, "all 2 series are of 80 kV" in error.found) == ("no_pair", True)


def test_a_slice_that_is_there_twice_is_not_taken_for_an_acquisition(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    twin = folder / "low" / "twin.dcm"
    shutil.copy(folder / "low" / "00004.dcm", twin)

    def edit(dataset: Dataset, _: int) -> None:
        if dataset.filename == str(twin):
            dataset.SOPInstanceUID, dataset.AcquisitionNumber = "1.2.3", 2
            dataset.PixelData = dataset.PixelData[2:] + dataset.PixelData[:2]

    change(folder, edit)
    assert refusal(folder).code == "duplicate_position"


def test_the_score_is_the_weighted_sum_of_its_parts(tmp_path: Path) -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)
    (pair,) = inspect_folder(write_small(tmp_path)).pairs
    assert pair.parts == {
        "kernel softness": pytest.approx(0.74),  # Qr36, quantitative
        "energy separation": pytest.approx(1 - 0.95 / 2.27, abs=1e-3),
        "coverage": 1.0,
        "same acquisition": 1.0,
        "thin slices": 1.0,
        "stated by attributes": 1.0,
    }
    assert pair.score == pytest.approx(sum(WEIGHTS[name] * part for name, part in pair.parts.items()), abs=1e-3)


def test_a_pair_that_is_none_scores_nothing_and_says_why(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    set_values(folder / "high", ConvolutionKernel="Br64d")
    (pair,) = inspect_folder(folder).pairs
    assert (pair.score, pair.parts) == (0.0, {})
    assert pair.why_not == "they were reconstructed with different kernels (Qr36d and Br64d)"


def test_a_better_reconstruction_that_lost_a_slice_is_not_passed_over_without_a_word(tmp_path: Path) -> None:
    soft = write_small(tmp_path / "soft")
    second(soft, tmp_path / "sharp", 1, give(ConvolutionKernel="Br64d"))
    assert not [notice for notice in read_study(tmp_path).notices if notice.code == "series_passed_over"]
    (soft / "low" / "00005.dcm").unlink()
    (notice,) = [notice for notice in read_study(tmp_path).notices if notice.code == "series_passed_over"]
    assert "1 slice(s) are missing" in notice.message


def test_a_lost_slice_is_told_of_the_pair_it_spoils(tmp_path: Path) -> None:
    folder = write_small(tmp_path)
    (folder / "low" / "00005.dcm").unlink()
    (pair,) = inspect_folder(folder).pairs
    assert pair.why_not.startswith("of the 80 kV series: 1 slice(s) are missing")


@pytest.mark.parametrize(
    ("edit", "is_dual"),
    [
        (give(), True),
        (give(ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], SeriesDescription="Hand"), False),
        (give(ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], SeriesDescription="Hand", ProtocolName="DE_Hand"), True),
    ],
)
def test_a_series_says_whether_it_is_half_of_a_dual_energy_scan(tmp_path: Path, edit: Edit, is_dual: bool) -> None:
    folder = write_small(tmp_path)
    shutil.rmtree(folder / "high")
    change(folder, lambda dataset, _: edit(dataset))
    images = scan_files(sorted(folder.rglob("*.dcm")), StudySettings(), lambda *_: None).images
    (series,) = group_series(images, StudySettings())
    assert bool(dual_energy_sign_of(series)) == is_dual
    if is_dual:
        assert refusal(folder).code == "one_energy"
    else:
        assert read_study(folder).single_energy == KV80


def test_a_pair_without_a_table_of_its_beams_is_read(tmp_path: Path) -> None:
    pair = Pair(Energy("kv", 65), SN150)
    low, high = small_pair(2.5)
    write_pair(low, high, pair, tmp_path, vendor="siemens_force", seed=1, thickness_mm=0.75, labels=LABELS)
    study = read_study(tmp_path)
    assert (study.pair, study.notices) == (pair, ())
    assert np.median(study.low.array) == np.median(low.array)
