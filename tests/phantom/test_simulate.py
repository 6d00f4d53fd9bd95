"""From a scenario to a case folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest

from calcidect.errors import InputRefusedError, UsageError
from calcidect.geometry import Volume
from calcidect.phantom import load_scenario, simulate
from conftest import coarse

SCENARIO = """
hands = ["left"]
pair = "80/140"
quick = true
[scanner]
noise_hu = [12.0, 9.0]
[acro_osteolysis]
left_3 = 0.25
[[deposits]]
side = "left"
compartment = "carpal_tunnel"
pattern = "nodule"
digit = 3
size_mm = 6.0
mg_per_cm3 = 700.0
"""


def digest(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*")) if p.is_file()
    }  # fmt: skip


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    scenario = coarse(load_scenario("healthy", seed=8, quick=True))
    for name in ("one", "two"):
        simulate(scenario, tmp_path / name)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    simulate(replace(scenario, seed=9), tmp_path / "three")
    assert digest(tmp_path / "one") != digest(tmp_path / "three")


def test_a_scenario_file_is_made_as_written(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SCENARIO)
    simulate(coarse(load_scenario(str(tmp_path / "mine.toml"), seed=2)), tmp_path / "case")
    truth = json.loads((tmp_path / "case/truth/truth.json").read_text())
    assert truth["hands"] == ["left"]
    assert truth["pair"] == "80/140"
    (deposit,) = truth["deposits"]
    assert (deposit["compartment"], deposit["level"], deposit["side"]) == ("carpal_tunnel", "carpus", "left")
    assert deposit["mean_ha_mg_per_cm3"] == pytest.approx(700, rel=0.05)
    lost = {row["digit"]: row["fraction_lost"] for row in truth["acro_osteolysis"]}
    assert lost[3] == pytest.approx(0.25, abs=0.06)
    assert lost[2] == 0


def test_a_file_says_its_seed_and_its_person_and_a_seed_that_is_asked_for_goes_before_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('seed = 41\nhands = ["left"]\n[person]\nsex = "M"\nage_years = 60\n')
    assert load_scenario(str(path)).seed == 41
    assert load_scenario(str(path)) == load_scenario(str(path), seed=41)
    assert load_scenario(str(path), seed=0).seed == 0
    simulate(replace(coarse(load_scenario(str(path))), deposits=(), matrix=None), tmp_path / "case")
    header = pydicom.dcmread(next((tmp_path / "case/dicom").rglob("*.dcm")), stop_before_pixels=True)
    assert (header.PatientSex, header.PatientAge) == ("M", "060Y")


WRONG = {
    "hands are no list": "hands = 3",
    "no hand": "hands = []",
    "unknown key": "colour = 'red'",
    "one energy": "pair = '80'",
    "unknown vendor": "vendor = 'acme'",
    "deposit without a compartment": "[[deposits]]\nside = 'left'",
    "unknown pattern": SCENARIO.replace("nodule", "lump"),
    "deposit of a hand that is not there": SCENARIO.replace('side = "left"', 'side = "right"'),
    "unknown digit": SCENARIO.replace("left_3", "left_13"),
    "unknown scanner setting": "[scanner]\nzoom = 3",
    "unknown sex": "[person]\nsex = 'X'",
    "a child": "[person]\nage_years = 9",
    "unknown fact of the person": "[person]\nname = 'N'",
    "no TOML": "not toml",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_wrong_scenario_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong.toml").write_text(text)
    with pytest.raises(InputRefusedError):
        load_scenario(str(tmp_path / "wrong.toml"))


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputRefusedError, match="standard"):
        load_scenario("nonsense")


def test_an_existing_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "keep.txt").write_text("mine")
    with pytest.raises(UsageError):
        simulate(load_scenario("healthy"), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["keep.txt"]


def test_truth_labels_agree_with_the_amounts(quick_case: Path) -> None:
    truth = json.loads((quick_case / "truth/truth.json").read_text())
    labels = Volume.from_nifti(nibabel.load(quick_case / "truth/deposits.nii.gz"))
    assert truth["deposits"]
    for deposit in truth["deposits"]:
        voxels = labels.array == deposit["deposit_id"]
        assert voxels.any(), "the best voxel of every deposit is labelled"
        k, j, i = (float(np.mean(index)) for index in np.nonzero(voxels))
        assert np.linalg.norm(labels.grid.point_of([i, j, k]) - deposit["centroid_mm"]) < 1.0
        if deposit["volume_mm3"] > 60 and deposit["pattern"] == "nodule":
            counted_mm3 = voxels.sum() * labels.grid.voxel_volume_mm3
            assert counted_mm3 == pytest.approx(deposit["volume_mm3"], rel=0.15)


def test_the_standard_scenario_touches_no_bone(quick_case: Path) -> None:
    truth = json.loads((quick_case / "truth/truth.json").read_text())
    assert not any(deposit["touches_bone"] for deposit in truth["deposits"])
    assert min(deposit["distance_to_bone_mm"] or 9.0 for deposit in truth["deposits"]) > 1.5


def test_both_hands_lie_on_their_sides(coarse_case: Path) -> None:
    truth = json.loads((coarse_case / "truth/truth.json").read_text())
    bones = Volume.from_nifti(nibabel.load(coarse_case / "truth/bones.nii.gz"))
    x = {"right": [], "left": []}
    for label, meaning in truth["bones"].items():
        index = np.nonzero(bones.array == int(label))
        if len(index[0]):
            x[meaning["side"]].append(bones.grid.point_of([n.mean() for n in index[::-1]])[0])
    assert max(x["right"]) < min(x["left"]), "the patient's right is at smaller x"
