"""Of ten thousand people the numbers are those of another path, and come in seconds."""

from __future__ import annotations

import time
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from benchmarks.cohort_size import BULKY, DEPOSITS_EACH, VARIABLES, VISITS, deposits, visits
from scipy.stats import mannwhitneyu
from statsmodels.stats.contingency_tables import Table2x2

from calcidect.cohort import associations, burden_by_place, one_row_each, per_patient, table_one
from calcidect.errors import InputRefusedError

PEOPLE = 10_000
MISSING = ["unknown", "not_done", "not_applicable"]


@pytest.fixture(scope="module")
def first():
    every = visits(PEOPLE)
    assert len(every) == PEOPLE * VISITS
    return one_row_each(every, "person", "visit", "first")


@pytest.fixture(scope="module")
def numbers(first):
    """The same people, read by pandas alone."""
    columns = [v.name for v in VARIABLES if v.name != "subset"]
    return first[columns].replace(MISSING, None).apply(pd.to_numeric).assign(bulky=first["bulky"].astype(int))


def test_table_one_is_what_pandas_counts(first, numbers):
    start = time.process_time()
    one = table_one(first, VARIABLES, BULKY)
    assert time.process_time() - start < 10
    entries = {entry.variable.name: entry for entry in one.entries}
    for group, (_, people) in enumerate(one.groups):
        rows = numbers[numbers["bulky"] == group]
        assert people == len(rows)
        ulcers = entries["ulcers"].groups[group].shares[1]
        assert (ulcers.k, ulcers.n) == (rows["ulcers"].sum(), rows["ulcers"].count())
        assert entries["ha_mass"].groups[group].spread.middle == pytest.approx(rows["ha_mass"].median())
    assert sum(entries["age"].everyone.missing) == numbers["age"].isna().sum()


def test_associations_are_the_large_sample_ones(first, numbers):
    start = time.process_time()
    found = {one.factor.name: one for one in associations(first, BULKY, VARIABLES)}
    assert time.process_time() - start < 10
    known = numbers.dropna(subset=["ulcers"])
    table = pd.crosstab(known["ulcers"], known["bulky"]).to_numpy()
    limit = Table2x2(table)
    ulcers = found["ulcers"].estimate
    bounds = limit.oddsratio_confint()
    assert (ulcers.value, ulcers.low, ulcers.high) == pytest.approx((limit.oddsratio, *bounds), rel=2e-3)
    mass = numbers.dropna(subset=["ha_mass"])
    groups = [mass.loc[mass["bulky"] == n, "ha_mass"] for n in (1, 0)]
    assert found["ha_mass"].p == pytest.approx(mannwhitneyu(*groups, method="asymptotic").pvalue)
    sample = np.random.default_rng(0)
    pairs = sample.choice(groups[0], 400_000) - sample.choice(groups[1], 400_000)
    assert found["ha_mass"].estimate.value == pytest.approx(np.median(pairs), abs=0.1)  # its own error is 0.02


def test_burden_by_place_is_a_plain_count(first):
    lying = deposits(PEOPLE)
    assert len(lying) == PEOPLE * DEPOSITS_EACH
    people, mass = defaultdict(set), defaultdict(float)
    for row in lying.itertuples():
        digit = None if row.level in ("carpus", "forearm") else int(row.digit)
        people[row.side, row.level, digit].add(row.person)
        mass[row.side, row.level, digit] += float(row.ha_mass_mg)
    found = burden_by_place(lying, first, "person")
    for place in found.places:
        key = place.side, place.level, place.digit
        assert place.people == len(people[key])
        assert place.mean_ha_mg == pytest.approx(mass[key] / PEOPLE)
    assert found.elsewhere == ((lying["level"] == "middle_phalanx") & (lying["digit"] == "1")).sum()


def test_nobody_prints_ten_thousand_patients(first):
    with pytest.raises(InputRefusedError, match="10,000 people"):
        per_patient(first, VARIABLES, "person")
