"""``calcidect review``: look at results in the browser, and correct them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcidect.cli._options import SettingsFile
from calcidect.errors import UsageError

if TYPE_CHECKING:
    from calcidect.settings import Settings

EXAMPLE = """\b
Examples:
  calcidect review result/ --scan scan/ --reader R1
  calcidect review results/ --read-only
  calcidect review result/ --blinded --reader R2
  calcidect review results/ --agreement
"""


def run(
    results: Annotated[list[Path], typer.Argument(metavar="RESULT...", help="Folders of `calcidect analyze`.")],
    scan: Annotated[
        Path | None,
        typer.Option("--scan", metavar="DICOM", help="What the result was made of: shows it, and measures anew."),
    ] = None,
    reader: Annotated[str, typer.Option("--reader", metavar="NAME", help="Pseudonym of who reviews.")] = "reader",
    read_only: Annotated[bool, typer.Option("--read-only", help="Look only; edits are refused.")] = False,
    blinded: Annotated[
        bool, typer.Option("--blinded", help="Second reader: edits of their own, without a look at the first's.")
    ] = False,
    settings: SettingsFile = None,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", metavar="FILE", help="With which the result was made.")
    ] = None,
    registry: Annotated[
        str | None,
        typer.Option("--registry", metavar="PLACE", help="The work list shows its people and visits, too."),
    ] = None,
    agreement: Annotated[
        bool, typer.Option("--agreement", help="Serve nothing: tell how far both readers agree.")
    ] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Show the link; open nothing.")] = False,
    host: Annotated[str, typer.Option("--host", hidden=True)] = "127.0.0.1",
) -> None:
    """Review results in the browser, on this machine alone.

    The result is never changed: events and reviewed versions go to a folder RESULT.review beside it.
    """
    from calcidect.review import ReviewOptions, serve

    if agreement:
        _tell_agreement(results)
        return
    if host not in ("127.0.0.1", "localhost"):
        raise UsageError(
            "host_refused",
            found="Another host than this machine is asked for.",
            expected="127.0.0.1: the application is for the person at this machine.",
            remedy="Leave --host out; from afar, use a tunnel (ssh -L).",
        )
    shown: list[str] = []

    def opened(link: str) -> None:
        typer.echo(link if not shown else f"For another browser: {link}")
        if not shown and not no_browser:
            import webbrowser

            webbrowser.open(link)
        shown.append(link)

    typer.echo("Research use only. Not a medical device. Ctrl-C ends it. The link opens once:")
    options = ReviewOptions(reader, read_only, blinded, scan, _settings(settings, calibration), registry, port)
    serve(results, options, opened)


def _tell_agreement(results: list[Path]) -> None:
    from calcidect.cli._tables import need_packages, show_tables
    from calcidect.review import agreement_of_readers, result_folders

    need_packages()
    show_tables(agreement_of_readers(result_folders(results)), as_json=False)


def _settings(path: Path | None, calibration: Path | None) -> Settings | None:
    """Return the settings that were given, None for the result's own."""
    from calcidect.settings import load_settings, with_calibration_file

    if path is None and calibration is None:
        return None
    settings = load_settings(path)
    return settings if calibration is None else with_calibration_file(settings, str(calibration))
