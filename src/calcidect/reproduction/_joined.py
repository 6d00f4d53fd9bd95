"""Record and findings join in a registry, by its own import and its own rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calcidect.registry import AddOptions, Database, ImportOptions, add_result, create_database, import_table
from calcidect.reproduction._people import record_of
from calcidect.reproduction._work import Work

if TYPE_CHECKING:
    import pandas as pd

_WHO = "reproduce-study"
"""Who is named in the registry's history."""
_SEX_IN_DICOM = {"female": "F", "male": "M", "other": "O"}  # DICOM PS3.3 C.7.1.1, Patient's Sex


def joined(work: Work, folder: Path) -> Database:
    """Make a registry of the record and of every result that is there.

    The first scan of a person bears a pseudonym that the registry can't know (docs/registry.md), so it is said to be
    right; that its sex and age are the record's stands in the comparison.

    Parameters
    ----------
    work : Work
    folder : Path
        Receives ``record.csv`` and ``registry.db``.
    """
    record = folder / "record.csv"
    record.write_text(record_of(work.people), encoding="utf-8", newline="")
    database = create_database(folder / "registry.db")
    import_table(database, record, _WHO, ImportOptions())
    for person in work.analysed:
        add_result(database, work.result(person), person, _WHO, AddOptions(visit=1, other_subject=True))
    return database


def records_of(tables: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, Any]]:
    """Return the record of everyone: items of the person and of the visit, None where missing."""
    visits = {row["person_id"]: row for row in rows_of(tables["visits"])}
    return {row["person_id"]: {**row, **visits[row["person_id"]]} for row in rows_of(tables["persons"])}


def scans_of_their_people(tables: Mapping[str, pd.DataFrame]) -> tuple[int, int]:
    """Return of how many scans sex and age are those of the record, and the number of scans."""
    records, scans = records_of(tables), rows_of(tables["scans"])
    same = [
        (scan["scan_sex"], scan["scan_age_years"]) == (_SEX_IN_DICOM.get(record["sex"]), record["age_years"])
        for scan in scans
        for record in [records[scan["person_id"]]]
    ]
    return sum(same), len(same)


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as plain values, None where there is none."""
    import pandas as pd

    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]
