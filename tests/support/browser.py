"""A real Chromium without a window, drawn in software: the system's own, never one that a package downloads."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WEBGL_IN_SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
INSTALL_TIMEOUT_S = 600


def find_browser() -> str | None:
    """Return the path of a Chromium."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def why_missing() -> str | None:
    """Return why there is no browser to start, None if there is one. As root it is installed from Debian first."""
    if find_browser() is not None:
        return None
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return "Chromium is not installed, and only root of a Debian can install it here"
    try:
        _install()
    except (OSError, subprocess.SubprocessError) as error:
        return f"Chromium could not be installed by apt-get ({type(error).__name__})"
    return None if find_browser() is not None else "apt-get installed no Chromium"


def _install() -> None:
    """Install Debian's chromium without a word; of several processes one does, the others wait for it."""
    quietly = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    install = ["install", "--yes", "--no-install-recommends", "chromium"]
    with (Path(tempfile.gettempdir()) / "calcidect-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if find_browser() is not None:
            return
        for words in (["update"], install):
            command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=60", *words]
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(command, check=True, timeout=INSTALL_TIMEOUT_S, env=environment, **quietly)
