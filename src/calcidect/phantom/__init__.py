"""The digital hand and the scanner: scans with known truth. Not on the analysis path."""

from calcidect.phantom._scenario import Scenario, list_scenarios, load_scenario
from calcidect.phantom._simulate import simulate

__all__ = ["Scenario", "list_scenarios", "load_scenario", "simulate"]
