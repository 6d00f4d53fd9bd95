"""One hand of a scan: its bones by name, the mineral that is not bone, tendons and muscle.

The order is the method: mineral is split into bone and the rest by its look and the network's reading, which starts the
fit of the articulated hand, and the fitted hand tells what the look could not: names, and deposits that touch bone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._against_bone import SURFACE_MM, deposits_against_bone
from calcidect.anatomy._body import Body
from calcidect.anatomy._bone_network import CLASSES, SESAMOID, ReadBox, Reading, read_bones
from calcidect.anatomy._bone_surface import edge_image, filled_bones, trimmed
from calcidect.anatomy._bones import Piece, split_mineral
from calcidect.anatomy._bones_by_place import bones_by_place
from calcidect.anatomy._contested import Evidence, shows_deposits
from calcidect.anatomy._deposit_places import weigh_mineral
from calcidect.anatomy._find_pose import AS_FOUND, FoundPose, find_pose, refitted, replaced
from calcidect.anatomy._frame import Frame, find_frame
from calcidect.anatomy._hand_model import load_hand_model
from calcidect.anatomy._hand_space import HandSpace, hand_space
from calcidect.anatomy._host_of_deposits import host_of_deposits
from calcidect.anatomy._mineral import (
    HU_PER_MG_AT_80_KV,
    NAIL_AND_SKIN_MM,
    MineralImage,
    mineral_image,
    mineral_image_of_one_energy,
)
from calcidect.anatomy._muscle import map_muscle
from calcidect.anatomy._name_bones import NamedBones, name_bones, names_bones, placed, unnamed
from calcidect.anatomy._paste import find_paste
from calcidect.anatomy._place_carpals import inside_carpals, placed_carpals
from calcidect.anatomy._place_fingertips import placed_fingertips
from calcidect.anatomy._refine_surface import refined
from calcidect.anatomy._seen_tendons import SeenTissue, seen_tendons
from calcidect.anatomy._sort_mineral import SortedMineral, sort_mineral
from calcidect.anatomy._spots import find_spots
from calcidect.anatomy._types import Side, Tendon
from calcidect.anatomy._wrist import radiocarpal_mm
from calcidect.geometry import FloatArray, Grid, Volume
from calcidect.materials import MaterialMaps, brightness_of_80_kv

Mask = NDArray[np.bool_]

BONE_HU = 300.0
_THROUGHOUT = 0.9
"""Our choice: of what is apart from bone, the network reads two fifths at most of a deposit as bone."""
_MOST, _OF_PIECE, _LITTLE_ELSE = 0.5, 0.3, 0.75
"""Our choice: of all that is read as that bone; of the piece, half of which is blur; and of what is read at all."""
_QUIET_DEPTH_MM = 2.0
"""Below the skin, clear of its edge's blur."""


@dataclass(frozen=True, eq=False)
class FoundHand:
    """One hand, and its bones and other mineral on its box."""

    body: Body
    frame: Frame
    named: NamedBones
    mineral: SortedMineral
    radiocarpal_mm: float | None
    tendons: tuple[Tendon, ...]
    muscle_mm: Volume


@dataclass(frozen=True, eq=False)
class _Scan:
    """What is seen on a hand's box before any anatomy; labels number the pieces, edge is the HU at bone's edge."""

    maps: MaterialMaps
    body: Body
    grid: Grid
    image: MineralImage
    frame: Frame
    labels: NDArray[np.int32]
    pieces: tuple[Piece, ...]
    edge: FloatArray
    hu_per_mg_per_cm3: float


@dataclass(frozen=True, eq=False)
class _Skeleton:
    """Mineral connected to bone, the rest, bones filled, the network's reading, and the fit where one names bones."""

    attached: Mask
    apart: Mask
    bones: Mask
    read: ReadBox
    radiocarpal_mm: float | None
    best: FoundPose | None


def find_hand(maps: MaterialMaps, body: Body) -> FoundHand:
    """Return one hand.

    Parameters
    ----------
    maps : MaterialMaps
        Of the whole scan.
    body : Body
        The hand's box and inside.
    """
    scan = _scan(maps, body)
    skeleton = _skeleton(scan)
    apart = skeleton.apart | _spots(scan) | _paste(scan, skeleton.bones)
    mineral = _sorted(scan, skeleton, apart)
    named, touching = _named(scan, skeleton, mineral.deposits)
    if touching.any():
        mineral = _sorted(scan, skeleton, apart, touching)
    all_mineral = (scan.labels > 0) | (named.labels > 0)
    host_hu = maps.soft_tissue.host_hu[0]
    tissue = SeenTissue(scan.grid, scan.image.scanned_smooth_low_hu, scan.image.depth_mm, all_mineral, host_hu)
    tendons = seen_tendons(named.tendons, tissue.without(mineral.deposits))
    host = None if maps.sensitivity is None else host_of_deposits(scan.image, maps.sensitivity)
    muscle_mm = map_muscle(tissue, mineral.deposits, host)
    frame = _confirmed(scan.frame, skeleton.best)
    return FoundHand(body, frame, named, mineral, skeleton.radiocarpal_mm, tendons, muscle_mm)


