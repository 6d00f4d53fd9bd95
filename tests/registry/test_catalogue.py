"""The catalogue holds what the study asked, and nothing that tables or REDCap can't take."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

import calcidect.registry
from calcidect.findings import AcroOsteolysis, BoneDestruction, Burden, Deposit
from calcidect.registry import MISSING, catalogue, catalogue_markdown
from calcidect.registry._catalogue import Kind, Level, entered_items, items, label_of
from calcidect.registry._classification import _GROUPS, COMPUTED

ITEMS = catalogue()


def test_levels_and_kinds_are_known():
    assert {item.level for item in ITEMS} == set(get_args(Level))
    assert {item.kind for item in ITEMS} == set(get_args(Kind))


def test_names_are_unique_in_a_level_and_among_entered_items():
    assert max(Counter((item.level, item.name) for item in ITEMS).values()) == 1
    entered = [item.name for item in ITEMS if item.level in ("key", "person", "visit")]
    assert len(entered) == len(set(entered)) == len(entered_items())
    assert not set(entered) & set(COMPUTED)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.level}-{item.name}")
def test_each_item_is_whole(item):
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", item.name)  # REDCap's rule, and no "___"
    assert item.label
    assert item.source
    assert bool(item.codes) == (item.kind in ("code", "codes"))
    assert not set(item.codes) & set(MISSING)
    assert all(re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", code) for code in item.codes)
    assert item.minimum is None or item.maximum is None or item.minimum < item.maximum
    if item.requires:
        needed = items(item.level)[item.requires[0]]
        assert needed.kind == "yes_no"
        assert item.requires[1] == "yes"


def test_people_enter_no_free_text():
    assert {item.kind for item in entered_items().values()} <= {
        "id", "integer", "number", "yes_no", "code", "codes", "date", "month",
    }  # fmt: skip


def test_the_only_full_date_is_that_of_the_visit():
    assert [name for name, item in entered_items().items() if item.kind == "date"] == ["visit_date"]


@pytest.mark.parametrize(
    ("level", "kind"),
    [("deposit", Deposit), ("digit", AcroOsteolysis), ("destruction", BoneDestruction)],
)
def test_findings_have_the_columns_of_a_result_in_their_order(level, kind):
    assert list(items(level)) == [f.name for f in fields(kind)]


def test_a_hand_has_the_columns_of_its_burden():
    assert list(items("hand"))[1:] == [f.name for f in fields(Burden)]


def test_what_the_study_and_its_successors_recorded_has_an_item():
    wanted = {
        "sex",
        "ethnicity",
        "dominant_hand",
        "ssc_subset",
        "raynaud_onset",
        "non_raynaud_onset",
        "age_years",
        "aca",
        "scl70",
        "rnap3",
        "pmscl",
        "u1rnp",
        "u3rnp",
        "thto",
        "ku",
        "ro52",
        "digital_ulcers_ischaemic",
        "reflux",
        "ild",
        "pah",
        "mrss",
        "haq_di",
        "shaq_total",
        "cochin_total",
        "digital_ulcers_ever",
        "digital_ulcers_from_calcinosis",
        "digital_ulcers_course",
        "disabled_by_calcinosis",
        "disabled_by_calcinosis_reasons",
        "painful_ulcer",
        "soft_tissue_swelling",
        "contracture",
        "joint_swelling",
        "infection",
        "calcium_channel_blocker",
        "pde5_inhibitor",
        "endothelin_antagonist",
        "prostanoid",
        "bisphosphonate",
        "warfarin",
        "thiosulfate",
        "minocycline",
        "calcinosis_surgery",
        "hand_trauma",
        "occupation_of_hands",
        "us_calcification",
        "us_synovitis",
        "us_tenosynovitis",
        "xr_calcinosis",
        "xr_sctc_score_right",
    }
    assert wanted <= set(entered_items())
    for symptom in ("painful_ulcer", "soft_tissue_swelling", "contracture", "joint_swelling", "infection"):
        assert {f"{symptom}_onset", f"{symptom}_where"} <= set(entered_items())


def test_the_classification_uses_items_that_exist():
    assert {name for group in _GROUPS for name in group} <= set(entered_items())


def test_labels_of_codes_are_words():
    assert label_of("soft_tissue_swelling") == "Soft tissue swelling"


def test_the_manual_lists_the_items_as_they_are():
    page = Path(__file__).parents[2] / "docs" / "registry.md"
    assert page.read_text(encoding="utf-8").endswith(f"\n\n{catalogue_markdown()}"), (
        "python scripts/build_registry_doc.py"
    )


def test_the_manual_names_every_fault():
    room = Path(calcidect.registry.__file__).parent
    told = re.findall(r'(?:Fault\(|raise Fault\()\s*"(\w+)"', "".join(p.read_text() for p in room.glob("_*.py")))
    page = (Path(__file__).parents[2] / "docs" / "registry.md").read_text(encoding="utf-8")
    of_redcap_or_of_results_alone = {"wrong_event", "not_a_word", "not_a_text"}
    assert {code for code in told if f"`{code}`" not in page} <= of_redcap_or_of_results_alone
    assert len(set(told)) > 30
