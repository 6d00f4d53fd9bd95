"""``findings.json``: from a ``Result`` to its document and back, held to the shipped JSON Schema."""

from __future__ import annotations

import json
import math
from dataclasses import MISSING, asdict, fields
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from calcidect.anatomy import CutOff, FieldOfView
from calcidect.errors import Notice
from calcidect.findings import (
    AcroOsteolysis,
    Artefact,
    Bone,
    BoneDestruction,
    Burden,
    Deposit,
    Findings,
    PaintedVolume,
    Quality,
    VendorRule,
)
from calcidect.geometry import Grid, Volume
from calcidect.materials import Metal
from calcidect.result._tables import as_row, plain
from calcidect.result._types import RESEARCH_USE_ONLY, HandFacts, NotAssessed, Result, StudyFacts
from calcidect.study import Motion, SeriesQuality

SCHEMA_VERSION = "1.5"
"""Major: a key changed its meaning or went. Minor: keys were added."""

HANDS = ("right", "left", "all")
T = TypeVar("T")


@cache
def findings_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of ``findings.json``."""
    text = resources.files("calcidect.result").joinpath("findings.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def validate_document(document: dict[str, Any]) -> None:
    """Check a findings document against the schema.

    Raises
    ------
    ValueError
        With the place of the first deviation.
    """
    import jsonschema

    validator = jsonschema.Draft202012Validator(findings_schema())
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    if error is not None:
        raise ValueError(f"findings.json deviates from its schema at {error.json_path}: {error.message}")


def as_document(result: Result) -> dict[str, Any]:
    """Return the whole of ``findings.json``, validated.

    Raises
    ------
    ValueError
        If a number is not finite, or the document deviates from the schema.
    """
    findings = result.findings
    document = {
        "schema_version": SCHEMA_VERSION,
        "research_use_only": RESEARCH_USE_ONLY,
        "study": _study_document(result.study),
        "grid": grid_document(result.bone_map.grid),
        "hands": [as_row(hand) for hand in result.hands],
        "deposits": [as_row(deposit) for deposit in findings.deposits],
        "bones": [as_row(bone) for bone in findings.bones],
        "acro_osteolysis": [as_row(digit) for digit in findings.acro_osteolysis],
        "bone_destruction": [as_row(site) for site in findings.bone_destruction],
        "burden": {hand: as_row(findings.burden[hand]) if hand in findings.burden else None for hand in HANDS},
        "vendor_rule": _vendor_document(findings.vendor_rule),
        "quality": _quality_document(findings.quality),
        "not_assessed": [as_row(item) for item in result.not_assessed],
        "warnings": [as_row(notice) for notice in findings.notices],
        "artefacts": [as_row(artefact) for artefact in findings.artefacts],
    }
    validate_document(document)
    return document


def _study_document(study: StudyFacts) -> dict[str, Any]:
    row = as_row(study)
    return {("age" if name == "age_years" else name): value for name, value in row.items()}


def _vendor_document(rule: VendorRule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    hands = {hand: as_row(rule.hands[hand]) if hand in rule.hands else None for hand in HANDS}
    return {"parameters": plain(rule.parameters, "vendor_rule"), **hands}


def _vendor_rule_of(row: dict[str, Any] | None) -> VendorRule | None:
    """Return the vendor-like rule of a findings document; None of one before version 1.2."""
    if row is None:
        return None
    return VendorRule(row["parameters"], {h: from_row(PaintedVolume, row[h]) for h in HANDS if row[h] is not None})


def _quality_document(quality: Quality) -> dict[str, Any]:
    of_their_own = {
        "low": _series_document(quality.low),
        "high": _series_document(quality.high),
        "motion": [as_row(hand) for hand in quality.motion],
    }
    row = {
        f.name: of_their_own[f.name] if f.name in of_their_own else plain(getattr(quality, f.name), f.name)
        for f in fields(Quality)
        if f.name != "notices"
    }
    return {**row, "warnings": [as_row(notice) for notice in quality.notices]}


def _series_document(series: SeriesQuality | None) -> Any:
    """Return the quality of one energy's series. The range of a computed image is infinite; JSON has null for that."""
    if series is None:
        return None
    maximum_hu = series.maximum_hu if math.isfinite(series.maximum_hu) else None
    return plain({**asdict(series), "maximum_hu": maximum_hu})


