"""``calcidect cohort reproduce-study``: the study of 2014 on ten simulated people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from calcidect.cli._options import AsJson
from calcidect.cli._progress import shown_progress
from calcidect.cli._tables import need_packages, show_tables
from calcidect.cli._verb import tell
from calcidect.errors import EXIT_PARTLY

EXAMPLE = """\b
Examples:
  calcidect cohort reproduce-study --work study/
  calcidect cohort reproduce-study --work trial/ --quick --people P01,P09
"""


def run(
    work: Annotated[
        Path, typer.Option("--work", metavar="DIR", help="Folder of scans, results and outcome; goes on where it was.")
    ],
    quick: Annotated[
        bool, typer.Option("--quick", help="The right hand alone, coarser: minutes, not an hour.")
    ] = False,
    people: Annotated[
        str | None, typer.Option("--people", metavar="P01,P02,...", help="Some of the ten; all by default.")
    ] = None,
    simulate_only: Annotated[bool, typer.Option("--simulate-only", help="Make the scans and stop.")] = False,
    processes: Annotated[int, typer.Option("--processes", min=1, help="At a time; each takes up to 3 GB.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Reproduce Hsu, Bramwit and Schlesinger (EULAR 2014) on simulated hands.

    Simulates ten people who carry the study's figures, analyses their scans, joins the findings to their record, and
    lays what comes out beside the study and beside the truth.
    """
    need_packages()
    from calcidect.reproduction import PEOPLE, Work, reproduce

    chosen = PEOPLE if people is None else tuple(name.strip() for name in people.split(",") if name.strip())
    place = Work(work, chosen, quick)
    with shown_progress() as progress:
        outcome, refused = reproduce(place, simulate_only=simulate_only, processes=processes, progress=progress)
    for refusal in refused:
        tell(refusal, as_json)
    if outcome is not None:
        show_tables(outcome.tables, as_json=as_json)
        if not as_json:
            typer.echo(f"\nThese, the cohort's tables and its figures: {place.outcome}")
    else:
        scans = len(place.simulated)
        typer.echo(json.dumps({"scans": scans}) if as_json else f"{scans} scans. Simulated, of no person.")
    if refused:
        raise typer.Exit(EXIT_PARTLY)
