"""The findings of one simulated hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from calcidect.anatomy import HandAnatomy, find_hands
from calcidect.findings import Deposit, Findings, Told, measure, measure_given
from calcidect.findings._burden import burden_of
from calcidect.materials import MaterialMaps, decompose
from calcidect.settings import FindingsSettings, MaterialsSettings, Settings, VendorRuleSettings
from calcidect.study import Energy, read_study

_PLACE = ("compartment", "level", "digit")


@pytest.fixture(scope="module")
def maps(quick_case: Path) -> MaterialMaps:
    return decompose(read_study(quick_case / "dicom"))


@pytest.fixture(scope="module")
def anatomy(maps: MaterialMaps) -> HandAnatomy:
    return find_hands(maps)


@pytest.fixture(scope="module")
def findings(maps: MaterialMaps, anatomy: HandAnatomy) -> Findings:
    return measure(maps, anatomy)


@pytest.fixture(scope="module")
def truth(quick_case: Path) -> dict:  # type: ignore[type-arg]
    return json.loads((quick_case / "truth/truth.json").read_text())


def test_every_deposit_of_20_mm3_is_found_where_it_is(findings: Findings, truth: dict) -> None:  # type: ignore[type-arg]
    found = np.array([[d.centroid_x_mm, d.centroid_y_mm, d.centroid_z_mm] for d in findings.deposits])
    for deposit in truth["deposits"]:
        if deposit["volume_mm3"] >= 20:
            assert np.linalg.norm(found - deposit["centroid_mm"], axis=1).min() < 2.0, deposit["compartment"]


def test_total_mass_is_within_15_percent(findings: Findings, truth: dict) -> None:  # type: ignore[type-arg]
    true_mg = sum(deposit["ha_mass_mg"] for deposit in truth["deposits"])
    assert findings.burden["all"].ha_mass_mg == pytest.approx(true_mg, rel=0.15)


def test_other_mineral_is_listed_and_not_counted(
    maps: MaterialMaps, anatomy: HandAnatomy, findings: Findings
) -> None:  # fmt: skip
    largest = next(deposit for deposit in findings.deposits if deposit.aspect in ("palmar", "dorsal"))
    artery = (findings.deposit_labels.array == largest.deposit_id) & anatomy.deposit_mineral.array
    shell = binary_dilation(artery, iterations=3) & anatomy.deposit_mineral.array
    other = replace(
        anatomy,
        deposit_mineral=maps.low.like(anatomy.deposit_mineral.array & ~shell),
        other_mineral=maps.low.like(shell.astype(np.uint8)),
    )
    found = measure(maps, other)
    assert len(found.deposits) == len(findings.deposits) - 1
    assert found.burden["all"].ha_mass_mg == pytest.approx(
        findings.burden["all"].ha_mass_mg - largest.ha_mass_mg, rel=0.02
    )  # fmt: skip
    (listed,) = (artefact for artefact in found.artefacts if artefact.kind == "vascular")
    assert listed.centroid_x_mm == pytest.approx(largest.centroid_x_mm, abs=1.0)


def test_what_nobody_changed_is_measured_as_it_was(
    maps: MaterialMaps, anatomy: HandAnatomy, findings: Findings
) -> None:  # fmt: skip
    told = {deposit.deposit_id: Told() for deposit in findings.deposits}
    again = measure_given(maps, anatomy, findings, findings.deposit_labels.array, told)
    for name in ("deposits", "bones", "acro_osteolysis", "bone_destruction", "burden", "notices", "artefacts"):
        assert getattr(again, name) == getattr(findings, name), name
    assert np.array_equal(again.deposit_labels.array, findings.deposit_labels.array)


def test_parts_of_a_deposit_hold_what_the_whole_does(
    maps: MaterialMaps, anatomy: HandAnatomy, findings: Findings
) -> None:  # fmt: skip
    whole = findings.deposits[0]
    labels = findings.deposit_labels.array.copy()
    at = np.argwhere(labels == whole.deposit_id)
    labels[tuple(at[at[:, 0] > np.median(at[:, 0])].T)] = 500
    told = {deposit.deposit_id: Told() for deposit in findings.deposits[:-1]} | {500: Told(None, {"pattern": "sheet"})}
    again = {d.deposit_id: d for d in measure_given(maps, anatomy, findings, labels, told).deposits}
    assert findings.deposits[-1].deposit_id not in again
    parts = again[whole.deposit_id], again[500]
    assert parts[1].pattern == "sheet"
    assert sum(part.ha_mass_mg for part in parts) == pytest.approx(whole.ha_mass_mg, rel=0.1)
    assert sum(part.volume_mm3 for part in parts) == pytest.approx(whole.volume_mm3, rel=0.1)


def test_a_deposit_without_skin_over_it_is_flagged(
    maps: MaterialMaps, anatomy: HandAnatomy, findings: Findings
) -> None:
    """The hand's outline is taken in to the largest deposit's voxels, as if the skin over it were gone."""
    largest = next(deposit for deposit in findings.deposits if deposit.aspect in ("palmar", "dorsal"))
    assert "at_skin" not in largest.flags
    (hand,) = anatomy.hands
    grid = maps.low.grid.cropped(hand.start, hand.size)
    mine = findings.deposit_labels.cropped(hand.start, hand.size).array == largest.deposit_id
    outward = -hand.dorsal if largest.aspect == "palmar" else hand.dorsal
    points = grid.point_of(np.argwhere(hand.body)[:, ::-1]) @ outward
    top = (grid.point_of(np.argwhere(mine)[:, ::-1]) @ outward).max()
    body = hand.body.copy()
    body[tuple(np.argwhere(hand.body)[points > top + 0.1].T)] = False
    found = measure(maps, replace(anatomy, hands=(replace(hand, body=body),)))
    centre = [largest.centroid_x_mm, largest.centroid_y_mm, largest.centroid_z_mm]
    again = min(
        found.deposits,
        key=lambda d: np.linalg.norm(np.subtract(centre, [d.centroid_x_mm, d.centroid_y_mm, d.centroid_z_mm])),
    )
    assert "at_skin" in again.flags


def test_the_side_is_told(findings: Findings, truth: dict) -> None:  # type: ignore[type-arg]
    assert {deposit.side for deposit in findings.deposits} == set(truth["hands"])
    assert set(findings.burden) == {"all", *truth["hands"]}


def test_rows_and_labels_agree(findings: Findings) -> None:
    volumes = [deposit.volume_mm3 for deposit in findings.deposits]
    assert volumes == sorted(volumes, reverse=True)
    assert [d.deposit_id for d in findings.deposits] == list(range(1, len(volumes) + 1))
    labels = findings.deposit_labels
    for deposit in findings.deposits:
        k, j, i = np.nonzero(labels.array == deposit.deposit_id)
        assert len(k) > 0
        centre = labels.grid.point_of(np.stack([i, j, k], -1)).mean(0)
        assert np.abs(centre - [deposit.centroid_x_mm, deposit.centroid_y_mm, deposit.centroid_z_mm]).max() < 1.5
        assert deposit.max_diameter_mm >= (6 * deposit.volume_mm3 / np.pi) ** (1 / 3) * 0.8


def test_every_deposit_has_a_pattern(findings: Findings) -> None:
    assert all(d.pattern is not None and d.thickness_mm for d in findings.deposits)


def test_a_hand_without_damage_shows_none(findings: Findings) -> None:
    assert [row.digit for row in findings.acro_osteolysis] == [1, 2, 3, 4, 5] * 2
    assert [row.present for row in findings.acro_osteolysis] == [False] * 5 + [None] * 5
    assert {row.reason for row in findings.acro_osteolysis[5:]} == {"The scan does not show this hand."}
    assert findings.bone_destruction == ()


def test_a_deposit_lies_where_it_was_put(findings: Findings, truth: dict) -> None:  # type: ignore[type-arg]
    found = np.array([[d.centroid_x_mm, d.centroid_y_mm, d.centroid_z_mm] for d in findings.deposits])
    places = []
    for true in truth["deposits"]:
        if true["volume_mm3"] >= 20:
            mine = findings.deposits[int(np.linalg.norm(found - true["centroid_mm"], axis=1).argmin())]
            assert mine.compartment_shares is not None
            assert sum(mine.compartment_shares.values()) == pytest.approx(1.0, abs=0.01)
            assert mine.compartment == max(mine.compartment_shares, key=lambda name: mine.compartment_shares[name])
            places.append(((mine.compartment, mine.level, mine.digit), tuple(true[k] for k in _PLACE)))
    wrong = [(mine, true) for mine, true in places if mine != true]
    assert len(wrong) <= 1, wrong


def test_burden_adds_up_and_follows_the_rules(findings: Findings, anatomy: HandAnatomy) -> None:
    total = findings.burden["all"]
    assert total.number == len(findings.deposits)
    assert total.volume_mm3 == pytest.approx(sum(d.volume_mm3 for d in findings.deposits))
    largest = max(d.volume_mm3 for d in findings.deposits if d.material == "hydroxyapatite")
    labels = findings.deposit_labels
    for limit, expected in ((largest * 0.99, True), (largest * 1.01, False)):
        rule = FindingsSettings(bulky_deposit_mm3=limit, bulky_hand_mm3=1e6)
        burden = burden_of(list(findings.deposits), labels.array, labels.grid, anatomy.hands, rule)
        assert burden["all"].bulky is expected


def test_without_materials_burden_has_no_mass_and_no_rule_for_bulky(findings: Findings, anatomy: HandAnatomy) -> None:
    labels = findings.deposit_labels
    for deposits in (list(findings.deposits), []):
        burden = burden_of(deposits, labels.array, labels.grid, anatomy.hands, FindingsSettings(), with_materials=False)
        for part in burden.values():
            assert (part.ha_mass_mg, part.ha_mass_sd_mg, part.urate_mass_mg, part.bulky) == (None, None, None, None)
        assert burden["all"].number == len(deposits)


def distance_mm(one: Deposit, other: Deposit) -> float:
    centres = [(d.centroid_x_mm, d.centroid_y_mm, d.centroid_z_mm) for d in (one, other)]
    return float(np.linalg.norm(np.subtract(*centres)))


def test_one_energy_measures_volume_and_host_as_two_do(findings: Findings, maps: MaterialMaps) -> None:
    alone = replace(
        maps, concentrations=None, high=None, sensitivity=None, pair=None,
        single_energy=Energy("kv", 80), clipped_voxels=(0,),
        soft_tissue=replace(maps.soft_tissue, noise_hu=maps.soft_tissue.noise_hu[:1],
                            host_hu=maps.soft_tissue.host_hu[:1]),
    )  # fmt: skip
    found = measure(alone, find_hands(alone))
    assert found.quality.noise_high_hu is None
    assert found.vendor_rule is None
    for deposit in found.deposits:
        assert deposit.flags[-1] == "single_energy"
        assert deposit.vendor_urate_fraction is None
        assert min(deposit.volume_130_hu_mm3, deposit.agatston_like, deposit.projected_area_mm2) > 0
        twin = min(findings.deposits, key=lambda other: distance_mm(other, deposit))
        if twin.volume_mm3 > 20:
            assert deposit.volume_mm3 == pytest.approx(twin.volume_mm3, rel=0.35)
            assert deposit.mean_hu_low == pytest.approx(twin.mean_hu_low, rel=0.2)


def test_measures_of_older_work_stand_beside_each_deposit(findings: Findings) -> None:
    names = "volume_130_hu_mm3", "volume_150_hu_mm3", "volume_200_hu_mm3", "volume_300_hu_mm3"
    for deposit in findings.deposits:
        volumes = [getattr(deposit, name) for name in names]
        assert volumes == sorted(volumes, reverse=True)
        assert volumes[0] > deposit.volume_mm3  # blur: a fixed low threshold takes the halo in
        assert volumes[0] / 3.0 - 1e-6 <= deposit.agatston_like <= 4 * volumes[0] / 3.0 + 1e-6
        assert 0 < deposit.projected_area_mm2 <= 1.2 * deposit.max_diameter_mm**2
    for name in (*names, "agatston_like", "projected_area_mm2"):
        total = sum(getattr(deposit, name) for deposit in findings.deposits)
        assert getattr(findings.burden["all"], name) == pytest.approx(total)


def test_the_vendor_rule_is_told_with_its_parameters(findings: Findings, anatomy: HandAnatomy) -> None:
    rule = findings.vendor_rule
    assert rule is not None
    assert (rule.parameters["ratio"], rule.parameters["minimum_hu"]) == (1.36, 150.0)
    assert set(rule.hands) == {"all", *(hand.side for hand in anatomy.hands)}
    assert rule.hands["all"].calcium_mm3 > 10_000  # bone is painted, too
    assert rule.hands["all"].calcium_mm3 == sum(rule.hands[hand.side].calcium_mm3 for hand in anatomy.hands)
    assert all(d.vendor_urate_fraction is not None for d in findings.deposits if d.volume_mm3 > 10)


def test_the_vendor_rule_names_the_material_when_it_is_asked_to(
    findings: Findings, maps: MaterialMaps, anatomy: HandAnatomy
) -> None:
    steep = VendorRuleSettings(ratio=4.9, maximum_hu=10_000.0)
    found = measure(
        maps, anatomy, Settings(materials=MaterialsSettings(classification="vendor_ratio", vendor_rule=steep))
    )
    assert min(d.vendor_urate_fraction for d in found.deposits) > 0.5
    assert {(d.material, d.ha_mass_mg, d.confidence, d.flags[-1]) for d in found.deposits} == {
        ("urate", 0.0, None, "vendor_ratio")
    }
    assert [d.volume_mm3 for d in found.deposits] == pytest.approx([d.volume_mm3 for d in findings.deposits])
    assert found.burden["all"].urate_mass_mg > 0
