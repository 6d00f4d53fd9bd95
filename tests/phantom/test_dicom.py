"""What the phantom writes is right by DICOM's own referee, holds the HU it was given, and is the same each time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from calcidect.geometry import Volume
from calcidect.phantom._dicom import write_pair
from calcidect.phantom._maps import GE_MAPS, PHILIPS_MAPS, MapStyle, write_maps
from calcidect.phantom._vendors import VENDOR_STYLES, style_for
from calcidect.study import Energy, Pair
from support.dicom import KV80, LABELS, SN150, STYLED_PAIRS, small_grid, small_pair, write_series, write_small

DCIODVFY = Path(sys.executable).parent / "dciodvfy"


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.dcm")
    }


def stored_hu(path: Path) -> np.ndarray:
    dataset = dcmread(path)
    return dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)


@pytest.mark.skipif(not DCIODVFY.exists(), reason="dciodvfy (dicom3tools) is not installed beside Python")
@pytest.mark.parametrize("vendor", VENDOR_STYLES)
def test_no_style_breaks_a_rule_of_the_standard(tmp_path: Path, vendor: str) -> None:
    write_small(tmp_path, vendor, STYLED_PAIRS[vendor], companions=True)
    names = sorted(folder.name for folder in tmp_path.iterdir())
    assert len(names) == 2 + len(VENDOR_STYLES[vendor].companions)
    for name in names:
        checked = subprocess.run([DCIODVFY, "-new", tmp_path / name / "00001.dcm"], capture_output=True, text=True)
        said = checked.stdout + checked.stderr
        assert "CTImage" in said  # it did look
        assert "Error" not in said, said


@pytest.mark.skipif(not DCIODVFY.exists(), reason="dciodvfy (dicom3tools) is not installed beside Python")
@pytest.mark.parametrize("styles", [GE_MAPS, PHILIPS_MAPS])
def test_no_material_map_breaks_a_rule_of_the_standard(tmp_path: Path, styles: tuple[MapStyle, MapStyle]) -> None:
    write_maps(*small_pair(), tmp_path, styles=styles, vendor="ge_gsi", seed=7, thickness_mm=0.75)
    for name in ("first", "second"):
        checked = subprocess.run([DCIODVFY, "-new", tmp_path / name / "00001.dcm"], capture_output=True, text=True)
        said = checked.stdout + checked.stderr
        assert "CTImage" in said
        assert "Error" not in said, said


@pytest.mark.parametrize("vendor", VENDOR_STYLES)
def test_every_style_stores_the_hu_it_was_given(tmp_path: Path, vendor: str) -> None:
    low, high = small_pair()
    write_small(tmp_path, vendor, STYLED_PAIRS[vendor])
    for name, volume in (("low", low), ("high", high)):
        files = sorted((tmp_path / name).iterdir())
        stored = np.stack([stored_hu(path) for path in files])
        # Twelve bits end at -1024 HU, where this scan's noisy air does not end.
        lowest = -1024 if VENDOR_STYLES[vendor].bits_stored == 12 else -2000
        assert (stored == np.maximum(volume.array, lowest)).all()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second, other = (
        hashes(write_small(tmp_path / name, seed=seed)) for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    assert first == second
    assert not set(first.values()) & set(other.values())


def test_another_visit_is_another_study_of_the_same_person(tmp_path: Path) -> None:
    dates = {"a": "20250101", "b": "20260101"}
    headers = [
        dcmread(write_small(tmp_path / name, labels=replace(LABELS, study_date=date)) / "low" / "00001.dcm")
        for name, date in dates.items()
    ]
    assert headers[0].PatientID == headers[1].PatientID
    assert headers[0].StudyInstanceUID != headers[1].StudyInstanceUID


@pytest.mark.parametrize(("maximum_hu", "bits", "brightest"), [(3071.0, 12, 3071), (9000.0, 16, 5000)])
def test_a_limited_number_range_clips_and_an_extended_one_does_not(
    tmp_path: Path, maximum_hu: float, bits: int, brightest: int
) -> None:
    grid = small_grid()
    stone = Volume(np.full(grid.shape, 5000.0), grid)
    pair = Pair(KV80, SN150)
    write_pair(stone, stone, pair, tmp_path, vendor="siemens_force", seed=1, thickness_mm=1.0, maximum_hu=maximum_hu)
    path = tmp_path / "low" / "00001.dcm"
    assert stored_hu(path).max() == brightest
    assert dcmread(path).BitsStored == bits


def test_a_fraction_of_a_hu_is_rounded_to_the_nearest(tmp_path: Path) -> None:
    grid = small_grid()
    values = Volume(np.full(grid.shape, 99.6), grid), Volume(np.full(grid.shape, -99.6), grid)
    write_pair(*values, Pair(KV80, SN150), tmp_path, vendor="siemens_force", seed=1, thickness_mm=1.0)
    assert stored_hu(tmp_path / "low" / "00001.dcm").max() == 100
    assert stored_hu(tmp_path / "high" / "00001.dcm").max() == -100


def test_a_style_refuses_images_that_its_scanner_does_not_make(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not make images of 80 kV"):
        write_series(tmp_path, "ge_gsi", [(KV80, 1000.0)])


def test_images_on_two_grids_are_no_pair(tmp_path: Path) -> None:
    low, _ = small_pair()
    _, high = small_pair(grid=small_grid(size=(24, 20, 11)))
    with pytest.raises(ValueError, match="one grid"):
        write_pair(low, high, Pair(KV80, SN150), tmp_path, vendor="siemens_force", seed=1, thickness_mm=1.0)


@pytest.mark.parametrize(
    ("pair", "vendor"),
    [
        (Pair(KV80, SN150), "siemens_force"),
        (Pair(Energy("kv", 100), Energy("kv", 140, filter="Sn")), "siemens_flash"),
        (Pair(KV80, Energy("kv", 140)), "siemens_definition"),
        (Pair(KV80, Energy("kv", 135)), "canon"),
        (Pair(Energy("kev", 50), Energy("kev", 100)), "ge_gsi"),
    ],
)
def test_a_pair_finds_a_scanner_that_makes_it(pair: Pair, vendor: str) -> None:
    assert style_for(pair) == vendor


def test_a_pair_that_no_scanner_makes_is_named() -> None:
    with pytest.raises(ValueError, match="60/61"):
        style_for(Pair(Energy("kv", 60), Energy("kv", 61)))
