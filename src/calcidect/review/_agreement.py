"""How far two readers agree: the first, and the second who did not see the first's review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calcidect.errors import InputRefusedError
from calcidect.review._case import Case
from calcidect.review._catalogue import CHOICES

if TYPE_CHECKING:
    from calcidect.cohort import Table

COMPARED = ("material", "level", "compartment", "pattern")
_VERDICTS = ("accepted", "rejected")
_BURDEN = {"number": ("Deposits", ""), "volume_mm3": ("Volume", "mm3"), "ha_mass_mg": ("Hydroxyapatite", "mg")}
_READERS = ("first reader", "second reader")

Pair = tuple[Case, Case]


def agreement_of_readers(folders: Sequence[Path]) -> dict[str, Table]:
    """Return tables of agreement: of verdicts and labels over deposits, of burdens over results.

    Deposits are those of the algorithm that both readers left in one piece. Labels are compared of deposits that both
    accepted: those that nobody looked at agree with themselves. Burdens are those of the last saved versions. What
    nothing can be said of has no table.

    Parameters
    ----------
    folders : sequence of Path
        Result folders, reviewed by both.

    Raises
    ------
    InputRefusedError
        ``no_agreement`` if nothing can be said at all.
    """
    from calcidect.cohort import Kind, Variable

    pairs = [(Case(f"r{n}", folder), Case(f"r{n}", folder, blinded=True)) for n, folder in enumerate(folders, start=1)]
    rows = [row for pair in pairs for row in _deposit_rows(pair)]
    kept = [row for row in rows if set(row["verdict"]) == {"accepted"}]
    tables = {"verdict": _table(rows, "verdict", _categorical("verdict", "Deposit or not", _VERDICTS))}
    for name in COMPARED:
        choices = [str(choice) for choice in CHOICES[name] if choice is not None]
        tables[name] = _table(kept, name, _categorical(name, f"{name.capitalize()} of deposits", choices))
    burdens = [row for pair in pairs for row in _burden_rows(pair)]
    for name, (label, unit) in _BURDEN.items():
        kind = Kind.COUNT if name == "number" else Kind.CONTINUOUS
        tables[name] = _table(burdens, name, Variable(name, label, kind, unit))
    told = {name: table for name, table in tables.items() if table is not None}
    if not told:
        raise InputRefusedError(
            "no_agreement",
            found="Nothing can be said of two readers here.",
            expected="Deposits, or saved versions, that both reviewed, and that vary.",
            remedy="Review with --reader A, then with --blinded --reader B.",
        )
    return told


def _categorical(name: str, label: str, choices: Sequence[str]) -> Any:
    from calcidect.cohort import Kind, Variable

    return Variable(name, label, Kind.CATEGORICAL, categories=tuple((choice, choice) for choice in choices))


def _deposit_rows(pair: Pair) -> Iterator[dict[str, Any]]:
    """Return a row per deposit that both left in one piece: under each name what either made of it."""
    states = [case.history.state()[1] for case in pair]
    for number in sorted(states[0].start.voxels.present()):
        ones = [state.deposits.get(number) for state in states]
        if any(one is None or one.shaped_by for one in ones):
            continue
        told = [case.rows(state, [number])[0] for case, state in zip(pair, states, strict=True)]
        verdicts = tuple(row["review"]["state"] for row in told)
        names = {name: tuple(row[name] for row in told) for name in COMPARED}
        yield {"person": f"{pair[0].index}:{number}", "verdict": verdicts, **names}


def _burden_rows(pair: Pair) -> Iterator[dict[str, Any]]:
    """Return a row for a result of which both saved a version."""
    if all(case.last_version.name for case in pair):
        burdens = [case.last_version.document["burden"]["all"] for case in pair]
        yield {"person": pair[0].index, **{name: tuple(burden[name] for burden in burdens) for name in _BURDEN}}


def _table(rows: Sequence[dict[str, Any]], name: str, variable: Any) -> Table | None:
    """Return the agreement on one variable, None where nothing can be said of it."""
    import pandas as pd

    from calcidect.cohort import agreement_table, stacked

    codes = {code for code, _ in variable.categories}
    stack = [
        {"person": row["person"], "rater": rater, name: value if not codes or value in codes else None}
        for row in rows
        for rater, value in zip(_READERS, row[name], strict=True)
    ]
    try:
        return agreement_table(
            stacked(pd.DataFrame(stack, columns=["person", "rater", name]), variable, "person", "rater")
        )
    except InputRefusedError:
        return None
