"""A Debian package that a test needs, installed when the tests run as root."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

TIMEOUT_S = 600


def why_missing(what: str, package: str, find: Callable[[], object | None]) -> str | None:
    """Return why something is not there, None if it is. As root its package is installed from Debian first.

    Parameters
    ----------
    what : str
        Its name in sentences.
    package : str
        Debian's.
    find : callable
        Returns it, or None.
    """
    if find() is not None:
        return None
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return f"{what} is not installed, and only root of a Debian can install it here"
    try:
        _install(package, find)
    except (OSError, subprocess.SubprocessError) as error:
        return f"{what} could not be installed by apt-get ({type(error).__name__})"
    return None if find() is not None else f"apt-get installed {package}, but {what} was not found"


def _install(package: str, find: Callable[[], object | None]) -> None:
    """Install a package without a word; of several processes one does, the others wait for it."""
    quietly = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with (Path(tempfile.gettempdir()) / "calcidect-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if find() is not None:
            return
        for words in (["update"], ["install", "--yes", "--no-install-recommends", package]):
            command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=60", *words]
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(command, check=True, timeout=TIMEOUT_S, env=environment, **quietly)
