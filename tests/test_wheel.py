"""The built wheel holds what the program reads at run time."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def build(target: str, place: Path, source: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(place)]
    return subprocess.run(command, capture_output=True, text=True, cwd=source, env={**os.environ, **environment})


def test_every_data_file_of_the_package_is_in_the_wheel(tmp_path: Path) -> None:
    done = build("wheel", tmp_path, CALCIDECT_WITHOUT_VIEWER="1")  # where npm's registry is out of reach
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src" / "calcidect"
    needed = [p for p in package.rglob("*") if p.is_file() and p.suffix != ".pyc"]
    assert any(p.suffix == ".json" for p in needed)
    assert {p.relative_to(package.parent).as_posix() for p in needed} <= packed
    assert any(name.endswith("licenses/LICENSE") for name in packed)
    assert not [name for name in packed if not name.startswith("calcidect")]


@pytest.fixture
def source_without_viewer(tmp_path: Path) -> Path:
    """Return the sources that the hook needs, as after a fresh clone."""
    place = tmp_path / "source"
    shutil.copytree(ROOT / "scripts" / "viewer", place / "scripts" / "viewer")
    (place / "src" / "calcidect").mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "src/calcidect/_version.py"):
        shutil.copy(ROOT / name, place / name)
    return place


def test_without_its_registry_a_wheel_fails_or_is_built_without_the_viewer_on_demand(
    source_without_viewer: Path, tmp_path: Path
) -> None:
    nowhere = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_cache": str(tmp_path / "cache")}
    failed = build("wheel", tmp_path / "dist", source_without_viewer, **nowhere)
    assert failed.returncode != 0
    assert "The review page will lack its viewer" in failed.stderr
    done = build("wheel", tmp_path / "dist", source_without_viewer, CALCIDECT_WITHOUT_VIEWER="1", **nowhere)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "dist").glob("*.whl"))


def test_what_npm_installs_is_locked_by_hash_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "scripts" / "viewer" / "package-lock.json").read_text())
    packages = [package for path, package in lock["packages"].items() if path]
    assert len(packages) > 5
    assert all("integrity" in package and "resolved" not in package for package in packages)


def test_the_viewer_comes_with_the_licences_of_its_packages_and_of_the_c_libraries_inside_them(tmp_path: Path) -> None:
    here = ROOT / "scripts" / "viewer"
    (tmp_path / "numcodecs").mkdir()
    (tmp_path / "numcodecs" / "LICENSE").write_text("text of numcodecs")
    text = load_hook(here)._licences(here, tmp_path)
    assert "===== numcodecs =====\n\ntext of numcodecs" in text
    for name, words in {"c-blosc": "Francesc Alted", "lz4": "Yann Collet", "zstd": "Meta Platforms"}.items():
        assert words in text.partition(f"===== {name} =====")[2].partition("=====")[0]


def load_hook(here: Path):
    """Return the build hook, which is no module of the package."""
    spec = importlib.util.spec_from_file_location("hatch_build", here / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
