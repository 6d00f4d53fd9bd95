"""What is saved is read back equal."""

import json
import math
from dataclasses import fields, replace

import nibabel
import numpy as np
import pytest

from calcidect.errors import InputRefusedError
from calcidect.findings import Findings
from calcidect.geometry import Grid
from calcidect.materials import QUANTITIES
from calcidect.result import Result
from support.results import BLOBS, concentrations_of, make_scene, small_result, small_scene, without_deposits

OBLIQUE = np.linalg.qr(np.array([[0.98, 0.1, 0.05], [-0.12, 0.97, 0.2], [0.02, -0.2, 0.95]]))[0]


def assert_equal(read: Result, written: Result):
    for name in ("study", "hands", "bone_labels", "provenance", "not_assessed"):
        assert getattr(read, name) == getattr(written, name), name
    for field in fields(Findings):
        if field.name != "deposit_labels":
            assert getattr(read.findings, field.name) == getattr(written.findings, field.name), field.name
    for name in ("bone_map", "deposit_map"):
        a, b = getattr(read, name), getattr(written, name)
        assert a.array.dtype == b.array.dtype
        assert np.array_equal(a.array, b.array)
        assert np.array_equal(a.grid.affine_lps, b.grid.affine_lps)
    for quantity in QUANTITIES:
        a, b = (result.concentrations.volume(quantity).array for result in (read, written))
        assert a.dtype == np.float32
        assert np.abs(a - b).max() <= 0.0501  # mg/cm3: half a step


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return small_result().save(tmp_path_factory.mktemp("result") / "out")


def test_every_number_label_and_none_comes_back(saved):
    assert_equal(Result.load(saved), small_result())


def test_read_result_saves_to_the_same_bytes(saved, tmp_path):
    again = Result.load(saved).save(tmp_path / "again")
    for path in saved.rglob("*.*"):
        assert path.read_bytes() == (again / path.relative_to(saved)).read_bytes(), path.name


def test_one_hand_and_no_deposits_come_back(tmp_path):
    result = without_deposits(make_scene(sides=("left",))).result()
    read = Result.load(result.save(tmp_path / "out"))
    assert_equal(read, result)
    assert list(read.findings.burden) == ["left", "all"]
    assert json.loads((tmp_path / "out" / "findings.json").read_text())["burden"]["right"] is None


def test_result_of_one_energy_comes_back_without_material_maps(tmp_path):
    result = small_result()
    alone = replace(
        result,
        study=replace(result.study, pair="120 kV", single_energy=True),
        findings=replace(
            result.findings,
            deposits=tuple(replace(d, confidence=None, flags=("single_energy",)) for d in result.findings.deposits),
            burden={hand: replace(b, ha_mass_mg=None, bulky=None) for hand, b in result.findings.burden.items()},
            quality=replace(result.findings.quality, noise_high_hu=None, clipped_voxels_high=None),
        ),
        concentrations=None,
    )
    folder = alone.save(tmp_path / "out")
    read = Result.load(folder)
    assert not (folder / "materials").exists()
    assert (read.study, read.findings.deposits, read.findings.burden) == (
        alone.study, alone.findings.deposits, alone.findings.burden,
    )  # fmt: skip
    assert (read.hydroxyapatite, read.urate, read.burden["bulky"].isna().all()) == (None, None, True)


def test_a_result_of_an_earlier_version_lacks_what_it_did_not_hold(tmp_path):
    folder = small_result().save(tmp_path / "out")
    document = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    document["schema_version"] = "1.1"
    del document["vendor_rule"]
    for row in document["deposits"]:
        for name in ("volume_130_hu_mm3", "agatston_like", "projected_area_mm2", "vendor_urate_fraction"):
            del row[name]
    (folder / "findings.json").write_text(json.dumps(document), encoding="utf-8")
    read = Result.load(folder).findings
    assert read.vendor_rule is None
    assert {(d.agatston_like, d.vendor_urate_fraction) for d in read.deposits} == {(None, None)}
    assert [d.volume_mm3 for d in read.deposits] == [d.volume_mm3 for d in small_result().findings.deposits]


def test_images_without_a_top_of_their_range_come_back(tmp_path):
    result = small_result()
    quality = result.findings.quality
    endless = replace(quality, low=replace(quality.low, maximum_hu=math.inf), high=None)
    result = replace(result, findings=replace(result.findings, quality=endless))
    folder = result.save(tmp_path / "out")
    assert json.loads((folder / "findings.json").read_text())["quality"]["low"]["maximum_hu"] is None
    assert Result.load(folder).findings.quality == endless


@pytest.mark.parametrize("is_single", [True, False])
def test_material_maps_must_fit_the_number_of_energies(is_single):
    result = small_result()
    maps = {} if is_single else {"concentrations": None}
    with pytest.raises(ValueError, match="both material maps"):
        replace(result, study=replace(result.study, single_energy=is_single), **maps)


def test_oblique_grid_comes_back_in_full_precision(tmp_path):
    flat = small_scene()
    grid = flat.study.low.grid
    oblique = Grid(grid.size, (0.7, 0.7123456789, 1.1), (1.23456789, -345.6789, 12.3), OBLIQUE)
    result = flat.result()
    moved = replace(
        result,
        findings=replace(result.findings, deposit_labels=replace(result.deposit_map, grid=oblique)),
        **{name: replace(getattr(result, name), grid=oblique) for name in ("bone_map", "concentrations")},
    )
    assert_equal(Result.load(moved.save(tmp_path / "out")), moved)


