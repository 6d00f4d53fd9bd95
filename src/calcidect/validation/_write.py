"""Write scores: ``score.json``, ``score.csv`` and a summary for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from calcidect.errors import CalcidectError, OutputError
from calcidect.validation._statistics import Proportion
from calcidect.validation._summary import Summary, summarise
from calcidect.validation._types import DepositScore, DestructionScore, FalseDeposit, Score, TipScore

RESEARCH_USE_ONLY = "Research use only. Figures on simulated hands."
_DEPOSIT_COLUMNS = [f.name for f in fields(DepositScore)]
_DAMAGE_COLUMNS = [
    "case", "kind", *dict.fromkeys(f.name for kind in (TipScore, DestructionScore) for f in fields(kind)),
]  # fmt: skip
_COLUMNS = ["case", "scenario", "seed", "kind", *_DEPOSIT_COLUMNS]


Refused = Mapping[str, CalcidectError]
_NONE: Refused = MappingProxyType({})


def as_document(scores: Sequence[Score], refused: Refused = _NONE) -> dict[str, Any]:
    """Return ``score.json``: the summary, every case with all its rows, and the cases that were refused."""
    return {
        "schema": "calcidect-score/1",
        "note": RESEARCH_USE_ONLY,
        "summary": summarise(scores).as_dict(),
        "cases": [score.as_dict() for score in scores],
        "refused": [{"case": name, **error.as_dict()} for name, error in refused.items()],
    }


def write_score(score: Score | Sequence[Score], path: Path, refused: Refused = _NONE) -> Path:
    """Write one or more scores.

    Parameters
    ----------
    score : Score or sequence of Score
        What to write.
    path : Path
        A folder for ``score.json``, ``score.csv``, ``damage.csv`` and ``score.md``, made if missing; or a file name
        that ends in ``.json``, for the document alone. Earlier scores there are replaced.
    refused : mapping of str to CalcidectError
        Cases that could not be scored, named in every file.

    Raises
    ------
    OutputError
        If it can't be written.
    """
    scores = [score] if isinstance(score, Score) else list(score)
    document = json.dumps(as_document(scores, refused), indent=1, allow_nan=False) + "\n"
    texts = {
        "score.json": document,
        "score.csv": as_csv(scores, refused),
        "damage.csv": damage_csv(scores),
        "score.md": as_markdown(summarise(scores), refused),
    }
    try:
        if path.suffix == ".json":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(document, encoding="utf-8")
        else:
            path.mkdir(parents=True, exist_ok=True)
            for name, text in texts.items():
                (path / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            "score_not_written",
            found=f"The score could not be written: {error.strerror}.",
            expected="A place that can be written to.",
            remedy="Name another place with --out.",
        ) from error
    return path


def as_csv(scores: Sequence[Score], refused: Refused = _NONE) -> str:
    """Return a row per true deposit (``kind`` true), per false one (false or vessel) and per refused case."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for score in scores:
        head = {"case": score.case, "scenario": score.scenario, "seed": score.seed}
        writer.writerows({name: _cell(v) for name, v in (head | row).items()} for row in _rows(score))
    writer.writerows({"case": name, "kind": "refused"} for name in refused)
    return text.getvalue()


def damage_csv(scores: Sequence[Score]) -> str:
    """Return a row per digit (acro-osteolysis) and per true site of bone destruction."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _DAMAGE_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for score in scores:
        for kind, rows in (("digit", score.tips), ("destruction", score.destruction)):
            for row in rows:
                cells = {"case": score.case, "kind": kind} | asdict(row)
                writer.writerow({name: _cell(value) for name, value in cells.items()})
    return text.getvalue()


def _rows(score: Score) -> Iterator[dict[str, Any]]:
    for deposit in score.deposits:
        yield {"kind": "true", **asdict(deposit)}
    for false in score.false_deposits:
        yield {"kind": "vessel" if false.on_vessel else "false", **_false_row(false)}


def _false_row(false: FalseDeposit) -> dict[str, Any]:
    return {name: value for name, value in asdict(false).items() if name in _DEPOSIT_COLUMNS}


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ";".join(str(item) for item in value)
    return "" if value is None else value


def as_markdown(summary: Summary, refused: Refused = _NONE) -> str:
    """Return the summary as a short Markdown table."""
    lines = [
        "# Score against known truth",
        "",
        f"{RESEARCH_USE_ONLY} Cases: {summary.cases}, hands: {summary.hands}.",
        "Proportions are k/n with the 95 % Clopper-Pearson interval.",
        "",
        "| what | figure |",
        "|---|---|",
        *(f"| {name} | {_shown(value)} |" for name, value in summary_rows(summary)),
        "",
        *_confusion_lines(summary),
        *(f"Refused: {name} ({error.code})." for name, error in refused.items()),
    ]
    return "\n".join(lines)


def _confusion_lines(summary: Summary) -> list[str]:
    """Return a table of true patterns (rows) against reported ones (columns), if any is reported."""
    confusion = summary.pattern_confusion
    names = sorted(set(confusion) | {name for row in confusion.values() for name in row})
    if not confusion:
        return []
    rows = [f"| {true} | {' | '.join(str(row.get(name, 0)) for name in names)} |" for true, row in confusion.items()]
    return [f"| true pattern | {' | '.join(names)} |", "|---|" + "---|" * len(names), *sorted(rows), ""]


def summary_rows(summary: Summary) -> list[tuple[str, Any]]:
    """Return the figures that people read first, with their names and units."""
    sizes = [(f"... {name} mm3", part) for name, part in summary.detection_by_size.items()]
    return [
        ("deposits found", summary.detection),
        *sizes,
        ("false deposits per hand", summary.false_per_hand),
        ("false deposits on calcified vessels", summary.false_on_vessels),
        ("deposits split / joined", f"{summary.splits} / {summary.merges}"),
        ("hands counted right or off by one", summary.counted_within_one),
        ("material right", summary.material),
        ("side right", summary.side),
        ("digit right", summary.digit),
        ("level right", summary.level),
        ("compartment right", summary.compartment),
        ("pattern right", summary.pattern),
        ("Dice per group, median", summary.group_dice_median),
        ("volume error per group, median, %", summary.group_volume_error_percent_median),
        ("HA mass error per group, median, %", summary.group_mass_error_percent_median),
        ("volume error in all, %", summary.total_volume_error_percent),
        ("HA mass error in all, %", summary.total_mass_error_percent),
        ("Dice of all bone, mean per hand", summary.bone_union_dice_mean),
        ("bones named", summary.bones_named),
        ("bone names right", summary.bone_label_right),
        ("Dice per named bone, median", summary.bone_dice_median),
        ("acro-osteolysis assessed", summary.tips_assessed),
        ("acro-osteolysis, sensitivity", summary.tip_sensitivity),
        ("acro-osteolysis, specificity", summary.tip_specificity),
        ("acro-osteolysis, sensitivity, 0.15 and more lost", summary.clear_tip_sensitivity),
        ("acro-osteolysis, specificity, 0.03 and less lost", summary.clear_tip_specificity),
        ("fraction lost, mean absolute error", summary.tip_fraction_error_mean),
        ("bone destruction found", summary.destruction_found),
        ("... 2 mm deep and more", summary.deep_destruction_found),
        ("... of found deposits", summary.destruction_found_beside_found),
        ("bone destruction, false sites", summary.false_destruction),
    ]


def _shown(value: Any) -> str:
    if value is None or (isinstance(value, Proportion) and not value.n):
        return "not assessed"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
