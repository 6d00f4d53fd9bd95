"""What scoring gives: a ``Score`` per case, rows per deposit, group, bone and digit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from calcidect.validation._statistics import error_percent

SIZE_BINS: tuple[tuple[str, float, float], ...] = (
    ("<5", 0.0, 5.0),
    ("5-20", 5.0, 20.0),
    ("20-100", 20.0, 100.0),
    (">=100", 100.0, float("inf")),
)
"""Name, lower bound (in) and upper bound (out), mm3 of true volume."""


def size_bin(volume_mm3: float) -> str:
    """Return the name of the size bin that a true volume falls into."""
    return next(name for name, low, high in SIZE_BINS if low <= volume_mm3 < high)


@dataclass(frozen=True)
class DepositScore:
    """One true deposit, and what the result says of it.

    The ``*_right`` values compare the result component that shares most with it. None: missed, or not stated
    by the result. ``true_`` values are truth's, and so are pattern, compartment and contact. Volumes mm3, masses mg.
    """

    deposit_id: int
    side: str
    material: str
    volume_mm3: float
    ha_mass_mg: float | None
    size_bin: str
    found: bool
    matched_ids: tuple[int, ...]
    best_id: int | None
    shared_fraction: float
    reported_material: str | None = None
    side_right: bool | None = None
    material_right: bool | None = None
    digit_right: bool | None = None
    level_right: bool | None = None
    compartment_right: bool | None = None
    pattern_right: bool | None = None
    pattern: str | None = None
    reported_pattern: str | None = None
    compartment: str | None = None
    touches_bone: bool | None = None


@dataclass(frozen=True)
class FalseDeposit:
    """A result component that touches no true deposit within one voxel.

    ``on_vessel``: it touches a calcified vessel, which is real calcium but no calcinosis; counted apart.
    """

    deposit_id: int
    side: str
    material: str
    volume_mm3: float
    ha_mass_mg: float | None
    on_vessel: bool


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """How much there is, in truth and as reported: mm3, and mg of hydroxyapatite. None: not stated."""

    true_volume_mm3: float
    reported_volume_mm3: float
    true_ha_mass_mg: float | None
    reported_ha_mass_mg: float | None

    @property
    def volume_error_percent(self) -> float | None:
        """Signed error of the volume."""
        return error_percent(self.reported_volume_mm3, self.true_volume_mm3)

    @property
    def mass_error_percent(self) -> float | None:
        """Signed error of the mass of hydroxyapatite."""
        return error_percent(self.reported_ha_mass_mg, self.true_ha_mass_mg)

    def as_dict(self) -> dict[str, Any]:
        """Return the amounts with their errors."""
        errors = {"volume_error_percent": self.volume_error_percent, "mass_error_percent": self.mass_error_percent}
        return {**asdict(self), **errors}


@dataclass(frozen=True, kw_only=True)
class GroupScore(Amounts):
    """Amounts and Dice of true deposits and result components that hang together."""

    true_ids: tuple[int, ...]
    reported_ids: tuple[int, ...]
    dice: float


@dataclass(frozen=True, kw_only=True)
class Totals(Amounts):
    """Amounts of everything in one hand, or in ``all``; what was missed and what is false is in."""

    hand: str
    true_number: int
    reported_number: int


@dataclass(frozen=True)
class BoneUnion:
    """Dice of all bone of one side, whatever its names."""

    side: str
    dice: float


@dataclass(frozen=True)
class BoneScore:
    """One named true bone.

    Parameters
    ----------
    side, bone : str
        The true bone.
    label_right : bool or None
        Whether the result label that covers most of it has its side and name. None: nothing covers it, or
        what does is ``unnamed``.
    dice : float or None
        Against the result's voxels of that side and name. None where ``label_right`` is.
    """

    side: str
    bone: str
    label_right: bool | None
    dice: float | None


@dataclass(frozen=True)
class TipScore:
    """Acro-osteolysis of one digit, true and reported; None: not assessed by the result."""

    side: str
    digit: int
    true_present: bool
    reported_present: bool | None
    true_fraction_lost: float | None
    reported_fraction_lost: float | None


@dataclass(frozen=True)
class DestructionScore:
    """One true site of bone destruction. ``found`` is None where the result does not assess destruction.

    ``deposit_found``: a component of the result is matched with the deposit that destroyed; without one no site can be.
    """

    side: str
    bone: str
    deposit_id: int
    found: bool | None
    true_volume_mm3: float | None
    reported_volume_mm3: float | None
    true_depth_mm: float | None
    reported_depth_mm: float | None
    deposit_found: bool


@dataclass(frozen=True)
class Score:
    """How one result compares with the truth of one case.

    ``splits`` counts true deposits matched by more than one component, ``merges`` components matched with
    more than one true deposit, ``grazing_ids`` components that touch a true deposit but share too little to
    find it. ``case`` is the name of the case's folder.
    """

    case: str
    scenario: str
    seed: int | None
    pair: str
    hands: tuple[str, ...]
    deposits: tuple[DepositScore, ...]
    false_deposits: tuple[FalseDeposit, ...]
    grazing_ids: tuple[int, ...]
    groups: tuple[GroupScore, ...]
    splits: int
    merges: int
    totals: tuple[Totals, ...]
    bone_unions: tuple[BoneUnion, ...]
    bones: tuple[BoneScore, ...]
    tips: tuple[TipScore, ...]
    destruction: tuple[DestructionScore, ...]
    false_destruction: int

    def as_dict(self) -> dict[str, Any]:
        """Return every row as plain values, with the errors in percent."""
        rows = {name: [row.as_dict() for row in getattr(self, name)] for name in ("groups", "totals")}
        return {**asdict(self), **rows}
