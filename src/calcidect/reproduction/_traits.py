"""What a scan of one person shows, yes or no: as the registry has it from the pixels, and as it is in truth.

Both go by the rules of the result contract, at the same limits (`FindingsSettings`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from calcidect.reproduction._joined import rows_of
from calcidect.settings import FindingsSettings
from calcidect.validation import Truth

if TYPE_CHECKING:
    import pandas as pd

Traits = dict[str, bool | None]
"""Of one person, by the names of `TRAITS`; None: not assessed."""

SITES = {
    "fingertips": ("fingertip_fat_pad",),
    "tendon_sheaths": ("flexor_tendon_sheath", "extensor_tendon_sheath"),
    "carpal_tunnel": ("carpal_tunnel",),
    "muscle": ("muscle",),
}
"""The study's four sites: the compartments that make each."""

TRAITS = {
    "calcinosis": "Calcinosis",
    "fingertips": "Calcinosis in the fat pad of a fingertip",
    "tendon_sheaths": "Calcinosis along a tendon sheath",
    "carpal_tunnel": "Calcinosis in the carpal tunnel",
    "muscle": "Calcinosis next to muscle",
    "forearm_sheet": "Sheet of calcinosis that extends into the forearm",
    "forearm_extension": "Calcinosis that extends into the forearm, of any pattern",
    "bulky": "Bulky deposits",
    "acro_osteolysis": "Acro-osteolysis of any digit",
    "bone_destruction": "Bone destroyed beside calcinosis",
    "urate": "A deposit of urate",
}
"""Name and label."""


def found_traits(tables: Mapping[str, pd.DataFrame]) -> dict[str, Traits]:
    """Return the traits of everyone with a scan, from the registry's tables ``scans`` and ``deposits``."""
    deposits = rows_of(tables["deposits"])
    return {
        str(scan["person_id"]): _found(scan, [row for row in deposits if row["person_id"] == scan["person_id"]])
        for scan in rows_of(tables["scans"])
    }


def _found(scan: Mapping[str, Any], deposits: list[dict[str, Any]]) -> Traits:
    present, sites = scan["acro_osteolysis_present"], scan["destruction_sites"]
    return {
        **_of_deposits(deposits, scan["forearm_extension"]),
        "forearm_extension": scan["forearm_extension"],
        "bulky": scan["bulky"],
        "acro_osteolysis": None if present is None else present > 0,
        "bone_destruction": None if sites is None else sites > 0,
    }


def true_traits(truth: Truth) -> Traits:
    """Return the traits that a person truly has."""
    table, settings = truth.table, FindingsSettings()
    deposits = [deposit.model_dump() for deposit in table.deposits]
    extension = forearm_mm3(truth, settings) >= settings.forearm_extension_mm3
    return {
        **_of_deposits(deposits, extension),
        "forearm_extension": extension,
        "bulky": any(_is_bulky([d for d in deposits if d["side"] == side], settings) for side in table.hands),
        "acro_osteolysis": any(tip.present for tip in table.acro_osteolysis),
        "bone_destruction": bool(table.bone_destruction),
    }


def _of_deposits(deposits: list[dict[str, Any]], extension: bool | None) -> Traits:
    """Return what the list of deposits tells; calcinosis is every deposit that is not urate."""
    calcinosis = [deposit for deposit in deposits if deposit["material"] != "urate"]
    sheets = [d for d in calcinosis if d["level"] == "forearm" and d["pattern"] == "sheet"]
    return {
        "calcinosis": bool(calcinosis),
        **{site: any(d["compartment"] in names for d in calcinosis) for site, names in SITES.items()},
        "forearm_sheet": None if extension is None else extension and bool(sheets),
        "urate": len(calcinosis) < len(deposits),
    }


def _is_bulky(deposits: Iterable[Mapping[str, Any]], settings: FindingsSettings) -> bool:
    """Apply the contract's rule to the deposits of one hand."""
    volumes = [d["volume_mm3"] for d in deposits if d["material"] == "hydroxyapatite"]
    return max(volumes, default=0.0) >= settings.bulky_deposit_mm3 or sum(volumes) >= settings.bulky_hand_mm3


def forearm_mm3(truth: Truth, settings: FindingsSettings) -> float:
    """Return how much true deposit lies far enough proximal to the radiocarpal joint line, in the hand with most."""
    grid = truth.deposits.grid
    sides = {deposit.deposit_id: deposit.side for deposit in truth.table.deposits}
    most = 0.0
    for hand in truth.table.axes:
        own = [deposit_id for deposit_id, side in sides.items() if side == hand.side]
        index = np.stack(np.nonzero(np.isin(truth.deposits.array, own)), -1)[:, ::-1]
        along = (grid.point_of(index) - np.array(hand.radiocarpal_mm)) @ np.array(hand.distal)
        beyond = along < -settings.forearm_extension_beyond_mm
        most = max(most, float(beyond.sum()) * grid.voxel_volume_mm3)
    return most
