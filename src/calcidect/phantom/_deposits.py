"""Deposits put into a digital hand, with their truth on the fine grid."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import BONES
from calcidect.errors import InputRefusedError
from calcidect.geometry import FloatArray
from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._bones import BONE_MARGIN_MM, texture
from calcidect.phantom._hand import DigitalHand
from calcidect.phantom._places import most_of, places_of
from calcidect.phantom._shapes import PATTERNS, FloatField, Place, make_shape, roughened
from calcidect.phantom._sites import COMPARTMENTS, find_site
from calcidect.phantom._soft_tissue import upsampled
from calcidect.phantom._voxelise import Box, Field, box_around

APART_MM = 4.0
"""Deposits of one hand keep this distance, so that the contract's 2 mm rule never joins two of them."""
_BELOW_SKIN_MM = 0.9
_ATTEMPTS = 40


@dataclass(frozen=True)
class DepositSpec:
    """What to put where.

    Parameters
    ----------
    compartment, pattern : str
        As the result contract names them; where the deposit then lies by the contract, its truth says.
    digit : int
        Ray, 1 to 5.
    size_mm : float
        About its thick diameter; a sheet's half length.
    mg_per_cm3 : float
        Crystal in it.
    material : {"hydroxyapatite", "urate"}
    contact : {"apart", "touching", "eroding"}
        Its relation to bone: at least ``gap_mm`` away, on the surface, or in a defect that it made.
    gap_mm : float
        Distance kept from bone when apart.
    """

    compartment: str
    pattern: str
    digit: int
    size_mm: float
    mg_per_cm3: float
    material: Literal["hydroxyapatite", "urate"] = "hydroxyapatite"
    contact: Literal["apart", "touching", "eroding"] = "apart"
    gap_mm: float = 2.0

    def __post_init__(self) -> None:
        known = {
            "compartment": COMPARTMENTS, "pattern": PATTERNS, "digit": (1, 2, 3, 4, 5),
            "material": ("hydroxyapatite", "urate"), "contact": ("apart", "touching", "eroding"),
        }  # fmt: skip
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise ValueError(f"{name} is {getattr(self, name)!r}, not one of {', '.join(map(str, values))}")


@dataclass(frozen=True, eq=False)
class PlacedDeposit:
    """A deposit in its hand.

    Parameters
    ----------
    box : slices (k, j, i) of the hand's fine grid
    share : float32 array
        Part of each voxel that is deposit, 0 to 1.
    truth : dict
        A row of truth.json, without its id.
    eroded : dict
        Bone to volume taken from it, mm3, and to the greatest depth below its surface, mm.
    """

    box: Box
    share: FloatField
    truth: dict[str, Any]
    eroded: dict[str, tuple[float, float]]


def put_deposit(
    hand: DigitalHand, taken: NDArray[np.bool_], spec: DepositSpec, rng: np.random.Generator
) -> PlacedDeposit:
    """Put one deposit into a hand (its arrays change) and return it.

    Parameters
    ----------
    hand : DigitalHand
    taken : bool array, shape of the hand's grid
        Where deposits lie already; the new one is added.
    spec : DepositSpec
    rng : numpy Generator

    Raises
    ------
    InputRefusedError
        If no free place of that kind is found.
    """
    for _ in range(_ATTEMPTS):
        found = _attempt(hand, taken, spec, rng)
        if found is not None:
            box, sdf = found
            return _filled(hand, taken, spec, box, sdf, rng)
    raise InputRefusedError(
        "no_place_for_deposit",
        found=f"No free place for a {spec.pattern} of {spec.size_mm:g} mm in {spec.compartment}, digit {spec.digit}.",
        expected="A deposit that fits between skin, bone and its neighbours.",
        remedy="Make it smaller, choose another digit, or use another seed.",
    )


def _attempt(
    hand: DigitalHand, taken: NDArray[np.bool_], spec: DepositSpec, rng: np.random.Generator
) -> tuple[Box, FloatField] | None:
    half = min(spec.size_mm / 2, 3.0)
    clearance = {"apart": spec.gap_mm + 0.7 * half, "touching": 0.5 * half, "eroding": 0.1 * half}[spec.contact]
    site = find_site(hand, spec.compartment, spec.digit, clearance, rng)
    if site is None:
        return None
    centre, frame, path = site
    reach = 1.6 * spec.size_mm + 3.0
    box = box_around(centre[None], hand.grid, reach + APART_MM)
    if box is None:
        return None
    part = hand.grid.cropped(
        (box[2].start, box[1].start, box[0].start),
        (box[2].stop - box[2].start, box[1].stop - box[1].start, box[0].stop - box[0].start),
    )
    depth = -upsampled(hand.soft.skin_mm, hand.soft.grid, part)
    bone = _bone_distance(hand, box)
    keep_out = _BELOW_SKIN_MM - depth
    if spec.contact == "apart":
        keep_out = np.maximum(keep_out, spec.gap_mm - bone)
    elif spec.contact == "touching":
        keep_out = np.maximum(keep_out, -bone)
    place = Place(box, hand.grid, centre, frame, path, depth)
    smooth = make_shape(spec.pattern, place, spec.size_mm, rng)
    if not _is_large_enough(spec, np.maximum(smooth, keep_out), hand.grid.voxel_volume_mm3):
        return None  # most places have no room; told before the costly parts
    sdf = _largest_part(np.maximum(roughened(smooth, place, spec.size_mm, rng), keep_out))
    return (box, sdf) if _is_free(hand, taken, spec, box, sdf, bone) else None