def _scan(maps: MaterialMaps, body: Body) -> _Scan:
    grid, image = maps.low.grid.cropped(body.start, body.size), _mineral(maps, body)
    frame = find_frame(body, image.low_hu > BONE_HU, maps.low.grid)
    labels, pieces = split_mineral(image, grid.spacing_mm)
    hu_per_mg = HU_PER_MG_AT_80_KV if maps.sensitivity is None else maps.sensitivity.ha_low
    edge = edge_image(image.smooth_low_hu, hu_per_mg, grid.spacing_mm)
    return _Scan(maps, body, grid, image, frame, labels, pieces, edge, hu_per_mg)


def _mineral(maps: MaterialMaps, body: Body) -> MineralImage:
    """Return mineral of both energies; an image of one energy is made as bright as at 80 kV."""
    box, spacing = body.box, maps.low.grid.spacing_mm
    if maps.single_energy is not None:
        brightness = brightness_of_80_kv(maps.single_energy)
        return mineral_image_of_one_energy(maps.low.array[box], body.mask, spacing, brightness)
    assert maps.high is not None
    assert maps.sensitivity is not None
    return mineral_image(maps.low.array[box], maps.high.array[box], body.mask, spacing, maps.sensitivity)


def _skeleton(scan: _Scan) -> _Skeleton:
    """Return bones as filled by look, reading and fit, each helping the next."""
    model, space = load_hand_model(), hand_space(scan.grid, scan.frame)
    reading, seen, left = _seen(scan, space)
    best = find_pose(model, seen.bones, space, seen.radiocarpal_mm, reading)
    if best is not None and best.signs != AS_FOUND:  # the network reads best what lies as it was trained on
        reading, seen, left = _seen(scan, best.space)
        best = find_pose(model, seen.bones, space, seen.radiocarpal_mm, reading)
    if best is None or not names_bones(best):
        return seen
    if (regained := bones_by_place(scan.labels, left, seen.read.bone, best, model)).any():
        attached, apart = seen.attached | regained, seen.apart & ~regained
        seen = replace(seen, attached=attached, apart=apart, bones=_filled(scan, attached, apart, seen.read))
        best = refitted(model, seen.bones, best)
    images = scan.image.low_hu, scan.image.smooth_low_hu
    carpals = placed_carpals(model, best.found, best.space, *images, scan.hu_per_mg_per_cm3, reading)
    fitted = replace(best.found, posed=carpals)
    posed = placed_fingertips(model, fitted, best.space, *images, scan.hu_per_mg_per_cm3)
    return replace(seen, best=replaced(model, seen.bones, best, posed))


def _seen(scan: _Scan, space: HandSpace) -> tuple[Reading, _Skeleton, list[Piece]]:
    """Return the network's reading, bones by look and reading, without a fit, and the pieces that are none."""
    reading = read_bones(scan.image.smooth_low_hu, scan.body.mask, scan.image.mask, space)
    read = reading.on_box(scan.body.mask.shape)
    left = _not_bone(scan, read)
    bone = {piece.label for piece in scan.pieces} - {piece.label for piece in left}
    attached = np.isin(scan.labels, list(bone))
    apart = (scan.labels > 0) & ~attached
    bones = _filled(scan, attached, apart, read)
    wrist = radiocarpal_mm(bones, scan.body, scan.frame.distal, scan.maps.low.grid)
    return reading, _Skeleton(attached, apart, bones, read, wrist, None), left


def _not_bone(scan: _Scan, read: ReadBox) -> list[Piece]:
    """Return the pieces of mineral that are bone neither by their look nor as the network reads them.

    What it reads as bone throughout is spongy bone. What holds most of a bone that it reads, and little else, is that
    bone: a fingertip with a thin cortex can look like a nodule.
    """
    mineral = scan.labels > 0
    counts = np.bincount(CLASSES * scan.labels[mineral] + read.labels[mineral], minlength=CLASSES)
    counts = np.pad(counts, (0, -len(counts) % CLASSES)).reshape(-1, CLASSES)
    size, bones = counts.sum(1), counts[:, 1:SESAMOID]
    is_bone = bones.sum(1) >= _THROUGHOUT * size
    is_most = (bones > _MOST * bones.sum(0)) & (bones >= _OF_PIECE * size[:, None])
    is_bone |= is_most.any(1) & (bones.sum(1) >= _LITTLE_ELSE * counts[:, 1:].sum(1))
    return [piece for piece in scan.pieces if piece.kind != "bone" and not is_bone[piece.label]]


