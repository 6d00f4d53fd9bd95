"""The findings room's one function: from maps and anatomy to deposits, bones and burden."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import QUALITY_CODES, HandAnatomy
from calcidect.findings._acro_osteolysis import acro_osteolysis
from calcidect.findings._artefacts import artefact_flags, is_dorsal, is_nail, nail, other_artefacts, surface_artefacts
from calcidect.findings._burden import burden_of
from calcidect.findings._clipped import clipped_both_notices, fill_clipped, with_clipping
from calcidect.findings._destruction import bone_destruction
from calcidect.findings._nearby import nearby_flags
from calcidect.findings._older import older_measures
from calcidect.findings._pattern import described
from calcidect.findings._place import Place, place_of
from calcidect.findings._region import Amounts, amounts, amounts_of_one_energy
from calcidect.findings._surroundings import Surroundings
from calcidect.findings._types import (
    Artefact,
    Bone,
    Deposit,
    Findings,
    Material,
    PaintedVolume,
    Quality,
)
from calcidect.findings._vendor_rule import painted_volume, vendor_rule_of
from calcidect.findings._view import HandView, surroundings_of, view_of
from calcidect.geometry import FloatArray, Grid
from calcidect.materials import (
    MaterialMaps,
    Sensitivity,
    sensitivity_at,
    vendor_material,
    vendor_urate_fraction,
)
from calcidect.progress import Progress, silent
from calcidect.settings import Settings

_BEYOND_RING_MM = 3.5
"""Room around the ring, so that a box's border bends no distance or blur."""
_SMALL_MM3 = 5.0
_AT_SKIN = 0.7
"""Of a voxel's edge: the outermost voxels of the hand lie half of it below the outline, the next 0.9 or more."""
_HIDDEN_SHARE = 0.6  # our choice: of such a deposit more than a third of the mass is inferred from its shape


