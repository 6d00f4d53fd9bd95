"""``findings.json`` and the CSV tables: the contract's names, no NaN, held to the schema."""

import csv
import io
import json
import math
from copy import deepcopy
from dataclasses import replace

import jsonschema
import numpy as np
import pandas as pd
import pytest

from calcidect.findings import Deposit
from calcidect.result import as_document, findings_schema, validate_document, write_result
from calcidect.result._tables import as_csv, plain
from support.results import make_scene, small_result

DEPOSIT_COLUMNS = [
    "deposit_id",
    "side",
    "material",
    "digit",
    "level",
    "compartment",
    "pattern",
    "volume_mm3",
    "ha_mass_mg",
    "ha_mass_sd_mg",
    "urate_mass_mg",
    "mean_ha_mg_per_cm3",
    "max_diameter_mm",
    "centroid_x_mm",
    "centroid_y_mm",
    "centroid_z_mm",
    "aspect",
    "nearest_bone",
    "distance_to_bone_mm",
    "touches_bone",
    "depth_below_skin_mm",
    "mean_hu_low",
    "mean_hu_high",
    "dual_energy_ratio",
    "confidence",
    "flags",
    "volume_130_hu_mm3",
    "volume_150_hu_mm3",
    "volume_200_hu_mm3",
    "volume_300_hu_mm3",
    "agatston_like",
    "projected_area_mm2",
    "vendor_urate_fraction",
    "compartment_shares",
    "number_of_parts",
    "number_of_lobes",
    "number_of_holes",
    "solidity",
    "thickness_mm",
    "elongation",
    "flatness",
    "bartoli_class_unvalidated",
]


def with_first_deposit(**changes):
    result = small_result()
    first, *others = result.findings.deposits
    return replace(result, findings=replace(result.findings, deposits=(replace(first, **changes), *others)))


def paths_in(node, path=()):
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*path, key)
            yield from paths_in(value, (*path, key))
    elif isinstance(node, list) and node:
        yield from paths_in(node[0], (*path, 0))


def parent_of(document, path):
    for key in path[:-1]:
        document = document[key]
    return document


# One row of every table is enough to lose a key from, and quick to validate.
DOCUMENT = {key: value[:1] if isinstance(value, list) else value for key, value in as_document(small_result()).items()}
ALL_KEYS = list(paths_in(DOCUMENT))


def test_schema_is_itself_valid():
    jsonschema.Draft202012Validator.check_schema(findings_schema())


def test_document_has_every_part_of_the_contract():
    document = as_document(small_result())
    assert set(document["study"]) == {
        "subject_id", "study_date", "age", "sex", "study_uid_hash", "pair", "single_energy",
    }  # fmt: skip
    assert {"acro_osteolysis", "bone_destruction", "burden", "quality", "not_assessed"} <= set(document)
    assert "Research use only" in document["research_use_only"]
    assert list(document["deposits"][0]) == DEPOSIT_COLUMNS


@pytest.mark.parametrize("path", ALL_KEYS, ids=lambda path: ".".join(map(str, path)))
def test_missing_or_renamed_key_is_caught(path):
    document = deepcopy(DOCUMENT)
    parent = parent_of(document, path)
    value = parent.pop(path[-1])
    with pytest.raises(ValueError, match="deviates from its schema"):
        validate_document(document)
    parent[path[-1] + "_x"] = value
    with pytest.raises(ValueError, match="deviates from its schema"):
        validate_document(document)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"material": "calcite"}, "material"),
        ({"digit": 6}, "digit"),
        ({"compartment": "elbow"}, "compartment"),
        ({"volume_mm3": -1.0}, "volume_mm3"),
        ({"confidence": 1.2}, "confidence"),
        ({"nearest_bone": "femur"}, "nearest_bone"),
        ({"vendor_urate_fraction": 1.2}, "vendor_urate_fraction"),
        ({"agatston_like": -1.0}, "agatston_like"),
    ],
)
def test_value_outside_the_contract_is_caught(change, place):
    with pytest.raises(ValueError, match=place):
        as_document(with_first_deposit(**change))


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float32("nan")])
@pytest.mark.parametrize("name", ["volume_mm3", "ha_mass_mg", "dual_energy_ratio"])
def test_nan_and_infinity_cannot_get_in(tmp_path, name, value):
    with pytest.raises(ValueError, match=name):
        write_result(with_first_deposit(**{name: value}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_map_with_nan_is_no_result():
    concentrations = small_result().concentrations
    urate = concentrations.urate.copy()
    urate[0] = np.nan
    with pytest.raises(ValueError, match="finite"):
        replace(concentrations, urate=urate)


def test_no_file_says_nan(tmp_path):
    folder = small_result().save(tmp_path / "out")
    for path in [*folder.glob("*.json"), *folder.glob("*.csv")]:
        assert "nan" not in path.read_text().lower(), path.name


def test_csv_has_the_contract_columns_and_empty_cells_where_missing():
    rows = list(csv.DictReader(io.StringIO(as_csv(Deposit, small_result().findings.deposits))))
    assert list(rows[0]) == DEPOSIT_COLUMNS
    assert rows[3]["material"] == "urate"
    assert rows[3]["ha_mass_mg"] == ""
    assert rows[0]["touches_bone"] == "false"
    assert rows[-1]["flags"] == "uncertain_material"


def test_csv_and_frame_agree(tmp_path):
    folder = small_result().save(tmp_path / "out")
    read = pd.read_csv(folder / "deposits.csv")
    frame = small_result().deposits
    assert list(read) == list(frame) == DEPOSIT_COLUMNS
    assert read["volume_mm3"].tolist() == frame["volume_mm3"].tolist()
    assert read["ha_mass_mg"].isna().tolist() == frame["ha_mass_mg"].isna().tolist()
    bones = pd.read_csv(folder / "bones.csv")
    columns = ["side", "bone", "label", "volume_mm3", "length_mm", "confidence"]
    assert list(bones) == list(small_result().bones) == columns


def test_numbers_of_numpy_become_plain():
    assert plain({"a": (np.int64(3), np.float64(0.5), np.bool_(True), None)}) == {"a": [3, 0.5, True, None]}
    with pytest.raises(TypeError, match="bytes"):
        plain(b"x")


def test_labels_name_every_label_drawn(tmp_path):
    folder = small_result().save(tmp_path / "out")
    labels = json.loads((folder / "labels.json").read_text())
    drawn = {str(n) for n in np.unique(small_result().bone_map.array) if n}
    assert drawn <= set(labels["bones"])
    assert labels["bones"]["1"].keys() == {"side", "bone"}


def test_no_original_identifier_is_written(tmp_path):
    result = make_scene(subject_id="pseudo-7").result()
    folder = result.save(tmp_path / "out")
    text = (folder / "findings.json").read_text() + (folder / "provenance.json").read_text()
    assert str(tmp_path) not in text
    assert set(json.loads((folder / "findings.json").read_text())["study"].values()) == {
        "pseudo-7", "2024-05-17", 57.0, "F", "5f" * 32, "80/Sn150", False,
    }  # fmt: skip
