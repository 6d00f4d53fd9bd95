"""What the registry keeps of a result, by names of the catalogue."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from calcidect.registry._catalogue import Level, items
from calcidect.registry._store import Items
from calcidect.result import Result, as_document


@dataclass(frozen=True)
class ScanRecord:
    """What the registry keeps of one result.

    Parameters
    ----------
    scan : dict
        Items of the level ``scan``, without its number.
    findings : dict of str to list of dict
        Items of the levels ``hand``, ``digit``, ``deposit`` and ``destruction``.
    """

    scan: Items
    findings: dict[Level, list[Items]]


def scan_record(result: Result) -> ScanRecord:
    """Return what is kept of a result, by names of the catalogue."""
    document = as_document(result)
    burden = document["burden"]
    sides = [side for side in ("right", "left") if burden[side] is not None]
    rows: dict[Level, list[Items]] = {
        "hand": [{"side": side, **burden[side]} for side in sides],
        "digit": document["acro_osteolysis"],
        "deposit": document["deposits"],
        "destruction": document["bone_destruction"],
    }
    scan = {**burden["all"], **document["study"], **_damage(document), **_origin(document, result), "sides": sides}
    return ScanRecord(_kept("scan", scan), {level: [_kept(level, row) for row in its] for level, its in rows.items()})


def _damage(document: Items) -> Items:
    """Return the damage of both hands together; None where none was looked for."""
    present = [row["present"] for row in document["acro_osteolysis"] if row["present"] is not None]
    sites = document["bone_destruction"]
    looked_for = "bone_destruction" not in {row["name"] for row in document["not_assessed"]}
    return {
        "acro_osteolysis_assessed": len(present),
        "acro_osteolysis_present": sum(present) if present else None,
        "destruction_sites": len(sites) if looked_for else None,
        "destruction_volume_mm3": float(sum(row["volume_mm3"] for row in sites)) if looked_for else None,
    }


def _origin(document: Items, result: Result) -> Items:
    """Return of whom the scan is, and how the result came to be."""
    study = document["study"]
    return {
        "scan_date": study["study_date"],
        "scan_age_years": study["age"],
        "scan_sex": study["sex"],
        "input_hash": result.provenance.input_hash,
        "findings_hash": document_hash(document),
        "calibration": result.provenance.calibration,
        "program_version": result.provenance.program_version,
        "schema_version": document["schema_version"],
    }


def document_hash(document: Items) -> str:
    """Return the SHA-256 of a findings document, by which the registry tells one analysis from another."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _kept(level: Level, row: Items) -> Items:
    """Return the values that the catalogue knows and that are there."""
    kept = {}
    for name, item in items(level).items():
        value: Any = row.get(name)
        if isinstance(value, dict):
            value = [f"{key}:{number:g}" for key, number in value.items()]
        if value is not None and value != []:
            kept[name] = float(value) if item.kind == "number" else value
    return kept
