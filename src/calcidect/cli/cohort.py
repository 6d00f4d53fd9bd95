"""``calcidect cohort``: Table 1, associations, agreement and figures of many people."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcidect.cli import reproduce_study
from calcidect.cli._options import AsJson
from calcidect.cli._progress import shown_progress
from calcidect.cli._tables import (
    Codebook,
    ForceFolder,
    OrderColumn,
    OutFolder,
    People,
    PersonColumn,
    check_place,
    named,
    need_packages,
    read_table,
    read_variables,
    show_tables,
    write_files,
    write_tables,
)
from calcidect.cli._verb import Verb
from calcidect.errors import UsageError

if TYPE_CHECKING:
    from calcidect.cohort import Centre, Table, Variable

EXAMPLE = """\b
Examples:
  calcidect cohort table1 people.csv --codebook codebook.csv --by bulky --out table1/
  calcidect cohort associations people.csv --codebook codebook.csv --outcome bulky --out associations/
  calcidect cohort reproduce-study --work study/
"""

app = typer.Typer(name="cohort", no_args_is_help=True, rich_markup_mode=None, epilog=EXAMPLE)


@app.callback()
def cohort() -> None:
    """Describe and compare the people of a cohort. Research use only."""


class At(StrEnum):
    """Which visit of a person."""

    FIRST = "first"
    LAST = "last"


class Exact(StrEnum):
    """Exact tests of two by two tables, as the cohort names them."""

    FISHER = "fisher"
    BOSCHLOO = "boschloo"
    BARNARD = "barnard"


class Interval(StrEnum):
    """Intervals of odds ratios, as the cohort names them."""

    MID_P = "mid-p"
    EXACT = "exact"


AtVisit = Annotated[At | None, typer.Option("--at", help="Which visit of each person; needs --order.")]
Variables = Annotated[
    str | None, typer.Option("--variables", metavar="A,B,...", help="Which, in this order; all of the codebook else.")
]


@app.command(
    "table1",
    cls=Verb,
    epilog="""\b
Examples:
  calcidect cohort table1 people.csv --codebook codebook.csv --by bulky --out table1/
  calcidect cohort table1 visits.parquet --codebook codebook.csv --order visit --at first --out table1/
""",
)
def table1(
    people: People,
    codebook: Codebook,
    out: OutFolder,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Whose categories are groups.")] = None,
    variables: Variables = None,
    per_patient: Annotated[bool, typer.Option("--per-patient", help="Also a table with every person in it.")] = False,
    mean: Annotated[str | None, typer.Option("--mean", metavar="A,B,...", help="Show these as mean (SD).")] = None,
    median: Annotated[
        str | None, typer.Option("--median", metavar="A,B,...", help="Show these as median (Q1, Q3).")
    ] = None,
    tests: Annotated[bool, typer.Option(help="Whether groups are compared by tests.")] = True,
    person: PersonColumn = "person_id",
    order: OrderColumn = None,
    at: AtVisit = None,
    force: ForceFolder = False,
    as_json: AsJson = False,
) -> None:
    """Make Table 1: the people of a cohort, all and by group.

    Writes it as text, Markdown, HTML, LaTeX, CSV and Word.
    """
    from calcidect.cohort import chosen, one_row_each, table_one
    from calcidect.cohort import per_patient as each_person

    need_packages()
    check_place(out, force, people, codebook)
    with shown_progress() as progress:
        progress("reading", 0.0)
        known = read_variables(codebook)
        frame = one_row_each(read_table(people), person, order, _visit(order, at))
        wanted = named(known, variables, but=person)
        grouping = chosen(known, [by])[0] if by else None
        progress("describing", 0.0)
        tables = {
            "table1": table_one(frame, wanted, grouping, centres=_centres(known, mean, median), tests=tests).table
        }
        if per_patient:
            tables["patients"] = each_person(frame, wanted, person)
        progress("writing", 0.0)
        write_tables(tables, out, force=force)
    show_tables(tables, as_json=as_json)


@app.command(
    "associations",
    cls=Verb,
    epilog="""\b
