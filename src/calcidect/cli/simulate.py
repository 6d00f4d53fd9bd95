"""``calcidect simulate``: a made-up patient with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from calcidect.cli._progress import shown_progress
from calcidect.errors import UsageError

EXAMPLE = """\b
Examples:
  calcidect simulate --list
  calcidect simulate standard --seed 7 --out case/
  calcidect simulate my-scenario.toml --quick --out case/
"""


def run(
    scenario: Annotated[
        str | None, typer.Argument(metavar="SCENARIO", help="Name of a scenario, or a TOML file.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Case folder to make: dicom/ and truth/.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="The same seed gives the same scan; a file's own, or 0.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One hand, coarser: seconds instead of minutes.")] = False,
    pair: Annotated[
        str | None, typer.Option("--pair", help="Energies, as 80/Sn150 or 50/100keV; the scenario's if not given.")
    ] = None,
    list_all: Annotated[bool, typer.Option("--list", help="List the scenarios and stop.")] = False,
) -> None:
    """Simulate a scan with known truth.

    Writes a case folder: dicom/ as a scanner would, and truth/ about every bone and deposit.
    """
    from calcidect.phantom import list_scenarios, load_scenario, simulate

    if list_all:
        for name, description in list_scenarios().items():
            typer.echo(f"{name:14}{description}")
        return
    if scenario is None or out is None:
        raise UsageError(
            "scenario_or_out_missing",
            found="No scenario or no --out was given.",
            expected="A scenario and a folder to make, as `calcidect simulate standard --out case/`.",
            remedy="See `calcidect simulate --list` for the scenarios.",
        )
    with shown_progress() as progress:
        simulate(load_scenario(scenario, seed=seed, quick=quick, pair=pair), out, progress)
    typer.echo(f"Case: {out}. A simulated scan, of no person.")
