"""What every verb has in common: how it fails."""

from __future__ import annotations

import json
import traceback
import warnings
from typing import Any

import typer
from typer.core import TyperCommand

from calcidect.errors import EXIT_FAULT, CalcidectError


class Verb(TyperCommand):
    """A command whose failures are messages and exit codes, never tracebacks.

    Python's warnings are kept quiet, and a fault is told without its text: libraries quote values of the scan in
    both, and those may name a patient. ``calcidect --debug`` shows everything.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; turn what it raises into a message on standard error and an exit code."""
        if ctx.find_root().params.get("debug"):
            return super().invoke(ctx)
        as_json = bool(ctx.params.get("as_json"))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return super().invoke(ctx)
        except CalcidectError as error:
            tell(error.as_dict(), as_json)
            raise typer.Exit(error.exit_code) from None
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as fault:
            tell(_as_fault(fault), as_json)
            raise typer.Exit(EXIT_FAULT) from None


def tell(error: dict[str, Any], as_json: bool) -> None:
    """Write an error to standard error, for people or as one JSON object."""
    if as_json:
        typer.echo(json.dumps(error), err=True)
        return
    typer.echo(f"Error ({error['code']}): {error['found']}", err=True)
    typer.echo(f"  Expected: {error['expected']}", err=True)
    typer.echo(f"  What to do: {error['remedy']}", err=True)


def _as_fault(fault: Exception) -> dict[str, str]:
    """Describe a fault by its kind and place; its text may quote the scan."""
    ours = [frame for frame in traceback.extract_tb(fault.__traceback__) if "calcidect" in frame.filename]
    place = f" in {ours[-1].name}, line {ours[-1].lineno}" if ours else ""
    return {
        "code": "internal_fault",
        "found": f"calcidect failed by a fault of its own ({type(fault).__name__}{place}).",
        "expected": "To finish, or to say what is wrong with the input.",
        "remedy": "Please report this message. `calcidect --debug VERB ...` shows details, which may quote the scan.",
    }
