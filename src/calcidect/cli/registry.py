"""``calcidect registry``: the record of people and visits, joined to results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from calcidect.cli._options import AsJson
from calcidect.cli._registry_says import RESEARCH_USE_ONLY, refuse_table, say, say_imported, who_of
from calcidect.cli._verb import Verb, tell
from calcidect.errors import EXIT_PARTLY, EXIT_REFUSED, InputRefusedError, UsageError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Keep the clinical record of people and visits, joined to results.\n\nPseudonyms only.",
    epilog="""\b
Examples:
  calcidect registry init
  calcidect registry import record.csv
  calcidect registry add result/ --person P01 --visit 1
""",
)

DatabasePlace = Annotated[
    str,
    typer.Option(
        "--db",
        metavar="PLACE",
        envvar="CALCIDECT_REGISTRY",
        help="SQLite file, or postgresql://user:password@host/name; best given by the environment variable.",
    ),
]
User = Annotated[str | None, typer.Option("--user", help="Who is named in the history; by default the login name.")]
ForceFile = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Of a CSV file that is not UTF-8: latin-1, ...")]
Rejects = Annotated[Path | None, typer.Option("--rejects", metavar="FILE", help="CSV file for the refused cells.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check alone; write nothing.")]
Update = Annotated[bool, typer.Option("--update", help="Change values that are recorded already.")]

DEFAULT_DB = "registry.db"
LONGEST_SHOWN = 60
"""Characters of a value in the history; a result that was replaced is shown whole with ``--json``."""


F = TypeVar("F", bound=Callable[..., None])


def _verb(name: str, *examples: str) -> Callable[[F], F]:
    """Return the decorator that makes a function a verb of the group, with its examples in its help."""
    lines = [f"  calcidect registry {name} {example}".rstrip() for example in examples]
    title = "Example:" if len(lines) == 1 else "Examples:"
    return app.command(name, cls=Verb, epilog="\b\n" + "\n".join([title, *lines]) + "\n")


@_verb("init", "", "--db study.db")
def init(db: DatabasePlace = DEFAULT_DB, as_json: AsJson = False) -> None:
    """Make a new, empty registry."""
    from calcidect.registry import create_database

    create_database(db)
    say({"done": "init"}, ["The registry is ready.", RESEARCH_USE_ONLY], as_json)


@_verb("upgrade", "--db study.db")
def upgrade(db: DatabasePlace = DEFAULT_DB, as_json: AsJson = False) -> None:
    """Bring a registry of an older calcidect to this version.

    All steps are done, or none. Make a copy first.
    """
    from calcidect.registry import upgrade_database

    before, after = upgrade_database(db)
    say({"before": before, "after": after}, [f"Version {before} -> {after}."], as_json)


@_verb("template", "record.xlsx", "record.csv")
def template(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="Ends in .xlsx or .csv.")],
    force: ForceFile = False,
    as_json: AsJson = False,
) -> None:
    """Write an empty table to fill in.

    One row per visit; items of the person may stand in any of the person's rows.
    """
    from calcidect.registry import write_template

    write_template(out, force=force)
    say({"out": str(out)}, [f"Template: {out}"], as_json)


@_verb("import", "record.csv --dry-run", "record.xlsx --rejects rejects.csv")
def import_(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="CSV or .xlsx file.")],
    db: DatabasePlace = DEFAULT_DB,
    dry_run: DryRun = False,
    update: Update = False,
    rejects: Rejects = None,
    encoding: Encoding = None,
    decimal_comma: Annotated[bool, typer.Option("--decimal-comma", help="12,5 is a number.")] = False,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Import a table of people and visits, whole or not at all.

    Every cell that can't be taken is listed with its row, its column and what to do.
    """
    from calcidect.registry import ImportOptions, TableRefusedError, import_table, open_database

    options = ImportOptions(encoding=encoding, decimal_comma=decimal_comma, update=update, dry_run=dry_run)
    try:
        done = import_table(open_database(db), table, who_of(user), options)
    except TableRefusedError as error:
        refuse_table(error, rejects, table, as_json)
    else:
        say_imported(done, as_json)


