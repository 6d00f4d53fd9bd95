"""The rows of deposits as readers left them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from calcidect.findings import Deposit
from calcidect.review._ground import Ground
from calcidect.review._state import Reviewed, State
from calcidect.review._versions import Measured

KEPT_WHEN_RESHAPED = ("deposit_id", "side", "material", "digit", "level", "compartment", "pattern", "flags")
"""What a deposit whose voxels changed keeps until it is measured anew: where it is and what, but no number."""


OF_MATERIAL = ("ha_mass_mg", "ha_mass_sd_mg", "urate_mass_mg", "mean_ha_mg_per_cm3", "confidence")
"""What rests on the material: missing where that was changed, until it is measured anew."""


def rows_of(
    state: State, ground: Ground, numbers: Iterable[int], measured: Mapping[int, Measured]
) -> list[dict[str, Any]]:  # fmt: skip
    """Return rows as of ``deposits.csv``, with what readers made of each under ``review``.

    A deposit whose voxels changed since it was measured has their volume and centroid, and no other numbers.

    Parameters
    ----------
    state : State
    ground : Ground
    numbers : iterable of int
        Which deposits; those that are gone are passed over.
    measured : mapping
        Of the last saved version.
    """
    return [_row(state.deposits[n], state, ground, measured.get(n)) for n in numbers if n in state.deposits]


def _row(one: Reviewed, state: State, ground: Ground, measured: Measured | None) -> dict[str, Any]:
    labels = dict(one.labels)
    row, is_measured = _start(one, labels, ground, measured)
    artefact = labels.pop("artefact", None)
    if not is_measured and _is_reshaped(one):
        row = {name: value if name in KEPT_WHEN_RESHAPED else None for name, value in row.items()}
        row |= _of_voxels(one.deposit_id, state, ground)
    elif not is_measured:
        row = {**row, **dict.fromkeys(OF_MATERIAL)}
    return {
        **row,
        **labels,
        "material": labels.get("material") or row["material"] or "indeterminate",
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


def _start(
    one: Reviewed, labels: Mapping[str, Any], ground: Ground, measured: Measured | None
) -> tuple[dict[str, Any], bool]:  # fmt: skip
    """Return the row before what readers told, and whether its numbers are those of its voxels and material."""
    source = ground.rows.get(one.origin or 0) or dict.fromkeys(Deposit.__dataclass_fields__)
    told = labels.get("material")
    if measured and measured.shaped_by == one.shaped_by and measured.labels.get("material") == told:
        flags = [flag for flag in measured.row["flags"] if flag != measured.labels.get("artefact")]
        untold = {name: source[name] for name in measured.labels if name in source}
        return {**measured.row, **untold, "flags": flags}, True
    return source, not _is_reshaped(one) and told in (None, source["material"])


def _is_reshaped(one: Reviewed) -> bool:
    return bool(one.shaped_by) or one.origin != one.deposit_id


def _of_voxels(number: int, state: State, ground: Ground) -> dict[str, Any]:
    voxels = state.voxels.of_label(number)
    k, j, i = np.unravel_index(voxels, ground.grid.shape)
    x, y, z = (float(mm) for mm in ground.grid.point_of(np.stack([i, j, k], -1)).mean(0))
    volume = len(voxels) * ground.grid.voxel_volume_mm3
    return {"volume_mm3": volume, "centroid_x_mm": x, "centroid_y_mm": y, "centroid_z_mm": z}
