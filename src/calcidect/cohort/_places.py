"""Where the deposits of a cohort lie: people with a deposit, and mass, at each place of the hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcidect.cohort._observed import names_of
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


def burden_by_place(deposits: pd.DataFrame, people: pd.DataFrame, person: str, visit: str | None = None) -> Places:
    """Count people with a deposit, and average HA mass, at each place.

    Parameters
    ----------
    deposits : pandas.DataFrame
        A row per deposit: the columns of ``deposits.csv``, with those of the person and the visit.
    people : pandas.DataFrame
        A row per person of the cohort, those without a deposit among them.
    person, visit : str, str or None
        Columns of both tables. Deposits of a person's other visits are left out; without ``visit`` each person has one.

    Raises
    ------
    InputRefusedError
        If a column is missing, a mass can't be read, or deposits are of people who are not of the cohort.
    """
    import pandas as pd

    absent = [name for name in DEPOSIT_COLUMNS if name not in deposits]
    if absent:
        raise _refused(f"The deposits lack the column {absent[0]!r}.", "The columns of deposits.csv.")
    deposits = _of_the_cohort(deposits, people, person, visit)
    # Carpus and forearm have no digit, whatever stands there.
    digit = pd.to_numeric(deposits["digit"], errors="coerce")
    digit = digit.where(digit.isin(range(1, 6)), 0).astype(int)
    digit = digit.mask(deposits["level"].isin(["carpus", "forearm"]), 0)
    mass = _masses(deposits["ha_mass_mg"])
    rows = pd.DataFrame({"person": names_of(deposits, person), "mass": mass.fillna(0.0)})
    rows["place"] = list(zip(deposits["side"], deposits["level"], digit, strict=True))
    grouped = rows.groupby("place")
    counts, masses = grouped["person"].nunique().to_dict(), grouped["mass"].sum().to_dict()
    keys = dict.fromkeys((side, b.level, b.digit or 0) for side in _SIDES for b in drawn_bones(side))
    places = tuple(
        Place(side, level, number or None, int(counts.get(key, 0)), float(masses.get(key, 0.0)) / len(people))
        for key in keys
        for side, level, number in [key]
    )
    elsewhere = int((~rows["place"].isin(list(keys))).sum())
    return Places(len(people), places, elsewhere, int(mass.isna().sum()))


def _of_the_cohort(deposits: pd.DataFrame, people: pd.DataFrame, person: str, visit: str | None) -> pd.DataFrame:
    """Return the deposits of the people's own visits; refuse those of other people."""
    import pandas as pd

    strangers = int((~names_of(deposits, person).isin(names_of(people, person))).sum())
    if strangers:
        raise _refused(f"{strangers} deposits are of people who are not of the cohort.", "Deposits of its people only.")
    if visit is None:
        return deposits
    seen, wanted = (
        pd.MultiIndex.from_arrays([names_of(frame, name) for name in (person, visit)]) for frame in (deposits, people)
    )
    return deposits[seen.isin(wanted)]


def _masses(column: pd.Series) -> pd.Series:
    """Return masses, mg; NaN where the cell is empty."""
    import pandas as pd

    empty = column.isna() | (column.astype(str).str.strip() == "")
    mass = pd.to_numeric(column.mask(empty), errors="coerce").astype(float)
    unread = int((~empty & ~(np.isfinite(mass) & (mass >= 0))).sum())
    if unread:
        raise _refused(f"Column 'ha_mass_mg' can't be read in {unread} rows.", "A number of 0 or more, or nothing.")
    return mass


def _refused(found: str, expected: str) -> InputRefusedError:
    return InputRefusedError(
        "deposits_refused", found=found, expected=expected, remedy="Change the table of deposits, or name another one."
    )
