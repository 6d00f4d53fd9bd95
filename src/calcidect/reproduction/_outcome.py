"""What comes out: the record with its findings, the cohort's tables and figures, and the comparison with the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcidect.cohort import (
    Table,
    Variable,
    associations,
    associations_table,
    burden_by_place,
    chosen,
    forest_figure,
    hands_figure,
    per_patient,
    read_codebook,
    rendered,
    scatter_figure,
    table_one,
)
from calcidect.errors import InputRefusedError
from calcidect.registry import analysis_codebook, analysis_frame, export, read_tables
from calcidect.reproduction._comparison import Compared, compare, comparison_table
from calcidect.reproduction._crosstabs import Crosstab, crosstab_table, crosstabs, deposit_table, people_table
from calcidect.reproduction._joined import joined, records_of, scans_of_their_people
from calcidect.reproduction._traits import found_traits, true_traits
from calcidect.reproduction._work import Work
from calcidect.result import whole_folder
from calcidect.validation import read_truth, score_case

if TYPE_CHECKING:
    import pandas as pd

_DESCRIBED = (
    "sex", "ethnicity", "ssc_subset", "age_years", "disease_duration_years", "digital_ulcers_ischaemic", "reflux",
    "ild", "disabled_by_calcinosis", "painful_ulcer", "soft_tissue_swelling", "contracture", "joint_swelling",
    "infection", "number", "ha_mass_mg", "largest_mm3", "bulky", "forearm_extension", "acro_osteolysis_present",
    "destruction_sites",
)  # fmt: skip
"""Of Table 1: the clinical items of the study, then what the scan shows."""
_HELD_AGAINST_BULKY = ("digital_ulcers_ischaemic", "reflux", "ild", "ssc_subset", "disease_duration_years")


@dataclass(frozen=True)
class Outcome:
    """What the study gave.

    Parameters
    ----------
    comparison : tuple of Compared
        Every figure of the study beside what came out.
    crosstabs : tuple of Crosstab
        Every item read from pixels against truth.
    tables : dict of str to Table
        By the name of their files: comparison, two by two, deposits, per person.
    """

    comparison: tuple[Compared, ...]
    crosstabs: tuple[Crosstab, ...]
    tables: dict[str, Table]


def make_outcome(work: Work) -> Outcome:
    """Join record and results, count, and write the folder ``outcome``, whole or not at all; an older one goes.

    Findings come from the results through the registry; only the columns that say so come from the truth.

    Raises
    ------
    InputRefusedError
        If no result is there, or a case or result can't be read.
    OutputError
        If the outcome can't be written.
    """
    if not work.analysed:
        raise InputRefusedError(
            "nothing_analysed", found="No scan of the study was analysed.", expected="One result or more.",
            remedy="Run it without --simulate-only, and see what was refused.",
        )  # fmt: skip
    with whole_folder(work.outcome, force=True) as folder:
        database = joined(work, folder)
        export(database, folder / "export")
        tables, frame = read_tables(database), analysis_frame(database)
        database.engine.dispose()  # SQLite then leaves one file
        outcome = _compared(work, tables)
        for name, data in (rendered(outcome.tables) | _of_the_cohort(frame, tables["deposits"])).items():
            (folder / name).write_bytes(data)
    return outcome


def _compared(work: Work, tables: Mapping[str, pd.DataFrame]) -> Outcome:
    """Hold what the registry says against the study and against the truth."""
    found = found_traits(tables)
    true = {person: true_traits(read_truth(work.case(person))) for person in work.simulated}
    scores = {person: score_case(work.case(person), work.result(person)) for person in work.analysed}
    comparison = compare(records_of(tables), found, true)
    squares = crosstabs(found, true, list(scores.values()))
    return Outcome(
        comparison,
        squares,
        {
            "reproduction": comparison_table(comparison, scans_of_their_people(tables)),
            "found_and_true": crosstab_table(squares),
            "deposits": deposit_table(list(scores.values())),
            "per_person": people_table(found, true, scores),
        },
    )


def _of_the_cohort(frame: pd.DataFrame, deposits: pd.DataFrame) -> dict[str, bytes]:
    """Return the cohort's tables and figures by file name: Table 1, every person, what goes with bulky deposits."""
    described, factors, bulky = _variables()
    duration, mass = chosen(described, ["disease_duration_years", "ha_mass_mg"])
    found = associations(frame, bulky, factors)
    tables = {
        "table1": table_one(frame, described, by=bulky).table,
        "patients": per_patient(frame, described, "person_id"),
        "associations": associations_table(found),
    }
    figures = {
        "hands": hands_figure(burden_by_place(deposits, frame, "person_id")),
        "scatter": scatter_figure(frame, duration, mass, bulky),
        "forest": forest_figure(found),
    }
    return rendered(tables) | {f"{name}.{end}": data for name, ends in figures.items() for end, data in ends.items()}


def _variables() -> tuple[tuple[Variable, ...], tuple[Variable, ...], Variable]:
    """Return what is described, what is held against bulky deposits, and these."""
    import pandas as pd

    known = read_codebook(pd.DataFrame(analysis_codebook()))
    return chosen(known, _DESCRIBED), chosen(known, _HELD_AGAINST_BULKY), chosen(known, ["bulky"])[0]
