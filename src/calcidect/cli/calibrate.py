"""``calcidect calibrate``: a scan of a phantom becomes a site's calibration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcidect.cli._options import AsJson, SettingsFile
from calcidect.cli._progress import shown_progress

if TYPE_CHECKING:
    from calcidect.materials import Calibration

EXAMPLE = """\b
Example:
  calcidect calibrate phantom-scan/ --inserts inserts.toml --out site.json
"""


def run(
    source: Annotated[
        Path, typer.Argument(metavar="SCAN", help="DICOM folder, zip archive or enhanced CT file of the phantom.")
    ],
    inserts: Annotated[Path, typer.Option("--inserts", metavar="FILE", help="TOML list of the phantom's inserts.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="JSON file to make.")],
    settings: SettingsFile = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure the inserts of a phantom.

    Writes how far this scanner's HU per mg/cm3 are from the model's, with their uncertainty, for
    `analyze --calibration`. Of the scan it keeps the month and the manufacturer.
    """
    from calcidect._calibrating import calibrate_folder
    from calcidect.settings import load_settings

    in_force = load_settings(settings)
    with shown_progress() as progress:
        found = calibrate_folder(source, inserts, out, in_force, force=force, progress=progress)
    if as_json:
        from calcidect.materials import calibration_text

        typer.echo(json.dumps({"out": str(out), **json.loads(calibration_text(found))}))
    else:
        typer.echo(as_text(found, out))


def as_text(found: Calibration, out: Path) -> str:
    """Return what was measured, in a few lines."""
    assert found.residual_rms_hu is not None
    sds = [100 * found.covariance_fraction2("hydroxyapatite")[n, n] ** 0.5 for n in (0, 1)]
    rows = [
        f"  {i.material} {i.mg_per_cm3:g} mg/cm3: {i.mean_low_hu:.1f} / {i.mean_high_hu:.1f} HU" for i in found.inserts
    ]
    lines = [
        f"Energies: {found.pair}; water path {found.water_path_cm:.1f} cm",
        "Inserts:",
        *rows,
        f"Residuals, root mean square: {found.residual_rms_hu[0]:.1f} / {found.residual_rms_hu[1]:.1f} HU",
        f"Hydroxyapatite against the model: {found.ha_factor[0]:.3f} / {found.ha_factor[1]:.3f}, "
        f"sd {sds[0]:.1f} / {sds[1]:.1f} %",
        f"Calibration: {out}",
        "Research use only. Not a medical device.",
    ]
    return "\n".join(lines)
