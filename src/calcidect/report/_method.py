"""How a result came to be: method, settings in force, provenance."""

from __future__ import annotations

from typing import Any

from calcidect.report._table import Table, columns_of
from calcidect.report._wording import Wording
from calcidect.result import SCHEMA_VERSION, Result


def settings_of(result: Result) -> dict[str, Any]:
    """Return the settings in force by name; a result of before a setting was has no such name."""
    return {row["name"]: row["value"] for row in result.provenance.settings}


def method(result: Result, say: Wording) -> list[str]:
    """Return how it was measured, a paragraph each."""
    what = ("one_energy", "bones") if result.study.single_energy else ("masses", "materials", "bones")
    calibration = result.provenance.calibration.rstrip(".")
    return [
        say("method.calibration", calibration=calibration),
        *(say(f"method.{name}") for name in what),
        say("method.more"),
    ]


def settings_table(result: Result, say: Wording) -> Table:
    """Return a row for each setting in force."""
    columns = columns_of(
        say, ("settings.name", "", "left"), ("settings.value", "", "left"), ("settings.default", "", "left")
    )
    rows = [
        [row["name"], _value(row, say), say("settings.unchanged" if row["is_default"] else "settings.changed")]
        for row in result.provenance.settings
    ]
    return {"columns": columns, "rows": rows}


def settings_note(result: Result, say: Wording) -> str:
    """Return the settings that differ from the defaults, or that none does."""
    changed = [f"{row['name']} = {_value(row, say)}" for row in result.provenance.settings if not row["is_default"]]
    if not changed:
        return say("settings.all_default")
    return say("settings.some_changed", list=say.listed(changed))


def _value(row: dict[str, Any], say: Wording) -> str:
    """Return a value with its unit; of a choice of words the word alone, whose unit only lists the others."""
    value = row["value"]
    if value in ("", [], (), {}):
        return say("settings.empty")
    if isinstance(value, str | bool):
        return str(value).lower() if isinstance(value, bool) else value
    shown = say.listed(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"{shown} {row['unit']}"


def provenance_table(result: Result, say: Wording) -> Table:
    """Return what tells this result from any other, a row each. How long it took is left out: it differs each time."""
    provenance, grid = result.provenance, result.bone_map.grid
    size = dict(zip(("columns", "rows", "slices"), grid.size, strict=True))
    facts = {
        "program": f"calcidect {provenance.program_version}",
        "schema": SCHEMA_VERSION,
        "input": provenance.input_hash,
        "network": provenance.network or say.missing,
        "pair": result.study.pair,
        "calibration": provenance.calibration,
        "grid": say("provenance.grid_value", spacing=say.times(grid.spacing_mm), **size),
    }
    return {
        "columns": columns_of(say, ("provenance.item", "", "left"), ("provenance.value", "", "left")),
        "rows": [[say(f"provenance.{name}"), value] for name, value in facts.items()],
    }


def footer(result: Result, say: Wording) -> str:
    """Return what stands at the foot of each page."""
    provenance = result.provenance
    return say("provenance.footer", version=provenance.program_version, hash=provenance.input_hash[:16])