def _filled(scan: _Scan, attached: Mask, apart: Mask, read: ReadBox) -> Mask:
    return filled_bones(attached, apart, scan.image.low_hu, scan.edge, read)


def _named(scan: _Scan, skeleton: _Skeleton, deposits: Mask) -> tuple[NamedBones, Mask]:
    """Return the bones by name, and the deposits in contact with them, given those apart from bone.

    Without a fit all is bone without a name.
    """
    inside, best = scan.body.mask, skeleton.best
    sharp = trimmed(skeleton.bones, scan.image.low_hu, scan.edge, scan.grid.spacing_mm) & inside
    if best is None:
        return unnamed(sharp), np.zeros_like(sharp)
    images = scan.image.low_hu, scan.image.smooth_low_hu
    model = refined(load_hand_model(), best.found, best.space, *images, scan.hu_per_mg_per_cm3)
    sharp = sharp | (inside_carpals(model, best.found, best.space) & inside & ~skeleton.apart)
    zone = ((skeleton.attached | skeleton.bones) & inside) | sharp
    where = placed(zone, best, model)
    sharp = sharp | (where.within(SURFACE_MM, sharp.shape) & skeleton.bones & inside)
    is_calcified = shows_deposits(deposits, skeleton.read.labels, scan.grid.voxel_volume_mm3)
    evidence = Evidence(scan.image, skeleton.read.labels, is_calcified)
    weighed = weigh_mineral(zone, sharp, evidence, best, model)
    is_calcified |= shows_deposits(weighed.deposits, skeleton.read.labels, scan.grid.voxel_volume_mm3)
    evidence = replace(evidence, is_calcified=is_calcified)
    told = deposits_against_bone(sharp, where, evidence, best, model)
    touching = weighed.deposits | weighed.confirmed(told)
    return name_bones(sharp & ~touching, where, skeleton.read.labels, best, model), touching


def _sorted(scan: _Scan, skeleton: _Skeleton, apart: Mask, touching: Mask | None = None) -> SortedMineral:
    """Return what the mineral is that is apart from bone, and that of deposits that touch it where they are known."""
    none = np.zeros_like(apart) if touching is None else touching
    bones, spacing = skeleton.bones & ~none, scan.grid.spacing_mm
    return sort_mineral(apart, none, scan.labels, scan.image, bones, scan.body.mask, skeleton.best, spacing)


def _confirmed(frame: Frame, best: FoundPose | None) -> Frame:
    """Return the axes and side of the fitted hand; sure by how much worse a hand of the other side fits."""
    if best is None:
        return frame
    radial, _, dorsal = (
        sign * axis for sign, axis in zip(best.signs, (frame.radial, frame.distal, frame.dorsal), strict=True)
    )
    side: Side = frame.side if np.prod(best.signs) > 0 else ("left" if frame.side == "right" else "right")
    told = min(1.0, 0.5 + 2 * max(best.this_side - best.other_side, 0.0))
    return Frame(frame.distal, dorsal, radial, side, told if side != frame.side else max(told, frame.confidence))


def _spots(scan: _Scan) -> Mask:
    """Return the voxels of small bodies of hydroxyapatite apart from other mineral; none of a single-energy scan."""
    image, sensitivity = scan.image, scan.maps.sensitivity
    if image.smooth_high_hu is None or image.line is None or sensitivity is None:
        return np.zeros(scan.labels.shape, bool)
    soft = (image.depth_mm > _QUIET_DEPTH_MM) & ~image.mask
    deep = image.depth_mm > NAIL_AND_SKIN_MM
    free, spacing = scan.body.mask & (scan.labels == 0), scan.grid.spacing_mm
    return find_spots(image.smooth_low_hu, image.smooth_high_hu, free, soft, deep, spacing, image.line, sensitivity)


def _paste(scan: _Scan, bones: Mask) -> Mask:
    """Return the voxels of hydroxyapatite too dilute to be told voxel by voxel; none of a single-energy scan."""
    maps, box = scan.maps, scan.body.box
    if maps.high is None or maps.sensitivity is None:
        return np.zeros(scan.labels.shape, bool)
    images = maps.low.array[box], maps.high.array[box]
    return find_paste(*images, scan.image, bones, scan.grid.spacing_mm, maps.sensitivity)