def _is_free(
    hand: DigitalHand,
    taken: NDArray[np.bool_],
    spec: DepositSpec,
    box: Box,
    sdf: FloatField,
    bone: FloatField,
) -> bool:
    """Tell whether the shape is of a fair size, in this hand, clear of other deposits and in the contact asked for."""
    inside = sdf < 0
    if not _is_large_enough(spec, sdf, hand.grid.voxel_volume_mm3):
        return False
    touches_cut = box[0].start == 0 and bool(inside[:3].any())
    if touches_cut or (taken[box] & (sdf < APART_MM)).any():
        return False
    return spec.contact == "apart" or float(bone[inside].min()) < 0.5


def _is_large_enough(spec: DepositSpec, sdf: FloatField, voxel_mm3: float) -> bool:
    """Tell whether clipping against bone and skin has left a fair part of the shape."""
    wanted_mm3 = {"sheet": 0.6, "linear": 0.06, "reticular": 0.12, "punctate": 0.3}.get(spec.pattern, 0.2)
    size = min(spec.size_mm, 1.9) if spec.pattern == "punctate" else spec.size_mm
    wanted_mm3 *= size**2 if spec.pattern == "sheet" else size**3
    return bool((sdf < 0).sum() * voxel_mm3 >= wanted_mm3)


def _largest_part(sdf: FloatField) -> FloatField:
    """Return the shape without crumbs that clipping against bone or skin cut off."""
    from scipy.ndimage import label

    pieces, count = label(sdf < 0.3, np.ones((3, 3, 3)))
    if count <= 1:
        return sdf
    largest = np.bincount(pieces[pieces > 0]).argmax()
    return np.where((pieces == largest) | (pieces == 0), sdf, np.float32(0.5))


def _bone_distance(hand: DigitalHand, box: Box) -> FloatField:
    distance = np.full(tuple(part.stop - part.start for part in box), BONE_MARGIN_MM, np.float32)
    for field in hand.bone_fields.values():
        common = [slice(max(p.start, q.start), min(p.stop, q.stop)) for p, q in zip(box, field.box, strict=True)]
        if all(part.stop > part.start for part in common):
            here = tuple(slice(c.start - p.start, c.stop - p.start) for c, p in zip(common, box, strict=True))
            there = tuple(slice(c.start - p.start, c.stop - p.start) for c, p in zip(common, field.box, strict=True))
            distance[here] = np.minimum(distance[here], field.sdf_mm[there])
    return distance


def _filled(
    hand: DigitalHand, taken: NDArray[np.bool_], spec: DepositSpec, box: Box, sdf: FloatField,
    rng: np.random.Generator,
) -> PlacedDeposit:  # fmt: skip
    """Write crystal into the hand and return the truth of it."""
    eroded = _erode(hand, box, sdf) if spec.contact == "eroding" else {}
    spacing = hand.grid.spacing_mm[0]
    share = np.clip(0.5 - sdf / spacing, 0, 1).astype(np.float32)
    contrast = 0.35 if spec.pattern == "amorphous" else 0.12
    grain = texture(box, int(rng.integers(1 << 30)), 0.8 / spacing, contrast)
    crystal = share * np.minimum(spec.mg_per_cm3 * grain, 1.4 * spec.mg_per_cm3)
    target = hand.ha_mg_per_cm3 if spec.material == "hydroxyapatite" else hand.msu_mg_per_cm3
    before = target[box].copy()
    target[box] = np.maximum(before, crystal)
    if spec.material == "urate":  # never both crystals in a voxel
        hand.ha_mg_per_cm3[box] *= 1 - share
    taken[box] |= sdf < 0
    added_mg = float((crystal * share.astype(bool)).sum()) * hand.grid.voxel_volume_mm3 / 1000
    return PlacedDeposit(box, share, _truth(hand, spec, box, sdf, share, added_mg), eroded)


