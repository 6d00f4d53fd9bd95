"""A small made-up result: two crude hands of tubes with blobs for deposits. No anatomy, no physics.

The hands lie prone, arms overhead: fingers to the head, backs of the hands posterior, thumbs to the midline.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from calcidect.anatomy import BoneLabel, CutOff, FieldOfView, Hand, HandAnatomy, Side
from calcidect.errors import Notice
from calcidect.findings import (
    AcroOsteolysis,
    Artefact,
    Bone,
    BoneDestruction,
    Burden,
    Deposit,
    Findings,
    PaintedVolume,
    Quality,
    VendorRule,
)
from calcidect.geometry import Grid, Volume
from calcidect.materials import Concentrations, MaterialMaps, Metal, Sensitivity, SoftTissue
from calcidect.result import Provenance, Result, StepCost, assemble
from calcidect.settings import FindingsSettings, Settings, VendorRuleSettings
from calcidect.study import Energy, Motion, Pair, SeriesQuality, Study, Subject

HAND_CENTRE_X_MM = {"right": -36.0, "left": 36.0}
RADIAL_X = {"right": 1.0, "left": -1.0}  # thumbs to the midline
RAY_RADIAL_MM = {1: 27.0, 2: 17.0, 3: 3.0, 4: -10.0, 5: -22.0}
RAY_LENGTHS_MM = {
    1: (30.0, 24.0, 16.0),
    2: (52.0, 30.0, 17.0, 12.0),
    3: (50.0, 33.0, 20.0, 13.0),
    4: (44.0, 30.0, 19.0, 13.0),
    5: (40.0, 24.0, 14.0, 11.0),
}
BASE_Z_MM = {1: -38.0, 2: -30.0, 3: -30.0, 4: -30.0, 5: -30.0}
CARPALS_MM = {  # radial, distal
    "scaphoid": (12, -48), "lunate": (0, -49), "triquetrum": (-11, -46), "pisiform": (-17, -43),
    "trapezium": (18, -38), "trapezoid": (10, -37), "capitate": (1, -37), "hamate": (-10, -36),
}  # fmt: skip


@dataclass(frozen=True)
class Blob:
    """A deposit: an ellipsoid in the frame of its hand (radial, dorsal, distal), mm."""

    side: Side
    material: str
    centre: tuple[float, float, float]
    half_axes: tuple[float, float, float]
    mg_per_cm3: float
    digit: int | None
    level: str
    compartment: str
    pattern: str


HA = "hydroxyapatite"
BLOBS = (
    Blob("right", HA, (17, -7, 76), (3, 2.5, 4), 420, 2, "distal_phalanx", "fingertip_fat_pad", "nodule"),
    Blob("right", HA, (3, -7, 79), (2, 2, 2.5), 350, 3, "distal_phalanx", "fingertip_fat_pad", "punctate"),
    Blob("right", HA, (0, -9, -40), (8, 3.5, 9), 520, None, "carpus", "carpal_tunnel", "conglomerate"),
    Blob("right", "urate", (24, 6, 4), (4, 3, 4), 480, 2, "metacarpal", "periarticular", "nodule"),
    Blob("left", HA, (3, -7, 30), (1.8, 1.8, 9), 300, 3, "proximal_phalanx", "flexor_tendon_sheath", "linear"),
    Blob("left", HA, (-4, 10, -68), (12, 1.7, 8), 380, None, "forearm", "forearm", "sheet"),
    Blob("left", "indeterminate", (-22, -7, 40), (2, 2, 2), 200, 5, "middle_phalanx", "subcutaneous", "punctate"),
)  # fmt: skip


def hand_point(side: Side, point: tuple[float, float, float]) -> np.ndarray:
    """Return LPS mm of a point (radial, dorsal, distal) of a hand."""
    radial, dorsal, distal = point
    return np.array([HAND_CENTRE_X_MM[side] + RADIAL_X[side] * radial, dorsal, distal])


def hand_grid(spacing_mm: float = 0.8) -> Grid:
    """Return a grid that holds both hands."""
    size = tuple(round(extent / spacing_mm) for extent in (140, 64, 188))
    return Grid(size, (spacing_mm,) * 3, tuple(-np.array([70.0, 32.0, 88.0]) + spacing_mm / 2))


def _bone_segments(side: Side) -> dict[str, tuple[np.ndarray, np.ndarray, float]]:
    """Return both ends, LPS mm, and the radius in mm of every bone of a side."""
    segments = {}
    for ray, lengths in RAY_LENGTHS_MM.items():
        kinds = ("metacarpal", "proximal_phalanx", "distal_phalanx")
        if ray > 1:
            kinds = ("metacarpal", "proximal_phalanx", "middle_phalanx", "distal_phalanx")
        at = BASE_Z_MM[ray]
        for order, (kind, length) in enumerate(zip(kinds, lengths, strict=True)):
            radius = 4.6 - 0.8 * order
            ends = (hand_point(side, (RAY_RADIAL_MM[ray], 0, z)) for z in (at + radius, at + length - radius))
            segments[f"{kind}_{ray}"] = (*ends, radius)
            at += length + 1.0
    for bone, (radial, distal) in CARPALS_MM.items():
        centre = hand_point(side, (radial, 0, distal))
        segments[bone] = (centre, centre, 4.8)
    for bone, radial, radius in (("radius", 8.0, 8.0), ("ulna", -11.0, 5.0)):
        segments[bone] = (
            hand_point(side, (radial, 0, -90)),
            hand_point(side, (radial, 0, -55 - radius)),
            radius,
        )
    return segments


def _points(grid: Grid) -> np.ndarray:
    """Return LPS mm of every voxel, shape (k, j, i, 3)."""
    k, j, i = np.indices(grid.shape, dtype=np.float32)
    return grid.point_of(np.stack([i, j, k], -1))


def _distance(points: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    axis = b - a
    t = np.clip((points - a) @ axis / max(axis @ axis, 1e-9), 0, 1)
    return np.linalg.norm(points - a - t[..., None] * axis, axis=-1)


def _near(grid: Grid, low_mm: np.ndarray, high_mm: np.ndarray) -> tuple[slice, slice, slice]:
    """Return array slices of the box between two points."""
    corners = np.sort([grid.index_of(low_mm), grid.index_of(high_mm)], axis=0)
    first = np.clip(np.floor(corners[0]), 0, np.array(grid.size) - 1).astype(int)
    last = np.clip(np.ceil(corners[1]) + 1, 1, grid.size).astype(int)
    i, j, k = (slice(a, b) for a, b in zip(first, last, strict=True))
    return k, j, i


def _part(grid: Grid, box: tuple[slice, slice, slice]) -> np.ndarray:
    start = tuple(s.start for s in reversed(box))
    size = tuple(s.stop - s.start for s in reversed(box))
    return _points(grid.cropped(start, size))


@dataclass(frozen=True)
class Scene:
    """The parts from which a result is assembled."""

    study: Study
    maps: MaterialMaps
    anatomy: HandAnatomy
    findings: Findings
    provenance: Provenance

    def result(self) -> Result:
        return assemble(self.study, self.maps, self.anatomy, self.findings, self.provenance)


def make_scene(
    grid: Grid | None = None,
    sides: tuple[Side, ...] = ("right", "left"),
    blobs: tuple[Blob, ...] = BLOBS,
    subject_id: str = "SSC-0042",
) -> Scene:
    """Return all parts of a made-up study; the same each time."""
    grid = grid or hand_grid()
    bones, labels, rows, low = _draw_bones(grid, sides)
    blobs = tuple(blob for blob in blobs if blob.side in sides)
    ids, deposits, ha, urate = _draw_deposits(grid, blobs, low)
    low += np.random.default_rng(1).normal(0, 12, grid.shape).astype(np.float32)
    notice = Notice(
        "hands_cut_off", "The left forearm ends at the edge of the scan.", "Forearm deposits may be missed."
    )
    study = Study(
        low=Volume(np.rint(low).astype(np.int16), grid),
        high=Volume(np.rint(low / 1.6).astype(np.int16), grid),
        pair=Pair(Energy("kv", 80), Energy("kv", 150, filter="Sn")),
        subject=Subject(subject_id, 57.0, "F"),
        study_date="2024-05-17",
        study_uid_hash="5f" * 32,
        input_hash="a7" * 32,
        notices=(notice,),
        motion=(
            Motion((-60.0, 0.0, 5.0), (1.0, -0.5, 0.2), (0.0, 2.0, -0.1), 4.8, 0.01, True, 0.004, 0.1),
            Motion((60.0, 0.0, 5.0)),
        ),
    )
    return Scene(
        study=study,
        maps=MaterialMaps(
            concentrations=concentrations_of(grid, ha, urate),
            low=study.low,
            high=study.high,
            sensitivity=Sensitivity(2.3, 1.2, 0.55, 0.45, "made up"),
            soft_tissue=SoftTissue((12.0, 8.0), (60.0, 54.0), 1.0),
        ),
        anatomy=HandAnatomy(tuple(_hand(grid, side) for side in sides), bones, labels, Volume(ids > 0, grid)),
        findings=_findings(deposits, rows, Volume(ids, grid), sides),
        provenance=_provenance(),
    )


def concentrations_of(grid: Grid, ha: np.ndarray, urate: np.ndarray) -> Concentrations:
    """Return the concentrations of two dense arrays, with a standard deviation of 12.5 mg/cm3 where there is any."""
    voxels = np.flatnonzero((ha != 0) | (urate != 0))
    ha, urate = (array.reshape(-1)[voxels].astype(np.float32) for array in (ha, urate))
    ha_sd, urate_sd = (np.where(values > 0, 12.5, 0).astype(np.float32) for values in (ha, urate))
    return Concentrations(grid, voxels, ha, ha_sd, urate, urate_sd)


@cache
def small_scene() -> Scene:
    """Return the usual scene, made once."""
    return make_scene()


@cache
def small_result() -> Result:
    """Return the usual result, made once."""
    return small_scene().result()


def _draw_bones(grid: Grid, sides: tuple[Side, ...]):
    array = np.zeros(grid.shape, np.uint8)
    low = np.full(grid.shape, -1000, np.float32)
    segments = [(side, bone, *s) for side in sides for bone, s in _bone_segments(side).items()]
    for _, _, a, b, radius in segments:
        box = _near(grid, np.minimum(a, b) - radius - 8, np.maximum(a, b) + radius + 8)
        low[box][_distance(_part(grid, box), a, b) < radius + 8] = 50
    labels, rows = {}, []
    for label, (side, bone, a, b, radius) in enumerate(segments, start=1):
        box = _near(grid, np.minimum(a, b) - radius - 1, np.maximum(a, b) + radius + 1)
        distance = _distance(_part(grid, box), a, b)
        inside = (distance < radius) & (array[box] == 0)
        array[box][inside] = label
        low[box][inside] = np.where(distance[inside] > radius - 1.2, 950, 260)
        labels[label] = BoneLabel(side, bone)
        length = float(np.linalg.norm(b - a) + 2 * radius)
        rows.append(Bone(side, bone, label, float(inside.sum()) * grid.voxel_volume_mm3, length))
    return Volume(array, grid), labels, tuple(rows), low


def _draw_deposits(grid: Grid, blobs: tuple[Blob, ...], low: np.ndarray):
    ids = np.zeros(grid.shape, np.uint16)
    ha, urate = np.zeros(grid.shape, np.float32), np.zeros(grid.shape, np.float32)
    deposits = []
    for deposit_id, blob in enumerate(blobs, start=1):
        centre, half = hand_point(blob.side, blob.centre), np.array(blob.half_axes)
        box = _near(grid, centre - half - 1, centre + half + 1)
        inside = (((_part(grid, box) - centre) / half) ** 2).sum(-1) <= 1
        ids[box][inside] = deposit_id
        low[box][inside] = 50 + blob.mg_per_cm3 * (0.6 if blob.material == "urate" else 2.2)
        if blob.material == "hydroxyapatite":
            ha[box][inside] = blob.mg_per_cm3
        elif blob.material == "urate":
            urate[box][inside] = blob.mg_per_cm3
        volume = float(inside.sum()) * grid.voxel_volume_mm3
        deposits.append(_deposit(deposit_id, blob, centre, half, volume))
    return ids, tuple(deposits), ha, urate


def _deposit(deposit_id: int, blob: Blob, centre: np.ndarray, half: np.ndarray, volume_mm3: float) -> Deposit:
    mass = volume_mm3 * blob.mg_per_cm3 / 1000
    is_ha, is_urate = blob.material == "hydroxyapatite", blob.material == "urate"
    return Deposit(
        deposit_id=deposit_id,
        side=blob.side,
        material=blob.material,
        digit=blob.digit,
        level=blob.level,
        compartment=blob.compartment,
        pattern=blob.pattern,
        volume_mm3=volume_mm3,
        ha_mass_mg=mass if is_ha else None,
        ha_mass_sd_mg=0.06 * mass if is_ha else None,
        urate_mass_mg=mass if is_urate else None,
        mean_ha_mg_per_cm3=blob.mg_per_cm3 if is_ha else None,
        max_diameter_mm=float(2 * half.max()),
        centroid_x_mm=float(centre[0]),
        centroid_y_mm=float(centre[1]),
        centroid_z_mm=float(centre[2]),
        aspect="palmar" if blob.centre[1] < 0 else "dorsal",
        nearest_bone=f"proximal_phalanx_{blob.digit}" if blob.digit else "capitate",
        distance_to_bone_mm=1.2,
        touches_bone=False,
        depth_below_skin_mm=2.4,
        mean_hu_low=850.0,
        mean_hu_high=480.0,
        dual_energy_ratio=1.77 if is_ha else 1.2,
        confidence=0.94,
        flags=() if is_ha or is_urate else ("uncertain_material",),
        volume_130_hu_mm3=1.9 * volume_mm3,
        volume_150_hu_mm3=1.8 * volume_mm3,
        volume_200_hu_mm3=1.5 * volume_mm3,
        volume_300_hu_mm3=1.2 * volume_mm3,
        agatston_like=2.4 * volume_mm3,
        projected_area_mm2=float(np.pi * half[0] * half[2]),
        vendor_urate_fraction=0.9 if is_urate else 0.2,
    )


def _burden(deposits: list[Deposit]) -> Burden:
    ha = [d for d in deposits if d.material == "hydroxyapatite"]
    largest = max((d.volume_mm3 for d in ha), default=0.0)
    volume = sum(d.volume_mm3 for d in ha)
    return Burden(
        number=len(ha),
        volume_mm3=volume,
        ha_mass_mg=sum(d.ha_mass_mg for d in ha),
        ha_mass_sd_mg=float(np.sqrt(sum(d.ha_mass_sd_mg**2 for d in ha))),
        urate_mass_mg=sum(d.urate_mass_mg or 0.0 for d in deposits),
        largest_mm3=largest,
        bulky=largest >= 250 or volume >= 1000,
        forearm_extension=any(d.level == "forearm" for d in ha),
        volume_130_hu_mm3=sum((d.volume_130_hu_mm3 for d in deposits), 0.0),
        agatston_like=sum((d.agatston_like for d in deposits), 0.0),
    )


def _findings(deposits: tuple[Deposit, ...], bones: tuple[Bone, ...], ids: Volume, sides: tuple[Side, ...]) -> Findings:
    acro = tuple(
        AcroOsteolysis(side, digit, None, None, None, None, "The fingertip lies outside the scan.")
        if (side, digit) == ("left", 1)
        else AcroOsteolysis(side, digit, digit == 2, 0.18 if digit == 2 else 0.02, 0.03, 1 if digit == 2 else 0)
        for side in sides
        for digit in range(1, 6)
    )
    sites = tuple(
        BoneDestruction(d.side, "distal_phalanx_2", d.deposit_id, 4.2, 1.1, 9.5)
        for d in deposits
        if d.level == "distal_phalanx" and d.digit == 2
    )
    burden = {side: _burden([d for d in deposits if d.side == side]) for side in sides}
    return Findings(
        deposits=deposits,
        bones=bones,
        deposit_labels=ids,
        acro_osteolysis=acro,
        bone_destruction=sites,
        burden={**burden, "all": _burden(list(deposits))},
        quality=_quality(sides),
        vendor_rule=VendorRule(
            VendorRuleSettings().model_dump(exclude={"write"}),
            {hand: PaintedVolume(21000.0, 95.5) for hand in (*sides, "all")},
        ),
        artefacts=tuple(Artefact(side, "nail", "On the back.", 12.5, 1.0, 2.0, 3.0, 230.0, None) for side in sides),
    )


def _quality(sides: tuple[Side, ...]) -> Quality:
    """Return the quality of a scan with clipped stones and a ring."""
    return Quality(
        noise_low_hu=12.0,
        noise_high_hu=8.0,
        clipped_voxels_low=214,
        clipped_voxels_high=0,
        notices=(
            Notice("pixels_clipped", "214 voxels at 80 kV lie at 3071 HU, 96 together.", "Mass."),
            Notice("metal", "Metal (ring, wire, clip): 1 body, 412 mm³, in the middle third.", "Streaks."),
        ),
        low=SeriesQuality("Qr36d", "quantitative", 0.94, 0.001, 35.0, 0.9, 3071.0, 214, 96),
        high=SeriesQuality("Qr36d", "quantitative", 0.95, 0.002, 41.0, 0.9, 3071.0, 0, 0),
        metal=Metal(412.0, 1, ("middle",)),
        contrast_medium=False,
        patient_position="HFP",
        field_of_view=FieldOfView(len(sides), tuple(CutOff(side, "forearm", "feet", 2300.0) for side in sides)),
    )


def _hand(grid: Grid, side: Side) -> Hand:
    centre = HAND_CENTRE_X_MM[side]
    k, j, i = _near(grid, np.array([centre - 34, -32, -90]), np.array([centre + 34, 32, 100]))
    size = (i.stop - i.start, j.stop - j.start, k.stop - k.start)
    return Hand(
        side=side,
        side_confidence=0.97,
        start=(i.start, j.start, k.start),
        size=size,
        body=np.ones(size[::-1], bool),
        distal=np.array([0.0, 0.0, 1.0]),
        dorsal=np.array([0.0, 1.0, 0.0]),
        radial=np.array([RADIAL_X[side], 0.0, 0.0]),
        radiocarpal_mm=-54.0,
    )


def _provenance() -> Provenance:
    settings = Settings(findings=FindingsSettings(bulky_deposit_mm3=300.0))
    return Provenance(
        settings=tuple(settings.described()),
        input_hash="a7" * 32,
        calibration="Made up for a test.",
        steps=(StepCost("study", 1.25, 310.0), StepCost("materials", 2.5, None)),
    )


def without_deposits(scene: Scene) -> Scene:
    """Return the scene as if nothing but bone had been found."""
    sides = tuple(hand.side for hand in scene.anatomy.hands)
    empty = scene.findings.deposit_labels.like(np.zeros_like(scene.findings.deposit_labels.array))
    return replace(scene, findings=_findings((), scene.findings.bones, empty, sides))
