"""A reviewed result: what the algorithm found, as readers left it, measured anew where the scan is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from calcidect.errors import InputRefusedError, Notice
from calcidect.findings import Artefact, Deposit, Findings, Told, burden_of, measure_given
from calcidect.geometry import Volume
from calcidect.progress import Progress, silent
from calcidect.result import Result, ReviewRecord, what_is_not_assessed
from calcidect.review._events import Event, in_force
from calcidect.review._rows import OF_MATERIAL
from calcidect.review._scan import Scan, settings_of
from calcidect.review._state import Reviewed, State
from calcidect.settings import Settings

_TOLD_BY_READER = "Told by the reader."


def reviewed_result(
    source: Result, bones: Volume, state: State, scan: Scan | None, record: ReviewRecord, progress: Progress = silent
) -> Result:
    """Return the result as readers left it.

    Parameters
    ----------
    source : Result
        As the algorithm left it.
    bones : Volume
        As readers left them.
    state : State
    scan : Scan or None
        Without it nothing can be measured: rows are dropped and relabelled.
    record : ReviewRecord
    progress : callable

    Raises
    ------
    InputRefusedError
        ``scan_needed`` if voxels were changed and there is no scan; ``deposit_not_measurable``.
    """
    kept = {number: one for number, one in state.deposits.items() if one.verdict != "rejected"}
    if scan is None:
        findings = _without_scan(source, kept, state)
        bones = source.bone_map
    else:
        anatomy = replace(scan.anatomy, bones=bones, bone_labels=source.bone_labels)
        told = {number: _told(one) for number, one in kept.items()}
        labels = state.voxels.dense(state.start.shape)
        labels[bones.array > 0] = 0  # a rejected deposit covers no bone
        findings = measure_given(scan.maps, anatomy, source.findings, labels, told, scan.settings, progress)
    findings = replace(
        findings,
        deposits=tuple(_flagged(deposit, kept[deposit.deposit_id]) for deposit in findings.deposits),
        artefacts=(*findings.artefacts, *_artefacts(source, state)),
    )
    return replace(
        source,
        findings=findings,
        bone_map=bones,
        provenance=replace(source.provenance, review=record, warnings=findings.notices),
        not_assessed=tuple(what_is_not_assessed(findings, single_energy=source.study.single_energy)),
    )


def record_of(state: State, events: Sequence[Event], source_hash: str, *, with_scan: bool) -> ReviewRecord:
    """Return how readers changed the result."""
    kept = in_force(events)
    by_verdict = {
        verdict: tuple(number for number, one in sorted(state.deposits.items()) if one.verdict == verdict)
        for verdict in ("accepted", "rejected", "unreviewed")
    }
    return ReviewRecord(
        readers=tuple(sorted({event.who for event in kept})),
        events=len(kept),
        last_event=len(events),
        source_hash=source_hash,
        with_scan=with_scan,
        shaped_by={str(number): list(one.shaped_by) for number, one in sorted(state.deposits.items())},
        labels={str(number): dict(one.labels) for number, one in sorted(state.deposits.items()) if one.labels},
        **by_verdict,
    )


def _told(one: Reviewed) -> Told:
    labels = dict(one.labels)
    labels.pop("artefact", None)
    material: Any = labels.get("material")
    return Told(material, labels)


def _flagged(deposit: Deposit, one: Reviewed) -> Deposit:
    artefact = dict(one.labels).get("artefact")
    if artefact is None:
        return deposit
    return replace(deposit, flags=tuple(dict.fromkeys((*deposit.flags, str(artefact)))))


def _artefacts(source: Result, state: State) -> list[Artefact]:
    """Return rejected deposits that a reader named as an artefact, as the algorithm had measured them."""
    rows = {deposit.deposit_id: deposit for deposit in source.findings.deposits}
    named = []
    for one in state.deposits.values():
        kind: Any = dict(one.labels).get("artefact")
        row = rows.get(one.deposit_id)
        if one.verdict == "rejected" and kind is not None and row is not None:
            named.append(
                Artefact(
                    row.side, kind, _TOLD_BY_READER, row.volume_mm3, row.centroid_x_mm, row.centroid_y_mm,
                    row.centroid_z_mm, row.mean_hu_low, row.mean_hu_high,
                )
            )  # fmt: skip
    return named


def _without_scan(source: Result, kept: dict[int, Reviewed], state: State) -> Findings:
    """Return the findings with rows dropped and relabelled."""
    _refuse_new_voxels(source, kept, state)
    found = source.findings
    deposits = [_relabelled(row, kept[row.deposit_id]) for row in found.deposits if row.deposit_id in kept]
    numbers = [deposit.deposit_id for deposit in deposits]
    array = found.deposit_labels.array
    labels = np.where(np.isin(array, numbers), array, 0).astype(np.uint16)
    burden = burden_of(
        deposits, labels, found.deposit_labels.grid, source.hands, _settings(source).findings,
        with_materials=not source.study.single_energy,
    )  # fmt: skip
    changed = [
        row.deposit_id for row, old in zip(deposits, _rows(found, numbers), strict=True) if row.material != old.material
    ]
    return replace(
        found,
        deposits=tuple(deposits),
        deposit_labels=found.deposit_labels.like(labels),
        bone_destruction=tuple(site for site in found.bone_destruction if site.deposit_id in numbers),
        burden=burden,
        notices=(*found.notices, *_notices(changed)),
    )


def _rows(found: Findings, numbers: list[int]) -> list[Deposit]:
    return [row for row in found.deposits if row.deposit_id in numbers]


def _settings(source: Result) -> Settings:
    """Return the settings of a result; files that they name play no part in a burden."""
    rows = [{**row, "value": "" if row["unit"] == "file" else row["value"]} for row in source.provenance.settings]
    return settings_of(rows)


def _relabelled(row: Deposit, one: Reviewed) -> Deposit:
    columns = dict(_told(one).columns)
    changes: dict[str, Any] = dict(columns)
    if columns.get("material", row.material) != row.material:
        changes |= dict.fromkeys(OF_MATERIAL)
    return replace(row, **changes)


def _notices(changed: list[int]) -> list[Notice]:
    if not changed:
        return []
    numbers = ", ".join(map(str, changed))
    return [
        Notice(
            "material_without_scan",
            f"A reader changed the material of deposits {numbers}, and the scan was not there to measure them anew.",
            "Their masses are missing, also from the burden.",
        )
    ]


def _refuse_new_voxels(source: Result, kept: dict[int, Reviewed], state: State) -> None:
    shaped = sorted(number for number, one in kept.items() if one.shaped_by)
    bones = source.bone_map.array.reshape(-1)[state.bones.voxels]
    if not shaped and np.array_equal(bones, state.bones.labels):  # paint over soft tissue leaves bone as it was
        return
    what = f"Deposits {', '.join(map(str, shaped))} have other voxels." if shaped else "Bones have other voxels."
    raise InputRefusedError(
        "scan_needed",
        found=f"{what} Without the scan they can't be measured.",
        expected="The scan that the result was made of.",
        remedy="Start with --scan, or undo these edits.",
    )
