"""What the analysis found against what is true: two by two for people and digits, shares for deposits and sites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from calcidect.cohort import Row, Table
from calcidect.reproduction._traits import SITES, TRAITS, Traits
from calcidect.validation import DepositScore, Proportion, Score

Answer = tuple[bool | None, bool]
"""Found (None: not assessed), and true."""
_NOTE = "Shares are k/n with the 95 % Clopper-Pearson interval. Figures on simulated hands."


@dataclass(frozen=True)
class Crosstab:
    """Found and true, counted.

    Parameters
    ----------
    label, unit : str
        What, and of what: person or digit.
    both, found_only, true_only, neither : int
    not_assessed : int
        In none of the four.
    """

    label: str
    unit: str
    both: int
    found_only: int
    true_only: int
    neither: int
    not_assessed: int = 0

    @classmethod
    def of(cls, label: str, unit: str, answers: Iterable[Answer]) -> Crosstab:
        """Count answers."""
        rows = list(answers)
        known = [row for row in rows if row[0] is not None]
        both, found_only, true_only, neither = (
            known.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))
        )
        return cls(label, unit, both, found_only, true_only, neither, len(rows) - len(known))

    @property
    def sensitivity(self) -> Proportion:
        """Found, of those that are true."""
        return Proportion(self.both, self.both + self.true_only)

    @property
    def specificity(self) -> Proportion:
        """Not found, of those that are not true."""
        return Proportion(self.neither, self.neither + self.found_only)


def crosstabs(found: Mapping[str, Traits], true: Mapping[str, Traits], scores: Sequence[Score]) -> tuple[Crosstab, ...]:
    """Return a table for every trait, over the people with a result, and one for acro-osteolysis over digits."""
    of_people = (
        Crosstab.of(label, "person", [(traits[name], bool(true[person][name])) for person, traits in found.items()])
        for name, label in TRAITS.items()
    )
    tips = [(tip.reported_present, tip.true_present) for score in scores for tip in score.tips]
    return (*of_people, Crosstab.of("Acro-osteolysis", "digit", tips))


def crosstab_table(rows: Sequence[Crosstab]) -> Table:
    """Return the two by two tables, one a row."""
    lines = tuple(
        Row(
            row.label,
            (
                row.unit,
                *(str(n) for n in (row.both, row.true_only, row.found_only, row.neither, row.not_assessed)),
                str(row.sensitivity),
                str(row.specificity),
            ),
        )
        for row in rows
    )
    columns = (
        "Item", "Unit", "True and found", "True, missed", "Found, not true", "Neither", "Not assessed",
        "Sensitivity", "Specificity",
    )  # fmt: skip
    return Table("Found and true", columns, lines, (_NOTE,))


def deposit_table(scores: Sequence[Score]) -> Table:
    """Return how many true deposits and sites of destruction are found, and what they are taken for."""
    rows = [row for score in scores for row in score.deposits]
    found = [row for row in rows if row.found]
    false = [row for score in scores for row in score.false_deposits]
    destruction = [row for score in scores for row in score.destruction]
    shares = {
        "True deposits found": Proportion.of(row.found for row in rows),
        "... clear of bone": Proportion.of(row.found for row in rows if not row.touches_bone),
        "... against bone": Proportion.of(row.found for row in rows if row.touches_bone),
        **{f"... {site.replace('_', ' ')}": _found_at(site, rows) for site in SITES},
        "Compartment right, of those found": Proportion.of(row.compartment_right for row in found),
        **_materials([row for row in found if row.material == "hydroxyapatite"]),
        "True sites of bone destruction found": Proportion.of(row.found for row in destruction),
        "... whose deposit was found": Proportion.of(row.found for row in destruction if row.deposit_found),
    }
    counts = {
        "False deposits": sum(not row.on_vessel for row in false),
        "Calcified arteries counted as deposits": sum(row.on_vessel for row in false),
        "False deposits called urate": sum(row.material == "urate" for row in false),
        "False sites of bone destruction": sum(score.false_destruction for score in scores),
        "Hands": sum(len(score.hands) for score in scores),
    }
    lines = tuple(Row(label, (str(value),)) for label, value in (shares | counts).items())
    return Table("Deposits and sites of destruction", ("Item", "Figure"), lines, (_NOTE,))


def _found_at(site: str, rows: Sequence[DepositScore]) -> Proportion:
    """Return how many of the deposits truly at a site are found."""
    return Proportion.of(row.found for row in rows if row.compartment in SITES[site])


def _materials(found: Sequence[DepositScore]) -> dict[str, Proportion]:
    """Return what found hydroxyapatite is taken for."""
    return {
        f"Hydroxyapatite taken for {material}, of that found": Proportion.of(
            row.reported_material == material for row in found
        )
        for material in ("hydroxyapatite", "urate", "indeterminate")
    }


def people_table(found: Mapping[str, Traits], true: Mapping[str, Traits], scores: Mapping[str, Score]) -> Table:
    """Return a column per person: pair, deposits, mass, and of each trait whether it was found and is true."""
    facts = {
        "Pair": [score.pair for score in scores.values()],
        "Deposits found / true": [
            f"{sum(row.found for row in score.deposits)} / {len(score.deposits)}" for score in scores.values()
        ],
        "False deposits": [str(sum(not row.on_vessel for row in score.false_deposits)) for score in scores.values()],
        "HA found / true, mg": [
            f"{_milligrams(score.totals[-1].reported_ha_mass_mg)} / {_milligrams(score.totals[-1].true_ha_mass_mg)}"
            for score in scores.values()
        ],
        **{label: [_word(found[p][name], true[p][name]) for p in scores] for name, label in TRAITS.items()},
    }
    rows = tuple(Row(label, tuple(cells)) for label, cells in facts.items())
    note = "yes, no: found as it is; missed: true, not found; false: found, not true. Figures on simulated hands."
    return Table("Found and true, per person", ("Item", *scores), rows, (note,))


def _milligrams(mass_mg: float | None) -> str:
    return "-" if mass_mg is None else f"{mass_mg:.0f}"


def _word(found: bool | None, true: bool | None) -> str:
    if found is None:
        return "not assessed"
    return {(True, True): "yes", (False, True): "missed", (True, False): "false", (False, False): "no"}[
        (found, bool(true))
    ]
