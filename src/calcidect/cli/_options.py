"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON: the outcome to standard output, errors to error.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing result folder.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same scan.")]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", metavar="FILE", help="TOML file; `calcidect settings --toml` gives one."),
]