def measure(
    maps: MaterialMaps, anatomy: HandAnatomy, settings: Settings = Settings(), progress: Progress = silent  # noqa: B008
) -> Findings:  # fmt: skip
    """Return every deposit with its amounts, the bones, damage to them, and the burden per hand.

    Parameters
    ----------
    maps : MaterialMaps
    anatomy : HandAnatomy
    settings : Settings
    progress : callable
    """
    labels = np.zeros(maps.low.grid.shape, np.uint16)
    deposits: list[Deposit] = []
    artefacts: list[Artefact] = []
    painted: dict[str, PaintedVolume] = {}
    for n, hand in enumerate(anatomy.hands):
        progress("deposits", n / len(anatomy.hands))
        view = view_of(maps, anatomy, hand, settings)
        if view.painted is not None:
            painted[hand.side] = painted_volume(view.painted, hand, view.grid)
        artefacts += surface_artefacts(
            hand, view.grid, view.low, view.high, view.depth_mm, view.bone_mm, view.bone_points,
            (view.labels > 0) | (view.other > 0), settings.findings.minimum_volume_mm3,
        )  # fmt: skip
        artefacts += other_artefacts(
            hand, view.grid, view.low, view.high, view.other, settings.findings.join_gap_mm,
            settings.findings.minimum_volume_mm3,
        )  # fmt: skip
        for number in range(1, view.count + 1):
            deposit, voxels, start = deposit_of(view, number, len(deposits) + 1, maps, settings)
            if deposit is None:
                continue
            if isinstance(deposit, Artefact):
                artefacts.append(deposit)
                continue
            deposits.append(deposit)
            box = tuple(slice(s, s + size) for s, size in zip(start, voxels.shape, strict=True))
            labels[box][voxels] = deposit.deposit_id
    progress("deposits", 1.0)
    ordered, labels = _largest_first(deposits, labels)
    return Findings(
        tuple(ordered),
        bones_of(anatomy),
        maps.low.like(labels),
        acro_osteolysis(maps.low, anatomy, labels, settings.findings),
        bone_destruction(anatomy, labels, settings.findings),
        burden_of(
            ordered, labels, maps.low.grid, anatomy.hands, settings.findings, with_materials=maps.high is not None
        ),
        _quality(maps, anatomy),
        maps.notices + anatomy.notices + clipped_both_notices([deposit.flags for deposit in ordered]),
        vendor_rule_of(painted, settings.materials.vendor_rule) if maps.high is not None else None,
        tuple(artefacts),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Given:
    """A deposit that a person tells: its voxels, bool, in the hand's box; and its material, None if not told."""

    voxels: NDArray[np.bool_]
    material: Material | None = None


def deposit_of(
    view: HandView, number: int, deposit_id: int, maps: MaterialMaps, settings: Settings, given: Given | None = None
) -> tuple[Deposit | Artefact | None, NDArray[np.bool_], tuple[int, ...]]:
    """Return a deposit, its voxels, and where their box begins on the scan's grid.

    None where nothing is left of it; nail instead of a deposit where it is that. A given deposit has the voxels that it
    is given, and is one however faint or like nail; None if nothing of it stands out.
    """
    reach_mm = settings.findings.halo_mm + settings.findings.ring_mm
    around, box = surroundings_of(view, number, reach_mm + _BEYOND_RING_MM)
    urate_fraction = None if view.painted is None else vendor_urate_fraction(view.painted[box][around.mask])
    by_vendor_rule = view.painted is not None and settings.materials.classification == "vendor_ratio"
    ruled = vendor_material(urate_fraction) if by_vendor_rule else None
    told = given.material if given and given.material else ruled
    local = _sensitivity(view, around, box, maps)
    around, clipping = fill_clipped(around, local, maps.maximum_hu, maps.soft_tissue.host_hu)
    found = with_clipping(_amounts(view, around, local, maps, settings, told), clipping)
    voxels, volume_mm3 = given.voxels[box] if given else found.shape.voxels, found.shape.volume_mm3
    start = tuple(part.start + s for part, s in zip(box, view.hand.start[::-1], strict=True))
    faint = not given and found.signal_to_noise < settings.findings.minimum_signal_to_noise
    if volume_mm3 <= 0 or faint:
        return None, voxels, start
    offset = np.array([part.start for part in box])
    points = view.grid.point_of((np.stack(np.nonzero(voxels), -1) + offset)[:, ::-1])
    centroid = np.average(points, axis=0, weights=np.maximum(around.low[voxels], 1.0))
    bone_mm = float(around.bone_mm[voxels].min())
    depth_mm = float(around.depth_mm[voxels].min())
    at_skin = depth_mm < _AT_SKIN * min(view.grid.spacing_mm)
    mass, diameter_mm = found.ha_mass_mg, _diameter_mm(points, view.grid)
    density = None if mass is None else 1000 * mass / volume_mm3
    material = found.classification.material if found.classification else "indeterminate"
    place = _place(view, points, around.low[voxels], around.bone_mm[voxels], centroid)
    dorsal = is_dorsal(view.hand, centroid, view.bone_points)
    if told is None and not given and is_nail(around, found, dorsal):
        return nail(view.hand, around, centroid), voxels, start
    other = (
        *artefact_flags(around, found, local, dorsal),
        *nearby_flags(around, points, maps.metal_points_mm, view.misfit_mm),
        *(found.classification.flags if found.classification else ()),
    )
    return Deposit(
        deposit_id=deposit_id,
        side=view.hand.side,
        material=material,
        digit=place.digit,
        level=place.level,
        compartment=place.compartment,
        volume_mm3=volume_mm3,
        ha_mass_mg=mass,
        ha_mass_sd_mg=found.ha_mass_sd_mg,
        urate_mass_mg=found.urate_mass_mg,
        mean_ha_mg_per_cm3=density,
        max_diameter_mm=diameter_mm,
        centroid_x_mm=float(centroid[0]),
        centroid_y_mm=float(centroid[1]),
        centroid_z_mm=float(centroid[2]),
        aspect=place.aspect,
        nearest_bone=place.nearest_bone,
        distance_to_bone_mm=bone_mm if np.isfinite(bone_mm) else None,
        touches_bone=bone_mm < 0.5 * max(view.grid.spacing_mm),
        depth_below_skin_mm=depth_mm,
        mean_hu_low=float(around.low[voxels].mean()),
        mean_hu_high=None if around.high is None else float(around.high[voxels].mean()),
        dual_energy_ratio=_ratio(found),
        confidence=None if found.classification is None or told else _surer(found.classification.posterior),
        flags=(
            *_flags(volume_mm3, at_skin, found), *clipping.flags, *other,
            *(["vendor_ratio"] if ruled and told is ruled else []),
        ),
        **asdict(older_measures(around, voxels, view.hand.dorsal @ view.grid.direction, settings.findings.halo_mm)),
        vendor_urate_fraction=urate_fraction,
        compartment_shares=place.compartment_shares,
        **described(around, material, volume_mm3, diameter_mm, density, settings.findings),
    ), voxels, start  # fmt: skip


def _place(
    view: HandView, points_mm: FloatArray, low_hu: NDArray[np.float32], bone_mm: NDArray[np.float32],
    centroid_mm: FloatArray,
) -> Place:  # fmt: skip
    """Return where a deposit lies; its nearest bone is nearest to any of its voxels, its mass goes by brightness."""
    nearest = None
    if view.bone_names:
        away_mm, index = view.bone_tree.query(points_mm)
        nearest = view.bone_names[int(index[int(np.argmin(away_mm))])]
    mass = np.maximum(low_hu, 1.0).astype(float)
    return place_of(view.hand, view.regions, nearest, points_mm, mass, bone_mm.astype(float), centroid_mm)


def _sensitivity(
    view: HandView, around: Surroundings, box: tuple[slice, ...], maps: MaterialMaps
) -> Sensitivity | None:  # fmt: skip
    """Return the sensitivity where the deposit lies; None of a single-energy scan."""
    if view.line is None:
        return None
    index = np.stack(np.nonzero(around.mask), -1) + [part.start for part in box]
    return sensitivity_at(maps, view.grid.point_of(index[:, ::-1]))


def _amounts(
    view: HandView, around: Surroundings, local: Sensitivity | None, maps: MaterialMaps, settings: Settings,
    told: Material | None,
) -> Amounts:  # fmt: skip
    if view.line is None or local is None:
        return amounts_of_one_energy(around, maps.soft_tissue, settings.findings)
    return amounts(around, view.line, local, maps.soft_tissue, settings.findings, maps.calibration, told)


def _ratio(found: Amounts) -> float | None:
    high = found.excess_high_hu_mm3
    return found.excess_low_hu_mm3 / high if high is not None and high > 0 else None


def _surer(posterior: float) -> float:
    return max(posterior, 1 - posterior)


def _flags(volume_mm3: float, at_skin: bool, found: Amounts) -> tuple[str, ...]:
    """Return what the reader should know.

    Small, no skin over it, largely hidden by blur of bone, skin or a neighbour, of one energy.
    """
    flags = {
        "small": volume_mm3 < _SMALL_MM3,
        "at_skin": at_skin,
        "partly_hidden": found.visible < _HIDDEN_SHARE,
        "single_energy": found.classification is None,
    }
    return tuple(flag for flag, is_so in flags.items() if is_so)


def _diameter_mm(points_mm: FloatArray, grid: Grid) -> float:
    """Return the largest extent over 200 fixed directions (within 3 % of the diameter), plus one voxel's mean edge."""
    directions = np.random.default_rng(0).normal(size=(200, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return float(np.ptp(points_mm @ directions.T, axis=0).max() + np.mean(grid.spacing_mm))


def _largest_first(deposits: list[Deposit], labels: NDArray[np.uint16]) -> tuple[list[Deposit], NDArray[np.uint16]]:
    """Return deposits numbered from 1 by falling volume, and their labels."""
    from dataclasses import replace

    ordered = sorted(deposits, key=lambda deposit: -deposit.volume_mm3)
    renumbered = np.zeros(len(deposits) + 1, np.uint16)
    for new, deposit in enumerate(ordered, start=1):
        renumbered[deposit.deposit_id] = new
    return [replace(d, deposit_id=n) for n, d in enumerate(ordered, start=1)], renumbered[labels]


def bones_of(anatomy: HandAnatomy) -> tuple[Bone, ...]:
    """Return a row per label: volume, extent along its longest axis, and how sure its name is."""
    from scipy.ndimage import find_objects

    grid, array = anatomy.bones.grid, anatomy.bones.array
    sure = {(hand.side, name): bone.confidence for hand in anatomy.hands for name, bone in hand.bones.items()}
    rows, boxes = [], find_objects(array, max(anatomy.bone_labels, default=0))
    for label, meaning in anatomy.bone_labels.items():
        box = boxes[label - 1]
        if box is None:  # a reader took all of it away
            continue
        index = np.argwhere(array[box] == label) + [part.start for part in box]
        points = grid.point_of(index[:: max(len(index) // 20000, 1), ::-1])
        centred = points - points.mean(0)
        axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
        rows.append(Bone(meaning.side, meaning.bone, label, len(index) * grid.voxel_volume_mm3,
                         float(np.ptp(centred @ axis)), sure.get((meaning.side, meaning.bone))))  # fmt: skip
    return tuple(rows)


def _quality(maps: MaterialMaps, anatomy: HandAnatomy) -> Quality:
    scan, noise, clipped = maps.quality, maps.soft_tissue.noise_hu, maps.clipped_voxels
    of_anatomy = tuple(notice for notice in anatomy.notices if notice.code in QUALITY_CODES)
    is_single = maps.single_energy is not None
    return Quality(
        noise_low_hu=noise[0],
        noise_high_hu=None if is_single else noise[1],
        clipped_voxels_low=clipped[0],
        clipped_voxels_high=None if is_single else clipped[1],
        notices=(*(scan.notices if scan else ()), *maps.notices, *of_anatomy),
        low=scan.low if scan else None,
        high=scan.high if scan else None,
        metal=None if is_single else maps.metal,
        contrast_medium=scan.contrast_medium if scan else None,
        patient_position=(scan.patient_position or None) if scan else None,
        field_of_view=anatomy.field_of_view,
    )
