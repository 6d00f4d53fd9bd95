"""The work list: results that were given, and whose they are by the registry."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from calcidect.errors import InputRefusedError
from calcidect.review._case import Case

Recorded = Sequence[dict[str, Any]]
"""A row per scan of the registry: person_id, visit, scan, findings_hash, and numbers of its burden."""


def result_folders(given: Iterable[Path]) -> list[Path]:
    """Return the result folders that are given themselves, or that lie directly in a folder that is given.

    Raises
    ------
    InputRefusedError
        ``no_result`` if there is none.
    """
    found: list[Path] = []
    for folder in given:
        inside = sorted(path.parent for path in folder.glob("*/findings.json"))
        found += [folder] if (folder / "findings.json").exists() or not inside else inside
    if not found:
        raise InputRefusedError(
            "no_result", found="No result is given.", expected="One result folder or more.", remedy="Name them."
        )
    return list(dict.fromkeys(path.resolve() for path in found))


def recorded_scans(place: str) -> Callable[[], Recorded]:
    """Return what reads the scans of a registry anew each time, so that the work list shows what was added meanwhile.

    Raises
    ------
    UsageError
        If the extra ``cohort`` is not installed.
    InputRefusedError
        If the registry can't be opened.
    """
    from calcidect.registry import open_database, read_tables

    database = open_database(place)
    names = ("person_id", "visit", "scan", "findings_hash", "number", "ha_mass_mg", "volume_mm3")

    def read() -> Recorded:
        scans = read_tables(database, ["scans"])["scans"].astype(object)
        rows = scans.where(scans.notna(), None).to_dict("records")
        return [{name: row.get(name) for name in names} for row in rows]

    return read


def worklist(cases: Collection[Case], recorded: Recorded | None) -> list[dict[str, Any]]:
    """Return a row per result; with a registry also its person, visit and scan, and recorded scans without a folder.

    Parameters
    ----------
    cases : collection of Case
    recorded : sequence of dict or None
        None: there is no registry. A blinded reader is shown no scan without a folder: it may be a version that the
        first reader saved, and its numbers would tell what that one did.
    """
    if recorded is None:
        return [case.listed() for case in cases]
    from calcidect.registry import document_hash

    by_hash = {scan["findings_hash"]: scan for scan in recorded}
    listed, here = [], set()
    for case in cases:  # the result itself is recorded, or its last reviewed version
        hashes = [document_hash(document) for document in (case.document, case.last_version.document) if document]
        scan = next((by_hash[one] for one in hashes if one in by_hash), None)
        listed.append({**case.listed(), **_place(scan)})
        here.update(hashes)
    if any(case.blinded for case in cases):
        return listed
    return listed + [_without_folder(scan) for scan in recorded if scan["findings_hash"] not in here]


def _place(scan: dict[str, Any] | None) -> dict[str, Any]:
    return {name: None if scan is None else scan[name] for name in ("person_id", "visit", "scan")}


def _without_folder(scan: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a scan whose result folder was not given: it can't be opened."""
    return {
        "id": None,
        "identity": None,
        "subject": "",
        "state": "no_folder",
        "deposits": scan["number"],
        "ha_mass_mg": scan["ha_mass_mg"],
        "volume_mm3": scan["volume_mm3"],
        "thumbnail": None,
        **_place(scan),
    }