def test_deposit_in_the_nifti_file_lies_at_its_centroid_in_ras(saved):
    image = nibabel.load(saved / "deposits.nii.gz")
    deposit = small_result().findings.deposits[0]
    voxels = np.argwhere(np.asarray(image.dataobj) == deposit.deposit_id).mean(axis=0)
    ras = nibabel.affines.apply_affine(image.affine, voxels)
    expected = (-deposit.centroid_x_mm, -deposit.centroid_y_mm, deposit.centroid_z_mm)
    assert np.allclose(ras, expected, atol=0.4)
    assert image.header["sform_code"] == image.header["qform_code"] == 1


def test_other_programs_read_concentrations_in_mg_per_cm3(saved):
    image = nibabel.load(saved / "materials" / "hydroxyapatite.nii.gz")
    values = np.unique(np.round(image.get_fdata(), 3))
    assert values.tolist() == [0, *sorted({b.mg_per_cm3 for b in BLOBS if b.material == "hydroxyapatite"})]


def test_simpleitk_sees_the_same_place(saved):
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.ReadImage(str(saved / "bones.nii.gz"))
    assert np.allclose(image.GetOrigin(), small_result().bone_map.grid.origin_mm, atol=1e-4)
    assert np.array_equal(sitk.GetArrayFromImage(image), small_result().bone_map.array)


def test_concentrations_are_rounded_to_a_tenth(tmp_path):
    result = small_result()
    array = result.urate.array.copy()
    array[3, 4, 5:9] = [0.04, 0.06, 1234.56, 9000]
    concentrations = concentrations_of(result.urate.grid, result.hydroxyapatite.array, array)
    read = Result.load(replace(result, concentrations=concentrations).save(tmp_path / "out"))
    assert np.allclose(read.urate.array[3, 4, 5:9], [0, 0.1, 1234.6, 6553.5], atol=1e-3)


@pytest.mark.parametrize("missing", ["findings.json", "labels.json", "deposits.nii.gz", "materials", "provenance.json"])
def test_folder_with_a_part_missing_is_refused(tmp_path, missing):
    folder = small_result().save(tmp_path / "out")
    (folder / missing).rename(tmp_path / "gone")
    with pytest.raises(InputRefusedError) as caught:
        Result.load(folder)
    assert caught.value.code == "result_unreadable"
    assert str(tmp_path) not in str(caught.value)


def test_damaged_volume_is_refused(tmp_path):
    folder = small_result().save(tmp_path / "out")
    path = folder / "bones.nii.gz"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InputRefusedError):
        Result.load(folder)


@pytest.mark.parametrize("name", ["findings.json", "labels.json", "provenance.json"])
@pytest.mark.parametrize("text", ["[]", "3", '{"bones": []}', '{"schema_version": "1.0", "burden": []}'])
def test_document_that_holds_something_else_is_refused(tmp_path, name, text):
    folder = small_result().save(tmp_path / "out")
    (folder / name).write_text(text)
    with pytest.raises(InputRefusedError) as caught:
        Result.load(folder)
    assert caught.value.code == "result_unreadable"


def test_volume_of_another_scan_is_refused(tmp_path):
    folder = small_result().save(tmp_path / "out")
    document = json.loads((folder / "findings.json").read_text())
    document["grid"]["origin_mm"][0] += 1.0
    (folder / "findings.json").write_text(json.dumps(document))
    with pytest.raises(InputRefusedError):
        Result.load(folder)


def test_later_major_version_is_refused_and_says_so(tmp_path):
    folder = small_result().save(tmp_path / "out")
    document = json.loads((folder / "findings.json").read_text())
    (folder / "findings.json").write_text(json.dumps({**document, "schema_version": "2.0"}))
    with pytest.raises(InputRefusedError, match=r"2\.0"):
        Result.load(folder)


def test_later_minor_version_with_added_keys_is_read(tmp_path):
    folder = small_result().save(tmp_path / "out")
    document = json.loads((folder / "findings.json").read_text())
    document |= {"schema_version": "1.7", "added_later": {}}
    document["deposits"][0]["added_later"] = 1
    (folder / "findings.json").write_text(json.dumps(document))
    assert_equal(Result.load(folder), small_result())


def test_earlier_minor_version_is_read_with_quality_not_looked_at(tmp_path):
    folder = small_result().save(tmp_path / "out")
    document = json.loads((folder / "findings.json").read_text())
    for name in ("low", "high", "metal", "contrast_medium", "patient_position", "field_of_view", "motion"):
        del document["quality"][name]
    (folder / "findings.json").write_text(json.dumps({**document, "schema_version": "1.0"}))
    quality = Result.load(folder).findings.quality
    assert (quality.noise_low_hu, len(quality.notices)) == (12.0, 2)
    assert quality.motion == ()
    assert (quality.low, quality.metal, quality.contrast_medium, quality.field_of_view) == (None, None, None, None)


def test_shares_of_compartments_are_read_back_and_make_one_cell_of_the_table(tmp_path):
    result = small_result()
    first, *others = result.findings.deposits
    shares = {"muscle": 0.75, "subcutaneous": 0.25}
    deposits = (replace(first, compartment_shares=shares), *others)
    folder = replace(result, findings=replace(result.findings, deposits=deposits)).save(tmp_path / "out")
    read = Result.load(folder).findings.deposits
    assert [d.compartment_shares for d in read] == [shares, *(None for _ in others)]
    lines = (folder / "deposits.csv").read_text().splitlines()
    assert ",muscle:0.75;subcutaneous:0.25," in lines[1]
    assert lines[2].endswith(",")
