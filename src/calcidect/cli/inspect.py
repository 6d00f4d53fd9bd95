"""``calcidect inspect``: what is in a DICOM folder or archive, and whether it can be analysed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcidect.cli._options import AsJson, SettingsFile
from calcidect.cli._progress import shown_progress
from calcidect.cli._verb import tell
from calcidect.errors import EXIT_REFUSED

if TYPE_CHECKING:
    from calcidect.study import Inspection, SeriesFound

_USES = {
    "low": "low energy",
    "high": "high energy",
    "single": "single energy: would be analysed without materials",
    "map": "material map",
}

EXAMPLE = """\b
Examples:
  calcidect inspect scan/
  calcidect inspect scan.zip
"""


def run(
    source: Annotated[Path, typer.Argument(metavar="IN", help="DICOM folder, zip archive or file.")],
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what a DICOM folder or archive holds.

    Lists its series, the pair of energies that `analyze` would use, and what stands in the way; exit code 3
    if something does. Reads headers only.
    """
    from calcidect.settings import load_settings
    from calcidect.study import inspect_folder

    in_force = load_settings(settings)
    with shown_progress() as progress:
        found = inspect_folder(source, in_force.study, progress)
    typer.echo(json.dumps(found.as_dict()) if as_json else as_text(found))
    if found.refusal is not None:
        tell(dict(found.refusal), as_json)
        raise typer.Exit(EXIT_REFUSED)


def as_text(found: Inspection) -> str:
    """Return a line per series, then pairs and what was left out."""
    skipped = sum(found.skipped.values())
    lines = [
        f"{'series':10}{'images':>7}  {'energy':24}{'voxels':16}{'mm':20}use",
        *(_line(series) for series in found.series),
        f"Patients: {found.patients}, studies: {found.studies}, other objects: {found.other_objects}, "
        f"files left out: {skipped}",
        *(f"Left out: {number} ({why})" for why, number in found.skipped.items()),
        *(f"Raw objects: {number} {name}" for name, number in found.raw_objects.items()),
        *(f"Pair: {pair.name}{' (would be used)' if pair.is_chosen else ''}" for pair in found.pairs),
    ]
    return "\n".join(lines)


def _line(series: SeriesFound) -> str:
    size = "x".join(str(n) for n in series.size or ()) or "-"
    spacing = " x ".join(f"{step:.3g}" for step in series.spacing_mm or ()) or "-"
    use = _USES.get(series.role, f"not used: {series.why_not}")
    return f"{series.series:10}{series.images:>7}  {series.energy or '-':24}{size:16}{spacing:20}{use}"
