"""``calcidect settings``: every number that may be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from calcidect.cli._options import SettingsFile

if TYPE_CHECKING:
    from calcidect.settings import Settings

EXAMPLE = """\b
Examples:
  calcidect settings
  calcidect settings --toml > my-settings.toml
"""

_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def run(
    settings: SettingsFile = None,
    as_toml: Annotated[bool, typer.Option("--toml", help="Write a TOML file, ready to edit.")] = False,
) -> None:
    """Show every setting and its source."""
    from calcidect.settings import load_settings

    in_force = load_settings(settings)
    typer.echo(as_toml_file(in_force) if as_toml else as_table(in_force), nl=False)


def as_table(settings: Settings) -> str:
    """Return one row per setting, as wide as the terminal."""
    import sys

    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("setting", no_wrap=True), "value", "unit", "range", "source", box=None, pad_edge=False)
    for row in settings.described():
        changed = "" if row["is_default"] else " *"
        table.add_row(row["name"], f"{row['value']}{changed}", row["unit"], _range(settings, row), row["source"])
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def as_toml_file(settings: Settings) -> str:
    """Return a settings file with every setting, its unit, range and source beside it."""
    lines, group = ["# Settings of calcidect. Research use only."], ""
    for row in settings.described():
        its_group, _, name = row["name"].rpartition(".")
        if its_group != group:
            group = its_group
            lines += ["", f"[{group}]"]
        lines += [f"# {row['unit']}; {_range(settings, row)}; {row['source']}", f"{name} = {_as_toml(row['value'])}"]
    return "\n".join(lines) + "\n"


def _as_toml(value: Any) -> str:
    """Return a number, a text, or a table of them in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_as_toml(part)}" for key, part in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _range(settings: Settings, row: dict[str, Any]) -> str:
    """Return the allowed range of a setting, such as ``> 0, <= 1``."""
    *groups, name = row["name"].split(".")
    group: Any = settings
    for part in groups:
        group = getattr(group, part)
    bounds = type(group).model_fields[name].metadata
    return ", ".join(
        f"{sign} {getattr(bound, key):g}" for bound in bounds for key, sign in _SIGNS.items() if hasattr(bound, key)
    )
