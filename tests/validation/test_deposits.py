"""Deposits against truth. One voxel is 1 mm3 and holds 0.5 mg; every expected number is counted by hand."""

import pytest

from calcidect.validation import score_case
from support.cases import box, write_case, write_result

LARGE = box((10, 10, 5), (4, 4, 4))  # 64 mm3, 32 mg
SMALL = box((20, 10, 5), (2, 2, 2))  # 8 mm3, 4 mg: matched with one voxel of tolerance
LEFT = box((28, 10, 5), (5, 5, 5), "left")  # 125 mm3, 62.5 mg


@pytest.fixture
def scored(tmp_path):
    def score(true, reported, case=None, **findings):
        made = write_case(tmp_path / "case", true, **(case or {}))
        return score_case(made, write_result(tmp_path / "result", reported, **findings))

    return score


def test_a_perfect_result_finds_everything_with_no_error(scored):
    score = scored([LARGE, SMALL, LEFT], [LARGE, SMALL, LEFT])
    assert [d.found for d in score.deposits] == [True] * 3
    assert [d.size_bin for d in score.deposits] == ["20-100", "5-20", ">=100"]
    assert all(d.side_right and d.material_right and d.digit_right and d.level_right for d in score.deposits)
    assert all(d.compartment_right and d.pattern_right for d in score.deposits)
    assert [g.dice for g in score.groups] == [1.0, 1.0, 1.0]
    assert [t.mass_error_percent for t in score.totals] == [0.0, 0.0, 0.0]
    assert (score.splits, score.merges, score.false_deposits, score.grazing_ids) == (0, 0, (), ())


def test_a_deposit_shifted_by_one_voxel_keeps_three_quarters_of_itself(scored):
    score = scored([LARGE], [box((11, 10, 5), (4, 4, 4))])
    assert score.deposits[0].found
    assert score.deposits[0].shared_fraction == pytest.approx(48 / 64)
    assert score.groups[0].dice == pytest.approx(2 * 48 / (64 + 64))


def test_a_tenth_of_the_smaller_one_is_enough_and_less_is_not(tmp_path):
    long_one = box((5, 5, 5), (20, 1, 1))  # 20 voxels
    for shared, found in ((2, True), (1, False)):
        folder = tmp_path / str(shared)
        reported = box((25 - shared, 5, 5), (14, 2, 1))  # 28 voxels: the true one is the smaller
        case = write_case(folder / "case", [long_one])
        score = score_case(case, write_result(folder / "result", [reported]))
        assert score.deposits[0].found is found
        assert score.grazing_ids == (() if found else (1,))
        assert score.false_deposits == ()


def test_a_small_deposit_one_voxel_aside_is_found_but_a_large_one_is_not(scored):
    beside_small = box((22, 10, 5), (2, 2, 2))  # faces touch, nothing is shared
    beside_large = box((14, 10, 5), (4, 4, 4))
    score = scored([LARGE, SMALL], [beside_large, beside_small])
    large, small = score.deposits
    assert not large.found
    assert small.found
    assert small.shared_fraction == pytest.approx(4 / 8)  # the four true voxels next to it
    assert [g.dice for g in score.groups] == [0.0]


def test_a_split_deposit_is_one_group_with_the_parts_added_up(scored):
    halves = [box((10, 10, 5), (4, 4, 1)), box((10, 10, 7), (4, 4, 2))]  # 16 + 32 of 64 voxels
    score = scored([LARGE], halves)
    assert (score.splits, score.merges) == (1, 0)
    assert score.deposits[0].matched_ids == (1, 2)
    assert score.deposits[0].best_id == 2
    (group,) = score.groups
    assert group.reported_volume_mm3 == 48
    assert group.volume_error_percent == pytest.approx(-25)
    assert group.mass_error_percent == pytest.approx(-25)
    assert group.dice == pytest.approx(2 * 48 / (64 + 48))


