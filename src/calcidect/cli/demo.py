"""``calcidect demo``: from nothing to a report, on a simulated hand."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcidect.cli._options import Seed
from calcidect.cli._progress import shown_progress
from calcidect.errors import UsageError

if TYPE_CHECKING:
    from calcidect.validation import Score

EXAMPLE = """\b
Example:
  calcidect demo
"""

PARENT = Path("demo-output")


def run(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder to make; demo-output/NNN if not given.")
    ] = None,
    seed: Seed = 7,
) -> None:
    """Simulate a hand, analyse it, score it.

    Ends with the main numbers beside the truth, and the report to open.
    """
    from calcidect.api import analyze_folder
    from calcidect.phantom import load_scenario, simulate
    from calcidect.validation import score_case, write_score

    folder = _new_folder(out)
    case, result = folder / "case", folder / "result"
    with shown_progress() as progress:
        simulate(load_scenario("standard", seed=seed, quick=True), case, progress)
        analyze_folder(case / "dicom", result, progress=progress)
        progress("comparing with the truth", 0.0)
        score = score_case(case, result)
        write_score(score, folder / "score")
    typer.echo(as_text(score, folder))


def _new_folder(out: Path | None) -> Path:
    """Return the folder to make: the one that was named, or the next free number."""
    if out is None:
        return next(path for n in count(1) if not (path := PARENT / f"{n:03}").exists())
    if out.exists():
        raise UsageError(
            "output_exists",
            found="The folder for the demonstration already exists.",
            expected="A folder that does not exist yet.",
            remedy="Choose another folder, or leave --out away.",
        )
    return out


def as_text(score: Score, folder: Path) -> str:
    """Return the main numbers against the truth, and what to open."""
    whole = score.totals[-1]
    found = sum(deposit.found for deposit in score.deposits)
    false = sum(not deposit.on_vessel for deposit in score.false_deposits)
    mass = "-" if whole.reported_ha_mass_mg is None else f"{whole.reported_ha_mass_mg:.1f}"
    bones = ", ".join(f"{union.dice:.3f} ({union.side})" for union in score.bone_unions)
    return "\n".join(
        [
            "",
            f"{'':22}{'truth':>10}{'measured':>12}",
            f"{'deposits':22}{whole.true_number:>10}{whole.reported_number:>12}",
            f"{'volume, mm3':22}{whole.true_volume_mm3:>10.1f}{whole.reported_volume_mm3:>12.1f}",
            f"{'hydroxyapatite, mg':22}{whole.true_ha_mass_mg or 0.0:>10.1f}{mass:>12}",
            "",
            f"Found {found} of {len(score.deposits)} deposits, {false} false. Dice of all bone: {bones}.",
            f"Open {folder / 'result' / 'report.html'}; every score is in {folder / 'score' / 'score.md'}.",
            "A simulated hand, of no person. Research use only. Not a medical device.",
        ]
    )
