"""What each verb does and shows."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import calcidect.api
import calcidect.phantom
import calcidect.study
from calcidect.cli import app
from calcidect.settings import Settings, load_settings
from support.cases import box, write_case, write_result
from support.dicom import write_small
from support.results import small_result

VERBS = ("demo", "simulate", "inspect", "analyze", "review", "calibrate", "validate", "settings", "registry", "cohort")
DEPOSIT, FALSE = box((10, 10, 5), (4, 4, 4)), box((2, 15, 15), (2, 2, 2))


def call(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_every_verb_shows_an_example(verb):
    done = call(verb, "--help")
    assert done.exit_code == 0
    assert re.search(rf"Examples?:\n\s+calcidect {verb}", done.stdout)


def test_help_lists_exactly_the_verbs_that_exist():
    listed = re.findall(r"^  (\w+) {2,}", call("--help").stdout.split("Commands:")[1], re.MULTILINE)
    assert tuple(listed) == VERBS


def test_version_says_research_use_only():
    done = call("--version")
    assert done.exit_code == 0
    assert done.stdout == f"calcidect {calcidect.__version__}. Research use only. Not a medical device.\n"


def test_the_module_runs_as_the_command_does():
    done = subprocess.run([sys.executable, "-m", "calcidect", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("calcidect ")


def test_no_verb_shows_the_help():
    done = call()
    assert "Commands:" in done.output


class TestSettings:
    def test_every_setting_is_shown_with_unit_range_and_source(self):
        shown = call("settings").stdout
        for row in Settings().described():
            assert row["name"] in shown
            assert row["source"].split()[0] in shown
        assert re.search(r"findings\.join_gap_mm +2\.0 +mm +>= 0, <= 10 +parts with gaps", shown)

    def test_the_toml_file_keeps_beams(self, tmp_path):
        mine, again = tmp_path / "mine.toml", tmp_path / "again.toml"
        mine.write_text("[materials.beams.Sn100]\ntube_kv = 100\ntin_mm = 0.4\n", encoding="utf-8")
        again.write_text(call("settings", "--settings", mine, "--toml").stdout, encoding="utf-8")
        assert load_settings(again) == load_settings(mine) != Settings()

    def test_the_toml_file_is_ready_to_use(self, tmp_path):
        path = tmp_path / "all.toml"
        path.write_text(call("settings", "--toml").stdout, encoding="utf-8")
        assert load_settings(path) == Settings()

    def test_values_of_a_file_are_marked(self, tmp_path):
        path = tmp_path / "mine.toml"
        path.write_text("[findings]\njoin_gap_mm = 1.5\n", encoding="utf-8")
        shown = call("settings", "--settings", path).stdout
        assert re.search(r"findings\.join_gap_mm +1\.5 \*", shown)
        assert shown.count("*") == 1


class TestAnalyze:
    @pytest.fixture
    def seen(self, monkeypatch):
        seen = SimpleNamespace()

        def analyze_folder(source, out, settings, *, force, progress):
            seen.source, seen.out, seen.settings, seen.force = source, out, settings, force
            progress("reading headers", 0.0)
            progress("reading headers", 1.0)
            progress("anatomy", 1.0)
            return small_result()

        monkeypatch.setattr(calcidect.api, "analyze_folder", analyze_folder)
        return seen

    def test_what_was_found_is_told_in_a_few_lines(self, seen):
        done = call("analyze", "scan", "--out", "result")
        burden = small_result().findings.burden["all"]
        assert done.exit_code == 0
        assert "Hands: right, left" in done.stdout
        assert f"Deposits: {burden.number}, {burden.volume_mm3:.0f} mm3" in done.stdout
        assert "Note (hands_cut_off)" in done.stdout
        assert os.path.join("result", "report.html") in done.stdout
        assert "Research use only" in done.stdout
        assert (str(seen.source), str(seen.out), seen.force) == ("scan", "result", False)

    def test_progress_is_one_line_a_step_on_standard_error(self, seen):
        assert call("analyze", "scan", "--out", "result").stderr == "reading headers ...\nanatomy ...\n"

    def test_with_json_standard_output_is_one_document(self, seen):
        document = json.loads(call("analyze", "scan", "--out", "result", "--json").stdout)
        assert document["out"] == "result"
        assert document["burden"]["all"]["number"] == small_result().findings.burden["all"].number

    def test_flags_and_settings_reach_the_analysis(self, seen, tmp_path):
        path = tmp_path / "mine.toml"
        path.write_text("[findings]\njoin_gap_mm = 1.5\n", encoding="utf-8")
        call("analyze", "scan", "--out", "result", "--force", "--settings", path)
        assert seen.force
        assert seen.settings.findings.join_gap_mm == 1.5


class TestValidate:
    def test_one_result_is_scored_and_written(self, tmp_path):
        case = write_case(tmp_path / "case", [DEPOSIT])
        result = write_result(tmp_path / "result", [DEPOSIT])
        done = call("validate", case, result, "--out", tmp_path / "score")
        assert done.exit_code == 0
        assert "| deposits found | 1/1" in done.stdout
        assert {path.name for path in (tmp_path / "score").iterdir()} == {
            "score.json", "score.csv", "damage.csv", "score.md",
        }  # fmt: skip

    def test_with_json_the_score_is_one_document(self, tmp_path):
        case = write_case(tmp_path / "case", [DEPOSIT])
        done = call("validate", case, write_result(tmp_path / "result", [DEPOSIT, FALSE]), "--json")
        document = json.loads(done.stdout)
        assert document["summary"]["detection"]["k"] == 1
        assert document["summary"]["false_per_hand"] == 0.5

    def test_folders_of_cases_and_results_are_paired_by_name(self, tmp_path):
        for name in ("one", "two"):
            write_case(tmp_path / "cases" / name, [DEPOSIT])
            write_result(tmp_path / "results" / name, [DEPOSIT])
        done = call("validate", tmp_path / "cases", tmp_path / "results", "--json")
        assert [case["case"] for case in json.loads(done.stdout)["cases"]] == ["one", "two"]

    def test_a_case_without_a_result_is_named_and_the_rest_is_scored(self, tmp_path):
        for name in ("one", "two"):
            write_case(tmp_path / "cases" / name, [DEPOSIT])
        write_result(tmp_path / "results" / "two", [DEPOSIT])
        done = call("validate", tmp_path / "cases", tmp_path / "results", "--out", tmp_path / "score")
        assert done.exit_code == 4
        assert "result_unreadable" in done.stderr
        with (tmp_path / "score" / "score.csv").open(encoding="utf-8") as file:
            assert [(row["case"], row["kind"]) for row in csv.DictReader(file)] == [("two", "true"), ("one", "refused")]

    def test_a_case_that_is_none_is_refused(self, tmp_path):
        done = call("validate", tmp_path, tmp_path)
        assert done.exit_code == 3
        assert "truth_unreadable" in done.stderr

    def test_many_cases_and_one_result_is_wrong_use(self, tmp_path):
        write_case(tmp_path / "cases" / "one", [DEPOSIT])
        done = call("validate", tmp_path / "cases", write_result(tmp_path / "result", [DEPOSIT]))
        assert done.exit_code == 2


class TestSimulate:
    def test_the_list_names_every_scenario(self):
        shown = call("simulate", "--list").stdout
        assert all(name in shown for name in calcidect.phantom.list_scenarios())

    @pytest.mark.parametrize("words", [[], ["standard"], ["--out", "case"]])
    def test_without_scenario_or_place_it_is_wrong_use(self, words):
        done = call("simulate", *words)
        assert done.exit_code == 2
        assert "scenario_or_out_missing" in done.stderr

    def test_an_unknown_scenario_is_refused(self, tmp_path):
        done = call("simulate", "nosuch", "--out", tmp_path / "case")
        assert done.exit_code == 3
        assert "scenario_unknown" in done.stderr

    def test_options_reach_the_phantom(self, monkeypatch, tmp_path):
        seen = {}
        monkeypatch.setattr(
            calcidect.phantom, "load_scenario", lambda name, **options: seen.update(name=name, **options)
        )
        monkeypatch.setattr(calcidect.phantom, "simulate", lambda scenario, out, progress: seen.update(out=out))
        done = call("simulate", "gout", "--seed", 9, "--quick", "--pair", "80/140", "--out", tmp_path / "case")
        assert done.exit_code == 0
        assert seen == {"name": "gout", "seed": 9, "quick": True, "pair": "80/140", "out": tmp_path / "case"}


class TestDemo:
    @pytest.fixture
    def made_up(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(calcidect.phantom, "simulate", lambda scenario, out, progress: write_case(out, [DEPOSIT]))
        monkeypatch.setattr(
            calcidect.api, "analyze_folder", lambda source, out, progress: write_result(out, [DEPOSIT, FALSE])
        )
        return tmp_path

    def test_it_ends_with_the_report_to_open_and_the_numbers_beside_the_truth(self, made_up):
        done = call("demo")
        assert done.exit_code == 0, done.output
        assert os.path.join("demo-output", "001", "result", "report.html") in done.stdout
        assert re.search(r"deposits +1 +2\n", done.stdout)
        assert re.search(r"volume, mm3 +64\.0 +72\.0\n", done.stdout)
        assert re.search(r"hydroxyapatite, mg +32\.0 +36\.0\n", done.stdout)
        assert "Found 1 of 1 deposits, 1 false." in done.stdout
        assert (made_up / "demo-output" / "001" / "score" / "score.md").exists()

    def test_it_makes_a_new_folder_each_time(self, made_up):
        call("demo")
        call("demo")
        assert [path.name for path in sorted((made_up / "demo-output").iterdir())] == ["001", "002"]

    def test_a_named_folder_that_exists_is_refused(self, made_up):
        (made_up / "mine").mkdir()
        done = call("demo", "--out", "mine")
        assert done.exit_code == 2
        assert list((made_up / "mine").iterdir()) == []


class TestInspect:
    def inspection(self, refusal=None):
        found, pair_found = calcidect.study.SeriesFound, calcidect.study.PairFound
        space = (200, 100, 60), (0.6, 0.6, 1.0)
        rows = (
            found("aaaaaaaa", "bbbbbbbb", 60, *space, "80 kV", "KVP", "Br40", "low", "", "12"),
            found("aaaaaaaa", "cccccccc", 60, *space, "Sn150 kV", "KVP", "Br40", "high", "", "4"),
            found("aaaaaaaa", "dddddddd", 60, *space, "Sn150 kV", "KVP", "Br64", "not used", "Too sharp", "4"),
        )
        parts = {"kernel softness": 0.6}
        pairs = (
            pair_found("80/Sn150", "bbbbbbbb", "cccccccc", True, 0.8, parts),
            pair_found("80/Sn150", "bbbbbbbb", "dddddddd", False, 0.0, {}, "Unlike kernels"),
        )
        return calcidect.study.Inspection(rows, pairs, 1, 1, 2, {"no DICOM file": 3}, refusal)

    def test_series_pair_and_what_was_left_out_are_shown(self, monkeypatch):
        monkeypatch.setattr(calcidect.study, "inspect_folder", lambda *_: self.inspection())
        done = call("inspect", "scan")
        assert done.exit_code == 0
        lines = [re.sub(" +", " ", line).strip() for line in done.stdout.splitlines()]
        assert lines[1:4] == [  # in order of number, and told apart where two series have one
            "4a 60 Sn150 kV Br40 200 x 100 x 60 0.6 x 0.6 x 1 HIGH ENERGY",
            "4b 60 Sn150 kV Br64 200 x 100 x 60 0.6 x 0.6 x 1 Too sharp",
            "12 60 80 kV Br40 200 x 100 x 60 0.6 x 0.6 x 1 LOW ENERGY",
        ]
        assert "80/Sn150 12 + 4a 0.80 WOULD BE ANALYSED" in lines
        assert "80/Sn150 12 + 4b - no pair: Unlike kernels" in lines
        assert any(line.startswith("80/Sn150 would be analysed: series 12 and 4a.") for line in lines)
        assert "Left out: 3 (no DICOM file)" in done.stdout

    def test_a_single_energy_scan_and_material_maps_are_told_with_their_use(self, monkeypatch):
        row = self.inspection().series[0]
        rows = (replace(row, role="single"), replace(row, energy="water", role="map"))
        monkeypatch.setattr(
            calcidect.study, "inspect_folder", lambda *_: replace(self.inspection(), series=rows, pairs=())
        )
        shown = call("inspect", "scan").stdout
        assert "SINGLE ENERGY: would be analysed without materials" in shown
        assert re.search(r"water .* MATERIAL MAP", shown)

    def test_raw_objects_are_shown(self, monkeypatch):
        found = replace(self.inspection(), raw_objects={"Philips spectral base images (SBI)": 7})
        monkeypatch.setattr(calcidect.study, "inspect_folder", lambda *_: found)
        assert "Raw objects: 7 Philips spectral base images (SBI)" in call("inspect", "scan").stdout

    def test_an_archive_is_shown_like_its_folder(self, tmp_path):
        folder = write_small(tmp_path / "scan")
        archive = shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
        shown = call("inspect", archive)
        assert shown.exit_code == 0
        assert shown.stdout == call("inspect", folder).stdout

    def test_what_stands_in_the_way_ends_with_three(self, monkeypatch):
        refusal = {"code": "one_energy", "found": "One.", "expected": "Two.", "remedy": "Scan."}
        monkeypatch.setattr(calcidect.study, "inspect_folder", lambda *_: self.inspection(refusal))
        done = call("inspect", "scan", "--json")
        assert done.exit_code == 3
        assert json.loads(done.stdout)["refusal"] == refusal
        assert json.loads(done.stderr) == refusal
