"""Bones, acro-osteolysis and destruction against truth; every number counted by hand."""

import csv
import io

import pytest

from calcidect.validation import score_case, summarise
from calcidect.validation._write import damage_csv
from support.cases import BONE_NAMES, BONES, box, write_case, write_result

RIGHT, LEFT = BONES  # 4 x 4 x 10 voxels each
DEPOSIT = box((10, 10, 5), (4, 4, 4))


@pytest.fixture
def scored(tmp_path):
    def score(case=None, **result):
        made = write_case(tmp_path / "case", [DEPOSIT], **(case or {}))
        return score_case(made, write_result(tmp_path / "result", [DEPOSIT], **result))

    return score


def test_bones_as_they_are_score_one(scored):
    score = scored()
    assert [(u.side, u.dice) for u in score.bone_unions] == [("right", 1.0), ("left", 1.0)]
    assert [(b.label_right, b.dice) for b in score.bones] == [(True, 1.0), (True, 1.0)]


def test_a_shortened_bone_loses_dice_in_its_own_hand_only(scored):
    score = scored(bones=[box((2, 2, 2), (4, 4, 5)), LEFT])
    assert [u.dice for u in score.bone_unions] == pytest.approx([2 * 80 / (160 + 80), 1.0])


def test_unnamed_bone_counts_towards_the_union_only(scored):
    names = BONE_NAMES | {"1": {"side": "right", "bone": "unnamed"}}
    score = scored(bone_names=names)
    assert [u.dice for u in score.bone_unions] == [1.0, 1.0]
    assert [(b.label_right, b.dice) for b in score.bones] == [(None, None), (True, 1.0)]
    assert str(summarise([score]).bones_named).startswith("1/2")


def test_a_wrong_name_is_wrong_and_shares_nothing_with_the_right_one(scored):
    names = BONE_NAMES | {"1": {"side": "right", "bone": "distal_phalanx_3"}}
    assert [(b.label_right, b.dice) for b in scored(bone_names=names).bones] == [(False, 0.0), (True, 1.0)]


def test_swapped_sides_score_zero_though_all_bone_is_found(scored):
    names = {"1": BONE_NAMES["2"], "2": BONE_NAMES["1"]}
    score = scored(bone_names=names)
    assert [u.dice for u in score.bone_unions] == [0.0, 0.0]
    assert [b.label_right for b in score.bones] == [False, False]


TIPS = [
    {"side": "right", "digit": 1, "present": True, "fraction_lost": 0.40},
    {"side": "right", "digit": 2, "present": True, "fraction_lost": 0.20},
    {"side": "right", "digit": 3, "present": False, "fraction_lost": 0.00},
    {"side": "right", "digit": 4, "present": False, "fraction_lost": 0.05},
    {"side": "right", "digit": 5, "present": False, "fraction_lost": 0.00},
]


def test_acro_osteolysis_is_judged_where_the_result_states_it(scored):
    said = [
        {"side": "right", "digit": 1, "present": True, "fraction_lost": 0.30},
        {"side": "right", "digit": 2, "present": False, "fraction_lost": 0.06},
        {"side": "right", "digit": 3, "present": False, "fraction_lost": 0.00},
        {"side": "right", "digit": 4, "present": True, "fraction_lost": 0.15},
        {"side": "right", "digit": 5, "present": None, "fraction_lost": None, "reason": "cut off"},
    ]
    summary = summarise([scored(case={"acro_osteolysis": TIPS}, acro_osteolysis=said)])
    assert (summary.tips_assessed.k, summary.tips_assessed.n) == (4, 5)
    assert (summary.tip_sensitivity.k, summary.tip_sensitivity.n) == (1, 2)
    assert (summary.tip_specificity.k, summary.tip_specificity.n) == (1, 2)
    assert (summary.clear_tip_sensitivity.k, summary.clear_tip_sensitivity.n) == (1, 2)
    assert (summary.clear_tip_specificity.k, summary.clear_tip_specificity.n) == (1, 1)
    assert summary.tip_fraction_error_mean == pytest.approx((0.10 + 0.14 + 0.00 + 0.10) / 4)


SITE = {"side": "right", "bone": "distal_phalanx_2", "deposit_id": 1, "volume_mm3": 10.0}


def test_destruction_is_found_by_bone_and_matched_deposit(scored):
    said = [SITE | {"volume_mm3": 8.0}, SITE | {"bone": "distal_phalanx_3", "volume_mm3": 1.0}]
    score = scored(case={"bone_destruction": [SITE]}, bone_destruction=said)
    (site,) = score.destruction
    assert (site.found, site.true_volume_mm3, site.reported_volume_mm3) == (True, 10.0, 8.0)
    assert score.false_destruction == 1


def test_sites_are_counted_by_depth_and_by_whether_their_deposit_was_found(scored):
    deep, other = SITE | {"depth_mm": 2.5}, SITE | {"bone": "distal_phalanx_3", "depth_mm": 1.0, "deposit_id": 2}
    score = scored(case={"bone_destruction": [deep, other]}, bone_destruction=[SITE | {"depth_mm": 2.1}])
    summary = summarise([score])
    assert [(row.true_depth_mm, row.reported_depth_mm, row.deposit_found) for row in score.destruction] == [
        (2.5, 2.1, True), (1.0, None, False),
    ]  # fmt: skip
    assert (summary.destruction_found.k, summary.destruction_found.n) == (1, 2)
    assert (summary.deep_destruction_found.k, summary.deep_destruction_found.n) == (1, 1)
    assert (summary.destruction_found_beside_found.k, summary.destruction_found_beside_found.n) == (1, 1)


def test_damage_is_written_a_row_a_digit_and_a_site(scored):
    said = [{"side": "right", "digit": 1, "present": True, "fraction_lost": 0.30}]
    score = scored(case={"acro_osteolysis": TIPS[:1], "bone_destruction": [SITE]}, acro_osteolysis=said)
    digit, site = csv.DictReader(io.StringIO(damage_csv([score])))
    assert (digit["kind"], digit["digit"], digit["true_fraction_lost"], digit["reported_fraction_lost"]) == (
        "digit", "1", "0.4", "0.3",
    )  # fmt: skip
    assert (site["kind"], site["bone"], site["found"], site["true_volume_mm3"]) == (
        "destruction", "distal_phalanx_2", "false", "10.0",
    )  # fmt: skip


def test_none_found_is_a_miss_but_not_assessed_is_not(scored):
    (site,) = scored(case={"bone_destruction": [SITE]}, bone_destruction=[]).destruction
    assert site.found is False


def test_destruction_that_was_not_looked_for_is_left_out(scored):
    left_open = [{"name": "bone_destruction", "reason": "This version does not assess it."}]
    score = scored(case={"bone_destruction": [SITE]}, bone_destruction=[], not_assessed=left_open)
    assert score.destruction[0].found is None
    assert summarise([score]).destruction_found.n == 0
