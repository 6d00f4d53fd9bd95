"""``calcidect validate``: results against known truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcidect.cli._options import AsJson
from calcidect.cli._verb import tell
from calcidect.errors import EXIT_PARTLY, EXIT_REFUSED, InputRefusedError, UsageError

if TYPE_CHECKING:
    from calcidect.validation import Score

EXAMPLE = """\b
Examples:
  calcidect validate case/ result/ --out score/
  calcidect validate cases/ results/    (cases/NAME goes with results/NAME)
"""


def run(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="Simulated case, or a folder of cases.")],
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="Result of it, or a folder of results.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="PATH", help="Folder for score.json, .csv and .md and damage.csv, or one .json file."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score results against known truth."""
    from calcidect.validation import as_document, as_markdown, summarise, write_score

    scores, refused = _score_all(case, result)
    for name, error in refused.items():
        tell({"case": name, **error.as_dict()}, as_json)
    if not scores:
        raise typer.Exit(EXIT_REFUSED)
    if out is not None:
        write_score(scores, out, refused)
    typer.echo(json.dumps(as_document(scores, refused)) if as_json else as_markdown(summarise(scores), refused))
    if refused:
        raise typer.Exit(EXIT_PARTLY)


def _score_all(case: Path, result: Path) -> tuple[list[Score], dict[str, InputRefusedError]]:
    from calcidect.validation import score_case

    scores, refused = [], {}
    for one_case, its_result in _pairs(case, result):
        try:
            scores.append(score_case(one_case, its_result))
        except InputRefusedError as error:
            refused[one_case.name] = error
    return scores, refused


def _pairs(case: Path, result: Path) -> Iterator[tuple[Path, Path]]:
    """Pair one case with its result, or every case in a folder with the result of the same name."""
    inside = sorted(truth.parent for truth in case.glob("*/truth"))
    if (case / "truth").is_dir() or not inside:
        yield case, result
        return
    if (result / "findings.json").exists():
        raise UsageError(
            "many_cases_one_result",
            found="There are several cases, but one result.",
            expected="A folder of results whose names are those of the cases.",
            remedy="Give the folder that holds the results.",
        )
    yield from ((one, result / one.name) for one in inside)
