"""From files of inserts and calibrations to the calibration a scan is measured with."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from calcidect._calibrating import calibrated
from calcidect.api import recorded_settings
from calcidect.cli import app
from calcidect.errors import InputRefusedError
from calcidect.materials import MODEL, calibrate, calibration_of, calibration_text, for_site
from calcidect.phantom._dicom import ScanLabels, write_pair
from calcidect.settings import Settings, load_settings
from materials.blocks import KV140, SN150
from materials.phantoms import CONTENTS, inserts, scan

GAIN = (1.06, 0.95)
INSERTS = "".join(f'[[inserts]]\nmaterial = "hydroxyapatite"\nmg_per_cm3 = {c}\n' for c in CONTENTS)


@pytest.fixture(scope="module")
def phantom():
    return scan(gain=GAIN)


@pytest.fixture
def site(phantom, tmp_path):
    path = tmp_path / "site.json"
    path.write_text(calibration_text(for_site(calibrate(phantom, inserts()).calibration)), encoding="utf-8")
    return path


def settings_with(**files) -> Settings:
    return Settings.model_validate({"materials": {name: str(path) for name, path in files.items()}})


def codes_of(study, site, **settings):
    return [n.code for n in calibrated(study, settings_with(calibration_file=site, **settings))[0].notices]


def test_without_files_a_scan_is_measured_with_the_model(phantom):
    assert calibrated(phantom, Settings()) == (phantom, MODEL)


def test_a_site_s_file_is_used_as_it_is(phantom, site):
    study, calibration = calibrated(phantom, settings_with(calibration_file=site))
    assert calibration == calibration_of(site.read_text(encoding="utf-8"))
    assert study.notices == ()


def test_an_old_calibration_is_told(phantom, site):
    assert codes_of(replace(phantom, study_date="2028-11-02"), site) == []
    assert codes_of(replace(phantom, study_date="2028-12-02"), site) == ["calibration_old"]
    assert codes_of(replace(phantom, study_date="2024-10-30"), site) == ["calibration_old"]
    assert codes_of(replace(phantom, study_date="2027-01-01"), site, calibration_months=1) == ["calibration_old"]
    assert codes_of(replace(phantom, study_date=None), site) == []


def test_another_maker_s_scanner_is_told(phantom, site):
    assert codes_of(replace(phantom, manufacturer="MAKER "), site) == []
    assert codes_of(replace(phantom, manufacturer="Other"), site) == ["calibration_of_another_scanner"]
    assert codes_of(replace(phantom, manufacturer=""), site) == []


def test_another_pair_is_refused(phantom, site):
    with pytest.raises(InputRefusedError, match="for 80/Sn150, the scan is 80/140"):
        calibrated(replace(phantom, pair=KV140), settings_with(calibration_file=site))


def test_one_energy_needs_no_calibration(phantom, site):
    single = replace(phantom, high=None, pair=None, single_energy=SN150.low, maximum_hu=(3071.0,))
    assert calibrated(single, settings_with(calibration_file=site)) == (single, MODEL)


def test_inserts_in_the_scan_come_before_a_site_s_file_and_are_taken_out(site, tmp_path):
    path = tmp_path / "inserts.toml"
    path.write_text(INSERTS, encoding="utf-8")
    study, calibration = calibrated(
        scan(gain=GAIN, finger=True), settings_with(calibration_file=site, inserts_file=path)
    )
    assert calibration.kind == "in_scan"
    assert [notice.code for notice in study.notices] == ["phantom_taken_out"]


@pytest.mark.parametrize(("name", "what"), [("inserts_file", "inserts"), ("calibration_file", "calibration")])
def test_a_missing_file_is_told_without_its_path(phantom, tmp_path, name, what):
    with pytest.raises(InputRefusedError) as refused:
        calibrated(phantom, settings_with(**{name: tmp_path / "Secret.toml"}))
    assert refused.value.code == f"{what}_unreadable"
    assert "Secret" not in str(refused.value)


def test_the_result_keeps_names_of_files_without_their_folders(site):
    recorded = {row["name"]: row["value"] for row in recorded_settings(settings_with(calibration_file=site))}
    assert recorded["materials.calibration_file"] == "site.json"
    assert recorded["materials.inserts_file"] == ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a scan of the phantom as DICOM, and its list of inserts."""
    folder, study = tmp_path_factory.mktemp("phantom"), scan(gain=GAIN)
    write_pair(
        study.low, study.high, SN150, folder / "scan", vendor="siemens_force", seed=3, thickness_mm=1.0,
        labels=ScanLabels(patient_id="ID-4711", patient_name="Secret^Name", age_years=57),
    )  # fmt: skip
    (folder / "inserts.toml").write_text(INSERTS, encoding="utf-8")
    return folder


class TestVerb:
    def calibrate(self, folder, out, *more):
        words = ["calibrate", folder / "scan", "--inserts", folder / "inserts.toml", "--out", out, *more]
        return CliRunner().invoke(app, [str(word) for word in words])

    def test_a_scan_of_a_phantom_becomes_a_file(self, folder, tmp_path):
        out = tmp_path / "new" / "site.json"
        done = self.calibrate(folder, out)
        assert done.exit_code == 0, done.output
        assert re.search(r"Hydroxyapatite against the model: 1\.0[567]", done.stdout)
        text = out.read_text(encoding="utf-8")
        assert calibration_of(text).ha_factor == pytest.approx(GAIN, rel=0.01)
        assert len(calibration_of(text).measured_month) == 7
        assert not any(secret in text for secret in ("4711", "Secret", str(folder)))
        assert [path.name for path in out.parent.iterdir()] == ["site.json"]

    def test_with_json_standard_output_is_the_file(self, folder, tmp_path):
        out = tmp_path / "site.json"
        document = json.loads(self.calibrate(folder, out, "--json").stdout)
        assert document.pop("out") == str(out)
        assert document == json.loads(out.read_text(encoding="utf-8"))

    def test_an_existing_file_is_kept_without_force(self, folder, tmp_path):
        out = tmp_path / "site.json"
        out.write_text("mine", encoding="utf-8")
        assert self.calibrate(folder, out).exit_code == 2
        assert out.read_text(encoding="utf-8") == "mine"
        assert self.calibrate(folder, out, "--force").exit_code == 0
        assert out.read_text(encoding="utf-8") != "mine"

    def test_inserts_that_are_not_there_leave_no_file(self, folder, tmp_path):
        wrong = tmp_path / "inserts.toml"
        wrong.write_text(INSERTS + '[[inserts]]\nmaterial = "urate"\nmg_per_cm3 = 600\n', encoding="utf-8")
        words = ["calibrate", folder / "scan", "--inserts", wrong, "--out", tmp_path / "site.json", "--json"]
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == 3
        assert json.loads(done.stderr.splitlines()[-1])["code"] in ("inserts_not_found", "inserts_order_unclear")
        assert not (tmp_path / "site.json").exists()


def test_the_flag_is_the_setting(tmp_path, monkeypatch):
    import calcidect.api

    seen = {}
    monkeypatch.setattr(calcidect.api, "analyze_folder", lambda source, out, settings, **_: seen.update(s=settings))
    CliRunner().invoke(app, ["analyze", "scan", "--out", "result", "--calibration", "site.json"])
    assert seen["s"].materials.calibration_file == "site.json"
    assert load_settings().materials.calibration_file == ""
