"""The 2013 ACR/EULAR score, by its published rules."""

from __future__ import annotations

import pytest

from calcidect.registry import classify
from calcidect.registry._classification import computed_items

NO = dict.fromkeys(
    [
        "acr_skin_thickening_past_mcp", "acr_puffy_fingers", "acr_sclerodactyly", "acr_fingertip_ulcers",
        "acr_pitting_scars", "acr_telangiectasia", "acr_abnormal_nailfold_capillaries", "acr_raynaud", "pah", "ild",
        "acr_fingers_spared", "acr_explained_by_other",
    ],
    False,
)  # fmt: skip
NEGATIVE = dict.fromkeys(["aca", "scl70", "rnap3"], "negative")


def score(*present, missing=(), antibodies=(), reason="unknown"):
    visit = {**NO, **dict.fromkeys(present, True), **dict.fromkeys(missing, reason)}
    person = {**NEGATIVE, **dict.fromkeys(antibodies, "positive")}
    found = classify(person, visit)
    return found.lowest, found.highest, found.verdict


@pytest.mark.parametrize(
    ("present", "points"),
    [
        ([], 0),
        (["acr_puffy_fingers"], 2),
        (["acr_puffy_fingers", "acr_sclerodactyly"], 4),
        (["acr_fingertip_ulcers", "acr_pitting_scars"], 3),
        (["pah", "ild"], 2),
        (["acr_telangiectasia", "acr_abnormal_nailfold_capillaries"], 4),
        (["acr_raynaud"], 3),
        (["acr_skin_thickening_past_mcp"], 9),
        (["acr_skin_thickening_past_mcp", "acr_raynaud"], 9),
    ],
)
def test_points_are_added_and_of_two_only_the_higher_counts(present, points):
    assert score(*present)[:2] == (points, points)


def test_several_antibodies_count_once():
    assert score(antibodies=["aca", "scl70", "rnap3"])[:2] == (3, 3)


def test_nine_points_are_systemic_sclerosis():
    assert score("acr_sclerodactyly", "acr_raynaud", "ild") == (9, 9, "ssc")
    assert score("acr_sclerodactyly", "acr_raynaud") == (7, 7, "not_ssc")


def test_all_items_make_nineteen_points():
    present = [
        name
        for name in NO
        if name not in ("acr_skin_thickening_past_mcp", "acr_fingers_spared", "acr_explained_by_other")
    ]
    assert score(*present, antibodies=["aca"]) == (19, 19, "ssc")


@pytest.mark.parametrize("reason", ["unknown", "not_done", "not_applicable", None])
def test_missing_items_leave_bounds_and_decide_only_where_they_can(reason):
    missing = ["acr_abnormal_nailfold_capillaries"]
    assert score("acr_sclerodactyly", "acr_raynaud", missing=missing, reason=reason) == (7, 9, None)
    assert score("acr_raynaud", missing=missing, reason=reason) == (3, 5, "not_ssc")
    assert score("acr_sclerodactyly", "acr_raynaud", "pah", missing=missing, reason=reason) == (9, 11, "ssc")


def test_without_knowing_the_sufficient_criterion_few_points_decide_nothing():
    assert score("acr_raynaud", missing=["acr_skin_thickening_past_mcp"]) == (3, 9, None)


@pytest.mark.parametrize("name", ["acr_fingers_spared", "acr_explained_by_other"])
def test_exclusions_make_the_criteria_not_applicable(name):
    assert score("acr_skin_thickening_past_mcp", name)[2] == "not_applicable"


def test_an_exclusion_that_was_not_entered_counts_as_absent():
    missing = ["acr_fingers_spared", "acr_explained_by_other"]
    assert score("acr_skin_thickening_past_mcp", missing=missing)[2] == "ssc"


def test_nothing_entered_says_nothing():
    found = classify({}, {})
    assert (found.lowest, found.verdict) == (0, None)
    assert computed_items({}, {})["acr_eular_score"] is None


def test_durations_count_from_each_onset_to_the_visit():
    person = {"raynaud_onset": "2000-01", "non_raynaud_onset": "2004"}
    found = computed_items(person, {"visit_date": "2024-01-16"})
    assert found["raynaud_duration_years"] == 24.0
    assert found["disease_duration_years"] == 19.5
    assert computed_items({"raynaud_onset": "unknown"}, {"visit_date": "2024-01-16"})["raynaud_duration_years"] is None
