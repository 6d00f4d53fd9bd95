"""Readers before a result with its scan, whose images NiiVue draws in software."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from calcidect.review._case import Case
from support.review_page import Reader, made_up_scan

VIEWER = Path(__file__).parents[4] / "src/calcidect/review/static/niivue/niivue.js"


@pytest.fixture
def case(folder, tmp_path):
    """Return a fresh review of the result and its scan."""
    if not VIEWER.exists():
        pytest.skip("NiiVue was not fetched when the package was installed")
    shutil.copytree(folder, tmp_path / "one")
    return Case("r1", tmp_path / "one", "R1", scan=made_up_scan())


@pytest.fixture
def reader(context, server):
    """Return a reader before the result and all its coarse images."""
    reader = Reader(context, server).open("SSC-0042")
    yield reader
    assert reader.errors == []