def _erode(hand: DigitalHand, box: Box, sdf: FloatField) -> dict[str, tuple[float, float]]:
    """Take the deposit's shape, and 0.4 mm around it, out of every bone; return mm3 taken, and depth, by bone."""
    taken: dict[str, tuple[float, float]] = {}
    hole = np.full(hand.grid.shape, False)
    hole[box] = sdf < 0.4
    for index, name in enumerate(hand.bone_names, start=1):
        field = hand.bone_fields[name]
        gone = hole[field.box] & (field.sdf_mm < 0)
        if not gone.any():
            continue
        taken[name] = (float(gone.sum() * hand.grid.voxel_volume_mm3), -float(field.sdf_mm[gone].min()))
        changed = field.sdf_mm.copy()
        changed[gone] = 0.5 * hand.grid.spacing_mm[0]
        hand.bone_fields[name] = Field(field.box, changed)
        part = hand.bones[field.box]
        part[gone & (part == index)] = 0
        hand.ha_mg_per_cm3[field.box][gone] = 0
        hand.tissue[field.box][gone] = Tissue.CONNECTIVE
    return taken


def _truth(
    hand: DigitalHand, spec: DepositSpec, box: Box, sdf: FloatField, share: FloatField, mass_mg: float
) -> dict[str, Any]:
    volume_mm3 = float(share.sum()) * hand.grid.voxel_volume_mm3
    k, j, i = np.nonzero(sdf < 0)
    points = hand.grid.point_of(np.stack([i + box[2].start, j + box[1].start, k + box[0].start], -1))
    weights = share[k, j, i]
    centroid = np.average(points, axis=0, weights=weights)
    bone = _bone_distance(hand, box)
    nearest, aspect = _nearest_bone(hand, centroid)
    places = places_of(hand.posed, hand.size)
    inside = sdf < 0
    compartments = places.compartments(points, bone[inside], _muscle_distance(hand, box)[inside], centroid)
    compartment, place = most_of(compartments, weights), places.place(centroid)
    is_ha = spec.material == "hydroxyapatite"
    depth = -upsampled(
        hand.soft.skin_mm, hand.soft.grid,
        hand.grid.cropped((box[2].start, box[1].start, box[0].start), (share.shape[2], share.shape[1], share.shape[0])),
    )  # fmt: skip
    distance = max(float(bone[sdf < 0].min()), 0.0)
    return {
        "side": hand.side,
        "material": spec.material,
        "digit": places.digit(place, compartment),
        "level": place.level,
        "compartment": compartment,
        "pattern": spec.pattern,
        "volume_mm3": volume_mm3,
        "ha_mass_mg": mass_mg if is_ha else 0.0,
        "urate_mass_mg": 0.0 if is_ha else mass_mg,
        "mean_ha_mg_per_cm3": 1000 * mass_mg / volume_mm3 if is_ha else 0.0,
        "centroid_mm": [float(c) for c in centroid],
        "max_diameter_mm": _diameter_mm(points),
        "aspect": aspect,
        "nearest_bone": nearest,
        "distance_to_bone_mm": distance if distance < BONE_MARGIN_MM else None,
        "touches_bone": distance < hand.grid.spacing_mm[0],
        "depth_below_skin_mm": float(depth[sdf < 0].min()),
        "asked": asdict(spec),
    }


def _diameter_mm(points_mm: FloatArray) -> float:
    """Return the largest extent of points over 203 directions, which is within 3 % of their diameter."""
    rng = np.random.default_rng(0)
    directions = np.vstack([np.eye(3), rng.normal(size=(200, 3))])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return float(np.ptp(points_mm @ directions.T, axis=0).max())


def _muscle_distance(hand: DigitalHand, box: Box) -> FloatField:
    """Return the distance of voxels to muscle's surface, mm; 0 inside."""
    from scipy.ndimage import distance_transform_edt

    outside = hand.tissue[box] != Tissue.MUSCLE
    if outside.all():
        return np.full(outside.shape, np.inf, np.float32)
    spacing = hand.grid.spacing_mm[0]
    return np.asarray(np.maximum(distance_transform_edt(outside, spacing) - 0.5 * spacing, 0), np.float32)


def _nearest_bone(hand: DigitalHand, centroid: FloatArray) -> tuple[str, str]:
    """Return the bone nearest to a centroid, and on which of its sides that lies."""
    distances = {
        name: float(np.linalg.norm(bone.vertices_mm - centroid, axis=1).min())
        for name, bone in hand.posed.bones.items()
    }
    nearest = min(BONES, key=lambda name: distances[name])
    offset = centroid - hand.posed.bones[nearest].vertices_mm.mean(0)
    axes = {"palmar": -hand.posed.dorsal, "dorsal": hand.posed.dorsal,
            "radial": hand.posed.radial, "ulnar": -hand.posed.radial}  # fmt: skip
    return nearest, max(axes, key=lambda name: float(offset @ axes[name]))
