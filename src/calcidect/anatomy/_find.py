"""The anatomy room's one function: from material maps to hands, bones and what is not bone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._against_bone import deposits_against_bone
from calcidect.anatomy._body import Body, find_bodies
from calcidect.anatomy._bone_network import ReadBox, Reading, read_bones
from calcidect.anatomy._bone_notices import bone_notices
from calcidect.anatomy._bone_surface import edge_image, filled_bones, trimmed
from calcidect.anatomy._bones import split_mineral
from calcidect.anatomy._bones_by_place import bones_by_place
from calcidect.anatomy._contested import Evidence
from calcidect.anatomy._field_of_view import field_of_view_notices, find_field_of_view
from calcidect.anatomy._find_pose import AS_FOUND, FoundPose, find_pose, refitted, replaced
from calcidect.anatomy._frame import Frame, find_frame
from calcidect.anatomy._hand_model import load_hand_model
from calcidect.anatomy._hand_space import HandSpace, hand_space
from calcidect.anatomy._mineral import (
    HU_PER_MG_AT_80_KV,
    NAIL_AND_SKIN_MM,
    MineralImage,
    mineral_image,
    mineral_image_of_one_energy,
)
from calcidect.anatomy._muscle import map_muscle
from calcidect.anatomy._name_bones import UNNAMED, NamedBones, name_bones, names_bones, placed, unnamed
from calcidect.anatomy._place_carpals import inside_carpals, placed_carpals
from calcidect.anatomy._position import position_notices
from calcidect.anatomy._refine_surface import refined
from calcidect.anatomy._seen_tendons import SeenTissue, seen_tendons
from calcidect.anatomy._sort_mineral import SortedMineral, sort_mineral
from calcidect.anatomy._spots import find_spots
from calcidect.anatomy._types import BONES, OTHER_KINDS, BoneLabel, Hand, HandAnatomy, Side, Tendon
from calcidect.anatomy._wrist import radiocarpal_mm
from calcidect.errors import Notice
from calcidect.geometry import Grid, Volume
from calcidect.materials import MaterialMaps, brightness_of_80_kv
from calcidect.progress import Progress, silent
from calcidect.settings import Settings

_BONE_HU = 300.0
_UNSURE = 0.7
_QUIET_DEPTH_MM = 2.0
"""Below the skin, clear of its edge's blur."""


@dataclass(frozen=True, eq=False)
class _Found:
    """One hand, and its bones and other mineral on its box."""

    body: Body
    frame: Frame
    named: NamedBones
    mineral: SortedMineral
    radiocarpal_mm: float | None
    tendons: tuple[Tendon, ...]
    muscle_mm: Volume


def find_hands(maps: MaterialMaps, settings: Settings = Settings(), progress: Progress = silent) -> HandAnatomy:  # noqa: B008
    """Return hands, sides, bones and the mineral that is not bone.

    Parameters
    ----------
    maps : MaterialMaps
    settings : Settings
        ``anatomy`` is used.
    progress : callable

    Raises
    ------
    StudyRefusedError
        ``no_hand`` if nothing in the scan is a hand. Of more than two parts of that size the two largest are taken.
    """
    from threadpoolctl import threadpool_limits

    bodies = find_bodies(maps.low, settings.anatomy.body_threshold_hu, _BONE_HU)[:2]
    found = []
    with threadpool_limits(1, "blas"):  # its matrices are too small for more, and sums would depend on how many
        for n, body in enumerate(bodies):
            progress("anatomy", n / len(bodies))
            found.append(_one_hand(maps, body))
    progress("anatomy", 1.0)
    sides, notices = _sides(found)
    return _gathered(maps, found, sides, notices + _ossicle_notices(found))


