"""The command ``calcidect``: one verb a file."""

from __future__ import annotations

from typing import Annotated

import typer

from calcidect._version import __version__
from calcidect.cli import analyze, calibrate, cohort, demo, inspect, registry, review, settings, simulate, validate
from calcidect.cli._verb import Verb

# Plain help: rich's would take a third of the 0.3 s that --help may take.
app = typer.Typer(
    name="calcidect",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for verb in (demo, simulate, inspect, analyze, review, calibrate, validate, settings):
    app.command(verb.__name__.rpartition(".")[2], cls=Verb, epilog=verb.EXAMPLE)(verb.run)
app.add_typer(registry.app, name="registry")
app.add_typer(cohort.app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"calcidect {__version__}. Research use only. Not a medical device.")
        raise typer.Exit


@app.callback()
def calcidect(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show faults with their traceback; it may quote the scan.")
    ] = False,
) -> None:
    """Measure calcinosis in dual-energy CT of the hands.

    Research use only. Not a medical device.
    """


def main() -> None:
    """Run the command line of this process."""
    app()
