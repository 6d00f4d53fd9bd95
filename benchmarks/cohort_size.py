"""Seconds and memory of Table 1, associations and burden by place: 10,000 people, 3 visits each, 60,000 deposits.

``python benchmarks/cohort_size.py [--people N]``. All values are drawn; they say nothing of any person.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from calcidect.cohort import (
    Kind,
    Variable,
    associations,
    burden_by_place,
    hands_figure,
    one_row_each,
    scatter_figure,
    table_one,
)

_BINARY = ("female", "ulcers", "reflux", "fibrosis", "disabled", "contracture", "infection", "swelling", "aca", "scl70")
_CONTINUOUS = ("age", "duration", "skin_score", "ha_mass", "volume", "largest")
_LEVELS = ("distal_phalanx", "middle_phalanx", "proximal_phalanx", "metacarpal", "carpus", "forearm")
VISITS, DEPOSITS_EACH = 3, 6
VARIABLES = (
    *(Variable(name, name.capitalize(), Kind.BINARY) for name in _BINARY),
    *(Variable(name, name.capitalize(), Kind.CONTINUOUS) for name in _CONTINUOUS),
    Variable("deposits", "Deposits", Kind.COUNT),
    Variable("grade", "Grade", Kind.ORDINAL, categories=tuple((str(n), str(n)) for n in range(5))),
    Variable("subset", "Subset", Kind.CATEGORICAL, categories=(("l", "Limited"), ("d", "Diffuse"), ("s", "Sine"))),
)
BULKY = Variable("bulky", "Bulky", Kind.BINARY)


def visits(people: int, seed: int = 0) -> pd.DataFrame:
    """Return a row per person and visit, as text, a twentieth of the cells missing."""
    rng = np.random.default_rng(seed)
    rows = people * VISITS
    bulky = rng.random(rows) < 0.4
    frame = pd.DataFrame({"person": np.repeat(np.arange(people), VISITS), "visit": np.tile(np.arange(VISITS), people)})
    frame["bulky"] = bulky.astype(int)
    for name in _BINARY:
        frame[name] = (rng.random(rows) < 0.3 + 0.1 * bulky).astype(int)
    for name in _CONTINUOUS:
        frame[name] = rng.lognormal(3 + 0.2 * bulky, 0.5).round(2)
    frame["deposits"], frame["grade"] = rng.poisson(5 + 3 * bulky), rng.binomial(4, 0.2 + 0.2 * bulky)
    frame["subset"] = rng.choice(["l", "d", "s"], rows)
    text = frame.astype(str)
    for name in text.columns[3:]:
        text.loc[rng.random(rows) < 0.05, name] = rng.choice(["unknown", "not_done", "not_applicable"])
    return text


def deposits(people: int, seed: int = 1) -> pd.DataFrame:
    """Return a row per deposit, as text."""
    rng = np.random.default_rng(seed)
    rows = people * DEPOSITS_EACH
    return pd.DataFrame(
        {
            "person": rng.integers(0, people, rows).astype(str),
            "side": rng.choice(["left", "right"], rows),
            "level": rng.choice(_LEVELS, rows),
            "digit": rng.integers(1, 6, rows).astype(str),
            "ha_mass_mg": rng.lognormal(3, 1, rows).round(1).astype(str),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    people = parser.parse_args().people
    every, lying = visits(people), deposits(people)
    print(f"{people:,} people, {len(every):,} visits, {len(lying):,} deposits; inputs made at {_peak_mib():.0f} MiB")
    first = _timed("first visits", lambda: one_row_each(every, "person", "visit", "first"))
    _timed("Table 1", lambda: table_one(first, VARIABLES, BULKY).table)
    _timed("associations of a category", lambda: associations(first, BULKY, VARIABLES))
    _timed("associations of a number", lambda: associations(first, VARIABLES[13], VARIABLES))
    places = _timed("burden by place", lambda: burden_by_place(lying, first, "person"))
    _timed("figure of hands", lambda: hands_figure(places))
    _timed("figure of duration", lambda: scatter_figure(first, VARIABLES[11], VARIABLES[13], BULKY))


def _timed(name: str, step: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    made = step()
    print(f"{name:28}{time.perf_counter() - start:8.2f} s, {_peak_mib():6.0f} MiB at most so far")
    return made


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
