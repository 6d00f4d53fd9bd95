"""Simulated hands shared by the tests; each is made once a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from calcidect.phantom import Scenario, load_scenario, simulate


def coarse(scenario: Scenario) -> Scenario:
    """Return a scenario that takes seconds: coarse anatomy and sampling, for tests that do not measure accuracy."""
    scanner = replace(scenario.scanner, pixel_mm=1.0, slice_step_mm=1.5, thickness_mm=1.5)
    return replace(scenario, fine_mm=0.8, scanner=scanner)


@pytest.fixture(scope="session")
def quick_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a case folder: one hand of the standard scenario at 0.6 x 0.6 x 1.0 mm."""
    folder = tmp_path_factory.mktemp("cases") / "standard"
    simulate(load_scenario("standard", seed=201, quick=True), folder)
    return folder


@pytest.fixture(scope="session")
def coarse_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a case folder that was quick to make, of both hands, with acro-osteolysis and destruction."""
    folder = tmp_path_factory.mktemp("cases") / "destructive"
    simulate(replace(coarse(load_scenario("destructive", seed=3)), matrix=None, deposits=()), folder)
    return folder
