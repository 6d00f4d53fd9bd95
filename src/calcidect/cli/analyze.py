"""``calcidect analyze``: a DICOM folder or archive becomes a result folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from calcidect.cli._options import AsJson, Force, SettingsFile
from calcidect.cli._progress import shown_progress

if TYPE_CHECKING:
    from calcidect.result import Result

EXAMPLE = """\b
Example:
  calcidect analyze scan/ --out result/
"""


def run(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="DICOM folder, zip archive or enhanced CT file of one study.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Result folder to make.")],
    settings: SettingsFile = None,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", metavar="FILE", help="Of the scanner, by `calcidect calibrate`.")
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Measure a scan of the hands.

    Writes the result folder with its report, whole or not at all.
    """
    from calcidect.api import analyze_folder
    from calcidect.settings import load_settings, with_calibration_file

    in_force = load_settings(settings)
    if calibration is not None:
        in_force = with_calibration_file(in_force, str(calibration))
    with shown_progress() as progress:
        result = analyze_folder(source, out, in_force, force=force, progress=progress)
    if as_json:
        typer.echo(json.dumps(_as_document(result, out)))
    else:
        typer.echo(as_text(result, out))


def as_text(result: Result, out: Path) -> str:
    """Return what was found, in a few lines."""
    burden = result.findings.burden["all"]
    mass = "not measured" if burden.ha_mass_mg is None else f"{burden.ha_mass_mg:.1f} mg"
    lines = [
        f"Hands: {', '.join(hand.side for hand in result.hands)}",
        f"Deposits: {burden.number}, {burden.volume_mm3:.0f} mm3; hydroxyapatite {mass}",
        *(f"Note ({notice.code}): {notice.message}" for notice in result.warnings),
        f"Report: {out / 'report.html'}",
        "Research use only. Not a medical device.",
    ]
    return "\n".join(lines)


def _as_document(result: Result, out: Path) -> dict[str, Any]:
    from calcidect.result import as_document

    document = as_document(result)
    return {"out": str(out), **{key: document[key] for key in ("research_use_only", "burden", "warnings")}}
