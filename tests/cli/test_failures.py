"""How verbs fail: exit codes, sentences on standard error, never a traceback, never the patient."""

from __future__ import annotations

import json
import warnings
import zipfile

import pytest
from typer.testing import CliRunner

import calcidect.api
import calcidect.study
from calcidect.cli import app
from calcidect.errors import InputRefusedError, OutputError, StudyRefusedError, UsageError
from calcidect.phantom._skeleton import load_skeleton

SENTENCES = {"found": "One energy.", "expected": "Two energies.", "remedy": "Scan again."}
PATIENT = "DOE^JANE 1957-03-02 ID4711"


@pytest.fixture
def failing(monkeypatch):
    """Return a call of ``analyze`` whose analysis raises what it is given."""

    def call(failure, *options, before=()):
        def fail(*_, **__):
            warnings.warn(PATIENT, stacklevel=1)
            raise failure

        monkeypatch.setattr(calcidect.api, "analyze_folder", fail)
        return CliRunner().invoke(app, [*before, "analyze", "scan", "--out", "result", *options])

    return call


@pytest.mark.parametrize(
    ("kind", "exit_code"), [(UsageError, 2), (InputRefusedError, 3), (StudyRefusedError, 3), (OutputError, 3)]
)
def test_our_errors_end_with_the_contracts_exit_code(failing, kind, exit_code):
    done = failing(kind("one_energy", **SENTENCES))
    assert done.exit_code == exit_code
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "Error (one_energy): One energy.",
        "  Expected: Two energies.",
        "  What to do: Scan again.",
    ]


def test_with_json_an_error_is_one_object(failing):
    done = failing(StudyRefusedError("one_energy", **SENTENCES), "--json")
    assert done.exit_code == 3
    assert done.stdout == ""
    assert json.loads(done.stderr) == {"code": "one_energy", **SENTENCES}


@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize("kind", [ValueError, KeyError, MemoryError, OSError, RecursionError])
def test_a_fault_is_told_without_its_text(failing, kind, options):
    done = failing(kind(PATIENT), *options)
    assert done.exit_code == 1
    assert "internal_fault" in done.stderr
    assert kind.__name__ in done.stderr
    for secret in ("Traceback", "DOE", "JANE", "4711", "1957"):
        assert secret not in done.output


def test_debug_shows_the_fault_itself(failing):
    with pytest.warns(UserWarning, match="DOE"):
        done = failing(ValueError(PATIENT), before=("--debug",))
    assert isinstance(done.exception, ValueError)
    assert done.exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        ["analyze"],
        ["analyze", "scan"],
        ["analyze", "scan", "--out"],
        ["analyze", "scan", "--out", "result", "--frobnicate"],
        ["simulate", "standard", "--seed", "minus one", "--out", "case"],
        ["diagnose"],
        ["validate", "case"],
    ],
)
def test_wrong_use_ends_with_two(words):
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "Error: " in done.stderr


def test_a_wrong_settings_file_is_refused_before_anything_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(calcidect.api, "analyze_folder", lambda *_, **__: pytest.fail("was read"))
    path = tmp_path / "mine.toml"
    path.write_text("[findings]\njoin_gap = 2\n")
    done = CliRunner().invoke(app, ["analyze", "scan", "--out", "result", "--settings", str(path)])
    assert done.exit_code == 3
    assert "findings.join_gap" in done.stderr


@pytest.mark.parametrize("verb", ["inspect", "analyze"])
def test_a_folder_that_is_not_there_is_refused(verb, tmp_path):
    out = ["--out", str(tmp_path / "result")] if verb == "analyze" else []
    done = CliRunner().invoke(app, [verb, str(tmp_path / "DOE_JANE"), *out])
    assert done.exit_code == 3
    assert "path_missing" in done.stderr
    assert "DOE" not in done.output
    assert not (tmp_path / "result").exists()


def test_a_missing_extra_says_what_to_install(tmp_path, monkeypatch):
    load_skeleton.cache_clear()  # another test of this process may have loaded it
    for module in ("myo_sim", "mujoco"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    done = CliRunner().invoke(app, ["simulate", "healthy", "--quick", "--out", str(tmp_path / "case")])
    assert done.exit_code == 2
    assert "pip install" in done.stderr
    assert "calcidect[phantom]" in done.stderr
    assert not (tmp_path / "case").exists()


def test_an_archive_that_must_not_be_unpacked_is_refused_by_analyze(tmp_path):
    with zipfile.ZipFile(tmp_path / "scan.zip", "w") as archive:
        archive.writestr("../evil", "x")
    done = CliRunner().invoke(app, ["analyze", str(tmp_path / "scan.zip"), "--out", str(tmp_path / "result"), "--json"])
    assert done.exit_code == 3
    assert json.loads(done.stderr.splitlines()[-1])["code"] == "archive_unsafe"
    assert [path.name for path in tmp_path.iterdir()] == ["scan.zip"]
