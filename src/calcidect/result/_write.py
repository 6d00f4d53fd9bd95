"""Write a ``Result`` to its folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from calcidect.findings import Bone, Deposit
from calcidect.materials import QUANTITIES
from calcidect.result._document import as_document
from calcidect.result._folder import check_target, whole_folder
from calcidect.result._nifti import write_concentration, write_labels
from calcidect.result._tables import as_csv, as_row, plain
from calcidect.result._types import RESEARCH_USE_ONLY, Provenance, Result


def write_result(
    result: Result,
    folder: Path,
    *,
    force: bool = False,
    extra: Callable[[Path], object] | None = None,
    input_folder: Path | None = None,
) -> Path:
    """Write the result folder, whole or not at all.

    Parameters
    ----------
    result : Result
        What to write.
    folder : Path
        Where it is to appear; missing parents are made.
    force : bool
        Replace an existing folder, all of it. It is removed only once the new one stands.
    extra : callable, optional
        Called with the hidden folder, to add files (the report). If it fails, nothing is written.
    input_folder : Path, optional
        Where the scan lies; a result in it, or around it, is refused.

    Returns
    -------
    Path
        ``folder``.

    Raises
    ------
    UsageError
        If the folder exists and ``force`` is false, is a file, or touches the input.
    OutputError
        If anything could not be written, as on a full disk.
    ValueError
        If a number of the result is not finite, or the findings deviate from the schema.
    """
    check_target(folder, force=force, input_folder=input_folder)
    document = as_document(result)
    with whole_folder(folder, force=force) as hidden:
        _write_json(hidden / "findings.json", document)
        _write_json(hidden / "labels.json", _labels_document(result))
        _write_json(hidden / "provenance.json", _provenance_document(result.provenance))
        (hidden / "deposits.csv").write_text(as_csv(Deposit, result.findings.deposits), encoding="utf-8")
        (hidden / "bones.csv").write_text(as_csv(Bone, result.findings.bones), encoding="utf-8")
        _write_volumes(hidden, result)
        if extra is not None:
            extra(hidden)
    return folder


def _write_volumes(folder: Path, result: Result) -> None:
    write_labels(folder / "bones.nii.gz", result.bone_map)
    write_labels(folder / "deposits.nii.gz", result.deposit_map)
    if result.concentrations is not None:
        (folder / "materials").mkdir()
        for quantity in QUANTITIES:  # one dense volume at a time
            path = folder / "materials" / f"{quantity}.nii.gz"
            write_concentration(path, result.concentrations.volume(quantity))


def _write_json(path: Path, document: dict[str, Any]) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _labels_document(result: Result) -> dict[str, Any]:
    return {
        "research_use_only": RESEARCH_USE_ONLY,
        "bones": {str(label): as_row(meaning) for label, meaning in sorted(result.bone_labels.items())},
        "deposits": {
            str(deposit.deposit_id): {"side": deposit.side, "material": deposit.material}
            for deposit in result.findings.deposits
        },
    }


def _provenance_document(provenance: Provenance) -> dict[str, Any]:
    return {
        "research_use_only": RESEARCH_USE_ONLY,
        "program": "calcidect",
        "program_version": provenance.program_version,
        "input_hash": provenance.input_hash,
        "calibration": provenance.calibration,
        "network": provenance.network,
        "settings": [plain(setting, "setting") for setting in provenance.settings],
        "review": None if provenance.review is None else as_row(provenance.review),
        "steps": [as_row(step) for step in provenance.steps],
        "warnings": [as_row(notice) for notice in provenance.warnings],
    }
