"""Score one result against the truth of its case."""

from __future__ import annotations

from pathlib import Path

from calcidect.errors import InputRefusedError
from calcidect.validation._bones import overlap_bones, score_bones, score_unions
from calcidect.validation._damage import score_destruction, score_tips
from calcidect.validation._deposits import (
    grazing,
    pair_deposits,
    score_deposits,
    score_false,
    score_groups,
    score_totals,
    splits_and_merges,
)
from calcidect.validation._inputs import Reported, Truth, read_reported, read_truth
from calcidect.validation._matching import voxel_counts
from calcidect.validation._types import Score


def score_case(case: Path, result: Path) -> Score:
    """Score a result folder against a simulated case.

    Parameters
    ----------
    case : Path
        Folder with ``truth/``, as ``calcidect simulate`` writes it.
    result : Path
        Result folder, as ``calcidect analyze`` or any program that follows the result contract writes it.

    Raises
    ------
    InputRefusedError
        If either can't be read, they lie on different grids, or labels and tables disagree.
    """
    truth, reported = read_truth(case), read_reported(result)
    _check_grids(truth, reported)
    _check_labels(truth, reported)
    pairing = pair_deposits(truth, reported)
    overlap = overlap_bones(truth, reported)
    splits, merges = splits_and_merges(pairing)
    destruction, false_destruction = score_destruction(truth.table, reported.findings, pairing.matches)
    return Score(
        case=case.name,
        scenario=truth.table.scenario,
        seed=truth.table.seed,
        pair=truth.table.pair,
        hands=truth.table.hands,
        deposits=score_deposits(pairing),
        false_deposits=score_false(pairing, reported.deposits.array, truth.vessels.array),
        grazing_ids=grazing(pairing),
        groups=score_groups(pairing),
        splits=splits,
        merges=merges,
        totals=score_totals(pairing, truth.table.hands),
        bone_unions=score_unions(overlap, truth.table.hands),
        bones=score_bones(overlap),
        tips=score_tips(truth.table, reported.findings),
        destruction=destruction,
        false_destruction=false_destruction,
    )


def _check_grids(truth: Truth, reported: Reported) -> None:
    grid = truth.deposits.grid
    others = (truth.bones, truth.vessels, reported.bones, reported.deposits)
    if not all(volume.grid.is_same_as(grid) for volume in others):
        raise InputRefusedError(
            "grid_mismatch",
            found="The label volumes of the result and of the truth lie on different grids.",
            expected="All label volumes on the grid of the case's low-energy series.",
            remedy="Check that the result is of this very case; do not crop or resample its label volumes.",
        )


def _check_labels(truth: Truth, reported: Reported) -> None:
    """Every label needs its row, or it could not be counted."""
    tables = (
        ("truth's deposits", truth.deposits, [d.deposit_id for d in truth.table.deposits]),
        ("truth's bones", truth.bones, truth.table.bones),
        ("result's deposits", reported.deposits, [d.deposit_id for d in reported.findings.deposits]),
        ("result's bones", reported.bones, reported.bone_names),
    )
    for name, volume, known in tables:
        if set(voxel_counts(volume.array)) - set(known):
            raise InputRefusedError(
                "label_without_row",
                found=f"The label volume of the {name} holds labels that its table does not list.",
                expected="A row for every label.",
                remedy="Write volume and table of a folder by the same run.",
            )