Examples:
  calcidect cohort associations people.csv --codebook codebook.csv --outcome bulky --out associations/
  calcidect cohort associations people.csv --codebook codebook.csv --outcome bulky --regress age,female --out model/
""",
)
def associations(
    people: People,
    codebook: Codebook,
    out: OutFolder,
    outcome: Annotated[str, typer.Option("--outcome", metavar="NAME", help="What the others are held against.")],
    variables: Variables = None,
    exact: Annotated[Exact, typer.Option("--exact", help="Test of two by two tables.")] = Exact.FISHER,
    interval: Annotated[Interval, typer.Option("--interval", help="Of odds ratios.")] = Interval.MID_P,
    regress: Annotated[
        str | None, typer.Option("--regress", metavar="A,B,...", help="Also one regression of the outcome on these.")
    ] = None,
    person: PersonColumn = "person_id",
    order: OrderColumn = None,
    at: AtVisit = None,
    force: ForceFolder = False,
    as_json: AsJson = False,
) -> None:
    """Hold an outcome against each other variable.

    Estimates with intervals first, exact tests for few people, p adjusted for their number, and a warning where the
    people can't carry the question. An association is no cause.
    """
    from calcidect import cohort as room

    need_packages()
    check_place(out, force, people, codebook)
    with shown_progress() as progress:
        progress("reading", 0.0)
        known = read_variables(codebook)
        frame = room.one_row_each(read_table(people), person, order, _visit(order, at))
        held = room.chosen(known, [outcome])[0]
        progress("comparing", 0.0)
        test, kind = room.ExactTest(exact.value), room.OddsInterval(interval.value)
        found = room.associations(frame, held, named(known, variables, but=person), test, kind)
        tables: dict[str, Table] = {"associations": room.associations_table(found)}
        if regress is not None:
            tables["regression"] = room.firth_table(room.firth_regression(frame, held, named(known, regress)), held)
        write_tables(tables, out, force=force)
    show_tables(tables, as_json=as_json)


@app.command(
    "agreement",
    cls=Verb,
    epilog="""\b
Examples:
  calcidect cohort agreement readings.csv --codebook codebook.csv --columns mass_reader,mass_software --out agreement/
  calcidect cohort agreement long.csv --codebook codebook.csv --value mass --rater reader --out agreement/
""",
)
def agreement(
    people: People,
    codebook: Codebook,
    out: OutFolder,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="A,B,...", help="Variables that hold the same measurement.")
    ] = None,
    value: Annotated[str | None, typer.Option("--value", metavar="NAME", help="Or one variable, with --rater.")] = None,
    rater: Annotated[str | None, typer.Option("--rater", metavar="COLUMN", help="Reader, scan or method.")] = None,
    ratio: Annotated[bool, typer.Option("--ratio", help="Limits of ratios: errors that grow with size.")] = False,
    person: PersonColumn = "person_id",
    force: ForceFolder = False,
    as_json: AsJson = False,
) -> None:
    """Tell how far readers, rescans or methods agree.

    Numbers: intraclass correlations, smallest detectable change and, of two, concordance and limits of agreement.
    Categories: kappa.
    """
    from calcidect import cohort as room

    need_packages()
    check_place(out, force, people, codebook)
    known, frame = read_variables(codebook), read_table(people)
    if columns is not None and value is None and rater is None:
        ratings = room.side_by_side(frame, named(known, columns), person)
    elif value is not None and rater is not None and columns is None:
        ratings = room.stacked(frame, room.chosen(known, [value])[0], person, rater)
    else:
        raise UsageError(
            "which_ratings",
            found="It is not said where the ratings stand.",
            expected="Either --columns, or --value with --rater.",
            remedy="Give one of the two.",
        )
    tables = {"agreement": room.agreement_table(ratings, as_ratio=ratio)}
    write_tables(tables, out, force=force)
    show_tables(tables, as_json=as_json)


@app.command(
    "figures",
    cls=Verb,
    epilog="""\b