def _one_hand(maps: MaterialMaps, body: Body) -> _Found:
    grid = maps.low.grid.cropped(body.start, body.size)
    image = _mineral(maps, body)
    frame = find_frame(body, image.low_hu > _BONE_HU, maps.low.grid)
    labels, pieces = split_mineral(image, grid.spacing_mm)
    attached = np.isin(labels, [p.label for p in pieces if p.kind == "bone"])
    apart = (labels > 0) & ~attached
    space, model, hu_per_mg = hand_space(grid, frame), load_hand_model(), _hu_per_mg_per_cm3(maps)
    reading, read = _read(image, body, space)
    edge = edge_image(image.smooth_low_hu, hu_per_mg, grid.spacing_mm)
    bones = filled_bones(attached, apart, image.low_hu, edge, read)
    wrist = radiocarpal_mm(bones, body, frame.distal, maps.low.grid)
    best = find_pose(model, bones, space, wrist, reading)
    if best is not None and best.signs != AS_FOUND:  # the network reads best what lies as it was trained on
        reading, read = _read(image, body, best.space)
        bones = filled_bones(attached, apart, image.low_hu, edge, read)
        best = find_pose(model, bones, space, wrist, reading)
    if best is not None and not names_bones(best):
        best = None
    if best is not None and (regained := bones_by_place(labels, pieces, best, model)).any():
        attached, apart = attached | regained, apart & ~regained
        bones = filled_bones(attached, apart, image.low_hu, edge, read)
        best = refitted(model, bones, best)
    if best is not None:
        images = image.low_hu, image.smooth_low_hu
        posed = placed_carpals(model, best.found, best.space, *images, hu_per_mg, reading)
        best = replaced(model, bones, best, posed)
    sharp = trimmed(bones, image.low_hu, edge, grid.spacing_mm) & body.mask
    apart = apart | _spots(maps, image, body, labels > 0)
    mineral = sort_mineral(apart, labels, image, bones, body.mask, best, grid.spacing_mm)
    evidence = Evidence(image, read.labels, bool(mineral.deposits.any()))
    named, touching = _named(evidence, sharp, attached & body.mask, body.mask & ~apart, best, hu_per_mg)
    if touching.any():
        mineral = sort_mineral(apart | touching, labels, image, bones & ~touching, body.mask, best, grid.spacing_mm)
    all_mineral = (labels > 0) | (named.labels > 0)
    tissue = SeenTissue(grid, image.scanned_smooth_low_hu, image.depth_mm, all_mineral, maps.soft_tissue.host_hu[0])
    tendons = seen_tendons(named.tendons, tissue.without(mineral.deposits))
    return _Found(body, _confirmed(frame, best), named, mineral, wrist, tendons, map_muscle(tissue))


def _read(image: MineralImage, body: Body, space: HandSpace) -> tuple[Reading, ReadBox]:
    reading = read_bones(image.smooth_low_hu, body.mask, image.mask, space)
    return reading, reading.on_box(body.mask.shape)


def _named(
    evidence: Evidence,
    sharp: NDArray[np.bool_],
    attached: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    best: FoundPose | None,
    hu_per_mg: float,
) -> tuple[NamedBones, NDArray[np.bool_]]:
    """Return the bones by name, and the deposits in contact with them; without a fit all is bone without a name."""
    if best is None:
        return unnamed(sharp), np.zeros_like(sharp)
    images = evidence.image.low_hu, evidence.image.smooth_low_hu
    model = refined(load_hand_model(), best.found, best.space, *images, hu_per_mg)
    sharp = sharp | (inside_carpals(model, best.found, best.space) & allowed)
    where = placed(attached | sharp, best, model)
    touching = deposits_against_bone(sharp, where, evidence, best, model)
    return name_bones(sharp & ~touching, where, best, model), touching


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


def _hu_per_mg_per_cm3(maps: MaterialMaps) -> float:
    """Return the low energy's sensitivity; images of one energy are made as bright as at 80 kV."""
    return HU_PER_MG_AT_80_KV if maps.sensitivity is None else maps.sensitivity.ha_low


