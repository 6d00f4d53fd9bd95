"""What can't be scored is refused, and nothing personal is repeated."""

import gzip
import json

import numpy as np
import pytest

from calcidect.errors import InputRefusedError
from calcidect.geometry import Grid
from calcidect.validation import score_case
from support.cases import GRID, box, write_case, write_result

DEPOSIT = box((10, 10, 5), (4, 4, 4))


def refused(case, result):
    with pytest.raises(InputRefusedError) as caught:
        score_case(case, result)
    return caught.value


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-20])


def of_no_type(path):
    data = bytearray(gzip.decompress(path.read_bytes()))
    data[70:72] = b"\xff\x7f"  # datatype
    path.write_bytes(gzip.compress(bytes(data)))


@pytest.mark.parametrize(
    "grid",
    [
        Grid((20, 20, 20), (2.0, 1.0, 1.0), GRID.origin_mm),
        Grid(GRID.size, GRID.spacing_mm, (-19.0, -10.0, 5.0)),
        Grid(GRID.size, GRID.spacing_mm, (19.0, -10.0, 5.0), np.diag([-1.0, 1.0, 1.0])),
    ],
    ids=["other size", "shifted by one voxel", "mirrored"],
)
def test_a_result_on_another_grid_is_refused(tmp_path, grid):
    case = write_case(tmp_path / "case", [DEPOSIT])
    error = refused(case, write_result(tmp_path / "result", [DEPOSIT], grid=grid))
    assert error.code == "grid_mismatch"


def test_a_label_without_a_row_is_refused(tmp_path):
    case = write_case(tmp_path / "case", [DEPOSIT])
    result = write_result(tmp_path / "result", [DEPOSIT])
    (result / "findings.json").write_text('{"deposits": []}', encoding="utf-8")
    assert refused(case, result).code == "label_without_row"


@pytest.mark.parametrize("name", ["truth.json", "deposits.nii.gz", "bones.nii.gz", "vessels.nii.gz"])
def test_a_case_with_a_file_missing_is_refused(tmp_path, name):
    case = write_case(tmp_path / "case", [DEPOSIT])
    (case / "truth" / name).unlink()
    error = refused(case, write_result(tmp_path / "result", [DEPOSIT]))
    assert error.code == "truth_unreadable"
    assert name in error.found
    assert str(tmp_path) not in str(error)


@pytest.mark.parametrize("name", ["findings.json", "labels.json", "deposits.nii.gz", "bones.nii.gz"])
def test_a_result_with_a_broken_file_is_refused(tmp_path, name):
    case = write_case(tmp_path / "case", [DEPOSIT])
    result = write_result(tmp_path / "result", [DEPOSIT])
    (result / name).write_bytes(b"\x1f\x8b broken")
    error = refused(case, result)
    assert error.code == "result_unreadable"
    assert str(tmp_path) not in str(error)


@pytest.mark.parametrize("damage", [cut_short, of_no_type], ids=["cut short", "of no known type"])
def test_a_result_with_a_damaged_volume_is_refused(tmp_path, damage):
    case = write_case(tmp_path / "case", [DEPOSIT])
    result = write_result(tmp_path / "result", [DEPOSIT])
    damage(result / "bones.nii.gz")
    assert refused(case, result).code == "result_unreadable"


def test_a_truth_of_another_schema_is_refused(tmp_path):
    case = write_case(tmp_path / "case", [DEPOSIT], schema="calcidect-truth/9")
    error = refused(case, write_result(tmp_path / "result", [DEPOSIT]))
    assert "calcidect-truth/1" in error.found


def test_a_value_of_the_wrong_kind_is_named_by_its_place_not_its_content(tmp_path):
    case = write_case(tmp_path / "case", [DEPOSIT])
    result = write_result(tmp_path / "result", [DEPOSIT])
    row = DEPOSIT.row(1) | {"side": "Jane Doe"}
    (result / "findings.json").write_text(json.dumps({"deposits": [row]}), encoding="utf-8")
    error = refused(case, result)
    assert "deposits.0.side" in error.found
    assert "Jane" not in str(error)