Examples:
  calcidect cohort figures people.csv --codebook codebook.csv --deposits deposits.csv --out figures/
  calcidect cohort figures people.csv --codebook codebook.csv --scatter duration,ha_mass --by bulky --out figures/
  calcidect cohort figures people.csv --codebook codebook.csv --outcome bulky --out figures/
""",
)
def figures(
    people: People,
    codebook: Codebook,
    out: OutFolder,
    deposits: Annotated[
        Path | None, typer.Option("--deposits", metavar="FILE", help="deposits.csv of all people, to draw on hands.")
    ] = None,
    scatter: Annotated[str | None, typer.Option("--scatter", metavar="X,Y", help="Two numbers, to draw.")] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Whose categories --scatter tells apart.")
    ] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", metavar="NAME", help="For a forest plot.")] = None,
    variables: Variables = None,
    person: PersonColumn = "person_id",
    order: OrderColumn = None,
    at: AtVisit = None,
    force: ForceFolder = False,
    as_json: AsJson = False,
) -> None:
    """Draw burden on hands, burden against duration, and odds ratios.

    Writes hands, scatter and forest, as asked for, as SVG and PNG. --deposits needs a column of the person, as in FILE,
    and of the visit where --order is given.
    """
    from calcidect import cohort as room

    need_packages()
    check_place(out, force, people, codebook, *([deposits] if deposits else []))
    if deposits is None and scatter is None and outcome is None:
        raise UsageError(
            "which_figure",
            found="No figure is asked for.",
            expected="At least one of --deposits, --scatter and --outcome.",
            remedy="Give one of them.",
        )
    drawn: dict[str, dict[str, bytes]] = {}
    with shown_progress() as progress:
        progress("reading", 0.0)
        known = read_variables(codebook)
        frame = room.one_row_each(read_table(people), person, order, _visit(order, at))
        progress("drawing", 0.0)
        if deposits is not None:
            drawn["hands"] = room.hands_figure(room.burden_by_place(read_table(deposits), frame, person, order))
        if scatter is not None:
            x, y = _two(named(known, scatter))
            drawn["scatter"] = room.scatter_figure(frame, x, y, room.chosen(known, [by])[0] if by else None)
        if outcome is not None:
            held = room.chosen(known, [outcome])[0]
            drawn["forest"] = room.forest_figure(room.associations(frame, held, named(known, variables, but=person)))
        files = {f"{name}.{end}": data for name, ends in drawn.items() for end, data in ends.items()}
        write_files(files, out, force)
    if as_json:
        typer.echo(json.dumps({"files": list(files)}))
        return
    typer.echo(f"Wrote {', '.join(drawn)} to {out}. Research use only. Not a medical device.")


def _two(variables: tuple[Variable, ...]) -> tuple[Variable, Variable]:
    if len(variables) != 2:
        raise UsageError(
            "two_wanted",
            found=f"{len(variables)} variables are given to --scatter.",
            expected="Two: across and up.",
            remedy="Give two names with a comma between them.",
        )
    return variables[0], variables[1]


def _visit(order: str | None, at: At | None) -> str | None:
    """Return which visit is taken; both options go together."""
    if (order is None) != (at is None):
        raise UsageError(
            "which_visit",
            found="Only one of --order and --at is given.",
            expected="Both, or neither where each person has one row.",
            remedy="Give the other one, too.",
        )
    return None if at is None else at.value


def _centres(known: tuple[Variable, ...], mean: str | None, median: str | None) -> dict[str, Centre]:
    """Return how the variables of the two lists are shown."""
    from calcidect.cohort import Centre

    pairs = [(Centre.MEAN, mean), (Centre.MEDIAN, median)]
    shown = [(one, centre) for centre, names in pairs if names is not None for one in named(known, names)]
    centres = {one.name: centre for one, centre in shown}
    if len(centres) < len(shown) or any(one.has_levels for one, _ in shown):
        raise UsageError(
            "which_centre",
            found="A variable of --mean or --median is named twice, or has categories.",
            expected="Numbers, each in one of the two lists.",
            remedy="Change the lists.",
        )
    return centres


app.command("reproduce-study", cls=Verb, epilog=reproduce_study.EXAMPLE)(reproduce_study.run)
