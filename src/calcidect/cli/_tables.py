"""Tables that verbs of the cohort read and write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcidect.errors import InputRefusedError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from calcidect.cohort import Table, Variable

People = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV or Parquet table: a row per person, or per person and visit.")
]
Codebook = Annotated[
    Path, typer.Option("--codebook", metavar="FILE", help="CSV of columns name, label, kind, unit, categories.")
]
OutFolder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to make.")]
PersonColumn = Annotated[str, typer.Option("--person", metavar="COLUMN", help="Who a row is about.")]
OrderColumn = Annotated[
    str | None, typer.Option("--order", metavar="COLUMN", help="What orders the visits of a person.")
]
ForceFolder = Annotated[bool, typer.Option("--force", help="Replace an existing folder.")]


def need_packages() -> None:
    """Check that the packages of the cohort are installed, without loading them.

    Raises
    ------
    UsageError
        If one is missing.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageError(
            "extra_missing",
            found=f"These packages are not installed: {', '.join(missing)}.",
            expected="calcidect with what its statistics need.",
            remedy="Install it again with the extra: pip install '.[cohort]'",
        )


_PACKAGES = ("statsmodels", "firthmodels", "matplotlib", "docx", "pyarrow")


def check_place(out: Path, force: bool, *tables: Path) -> None:
    """Refuse a folder that exists, unless forced, and always one that holds a table that is read."""
    from calcidect.result import check_target

    for table in tables:
        check_target(out, force=force, input_folder=table)


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV table as text, so that codes stay as they are written, or a Parquet table.

    Raises
    ------
    UsageError
        If there is no such file.
    InputRefusedError
        If it can't be read.
    """
    import pandas as pd

    if not path.is_file():
        raise UsageError(
            "no_such_file",
            found="There is no such file.",
            expected="A CSV or Parquet table.",
            remedy="Check the name.",
        )
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        # As a row, since pandas renames what comes twice in a heading, and moves columns where rows are longer than it.
        lines = pd.read_csv(path, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, OSError) as error:  # pandas' and pyarrow's own errors are of these kinds
        raise InputRefusedError(
            "table_unreadable",
            found=f"The table can't be read ({type(error).__name__}).",
            expected="A CSV file in UTF-8 with commas, no row longer than the heading, or a Parquet file, .parquet.",
            remedy="Save it in one of the two formats.",
        ) from None
    heading = lines.iloc[0].tolist()
    if len(set(heading)) < len(heading):
        raise InputRefusedError(
            "column_twice",
            found="Two columns of the table have the same name.",
            expected="A name of its own for each column.",
            remedy="Rename or delete one of them.",
        )
    return lines.iloc[1:].reset_index(drop=True).set_axis(heading, axis=1)


def read_variables(path: Path) -> tuple[Variable, ...]:
    """Read a codebook."""
    from calcidect.cohort import read_codebook

    return read_codebook(read_table(path))


def named(variables: tuple[Variable, ...], names: str | None, *, but: str | None = None) -> tuple[Variable, ...]:
    """Return the variables of a list ``a,b,c``; without a list all, except one."""
    from calcidect.cohort import chosen

    if names is None:
        return tuple(v for v in variables if v.name != but)
    return chosen(variables, [name.strip() for name in names.split(",") if name.strip()])


def write_tables(tables: Mapping[str, Table], out: Path, *, force: bool) -> None:
    """Write every table in every format, all of them or none."""
    from calcidect.cohort import rendered

    write_files(rendered(tables), out, force)


def write_files(files: Mapping[str, bytes], out: Path, force: bool) -> None:
    """Write files into a new folder, all of them or none."""
    from calcidect.result import whole_folder

    with whole_folder(out, force=force) as hidden:
        for name, data in files.items():
            (hidden / name).write_bytes(data)


def show_tables(tables: Mapping[str, Table], *, as_json: bool) -> None:
    """Print the tables, for people or as one JSON object."""
    from calcidect.cohort import RENDERINGS

    if not as_json:
        typer.echo("\n".join(RENDERINGS["txt"](table) for table in tables.values()), nl=False)
        return
    shown = {
        name: {
            "title": table.title,
            "columns": table.columns,
            "rows": [[row.head, *row.cells] for row in table.rows],
            "notes": table.all_notes,
        }
        for name, table in tables.items()
    }
    typer.echo(json.dumps(shown, ensure_ascii=False))