def _spots(maps: MaterialMaps, image: MineralImage, body: Body, mineral: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the voxels of small bodies of hydroxyapatite apart from other mineral; none of a single-energy scan."""
    if image.smooth_high_hu is None or image.line is None or maps.sensitivity is None:
        return np.zeros(mineral.shape, bool)
    soft = (image.depth_mm > _QUIET_DEPTH_MM) & ~image.mask
    deep = image.depth_mm > NAIL_AND_SKIN_MM
    free, spacing = body.mask & ~mineral, maps.low.grid.spacing_mm
    return find_spots(
        image.smooth_low_hu, image.smooth_high_hu, free, soft, deep, spacing, image.line, maps.sensitivity
    )  # fmt: skip


def _mineral(maps: MaterialMaps, body: Body) -> MineralImage:
    box, spacing = _box(body), maps.low.grid.spacing_mm
    if maps.single_energy is not None:
        brightness = brightness_of_80_kv(maps.single_energy)
        return mineral_image_of_one_energy(maps.low.array[box], body.mask, spacing, brightness)
    assert maps.high is not None
    assert maps.sensitivity is not None
    return mineral_image(maps.low.array[box], maps.high.array[box], body.mask, spacing, maps.sensitivity)


def _sides(found: list[_Found]) -> tuple[list[Side], list[Notice]]:
    """Return each hand's side; where both claim the same, the less sure one takes the other."""
    sides: list[Side] = [hand.frame.side for hand in found]
    notices = []
    if len(found) == 2 and sides[0] == sides[1]:
        weaker = int(found[0].frame.confidence > found[1].frame.confidence)
        sides[weaker] = "left" if sides[weaker] == "right" else "right"
        frame = found[weaker].frame
        # The thumb's side is the weaker evidence of the two that make a side.
        other = Frame(frame.distal, frame.dorsal, -frame.radial, sides[weaker], 0.5)
        found[weaker] = replace(found[weaker], frame=other)
        notices.append(
            Notice(
                "side_conflict",
                "Both hands look like the same side; the less certain one was changed.",
                "Check the sides before using numbers per hand.",
            )
        )
    if any(hand.frame.confidence < _UNSURE for hand in found):
        notices.append(
            Notice(
                "side_uncertain",
                "The side of a hand could not be told with certainty from its shape.",
                "Check the sides before using numbers per hand.",
            )
        )
    return sides, notices


def _ossicle_notices(found: list[_Found]) -> list[Notice]:
    if not any("ossicle" in hand.mineral.small_bones for hand in found):
        return []
    return [
        Notice(
            "ossicles",
            "Small, dense pieces deep beside a bone were taken for accessory bones.",
            "They are labelled ossicle in the bones, and are counted in no deposit; look whether one is calcinosis.",
        )
    ]


def _labelled(hand: _Found) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return names and masks: what is named here, what isn't, and what is no part of a named bone."""
    names = [*BONES, "unnamed"]
    present = np.unique(hand.named.labels).tolist()
    bones = [(names[n - 1], hand.named.labels == n) for n in range(1, UNNAMED + 1) if n in present]
    return [*bones, *hand.mineral.small_bones.items()]


def _gathered(maps: MaterialMaps, found: list[_Found], sides: list[Side], notices: list[Notice]) -> HandAnatomy:
    """Return everything on the scan's grid; right hand first."""
    grid: Grid = maps.low.grid
    bones = np.zeros(grid.shape, np.uint8)
    deposits, other = np.zeros(grid.shape, bool), np.zeros(grid.shape, np.uint8)
    labels: dict[int, BoneLabel] = {}
    hands = []
    by_side = sorted(zip(sides, found, strict=True), key=lambda pair: pair[0], reverse=True)
    for side, hand in by_side:
        box = _box(hand.body)
        for name, mask in _labelled(hand):
            if mask.any():
                label = len(labels) + 1
                labels[label] = BoneLabel(side, name)
                bones[box][mask & hand.body.mask] = label
        deposits[box] |= hand.mineral.deposits
        for kind, mask in hand.mineral.other.items():
            other[box][mask] = OTHER_KINDS.index(kind) + 1
        frame = hand.frame
        hands.append(
            Hand(
                side,
                frame.confidence,
                hand.body.start,
                hand.body.size,
                hand.body.mask,
                frame.distal,
                frame.dorsal,
                frame.radial,
                hand.radiocarpal_mm if hand.named.radiocarpal_mm is None else hand.named.radiocarpal_mm,
                hand.named.frames,
                hand.tendons,
                hand.muscle_mm,
            )
        )
    field = find_field_of_view(hands, maps.low)
    notices = [*notices, *field_of_view_notices(field)]
    notices += bone_notices([(side, hand.named) for side, hand in by_side])
    if not any(notice.code == "side_conflict" for notice in notices):
        notices += position_notices(hands, grid, maps.quality.patient_position if maps.quality else "")
    return HandAnatomy(
        tuple(hands), maps.low.like(bones), labels, maps.low.like(deposits), tuple(notices), field, maps.low.like(other)
    )


def _box(body: Body) -> tuple[slice, slice, slice]:
    i, j, k = (slice(s, s + n) for s, n in zip(body.start, body.size, strict=True))
    return k, j, i