@_verb("add", "result/ --person P01 --visit 1", "scan/ rescan/ --person P01 --visit 1 --create --other-subject")
def add(
    results: Annotated[list[Path], typer.Argument(metavar="RESULT...", help="Folders of `calcidect analyze`.")],
    person: Annotated[str, typer.Option("--person", help="Pseudonym of the person.")],
    visit: Annotated[
        int | None, typer.Option("--visit", min=1, max=99, help="By default the person's only visit.")
    ] = None,
    db: DatabasePlace = DEFAULT_DB,
    create: Annotated[bool, typer.Option("--create", help="Make person and visit if they are not there.")] = False,
    other_subject: Annotated[
        bool, typer.Option("--other-subject", help="The scan's pseudonym or sex differs, and that is right.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an older analysis of the same scan.")] = False,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Join results to a person's visit.

    A scan is recorded once; scans of one visit are numbered in the order in which they are added.
    """
    from calcidect.registry import AddOptions, add_result, open_database

    database, who = open_database(db), who_of(user)
    options = AddOptions(visit=visit, create=create, other_subject=other_subject, replace=replace)
    added, refused = [], 0
    for number, folder in enumerate(results, start=1):
        try:
            its_visit, scan = add_result(database, folder, person, who, options)
        except InputRefusedError as error:
            refused += 1
            tell({"result": number, **error.as_dict()}, as_json)
        else:
            added.append({"result": number, "visit": its_visit, "scan": scan})
    if added:
        say({"added": added}, [f"Result {a['result']}: visit {a['visit']}, scan {a['scan']}." for a in added], as_json)
    if refused:
        raise typer.Exit(EXIT_PARTLY if added else EXIT_REFUSED)


@_verb("list", "")
def list_(db: DatabasePlace = DEFAULT_DB, as_json: AsJson = False) -> None:
    """List people with their visits and scans."""
    from calcidect.registry import list_people, open_database

    rows = list_people(open_database(db))
    lines = [f"{row['person_id']}: visits {row['visits']}, scans {row['scans']}" for row in rows]
    say({"people": rows}, [*lines, f"{len(rows)} people. {RESEARCH_USE_ONLY}"], as_json)


@_verb("history", "--person P01")
def history(
    person: Annotated[str | None, typer.Option("--person", help="Pseudonym; by default everyone.")] = None,
    db: DatabasePlace = DEFAULT_DB,
    as_json: AsJson = False,
) -> None:
    """Show every change: who, when, what was there before, what came after."""
    from calcidect.registry import history_rows, open_database

    rows = history_rows(open_database(db), person)
    lines = ["\t".join(rows[0])] if rows else ["Nothing was changed yet."]
    lines += ["\t".join(str(value)[:LONGEST_SHOWN] for value in row.values()) for row in rows]
    say({"changes": rows}, lines, as_json)


@_verb("forget", "--person P01 --confirm P01")
def forget(
    person: Annotated[str, typer.Option("--person", help="Pseudonym of whom to erase.")],
    confirm: Annotated[str, typer.Option("--confirm", help="The same pseudonym again: it can't be undone.")],
    db: DatabasePlace = DEFAULT_DB,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Erase a person whole, history included, as where consent is withdrawn.

    What stays says that one was erased, when and by whom. Result folders, exports and copies are not touched.
    """
    from calcidect.registry import forget_person, open_database

    if confirm != person:
        raise UsageError(
            "not_confirmed", found="--confirm is not what --person is.", expected="The same pseudonym twice.",
            remedy="Write it again.",
        )  # fmt: skip
    rewritten = forget_person(open_database(db), person, who_of(user))
    lines = ["One person was erased."]
    if not rewritten:
        lines.append("Its old pages are still in the files, since another program had the database open; see docs.")
    lines.append("Result folders, exports and backups may still hold this person.")
    say({"erased": 1, "rewritten": rewritten}, lines, as_json)


@_verb("export", "--out tables/", "--out tables/ --format parquet --force")
def export(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to make.")],
    formats: Annotated[list[str] | None, typer.Option("--format", help="csv or parquet; by default both.")] = None,
    db: DatabasePlace = DEFAULT_DB,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing folder.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write tidy tables with their codebook, whole or not at all.

    One row per person, visit, scan, hand, digit, deposit and site of destruction.
    """
    from calcidect.registry import FORMATS, open_database
    from calcidect.registry import export as write

    wanted = tuple(formats or FORMATS)
    if not set(wanted) <= set(FORMATS):
        raise UsageError(
            "format_unknown", found="There is no such format.", expected="csv or parquet.", remedy="Correct --format."
        )
    rows = write(open_database(db), out, formats=wanted, force=force)
    lines = [*(f"{name}: {number} rows" for name, number in rows.items()), f"Tables: {out}", RESEARCH_USE_ONLY]
    say({"out": str(out), "rows": rows}, lines, as_json)


@_verb("codebook", "", "--out codebook.csv")
def codebook(
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Ends in .csv or .md.")] = None,
    force: ForceFile = False,
    as_json: AsJson = False,
) -> None:
    """Show or write what every column means."""
    from calcidect.registry import as_csv, codebook_frame, codebook_markdown, write_file
    from calcidect.registry import codebook as rows

    if out is None:
        typer.echo(json.dumps(rows()) if as_json else codebook_markdown())
        return
    kind = out.suffix.lower()
    if kind not in (".csv", ".md"):
        raise UsageError(
            "codebook_kind",
            found="The name ends in neither .csv nor .md.",
            expected="One of them.",
            remedy="Rename it.",
        )
    text = as_csv(codebook_frame()) if kind == ".csv" else codebook_markdown()
    write_file(out, text.encode(), force=force)
    say({"out": str(out)}, [f"Codebook: {out}"], as_json)


@_verb("redcap-dictionary", "--out dictionary.csv")
def redcap_dictionary(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV file to make.")],
    force: ForceFile = False,
    as_json: AsJson = False,
) -> None:
    """Write the data dictionary of a REDCap project for this record.

    docs/registry.md says which events, repeating instruments and missing-data codes the project needs.
    """
    from calcidect.registry import dictionary_csv, write_file

    write_file(out, dictionary_csv().encode(), force=force)
    say({"out": str(out)}, [f"Data dictionary: {out}"], as_json)


@_verb("redcap-export", "--out records.csv")
def redcap_export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV file to make.")],
    db: DatabasePlace = DEFAULT_DB,
    force: ForceFile = False,
    as_json: AsJson = False,
) -> None:
    """Write every record as REDCap imports it."""
    from calcidect.registry import open_database, redcap_csv, write_file

    write_file(out, redcap_csv(open_database(db)).encode(), force=force)
    say({"out": str(out)}, [f"Records: {out}", RESEARCH_USE_ONLY], as_json)


@_verb("redcap-import", "records.csv --dry-run", "records.csv")
def redcap_import(
    records: Annotated[Path, typer.Argument(metavar="FILE", help="CSV of REDCap: all records, raw values.")],
    db: DatabasePlace = DEFAULT_DB,
    dry_run: DryRun = False,
    update: Update = False,
    rejects: Rejects = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Import what REDCap exported, whole or not at all."""
    from calcidect.registry import ImportOptions, TableRefusedError, import_redcap, open_database

    options = ImportOptions(update=update, dry_run=dry_run)
    try:
        done = import_redcap(open_database(db), records, who_of(user), options)
    except TableRefusedError as error:
        refuse_table(error, rejects, records, as_json)
    else:
        say_imported(done, as_json)
