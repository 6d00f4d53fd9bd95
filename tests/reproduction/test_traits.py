"""What a scan shows, by the contract's rules, in truth and as the registry has it."""

from __future__ import annotations

import pandas as pd
import pytest

from calcidect.reproduction import found_traits, true_traits
from calcidect.validation import read_truth
from support.cases import box, write_case

AXES = [{"side": side, "distal": [0.0, 0.0, 1.0], "radiocarpal_mm": [0.0, 0.0, 20.0]} for side in ("right", "left")]


def truth_of(tmp_path, *deposits, **truth):
    return true_traits(read_truth(write_case(tmp_path / "case", deposits, axes=AXES, **truth)))


@pytest.mark.parametrize(
    ("volumes", "bulky"),
    [((249.0,), False), ((250.0,), True), ((240.0, 240.0, 240.0, 240.0), False), ((240.0,) * 5, True)],
)
def test_bulky_is_one_large_deposit_or_much_in_a_hand(tmp_path, volumes, bulky):
    deposits = [box((2 + 3 * n, 2, 2), (2, 2, 2), volume_mm3=mm3) for n, mm3 in enumerate(volumes)]
    assert truth_of(tmp_path, *deposits)["bulky"] is bulky


def test_both_hands_together_are_not_bulky_nor_is_urate(tmp_path):
    deposits = [box((2 + 3 * n, 2, 2), (2, 2, 2), "left" if n % 2 else "right", volume_mm3=240.0) for n in range(6)]
    deposits.append(box((30, 2, 2), (2, 2, 2), volume_mm3=900.0, material="urate"))
    traits = truth_of(tmp_path, *deposits)
    assert traits["bulky"] is False
    assert traits["urate"] is True


@pytest.mark.parametrize(("top", "pattern", "extends"), [(4, "sheet", True), (4, "linear", True), (14, "sheet", False)])
def test_forearm_extension_is_deposit_far_enough_from_the_joint_line(tmp_path, top, pattern, extends):
    # Slice k lies at 5 + k mm; the joint line at 20 mm, so that what lies below 10 mm is beyond 10 mm of it.
    deposit = box((5, 5, top - 4), (5, 5, 4), level="forearm", compartment="forearm", pattern=pattern)
    traits = truth_of(tmp_path, deposit)
    assert traits["forearm_extension"] is extends
    assert traits["forearm_sheet"] is (extends and pattern == "sheet")


def test_sites_and_damage_of_truth(tmp_path):
    deposits = [box((2, 2, 12), (2, 2, 2)), box((9, 2, 12), (2, 2, 2), compartment="extensor_tendon_sheath")]
    tips = [{"side": "right", "digit": 2, "present": True, "fraction_lost": 0.3}]
    traits = truth_of(tmp_path, *deposits, acro_osteolysis=tips)
    shown = {name for name, value in traits.items() if value}
    assert shown == {"calcinosis", "fingertips", "tendon_sheaths", "acro_osteolysis"}


def test_findings_are_those_of_the_registry():
    scans = pd.DataFrame(
        {"person_id": ["P01", "P02"], "forearm_extension": [True, None], "bulky": [False, True],
         "acro_osteolysis_present": [0, None], "destruction_sites": [2, 0]}
    ).convert_dtypes()  # fmt: skip
    deposits = pd.DataFrame(
        {"person_id": ["P01", "P01", "P02"], "material": ["hydroxyapatite", "hydroxyapatite", "urate"],
         "level": ["forearm", "carpus", "carpus"], "pattern": ["sheet", "nodule", "nodule"],
         "compartment": ["forearm", "carpal_tunnel", "muscle"]}
    ).convert_dtypes()  # fmt: skip
    found = found_traits({"scans": scans, "deposits": deposits})
    assert {name for name, value in found["P01"].items() if value} == {
        "calcinosis", "carpal_tunnel", "forearm_sheet", "forearm_extension", "bone_destruction",
    }  # fmt: skip
    assert {name for name, value in found["P02"].items() if value} == {"bulky", "urate"}
    assert {name for name, value in found["P02"].items() if value is None} == {
        "forearm_sheet", "forearm_extension", "acro_osteolysis",
    }  # fmt: skip
