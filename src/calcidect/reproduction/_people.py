"""The ten simulated people: what their scans hold, and what their record says.

Both carry the study's figures. They were written, and checked against the simulator's truth alone, before any scan was
analysed (docs/reproduction.md). Nothing here is read by the analysis: its findings come from DICOM files.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import as_file, files

from calcidect.anatomy import Side
from calcidect.phantom import Scenario, load_scenario

PEOPLE = tuple(f"P{number:02}" for number in range(1, 11))
QUICK_HAND: Side = "right"
"""The hand that a quick scan shows: each right hand bears the traits of its person."""

_FOLDER = files("calcidect.reproduction") / "people"


def scenario_of(person: str, *, quick: bool = False) -> Scenario:
    """Return the scenario of a person: both hands, or the right one alone in coarse slices."""
    with as_file(_FOLDER / f"{person}.toml") as path:
        scenario = load_scenario(str(path), quick=quick)
    if not quick:
        return scenario
    coarse = replace(scenario.scanner, slice_step_mm=1.0, thickness_mm=1.0)  # as every quick scan
    return replace(
        scenario,
        scanner=coarse,
        hands=(QUICK_HAND,),
        deposits=tuple((side, spec) for side, spec in scenario.deposits if side == QUICK_HAND),
        acro_osteolysis={place: lost for place, lost in scenario.acro_osteolysis.items() if place[0] == QUICK_HAND},
    )


def record_of(people: Sequence[str]) -> str:
    """Return the record of some people, a CSV table as `calcidect registry import` takes it."""
    rows = list(csv.reader(io.StringIO((_FOLDER / "record.csv").read_text(encoding="utf-8"))))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([rows[0], *(row for row in rows[1:] if row[0] in people)])
    return text.getvalue()


def fingerprint(person: str) -> str:
    """Return a hash of what a person's scenario says, comments apart: scans of another one are not theirs."""
    values = tomllib.loads((_FOLDER / f"{person}.toml").read_text(encoding="utf-8"))
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
