"""The walk through the rooms, with made-up rooms: what is called, what it costs, what is left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

import calcidect
from calcidect import api
from calcidect.errors import StudyRefusedError, UsageError
from calcidect.settings import MaterialsSettings, Settings
from support.results import small_scene


@pytest.fixture
def rooms(monkeypatch):
    """Put a made-up scene behind every room and write down who was called."""
    scene, calls = small_scene(), []

    def room(name, answer):
        def enter(*arguments):
            calls.append((name, arguments))
            return answer

        monkeypatch.setattr(api, name, enter)

    room("read_study", scene.study)
    room("decompose", scene.maps)
    room("find_hands", scene.anatomy)
    room("measure", scene.findings)
    monkeypatch.setattr(api, "write_report", lambda result, low, folder: (folder / "report.html").write_text("made"))
    return calls


def test_a_study_walks_through_the_rooms_in_order(rooms):
    result = api.analyze(small_scene().study)
    assert [name for name, _ in rooms] == ["decompose", "find_hands", "measure"]
    assert result.findings.deposits == small_scene().findings.deposits
    assert [step.step for step in result.provenance.steps] == ["materials", "anatomy", "findings"]
    assert all(step.seconds >= 0 for step in result.provenance.steps)


def test_settings_reach_every_room_and_the_provenance(rooms):
    settings = Settings(materials=MaterialsSettings(mineral_threshold_hu=250.0))
    result = api.analyze(small_scene().study, settings)
    assert all(settings in arguments for _, arguments in rooms)
    (row,) = [row for row in result.provenance.settings if row["name"] == "materials.mineral_threshold_hu"]
    assert (row["value"], row["is_default"]) == (250.0, False)


def test_the_calibration_and_the_input_are_in_the_provenance(rooms):
    provenance = api.analyze(small_scene().study).provenance
    assert provenance.calibration == small_scene().maps.sensitivity.source
    assert provenance.input_hash == small_scene().study.input_hash


def test_a_folder_becomes_a_result_folder_with_its_report(rooms, tmp_path):
    steps = []
    out = tmp_path / "new" / "result"
    result = api.analyze_folder(tmp_path / "scan", out, progress=lambda step, fraction: steps.append((step, fraction)))
    assert (out / "report.html").read_text() == "made"
    assert calcidect.Result.load(out).findings.deposits == result.findings.deposits
    assert result.provenance.steps[0].step == "study"
    assert steps[-1] == ("result and report", 1.0)


def test_an_existing_result_is_refused_before_anything_is_read(rooms, tmp_path):
    out = tmp_path / "result"
    out.mkdir()
    with pytest.raises(UsageError) as caught:
        api.analyze_folder(tmp_path / "scan", out)
    assert caught.value.code == "output_exists"
    assert rooms == []


def test_force_replaces_an_existing_result(rooms, tmp_path):
    out = tmp_path / "result"
    out.mkdir()
    (out / "old.txt").write_text("old")
    api.analyze_folder(tmp_path / "scan", out, force=True)
    assert not (out / "old.txt").exists()
    assert (out / "findings.json").exists()


def test_a_failing_report_leaves_nothing_behind(rooms, tmp_path, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(api, "write_report", fail)
    with pytest.raises(ZeroDivisionError):
        api.analyze_folder(tmp_path / "scan", tmp_path / "result")
    assert list(tmp_path.iterdir()) == []


def test_a_refused_scan_leaves_nothing_behind(rooms, tmp_path, monkeypatch):
    def refuse(*_):
        raise StudyRefusedError("one_energy", found="One energy.", expected="Two.", remedy="Scan again.")

    monkeypatch.setattr(api, "read_study", refuse)
    with pytest.raises(StudyRefusedError):
        api.analyze_folder(tmp_path / "scan", tmp_path / "result")
    assert list(tmp_path.iterdir()) == []


def test_peak_memory_is_left_open_where_the_system_does_not_tell(rooms, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "resource", None)
    result = api.analyze(small_scene().study)
    assert {step.peak_mib for step in result.provenance.steps} == {None}


def test_simulated_hands_are_measured_from_dicom_to_report(coarse_case: Path, tmp_path: Path):
    result = calcidect.analyze_folder(coarse_case / "dicom", tmp_path / "result")
    written = {path.relative_to(tmp_path / "result").as_posix() for path in (tmp_path / "result").rglob("*.*")}
    assert written >= {
        "findings.json",
        "deposits.csv",
        "bones.csv",
        "bones.nii.gz",
        "labels.json",
        "deposits.nii.gz",
        "materials/hydroxyapatite.nii.gz",
        "materials/hydroxyapatite_sd.nii.gz",
        "materials/urate.nii.gz",
        "materials/urate_sd.nii.gz",
        "report.html",
        "report.pdf",
        "provenance.json",
    }
    assert calcidect.Result.load(tmp_path / "result").findings.deposits == result.findings.deposits
    assert {hand.side for hand in result.hands} == {"left", "right"}
    assert all(step.peak_mib is None or step.peak_mib > 0 for step in result.provenance.steps)
