"""What the findings room gives: deposits, bones, damage and burden."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from calcidect.anatomy import OTHER_KINDS, FieldOfView, OtherKind, Side
from calcidect.errors import Notice
from calcidect.geometry import Volume
from calcidect.materials import Metal
from calcidect.study import Motion, SeriesQuality

Material = Literal["hydroxyapatite", "urate", "indeterminate"]
ArtefactKind = Literal["nail", "skin"] | OtherKind
ARTEFACT_KINDS: tuple[ArtefactKind, ...] = ("nail", "skin", *OTHER_KINDS)


@dataclass(frozen=True)
class Deposit:
    """One deposit: a row of ``deposits.csv``. None means not assessed. Positions are LPS mm.

    What follows ``flags`` is for comparison with older work and with other programs (``findings/_older.py``,
    ``materials/_vendor_rule.py``); then the share of its mass in each compartment that holds some; last
    what its pattern was told by (``findings/_pattern.py``).
    """

    deposit_id: int
    side: Side
    material: Material
    digit: int | None
    level: str | None
    compartment: str | None
    pattern: str | None
    volume_mm3: float
    ha_mass_mg: float | None
    ha_mass_sd_mg: float | None
    urate_mass_mg: float | None
    mean_ha_mg_per_cm3: float | None
    max_diameter_mm: float
    centroid_x_mm: float
    centroid_y_mm: float
    centroid_z_mm: float
    aspect: str | None
    nearest_bone: str | None
    distance_to_bone_mm: float | None
    touches_bone: bool | None
    depth_below_skin_mm: float | None
    mean_hu_low: float
    mean_hu_high: float | None
    dual_energy_ratio: float | None
    confidence: float | None
    flags: tuple[str, ...] = ()
    volume_130_hu_mm3: float | None = None
    volume_150_hu_mm3: float | None = None
    volume_200_hu_mm3: float | None = None
    volume_300_hu_mm3: float | None = None
    agatston_like: float | None = None
    projected_area_mm2: float | None = None
    vendor_urate_fraction: float | None = None
    compartment_shares: dict[str, float] | None = None
    number_of_parts: int | None = None
    number_of_lobes: int | None = None
    number_of_holes: int | None = None
    solidity: float | None = None
    thickness_mm: float | None = None
    elongation: float | None = None
    flatness: float | None = None
    bartoli_class_unvalidated: str | None = None


@dataclass(frozen=True)
class Artefact:
    """Dense voxels that were taken neither for a deposit nor for bone, and why. Positions are LPS mm."""

    side: Side
    kind: ArtefactKind
    reason: str
    volume_mm3: float
    centroid_x_mm: float
    centroid_y_mm: float
    centroid_z_mm: float
    mean_hu_low: float
    mean_hu_high: float | None


@dataclass(frozen=True)
class Bone:
    """One bone: a row of ``bones.csv``; ``confidence`` in its name, None where none was given by the fitted hand."""

    side: Side
    bone: str
    label: int
    volume_mm3: float
    length_mm: float
    confidence: float | None = None


@dataclass(frozen=True)
class AcroOsteolysis:
    """Loss from the tip of one digit. All values are None, with a reason, where not assessable.

    After ``reason``: of the bone that remains and as it is thought to have been, from end to end; its width near the
    tip; and from the tip to the skin (``findings/_distal_phalanx.py``).
    """

    side: Side
    digit: int
    present: bool | None
    fraction_lost: float | None
    fraction_lost_sd: float | None
    grade: int | None
    reason: str | None = None
    residual_length_mm: float | None = None
    expected_length_mm: float | None = None
    tuft_width_mm: float | None = None
    soft_tissue_cap_mm: float | None = None


@dataclass(frozen=True)
class BoneDestruction:
    """A breach or scallop in the bone that remains, under or within 2 mm of a deposit."""

    side: Side
    bone: str
    deposit_id: int
    volume_mm3: float
    depth_mm: float
    contact_area_mm2: float


@dataclass(frozen=True)
class Burden:
    """What one hand, or both, hold together.

    ``forearm_extension`` is None where the joint line is unknown; masses and ``bulky`` (a rule about hydroxyapatite)
    are None of a single-energy scan. What follows is for comparison with older work: sums over deposits, also of
    projected areas, whose overlap counts twice.
    """

    number: int
    volume_mm3: float
    ha_mass_mg: float | None
    ha_mass_sd_mg: float | None
    urate_mass_mg: float | None
    largest_mm3: float
    bulky: bool | None
    forearm_extension: bool | None
    volume_130_hu_mm3: float | None = None
    volume_150_hu_mm3: float | None = None
    volume_200_hu_mm3: float | None = None
    volume_300_hu_mm3: float | None = None
    agatston_like: float | None = None
    projected_area_mm2: float | None = None


@dataclass(frozen=True)
class Quality:
    """What the scan allows. None means not looked at; a single-energy scan has no high energy.

    Parameters
    ----------
    noise_low_hu, noise_high_hu : float
        Standard deviation of a voxel in soft tissue.
    clipped_voxels_low, clipped_voxels_high : int
        At the top of the stored range.
    notices : tuple of Notice
        What is beyond its limit, and what that does to which number.
    low, high : SeriesQuality or None
        Kernel, slices and plateaus of each energy.
    metal : Metal or None
        What is too dense for calcium.
    contrast_medium : bool or None
        Whether the headers state one.
    patient_position : str or None
        As stated.
    field_of_view : FieldOfView or None
        Where the scan cuts the hands off.
    motion : tuple of Motion
        Of each hand between the energies, from the patient's right to left.
    """

    noise_low_hu: float
    noise_high_hu: float | None
    clipped_voxels_low: int
    clipped_voxels_high: int | None
    notices: tuple[Notice, ...] = ()
    low: SeriesQuality | None = None
    high: SeriesQuality | None = None
    metal: Metal | None = None
    contrast_medium: bool | None = None
    patient_position: str | None = None
    field_of_view: FieldOfView | None = None
    motion: tuple[Motion, ...] = ()


@dataclass(frozen=True)
class PaintedVolume:
    """What the vendor-like rule paints in one hand, bone included."""

    calcium_mm3: float
    urate_mm3: float


@dataclass(frozen=True)
class VendorRule:
    """The vendor-like rule, for comparison: its parameters, and what it paints.

    Parameters
    ----------
    parameters : dict
        Name to value, as ``settings.materials.vendor_rule``.
    hands : dict
        ``right``, ``left`` (those in the scan) and ``all``.
    """

    parameters: dict[str, float]
    hands: dict[str, PaintedVolume]


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything found in one scan.

    ``deposit_labels`` is a uint16 volume on the study's grid: voxel value = ``deposit_id``. ``burden`` has
    the keys ``right``, ``left``, ``all``; a hand that is not in the scan has no key. ``vendor_rule`` is None of a
    single-energy scan. ``artefacts`` are dense bodies that were not taken for deposits.
    """

    deposits: tuple[Deposit, ...]
    bones: tuple[Bone, ...]
    deposit_labels: Volume
    acro_osteolysis: tuple[AcroOsteolysis, ...]
    bone_destruction: tuple[BoneDestruction, ...]
    burden: dict[str, Burden]
    quality: Quality
    notices: tuple[Notice, ...] = field(default=())
    vendor_rule: VendorRule | None = None
    artefacts: tuple[Artefact, ...] = ()
