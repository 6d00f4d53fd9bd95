"""``calcidect inspect``: what is in a DICOM folder or archive, and whether it can be analysed."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcidect.cli._options import AsJson, SettingsFile
from calcidect.cli._progress import shown_progress
from calcidect.cli._verb import tell
from calcidect.errors import EXIT_REFUSED

if TYPE_CHECKING:
    from calcidect.study import Inspection, PairFound, SeriesFound

_USES = {
    "low": "LOW ENERGY",
    "high": "HIGH ENERGY",
    "single": "SINGLE ENERGY: would be analysed without materials",
    "map": "MATERIAL MAP",
}

EXAMPLE = """\b
Examples:
  calcidect inspect scan/
  calcidect inspect scan.zip
"""


def run(
    source: Annotated[Path, typer.Argument(metavar="IN", help="DICOM folder, zip archive or file.")],
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what a DICOM folder or archive holds.

    Lists its series, the pairs of energies with a score, which of them `analyze` would use and why not the others, and
    what stands in the way; exit code 3 if something does. Reads headers only.
    """
    from calcidect.settings import load_settings
    from calcidect.study import inspect_folder

    in_force = load_settings(settings)
    with shown_progress() as progress:
        found = inspect_folder(source, in_force.study, progress)
    typer.echo(json.dumps(found.as_dict()) if as_json else as_text(found))
    if found.refusal is not None:
        tell(dict(found.refusal), as_json)
        raise typer.Exit(EXIT_REFUSED)


def as_text(found: Inspection) -> str:
    """Return a table of series, a table of candidate pairs, what was left out, and what would be analysed."""
    labels = _labels(found.series)
    series = sorted(found.series, key=lambda row: _natural(labels[row.series]))
    parts = [_table(_SERIES_COLUMNS, [_series_cells(labels[row.series], row) for row in series])]
    if found.pairs:
        shown = found.pairs[:_MOST_PAIRS_SHOWN]
        parts.append(_table(_PAIR_COLUMNS, [_pair_cells(pair, labels) for pair in shown]))
        if len(found.pairs) > len(shown):
            parts[-1] += f"\n... and {len(found.pairs) - len(shown)} more pairs (--json lists them)"
    parts.append("\n".join(_remainder(found)))
    parts += [
        f"{pair.name} would be analysed: series {labels[pair.low]} and {labels[pair.high]}. The pixels have yet to "
        "confirm which is which."
        for pair in found.pairs
        if pair.is_chosen
    ]
    return "\n\n".join(parts)


_SERIES_COLUMNS = (">series", ">images", "<energy", "<kernel", "<voxels", "<mm", "<use")
_PAIR_COLUMNS = ("<pair", "<series", ">score", "<use")
_MOST_PAIRS_SHOWN = 8


def _labels(series: Sequence[SeriesFound]) -> dict[str, str]:
    """Return what each series is called: its number, with a letter where several share it; its hash without one."""
    sharing = Counter(row.number for row in series)
    used: Counter[str] = Counter()
    labels = {}
    for row in series:
        letter = chr(ord("a") + used[row.number] % 26) if sharing[row.number] > 1 else ""
        used[row.number] += 1
        labels[row.series] = f"{row.number}{letter}" if row.number else row.series
    return labels


def _natural(label: str) -> tuple[int, str]:
    digits = re.match(r"\d+", label)
    return int(digits[0]) if digits else sys.maxsize, label


def _series_cells(label: str, row: SeriesFound) -> list[str]:
    size = " x ".join(str(n) for n in row.size or ()) or "-"
    spacing = " x ".join(f"{step:.3g}" for step in row.spacing_mm or ()) or "-"
    use = _USES.get(row.role, row.why_not)
    return [label, str(row.images), row.energy or "-", row.kernel.replace("\\", " ") or "-", size, spacing, use]


def _pair_cells(pair: PairFound, labels: Mapping[str, str]) -> list[str]:
    score = f"{pair.score:.2f}" if pair.parts else "-"
    use = "WOULD BE ANALYSED" if pair.is_chosen else f"{'not used' if pair.parts else 'no pair'}: {pair.why_not}"
    return [pair.name, f"{labels[pair.low]} + {labels[pair.high]}", score, use]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return aligned columns; a title begins with the sign of its alignment."""
    lines = [[title[1:] for title in columns], *rows]
    formats = [f"{title[0]}{max(len(line[n]) for line in lines)}" for n, title in enumerate(columns)]
    return "\n".join(
        "  ".join(format(cell, form) for cell, form in zip(line, formats, strict=True)).rstrip() for line in lines
    )


def _remainder(found: Inspection) -> list[str]:
    return [
        f"Patients: {found.patients}, studies: {found.studies}, other objects: {found.other_objects}",
        *(f"Left out: {number} ({why})" for why, number in found.skipped.items()),
        *(f"Raw objects: {number} {name}" for name, number in found.raw_objects.items()),
    ]
