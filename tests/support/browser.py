"""A real Chromium without a window, drawn in software: the system's own, never one that a package downloads."""

from __future__ import annotations

import shutil

from support import debian

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WEBGL_IN_SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


def find_browser() -> str | None:
    """Return the path of a Chromium."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def why_missing() -> str | None:
    """Return why there is no browser to start, None if there is one."""
    return debian.why_missing("Chromium", "chromium", find_browser)
