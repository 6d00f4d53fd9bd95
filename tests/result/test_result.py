"""The ``Result`` value: valid by construction, and at home in a notebook."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from calcidect.anatomy import BoneLabel
from calcidect.errors import Notice
from calcidect.findings import AcroOsteolysis, Findings
from calcidect.geometry import Grid
from calcidect.result import NotAssessed, assemble
from support.results import make_scene, small_result, small_scene, without_deposits


def test_warnings_of_every_room_come_once_and_in_order():
    scene = small_scene()
    a, b, c = (Notice(code, code) for code in "abc")
    scene = replace(
        scene,
        study=replace(scene.study, notices=(a,)),
        maps=replace(scene.maps, notices=(b, a)),
        findings=replace(scene.findings, notices=(c, b), quality=replace(scene.findings.quality, notices=())),
    )
    result = scene.result()
    assert result.warnings == result.findings.notices == (a, b, c)


def test_facts_hold_pair_and_pseudonym():
    study = small_result().study
    assert (study.subject_id, study.pair, study.age_years) == ("SSC-0042", "80/Sn150", 57.0)


def test_hand_axes_are_kept():
    right = small_result().hands[0]
    assert (right.side, right.distal, right.radial) == ("right", (0.0, 0.0, 1.0), (1.0, 0.0, 0.0))


def test_what_is_not_assessed_is_said():
    scene = small_scene()
    bare = replace(
        scene.findings,
        acro_osteolysis=(),
        bone_destruction=(),
        bones=tuple(replace(bone, bone="unnamed") for bone in scene.findings.bones),
        deposits=tuple(replace(d, compartment=None) for d in scene.findings.deposits),
        burden={hand: replace(b, forearm_extension=None) for hand, b in scene.findings.burden.items()},
    )
    names = [item.name for item in replace(scene, findings=bare).result().not_assessed]
    assert names == [
        "acro_osteolysis",
        "bone_destruction",
        "bones.bone",
        "deposits.compartment",
        "burden.forearm_extension",
    ]
    assert small_result().not_assessed == ()


def test_digits_without_a_number_count_as_not_assessed():
    scene = small_scene()
    nulls = tuple(AcroOsteolysis(s, n, None, None, None, None, "Cut off.") for s in ("right", "left") for n in (1, 2))
    findings = replace(scene.findings, acro_osteolysis=nulls, bone_destruction=())
    missing = {item.name: item.reason for item in replace(scene, findings=findings).result().not_assessed}
    assert missing == {"acro_osteolysis": "Cut off."}


def test_what_is_not_assessed_may_be_given():
    scene = small_scene()
    given = (NotAssessed("urate", "One energy only."),)
    parts = (scene.study, scene.maps, scene.anatomy, scene.findings, scene.provenance)
    assert assemble(*parts, not_assessed=given).not_assessed == given


def _without_first_deposit(findings: Findings) -> Findings:
    return replace(findings, deposits=findings.deposits[1:])


def _with_ghost(findings: Findings) -> Findings:
    return replace(findings, deposits=(*findings.deposits, replace(findings.deposits[0], deposit_id=99)))


def _twice(findings: Findings) -> Findings:
    return replace(findings, deposits=(*findings.deposits, findings.deposits[0]))


@pytest.mark.parametrize("change", [_without_first_deposit, _with_ghost, _twice])
def test_labels_and_deposits_must_agree(change):
    with pytest.raises(ValueError, match="deposit"):
        replace(small_result(), findings=change(small_result().findings))


def test_unknown_bone_label_is_refused():
    with pytest.raises(ValueError, match="without a meaning"):
        replace(small_result(), bone_labels={1: BoneLabel("left", "radius")})


def test_volumes_must_share_a_grid():
    result = small_result()
    grid = result.bone_map.grid
    moved = Grid(grid.size, grid.spacing_mm, (0.0, 0.0, 0.0))
    with pytest.raises(ValueError, match="same grid"):
        replace(result, concentrations=replace(result.concentrations, grid=moved))


def test_labels_must_be_of_the_contract_type():
    result = small_result()
    with pytest.raises(ValueError, match="uint8"):
        replace(result, bone_map=result.bone_map.like(result.bone_map.array.astype(np.int32)))


def test_repr_is_one_line_without_arrays():
    text = repr(small_result())
    assert text.startswith("<Result SSC-0042: 5 deposits,")
    assert "\n" not in text


def test_html_escapes_what_the_scan_says():
    html = make_scene(subject_id="<script>x</script>").result()._repr_html_()
    assert "<script>" not in html
    assert "Research use only" in html


def test_frames_have_fixed_types_even_when_empty():
    full, empty = small_result(), without_deposits(small_scene()).result()
    assert empty.deposits.empty
    assert (full.deposits.dtypes == empty.deposits.dtypes).all()
    assert full.deposits["digit"].dtype == "Int64"
    assert pd.isna(full.deposits["digit"][2])
    assert empty._repr_html_()


def test_burden_has_a_row_per_hand_in_the_scan():
    burden = small_result().burden
    assert burden.index.tolist() == ["right", "left", "all"]
    assert burden.loc["all", "number"] == 5
    assert without_deposits(make_scene(sides=("left",))).result().burden.index.tolist() == ["left", "all"]
