"""Read a result folder back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from calcidect.anatomy import BoneLabel
from calcidect.errors import InputRefusedError, Notice
from calcidect.geometry import damaged_nifti_errors
from calcidect.result._document import (
    SCHEMA_VERSION,
    findings_of,
    from_row,
    grid_of,
    hands_of,
    not_assessed_of,
    study_of,
    validate_document,
)
from calcidect.result._nifti import read_concentrations, read_labels
from calcidect.result._types import Provenance, Result, ReviewRecord, StepCost


def read_result(folder: Path) -> Result:
    """Read a result folder.

    Parameters
    ----------
    folder : Path
        As ``write_result`` made it. Files added to it, such as the report, are passed over.

    Returns
    -------
    Result
        Equal to the one written; material maps in steps of 0.1 mg/cm3.

    Raises
    ------
    InputRefusedError
        If a file is missing, damaged, or of a later major schema version.
    """
    document = read_document(folder)
    with refusing_unreadable():
        return _result_of(folder, document)


@contextmanager
def refusing_unreadable() -> Iterator[None]:
    """Refuse a result, within a block, of which a file is missing or damaged."""
    unreadable: tuple[type[Exception], ...] = (*damaged_nifti_errors(), KeyError, TypeError, AttributeError)
    try:
        yield
    except unreadable as error:
        raise _not_whole(error) from error


def read_document(folder: Path) -> dict[str, Any]:
    """Read ``findings.json`` of a result folder alone.

    Raises
    ------
    InputRefusedError
        If it is missing, damaged, or of a later major schema version.
    """
    try:
        document = _read_json(folder / "findings.json")
        _check_version(str(document["schema_version"]))
        if document["schema_version"] == SCHEMA_VERSION:
            validate_document(document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not_whole(error) from error
    return document


def _not_whole(error: Exception) -> InputRefusedError:
    return InputRefusedError(
        "result_unreadable",
        found=f"The folder is not a whole result of calcidect ({type(error).__name__}).",
        expected="A result folder as `calcidect analyze` writes it, unchanged.",
        remedy="Check the path, or analyse the scan again.",
    )


def _result_of(folder: Path, document: dict[str, Any]) -> Result:
    grid, study = grid_of(document), study_of(document)
    return Result(
        study=study,
        findings=findings_of(document, read_labels(folder / "deposits.nii.gz", grid)),
        hands=hands_of(document),
        bone_map=read_labels(folder / "bones.nii.gz", grid),
        bone_labels=bone_labels_in(folder),
        concentrations=None if study.single_energy else read_concentrations(folder / "materials", grid),
        provenance=provenance_in(folder),
        not_assessed=not_assessed_of(document),
    )


def bone_labels_in(folder: Path) -> dict[int, BoneLabel]:
    """Return what each label of a bone means."""
    rows = _read_json(folder / "labels.json")["bones"]
    return {int(label): from_row(BoneLabel, row) for label, row in rows.items()}


def provenance_in(folder: Path) -> Provenance:
    """Return how a result came to be."""
    document = _read_json(folder / "provenance.json")
    return Provenance(
        settings=tuple(document["settings"]),
        input_hash=document["input_hash"],
        calibration=document["calibration"],
        steps=tuple(from_row(StepCost, row) for row in document["steps"]),
        warnings=tuple(from_row(Notice, row) for row in document["warnings"]),
        program_version=document["program_version"],
        network=document.get("network", ""),
        review=None if document.get("review") is None else from_row(ReviewRecord, document["review"]),
    )


def _read_json(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def _check_version(version: str) -> None:
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise InputRefusedError(
            "result_version",
            found=f"The result is of schema version {version}.",
            expected=f"A version that begins as {SCHEMA_VERSION} does.",
            remedy="Read it with the version of calcidect that wrote it, or analyse the scan again.",
        )
