"""The shape of the package: layers, public names, and what may not be imported in passing."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import calcidect

ROOT = Path(__file__).parents[1]
HEAVY = {
    "numpy", "scipy", "pandas", "SimpleITK", "nibabel", "pydicom", "pydantic", "PIL", "typst", "jinja2", "mujoco",
    "statsmodels", "firthmodels", "matplotlib", "docx", "pyarrow",
    "sqlalchemy", "alembic", "pg8000", "openpyxl",
    "fastapi", "starlette", "uvicorn", "filelock",
}  # fmt: skip
ROOMS = sorted(
    room.name for room in pkgutil.iter_modules(calcidect.__path__, "calcidect.") if not room.name.endswith("__main__")
)


def imported_by(code: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter holds after running some code."""
    shown = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_the_layers_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", ROOMS)
def test_every_public_name_exists_and_is_listed_once(module):
    room = importlib.import_module(module)
    names = getattr(room, "__all__", [])
    assert sorted(set(names)) == sorted(names)
    assert all(hasattr(room, name) for name in names)


def test_the_public_names_come_from_their_rooms():
    assert set(calcidect.__all__) == set(calcidect._HOMES) | {"__version__"}
    assert set(dir(calcidect)) == set(calcidect.__all__)


def test_a_name_that_does_not_exist_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'diagnose'"):
        _ = calcidect.diagnose


def test_import_calcidect_loads_nothing_heavy():
    assert not imported_by("import calcidect") & HEAVY


def test_help_loads_nothing_heavy():
    help_of = "from typer.testing import CliRunner; from calcidect.cli import app; CliRunner().invoke(app, {})"
    for words in (["--help"], ["analyze", "--help"], ["demo", "--help"], ["registry", "import", "--help"],
                  ["cohort", "table1", "--help"], ["review", "--help"]):  # fmt: skip
        assert not imported_by(help_of.format(words)) & (HEAVY - {"pydantic"})  # typer looks for it by itself


def test_a_refused_folder_is_told_without_loading_the_analysis():
    code = "from calcidect.errors import StudyRefusedError; from calcidect.settings import load_settings"
    assert not imported_by(code) & (HEAVY - {"pydantic"})


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.py")), ids=lambda path: path.stem)
def test_no_module_outgrows_one_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500
