"""Where the deposits of a cohort lie: people with a deposit, and mass, at each place of the hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcidect.drawn_hands import drawn_bones
from calcidect.errors import InputRefusedError

if TYPE_CHECKING:
    import pandas as pd

DEPOSIT_COLUMNS = ("side", "level", "digit", "ha_mass_mg")
_SIDES = ("right", "left")


@dataclass(frozen=True)
class Place:
    """One place of the hands.

    Parameters
    ----------
    side, level : str
        As in ``deposits.csv``.
    digit : int or None
        1 thumb to 5; None of carpus and forearm.
    people : int
        With a deposit there.
    mean_ha_mg : float
        HA mass there per person of the cohort, without deposits counted as 0 mg.
    """

    side: str
    level: str
    digit: int | None
    people: int
    mean_ha_mg: float


@dataclass(frozen=True)
class Places:
    """All places of both hands.

    Parameters
    ----------
    people : int
        In the cohort: the denominator.
    places : tuple of Place
        All, also those without a deposit.
    elsewhere : int
        Deposits without a digit or level, which are at no place.
    without_mass : int
        Deposits whose mass is not known: they count for people, not for mass.
    """

    people: int
    places: tuple[Place, ...]
    elsewhere: int
    without_mass: int


def burden_by_place(deposits: pd.DataFrame, person: str, people: int) -> Places:
    """Count people with a deposit, and average HA mass, at each place.

    Parameters
    ----------
    deposits : pandas.DataFrame
        A row per deposit: the columns of ``deposits.csv`` with one of the person before them.
    person : str
        That column.
    people : int
        In the cohort, those without a deposit among them.

    Raises
    ------
    InputRefusedError
        If a column is missing, a mass can't be read, or deposits are of more people than there are.
    """
    import pandas as pd

    absent = [name for name in (person, *DEPOSIT_COLUMNS) if name not in deposits]
    if absent:
        raise _refused(f"The deposits lack the column {absent[0]!r}.", "The columns of deposits.csv, and the person.")
    if deposits[person].nunique() > people:
        raise _refused(f"Deposits are of more than the {people} people of the cohort.", "Deposits of the cohort only.")
    # Carpus and forearm have no digit, whatever stands there.
    digit = pd.to_numeric(deposits["digit"], errors="coerce").fillna(0).astype(int)
    digit = digit.mask(deposits["level"].isin(["carpus", "forearm"]), 0)
    mass = pd.to_numeric(deposits["ha_mass_mg"].replace("", np.nan), errors="coerce").astype(float)
    rows = pd.DataFrame({"person": deposits[person], "mass": mass.fillna(0.0)})
    rows["place"] = list(zip(deposits["side"], deposits["level"], digit, strict=True))
    grouped = rows.groupby("place")
    counts, masses = grouped["person"].nunique().to_dict(), grouped["mass"].sum().to_dict()
    keys = dict.fromkeys((side, b.level, b.digit or 0) for side in _SIDES for b in drawn_bones(side))
    places = tuple(
        Place(side, level, number or None, int(counts.get(key, 0)), float(masses.get(key, 0.0)) / people)
        for key in keys
        for side, level, number in [key]
    )
    elsewhere = int((~rows["place"].isin(list(keys))).sum())
    return Places(people, places, elsewhere, int(mass.isna().sum()))


def _refused(found: str, expected: str) -> InputRefusedError:
    return InputRefusedError(
        "deposits_refused", found=found, expected=expected, remedy="Change the table of deposits, or name another one."
    )