def _series_of(row: dict[str, Any] | None) -> SeriesQuality | None:
    if row is None:
        return None
    return from_row(SeriesQuality, {**row, "maximum_hu": math.inf if row["maximum_hu"] is None else row["maximum_hu"]})


def grid_document(grid: Grid) -> dict[str, Any]:
    """Return a grid in full precision; NIfTI keeps its matrix in single precision only."""
    return {
        "size": plain(grid.size),
        "spacing_mm": plain(grid.spacing_mm),
        "origin_mm": plain(grid.origin_mm),
        "direction": grid.direction.tolist(),
    }


def grid_of(document: dict[str, Any]) -> Grid:
    """Return the grid of a findings document."""
    grid = document["grid"]
    return Grid(tuple(grid["size"]), tuple(grid["spacing_mm"]), tuple(grid["origin_mm"]), grid["direction"])


def study_of(document: dict[str, Any]) -> StudyFacts:
    """Return the study facts of a findings document."""
    row = dict(document["study"])
    return from_row(StudyFacts, {**row, "age_years": row["age"]})


def hands_of(document: dict[str, Any]) -> tuple[HandFacts, ...]:
    """Return the hands of a findings document."""
    return tuple(from_row(HandFacts, row) for row in document["hands"])


def not_assessed_of(document: dict[str, Any]) -> tuple[NotAssessed, ...]:
    """Return what the result does not answer."""
    return tuple(from_row(NotAssessed, row) for row in document["not_assessed"])


def findings_of(document: dict[str, Any], deposit_labels: Volume) -> Findings:
    """Return the findings of a document and the volume of its deposits."""
    return Findings(
        deposits=_all(Deposit, document["deposits"]),
        bones=_all(Bone, document["bones"]),
        deposit_labels=deposit_labels,
        acro_osteolysis=_all(AcroOsteolysis, document["acro_osteolysis"]),
        bone_destruction=_all(BoneDestruction, document["bone_destruction"]),
        burden={hand: from_row(Burden, row) for hand, row in document["burden"].items() if row is not None},
        quality=_quality_of(document["quality"]),
        notices=_all(Notice, document["warnings"]),
        vendor_rule=_vendor_rule_of(document.get("vendor_rule")),
        artefacts=_all(Artefact, document.get("artefacts", [])),
    )


def _quality_of(row: dict[str, Any]) -> Quality:
    """Return the quality of a findings document; of one of version 1.0, what it does not hold is None or empty."""
    field = row.get("field_of_view")
    nested = {
        "notices": _all(Notice, row["warnings"]),
        "low": _series_of(row.get("low")),
        "high": _series_of(row.get("high")),
        "metal": row.get("metal") and from_row(Metal, row["metal"]),
        "field_of_view": field and FieldOfView(field["hands"], _all(CutOff, field["cut_at"])),
        "motion": _all(Motion, row.get("motion", [])),
    }
    return from_row(Quality, {**row, **nested})


def _all(kind: type[T], rows: list[dict[str, Any]]) -> tuple[T, ...]:
    return tuple(from_row(kind, row) for row in rows)


def from_row(kind: type[T], row: dict[str, Any]) -> T:
    """Make a dataclass from a row.

    Keys it does not know (of a newer minor version) are passed over; keys that an older one lacks take their default.
    """
    required = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]  # type: ignore[arg-type]
    names = [f.name for f in fields(kind) if f.name in row or f.name in required]  # type: ignore[arg-type]
    values = {name: row[name] for name in names}
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
