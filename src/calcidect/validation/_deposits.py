"""Score deposits: found, false, split, merged, how much, of what, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from calcidect.validation._inputs import DepositClaim, Reported, Truth
from calcidect.validation._matching import (
    Contact,
    Group,
    Labels,
    Match,
    contacts,
    groups,
    matches,
    touching,
    voxel_counts,
)
from calcidect.validation._statistics import dice, total
from calcidect.validation._types import DepositScore, FalseDeposit, GroupScore, Totals, size_bin

SITE = ("digit", "level", "compartment", "pattern")


@dataclass(frozen=True, eq=False)
class Pairing:
    """Two deposit tables and how their labels meet.

    Parameters
    ----------
    true, reported : dict
        Deposits by id.
    true_voxels, reported_voxels : dict
        Voxels by id.
    contacts : list of Contact
        Every pair at most one voxel apart.
    matches : list of Match
        The contacts that count as found.
    """

    true: dict[int, DepositClaim]
    reported: dict[int, DepositClaim]
    true_voxels: dict[int, int]
    reported_voxels: dict[int, int]
    contacts: list[Contact]
    matches: list[Match]

    def groups(self) -> list[Group]:
        """Return the groups that hang together through matches."""
        return groups(self.matches)


def pair_deposits(truth: Truth, reported: Reported) -> Pairing:
    """Match the deposits of a result with the true ones."""
    true_labels, reported_labels = truth.deposits.array, reported.deposits.array
    true = {deposit.deposit_id: deposit for deposit in truth.table.deposits}
    met = contacts(true_labels, reported_labels)
    voxels = voxel_counts(true_labels), voxel_counts(reported_labels)
    volumes = {deposit_id: deposit.volume_mm3 for deposit_id, deposit in true.items()}
    claims = {claim.deposit_id: claim for claim in reported.findings.deposits}
    return Pairing(true, claims, *voxels, met, matches(met, *voxels, volumes))


def score_deposits(pairing: Pairing) -> tuple[DepositScore, ...]:
    """Return a row per true deposit."""
    return tuple(_score_of(deposit, pairing) for deposit in pairing.true.values())


def _score_of(deposit: DepositClaim, pairing: Pairing) -> DepositScore:
    mine = [match for match in pairing.matches if match.true_id == deposit.deposit_id]
    shared = {c.reported_id: (c.shared, c.within_one) for c in pairing.contacts if c.true_id == deposit.deposit_id}
    best = max(mine, key=lambda match: shared[match.reported_id], default=None)
    return DepositScore(
        deposit_id=deposit.deposit_id,
        side=deposit.side,
        material=deposit.material,
        volume_mm3=deposit.volume_mm3,
        ha_mass_mg=deposit.ha_mass_mg,
        size_bin=size_bin(deposit.volume_mm3),
        found=best is not None,
        matched_ids=tuple(sorted(match.reported_id for match in mine)),
        best_id=best.reported_id if best else None,
        shared_fraction=best.fraction if best else 0.0,
        pattern=deposit.pattern,
        compartment=deposit.compartment,
        touches_bone=deposit.touches_bone,
        **(_compared(deposit, pairing.reported[best.reported_id]) if best else {}),
    )


def _compared(true: DepositClaim, reported: DepositClaim) -> dict[str, Any]:
    """Compare what a result states with truth; what it leaves open stays None.

    An empty digit is an answer where the compartment is told: muscle, carpus and forearm have none.
    """
    told = {name: getattr(reported, name) is not None for name in SITE}
    told["digit"] |= told["compartment"]
    told["pattern"] &= true.pattern is not None  # truth of other makers may not name one
    answers = {f"{n}_right": getattr(reported, n) == getattr(true, n) if told[n] else None for n in SITE}
    return {
        "reported_material": reported.material,
        "reported_pattern": reported.pattern,
        "side_right": reported.side == true.side,
        "material_right": reported.material == true.material,
        **answers,
    }


def score_false(pairing: Pairing, reported_labels: Labels, vessels: Labels) -> tuple[FalseDeposit, ...]:
    """Return the result components that touch no true deposit within one voxel."""
    near = {contact.reported_id for contact in pairing.contacts}
    alone = [claim for deposit_id, claim in pairing.reported.items() if deposit_id not in near]
    on_vessel = touching(vessels > 0, reported_labels) if alone and vessels.any() else set()
    return tuple(
        FalseDeposit(
            claim.deposit_id,
            claim.side,
            claim.material,
            claim.volume_mm3,
            claim.ha_mass_mg,
            claim.deposit_id in on_vessel,
        )
        for claim in alone
    )


def grazing(pairing: Pairing) -> tuple[int, ...]:
    """Return the components that touch a true deposit, but share too little of any to find it."""
    matched = {match.reported_id for match in pairing.matches}
    return tuple(sorted({contact.reported_id for contact in pairing.contacts} - matched))


def splits_and_merges(pairing: Pairing) -> tuple[int, int]:
    """Count true deposits with several components, and components with several true deposits."""
    parts = Counter(match.true_id for match in pairing.matches)
    wholes = Counter(match.reported_id for match in pairing.matches)
    return sum(n > 1 for n in parts.values()), sum(n > 1 for n in wholes.values())


def score_groups(pairing: Pairing) -> tuple[GroupScore, ...]:
    """Return volume, mass and Dice per group."""
    return tuple(_group_score(group, pairing) for group in pairing.groups())


def _group_score(group: Group, pairing: Pairing) -> GroupScore:
    shared = sum(
        c.shared for c in pairing.contacts if c.true_id in group.true_ids and c.reported_id in group.reported_ids
    )
    true_size = sum(pairing.true_voxels[i] for i in group.true_ids)
    reported_size = sum(pairing.reported_voxels[i] for i in group.reported_ids)
    return GroupScore(
        true_ids=group.true_ids,
        reported_ids=group.reported_ids,
        dice=dice(shared, true_size, reported_size) or 0.0,
        **_amounts([pairing.true[i] for i in group.true_ids], [pairing.reported[i] for i in group.reported_ids]),
    )


def _amounts(true: list[DepositClaim], reported: list[DepositClaim]) -> dict[str, Any]:
    return {
        "true_volume_mm3": sum(deposit.volume_mm3 for deposit in true),
        "reported_volume_mm3": sum(deposit.volume_mm3 for deposit in reported),
        "true_ha_mass_mg": total(_ha_mass_mg(deposit) for deposit in true),
        "reported_ha_mass_mg": total(_ha_mass_mg(deposit) for deposit in reported),
    }


def _ha_mass_mg(deposit: DepositClaim) -> float | None:
    """Return the mass of hydroxyapatite; a deposit of urate that states none holds none."""
    return 0.0 if deposit.ha_mass_mg is None and deposit.material == "urate" else deposit.ha_mass_mg


def score_totals(pairing: Pairing, hands: Iterable[str]) -> tuple[Totals, ...]:
    """Return the whole of each hand, and of all."""
    return tuple(_totals(hand, pairing) for hand in (*hands, "all"))


def _totals(hand: str, pairing: Pairing) -> Totals:
    true = [d for d in pairing.true.values() if hand in (d.side, "all")]
    reported = [d for d in pairing.reported.values() if hand in (d.side, "all")]
    return Totals(hand=hand, true_number=len(true), reported_number=len(reported), **_amounts(true, reported))
