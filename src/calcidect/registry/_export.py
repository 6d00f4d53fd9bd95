"""The record as files: tidy CSV and Parquet with their codebook, a folder that appears whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from calcidect.registry._analysis import CODEBOOK_COLUMNS, analysis_codebook, analysis_in
from calcidect.registry._codebook import codebook_frame, codebook_markdown
from calcidect.registry._database import Database
from calcidect.registry._tables import tables_in
from calcidect.result import check_target, whole_folder

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("csv", "parquet")


def export(
    database: Database, folder: Path, *, formats: tuple[str, ...] = FORMATS, force: bool = False
) -> dict[str, int]:
    """Write every table, the one for statistics, and their codebooks.

    Parameters
    ----------
    database : Database
    folder : Path
        To be made.
    formats : tuple of str
        Of ``csv`` and ``parquet``.
    force : bool
        Whether an existing folder may be replaced.

    Returns
    -------
    dict of str to int
        Rows of each table.

    Raises
    ------
    UsageError
        If the folder exists and ``force`` is false.
    OutputError
        If it can't be written. Nothing is left behind, and an old folder stays as it was.
    """
    check_target(folder, force=force)
    with database.read() as connection:  # one moment for all of them
        tables = {**tables_in(connection), "analysis": analysis_in(connection)}
    with whole_folder(folder, force=force) as inside:
        for name, frame in tables.items():
            if "csv" in formats:
                (inside / f"{name}.csv").write_text(as_csv(frame), encoding="utf-8", newline="")
            if "parquet" in formats:
                frame.to_parquet(inside / f"{name}.parquet", index=False)
        (inside / "analysis_codebook.csv").write_text(_analysis_codebook(), encoding="utf-8", newline="")
        (inside / "codebook.csv").write_text(as_csv(codebook_frame()), encoding="utf-8", newline="")
        (inside / "codebook.md").write_text(codebook_markdown(), encoding="utf-8", newline="")
    return {name: len(frame) for name, frame in tables.items()}


def _analysis_codebook() -> str:
    import pandas as pd

    return as_csv(pd.DataFrame(analysis_codebook(), columns=list(CODEBOOK_COLUMNS)).astype("string"))


def as_csv(frame: pd.DataFrame) -> str:
    """Return a table as CSV: empty where missing, ``true`` and ``false`` as in the tables of a result."""
    booleans = frame.select_dtypes("boolean").columns
    words = {name: frame[name].map({True: "true", False: "false"}).astype("string") for name in booleans}
    return frame.assign(**words).to_csv(index=False, lineterminator="\n")