def test_two_deposits_joined_into_one_are_a_merge(scored):
    other = box((15, 10, 5), (4, 4, 4))
    score = scored([LARGE, other], [box((10, 10, 5), (9, 4, 4))])  # 144 voxels over 64 + 64 and a gap of 16
    assert (score.splits, score.merges) == (0, 1)
    (group,) = score.groups
    assert (group.true_ids, group.reported_ids) == ((1, 2), (1,))
    assert group.volume_error_percent == pytest.approx(100 * 16 / 128)
    assert group.dice == pytest.approx(2 * 128 / (128 + 144))


def test_a_missed_deposit_counts_in_the_totals_but_makes_no_group(scored):
    score = scored([LARGE, LEFT], [LARGE])
    assert [d.found for d in score.deposits] == [True, False]
    assert score.deposits[1].side_right is None
    right, left, everything = score.totals
    assert right.mass_error_percent == 0
    assert left.mass_error_percent == -100
    assert everything.volume_error_percent == pytest.approx(-100 * 125 / 189)
    assert len(score.groups) == 1


def test_false_deposits_are_told_from_calcified_vessels(scored):
    nowhere, on_vessel = box((2, 15, 15), (2, 2, 2)), box((20, 3, 15), (2, 2, 2))
    vessel = box((22, 3, 10), (1, 1, 10))  # one voxel beside the second
    score = scored([LARGE], [LARGE, nowhere, on_vessel], case={"vessels": [vessel]})
    assert [(f.deposit_id, f.on_vessel) for f in score.false_deposits] == [(2, False), (3, True)]


def test_a_component_two_voxels_away_is_false_and_one_voxel_away_is_not(scored):
    near, far = box((14, 10, 5), (1, 4, 4)), box((10, 10, 10), (4, 4, 1))
    score = scored([LARGE], [near, far])  # the second leaves one empty voxel between
    assert [f.deposit_id for f in score.false_deposits] == [2]
    assert score.grazing_ids == (1,)


def test_the_wrong_side_and_material_are_wrong_though_the_place_is_right(scored):
    claim = box(LARGE.start, LARGE.size, "left", material="urate", ha_mass_mg=None)
    score = scored([LARGE], [claim])
    (deposit,) = score.deposits
    assert deposit.found
    assert (deposit.side_right, deposit.material_right) == (False, False)
    assert deposit.reported_material == "urate"
    assert [t.reported_volume_mm3 for t in score.totals] == [0, 64, 64]
    assert score.totals[2].reported_ha_mass_mg == 0  # urate holds no hydroxyapatite


def test_only_what_the_result_states_about_the_site_is_judged(scored):
    claim = box(LARGE.start, LARGE.size, digit=3, level=None, pattern=None, compartment="subcutaneous")
    (deposit,) = scored([LARGE], [claim]).deposits
    answers = (deposit.digit_right, deposit.level_right, deposit.pattern_right, deposit.compartment_right)
    assert answers == (False, None, None, False)


def test_one_mass_that_is_not_stated_leaves_the_sum_open(scored):
    unknown = box(SMALL.start, SMALL.size, material="indeterminate", ha_mass_mg=None)
    score = scored([LARGE, SMALL], [LARGE, unknown])
    assert score.totals[-1].reported_ha_mass_mg is None
    assert score.totals[-1].mass_error_percent is None
    assert score.totals[-1].volume_error_percent == 0


@pytest.mark.parametrize(
    ("true", "said", "right"),
    [("subcutaneous", "muscle", False), ("subcutaneous", None, None), ("muscle", "muscle", True)],
)
def test_an_empty_digit_is_an_answer_where_the_compartment_is_told(scored, true, said, right):
    there = box(LARGE.start, LARGE.size, digit=None if true == "muscle" else 3, compartment=true)
    (deposit,) = scored([there], [box(LARGE.start, LARGE.size, digit=None, compartment=said)]).deposits
    assert deposit.digit_right is right
