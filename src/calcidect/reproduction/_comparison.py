"""The study's figures beside those that come out, and beside the truth of the simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from calcidect.cohort import Row, Table
from calcidect.reproduction._figures_of_study import FIGURES, Mean, Record, Share
from calcidect.reproduction._traits import Traits

_COLUMNS = ("Item", "Read from", "Study", "Reproduced", "Truth", "As in the study", "Differs from truth in")
_NOTES = (
    "Study: Hsu V, Bramwit M, Schlesinger N, Ann Rheum Dis 2014;73(Suppl 2):571; 'seen' where it gives no number.",
    "Reproduced: from the record by the registry's import, and from the pixels of simulated scans by the analysis.",
    "Truth: the same record, with what the simulator put into each hand. Figures on simulated hands.",
)

_LINKED = "Sex and age in the scan are those of the record in {}/{}."


@dataclass(frozen=True)
class Compared:
    """One figure of the study.

    Parameters
    ----------
    label, source : str
        What, and what it is read from.
    reported, reproduced, true : str
        The study's figure, what came out, and what should have.
    agrees : bool
        Whether what came out is the study's figure.
    differing : tuple of str
        People in whom what came out is not the truth.
    """

    label: str
    source: str
    reported: str
    reproduced: str
    true: str
    agrees: bool
    differing: tuple[str, ...] = ()


def compare(
    records: Mapping[str, Record], found: Mapping[str, Traits], true: Mapping[str, Traits]
) -> tuple[Compared, ...]:
    """Return every figure of the study beside what came out.

    Parameters
    ----------
    records : mapping
        Person to record, of everyone.
    found : mapping
        Person to what the analysis of the scan says; who has no result is not in it, and counts in no denominator.
    true : mapping
        Person to what is so, of everyone whose scan was simulated.
    """
    return tuple(
        _mean(figure, records) if isinstance(figure, Mean) else _share(figure, records, found, true)
        for figure in FIGURES
    )


def _mean(figure: Mean, records: Mapping[str, Record]) -> Compared:
    values = [float(record[figure.item]) for record in records.values() if record.get(figure.item) is not None]
    text = f"{fmean(values):.{figure.decimals}f}" if values else "-"
    reported = f"{figure.reported:.{figure.decimals}f}"
    return Compared(figure.label, "record", reported, text, text, text == reported)


def _share(
    figure: Share, records: Mapping[str, Record], found: Mapping[str, Traits], true: Mapping[str, Traits]
) -> Compared:
    ours, theirs = _answers(figure, records, found), _answers(figure, records, true)
    counted, expected = _counted(ours), _counted(theirs)
    differing = tuple(p for p in records if ours.get(p, "-") != theirs.get(p, "-"))
    agrees = counted[0] > 0 if figure.reported is None else counted == figure.reported
    reported = "seen" if figure.reported is None else _text(figure.reported)
    return Compared(figure.label, figure.source, reported, _text(counted), _text(expected), agrees, differing)


def _answers(figure: Share, records: Mapping[str, Record], traits: Mapping[str, Traits]) -> dict[str, bool]:
    """Return of whom it is known whether it is so, among those who count."""
    needs_scan = figure.source != "record"
    answers = {}
    for person, record in records.items():
        if needs_scan and person not in traits:
            continue
        seen = traits.get(person, {})
        holds = figure.holds(record, seen)
        if holds is not None and figure.among(record, seen):
            answers[person] = holds
    return answers


def _counted(answers: Mapping[str, bool]) -> tuple[int, int]:
    return sum(answers.values()), len(answers)


def _text(share: tuple[int, int]) -> str:
    return f"{share[0]}/{share[1]}"


def comparison_table(rows: tuple[Compared, ...], linked: tuple[int, int]) -> Table:
    """Return the comparison as a table; ``linked``: scans whose sex and age are the record's, of all."""
    lines = tuple(
        Row(
            row.label,
            (
                row.source,
                row.reported,
                row.reproduced,
                row.true,
                "yes" if row.agrees else "no",
                ", ".join(row.differing),
            ),
        )
        for row in rows
    )
    return Table("The study, reproduced on simulated hands", _COLUMNS, lines, (*_NOTES, _LINKED.format(*linked)))
