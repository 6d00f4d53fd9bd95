"""The rows of deposits as readers left them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from calcidect.findings import Deposit
from calcidect.review._edits import Ground
from calcidect.review._state import Reviewed, State

KEPT_WHEN_RESHAPED = ("deposit_id", "side", "material", "digit", "level", "compartment", "pattern", "flags")
"""What a deposit whose voxels changed keeps until it is measured anew: where it is and what, but no number."""


def rows_of(
    state: State, ground: Ground, numbers: Iterable[int], measured: dict[int, tuple[tuple[int, ...], dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Return rows as of ``deposits.csv``, with what readers made of each under ``review``.

    A deposit whose voxels changed since it was measured has their volume and centroid, and no other numbers.

    Parameters
    ----------
    state : State
    ground : Ground
    numbers : iterable of int
        Which deposits; those that are gone are passed over.
    measured : dict
        Of a saved version, by number: the events that had shaped the deposit then, and its row.
    """
    return [_row(state.deposits[n], state, ground, measured) for n in numbers if n in state.deposits]


def _row(
    one: Reviewed, state: State, ground: Ground, measured: dict[int, tuple[tuple[int, ...], dict[str, Any]]]
) -> dict[str, Any]:  # fmt: skip
    row, is_measured = _measured(one, ground, measured)
    if not is_measured:
        row = {name: value if name in KEPT_WHEN_RESHAPED else None for name, value in row.items()}
        row |= _of_voxels(one.deposit_id, state, ground)
    labels = dict(one.labels)
    artefact = labels.pop("artefact", None)
    return {
        **row,
        **labels,
        "deposit_id": one.deposit_id,
        "flags": row["flags"] or [],
        "review": {
            "state": one.verdict,
            "changed": [*sorted(name for name, _ in one.labels), *(["shape"] if one.shaped_by else [])],
            "artefact": artefact,
            "measured": is_measured,
            "origin": one.origin,
        },
    }


def _measured(
    one: Reviewed, ground: Ground, measured: dict[int, tuple[tuple[int, ...], dict[str, Any]]]
) -> tuple[dict[str, Any], bool]:  # fmt: skip
    """Return the row that a deposit starts from, and whether its numbers are those of its voxels."""
    shaped_by, row = measured.get(one.deposit_id, ((), None))
    if row is not None and shaped_by == one.shaped_by:
        return row, True
    empty = dict.fromkeys(Deposit.__dataclass_fields__)
    source = ground.rows.get(one.origin or 0, empty)
    return source, not one.shaped_by and one.origin == one.deposit_id


def _of_voxels(number: int, state: State, ground: Ground) -> dict[str, Any]:
    voxels = state.voxels.of_label(number)
    k, j, i = np.unravel_index(voxels, ground.grid.shape)
    x, y, z = (float(mm) for mm in ground.grid.point_of(np.stack([i, j, k], -1)).mean(0))
    volume = len(voxels) * ground.grid.voxel_volume_mm3
    return {"volume_mm3": volume, "centroid_x_mm": x, "centroid_y_mm": y, "centroid_z_mm": z}
