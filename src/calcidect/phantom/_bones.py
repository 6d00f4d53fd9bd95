"""Bones on the fine grid: joint gaps, osteophytes, sesamoids, resorbed tips, cortex and spongy bone.

Cortex: 0.4-2.5 mm, thickest in the middle of a shaft (combined cortical thickness of the second metacarpal is
4-5 mm in healthy women: Haara M, Bone 2006;39:1096), thin at the ends and in carpals. Mineral of compact bone:
about 1,080 mg/cm3 (ICRU 46 cortical bone). Marrow of adult hands is yellow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Grid
from calcidect.phantom._person import Person
from calcidect.phantom._pose import PosedBone, PosedHand
from calcidect.phantom._skeleton import CAVITIES_MM
from calcidect.phantom._voxelise import Box, Field, box_around, box_axes, mesh_field

BONE_MARGIN_MM = 5.0
CORTEX_HA_MG_PER_CM3 = 1080.0
_SHAFT_CORTEX_MM = {
    "metacarpal": 2.0,
    "proximal": 1.6,
    "middle": 1.2,
    "distal": 0.8,
    "radius": 2.2,
    "ulna": 2.0,
}
_END_CORTEX_MM = 0.55
_COARSE_MESH_SMOOTH_MM = 1.2  # myo-sim's radius and ulna have 400 facets
_SHAFT_TRABECULAR_FRACTION = 0.12
_TEXTURE_VOXELS = 96


@dataclass(frozen=True, eq=False)
class BoneTissue:
    """The mineral and host of one bone in its box, and its distance."""

    name: str
    field: Field
    ha_mg_per_cm3: NDArray[np.float32]
    cortex: NDArray[np.bool_]


def bone_fields(
    hand: PosedHand, person: Person, grid: Grid, fraction_lost: Mapping[int, float]
) -> tuple[dict[str, Field], dict[int, float]]:
    """Return signed distances of every bone and sesamoid of a hand, and the volume share each digit's tip lost.

    Parameters
    ----------
    hand, person
        What to draw.
    grid : Grid
        Fine grid, axis-aligned.
    fraction_lost : mapping
        Digit to the share of its distal phalanx that acro-osteolysis takes.
    """
    fields: dict[str, Field] = {}
    for name, bone in hand.bones.items():
        smooth = _COARSE_MESH_SMOOTH_MM if name in ("radius", "ulna") else 0.0
        cavity = CAVITIES_MM.get(name, 0.0)
        field = mesh_field(bone.vertices_mm, bone.faces, grid, BONE_MARGIN_MM, smooth, cavity)
        if field is not None:
            fields[name] = field
    fields = _with_gaps(fields, person)
    for name in sorted(person.osteophytes & fields.keys()):
        fields[name] = _with_osteophytes(fields[name], hand.bones[name], hand, grid)
    lost: dict[int, float] = {}
    for digit, fraction in sorted(fraction_lost.items()):
        name = f"distal_phalanx_{digit}"
        fields[name], lost[digit] = _without_tip(fields[name], hand.bones[name], grid, fraction, person.seed)
    fields.update(_sesamoids(hand, person, grid))
    return fields, lost


def bone_tissue(name: str, field: Field, bone: PosedBone | None, person: Person, grid: Grid) -> BoneTissue:
    """Return cortex and spongy bone inside a signed distance.

    The mineral of a voxel is ``share * (c * cortex + (1 - c) * spongy)``, where ``share`` (inside the bone) and
    ``c`` (inside the cortex) fall linearly over one voxel at their surfaces, so that volume is kept.
    """
    spacing = grid.spacing_mm[0]
    inside_mm = -field.sdf_mm
    shaft = _shaft_weight(name, bone, field, grid)
    kind = name.split("_")[0]
    thickest = _SHAFT_CORTEX_MM.get(kind, _END_CORTEX_MM) * person.cortex_factor
    ends = max(_END_CORTEX_MM * person.cortex_factor, 0.4)
    cortex_mm = np.clip(ends + (thickest - ends) * shaft, 0.4, 2.5)
    compact = np.clip((cortex_mm - inside_mm) / spacing + 0.5, 0, 1)
    spongy = person.trabecular_mg_per_cm3 * (1 - (1 - _SHAFT_TRABECULAR_FRACTION) * shaft)
    if name.startswith("sesamoid"):
        spongy = np.full_like(spongy, 1.6 * person.trabecular_mg_per_cm3)
    spongy = spongy * texture(field.box, person.seed + sum(name.encode()), 0.35 / spacing, 0.35)
    share = np.clip(inside_mm / spacing + 0.5, 0, 1)
    ha = share * (compact * CORTEX_HA_MG_PER_CM3 + (1 - compact) * spongy)
    return BoneTissue(name, field, ha.astype(np.float32), compact >= 0.5)


def texture(box: Box, seed: int, sigma_voxels: float, contrast: float) -> NDArray[np.float32]:
    """Return a positive random field of mean 1 on a box: log-normal, correlated over ``sigma_voxels``."""
    from scipy.ndimage import gaussian_filter

    tile = np.random.default_rng([seed, 3]).standard_normal((_TEXTURE_VOXELS,) * 3).astype(np.float32)
    tile = gaussian_filter(tile, max(sigma_voxels, 0.5), mode="wrap")
    tile = np.exp(contrast * tile / tile.std())
    tile /= tile.mean()
    index = [np.arange(part.start, part.stop) % _TEXTURE_VOXELS for part in box]
    return np.asarray(tile[np.ix_(*index)])


def _shaft_weight(name: str, bone: PosedBone | None, field: Field, grid: Grid) -> NDArray[np.float32]:
    """Return 1 in the middle of a long bone's shaft, 0 at its ends and in short bones."""
    if bone is None or not (name[-1].isdigit() or name in ("radius", "ulna")):
        return np.zeros(field.sdf_mm.shape, np.float32)
    start, end = bone.axis
    z, y, x = box_axes(field.box, grid)
    along = end - start
    t = ((x - start[0]) * along[0] + (y - start[1]) * along[1] + (z - start[2]) * along[2]) / (along @ along)
    if name in ("radius", "ulna"):  # only the distal end is in the scan: thick 40 mm above the joint
        return np.asarray(np.clip((1 - t) * float(np.linalg.norm(along)) / 40.0 - 0.25, 0, 1), np.float32)
    return np.asarray((np.clip(1 - np.abs(2 * t - 1), 0, 0.5) * 2) ** 2, np.float32)


def _with_gaps(fields: dict[str, Field], person: Person) -> dict[str, Field]:
    """Return the bones kept apart by cartilage: each stays half a gap behind the surface midway to its neighbour."""
    gapped = {name: field.sdf_mm.copy() for name, field in fields.items()}
    names = list(fields)
    for n, first in enumerate(names):
        for second in names[n + 1 :]:
            common = _common(fields[first].box, fields[second].box)
            if common is None:
                continue
            a, b = _within(fields[first].box, common), _within(fields[second].box, common)
            gap = _gap_mm(first, second, person)
            sdf_a, sdf_b = fields[first].sdf_mm[a], fields[second].sdf_mm[b]
            gapped[first][a] = np.maximum(gapped[first][a], (sdf_a - sdf_b + gap) / 2)
            gapped[second][b] = np.maximum(gapped[second][b], (sdf_b - sdf_a + gap) / 2)
    return {name: Field(field.box, gapped[name]) for name, field in fields.items()}


def _gap_mm(first: str, second: str, person: Person) -> float:
    """Return the width of a joint space: MCP widest, then wrist, IP; 0.3 mm where the cartilage is gone."""
    if {first, second} & person.narrowed:
        return 0.3
    if "metacarpal" in first + second and "proximal" in first + second:
        return person.joint_gap_mm
    return person.joint_gap_mm * (0.6 if "phalanx" in first + second else 0.8)


def _common(a: Box, b: Box) -> Box | None:
    box = tuple(slice(max(p.start, q.start), min(p.stop, q.stop)) for p, q in zip(a, b, strict=True))
    return None if any(part.stop <= part.start for part in box) else (box[0], box[1], box[2])


def _within(outer: Box, part: Box) -> Box:
    k, j, i = (slice(p.start - o.start, p.stop - o.start) for o, p in zip(outer, part, strict=True))
    return k, j, i


def _with_osteophytes(field: Field, bone: PosedBone, hand: PosedHand, grid: Grid) -> Field:
    """Return the bone with a spur of about 1.5 mm at either side of its base."""
    start, end = bone.axis
    along = (end - start) / np.linalg.norm(end - start)
    sideways = hand.radial - (hand.radial @ along) * along
    sideways /= np.linalg.norm(sideways)
    across = (bone.vertices_mm - start) @ sideways
    near_base = np.abs((bone.vertices_mm - start) @ along) < 3.0
    sdf = field.sdf_mm
    for edge in (across[near_base].min(), across[near_base].max()):
        centre = start + edge * sideways + 0.8 * along
        sdf = np.minimum(sdf, ellipsoid_sdf(field.box, grid, centre, np.stack([sideways, along]), (1.1, 0.9)))
    return Field(field.box, sdf.astype(np.float32))


def ellipsoid_sdf(
    box: Box,
    grid: Grid,
    centre_mm: FloatArray,
    axes: FloatArray,
    radii_mm: tuple[float, float],
    third_mm: float = 1.0,
) -> NDArray[np.float32]:
    """Return an approximate signed distance of an ellipsoid: exact on its surface and for a sphere.

    Parameters
    ----------
    axes : array, shape (2, 3)
        Two perpendicular unit vectors; the third is their cross product.
    radii_mm, third_mm
        Half axes along the three.
    """
    z, y, x = box_axes(box, grid)
    offset = (x - centre_mm[0], y - centre_mm[1], z - centre_mm[2])
    frame = [*axes, np.cross(axes[0], axes[1])]
    radii = (*radii_mm, third_mm)
    scaled = sum(
        ((offset[0] * a[0] + offset[1] * a[1] + offset[2] * a[2]) / r) ** 2 for a, r in zip(frame, radii, strict=True)
    )
    gradient = sum(
        ((offset[0] * a[0] + offset[1] * a[1] + offset[2] * a[2]) / r**2) ** 2
        for a, r in zip(frame, radii, strict=True)
    )
    length = np.sqrt(scaled)
    return np.asarray(length * (length - 1) / np.sqrt(np.maximum(gradient, 1e-6)), np.float32)


def _without_tip(field: Field, bone: PosedBone, grid: Grid, fraction: float, seed: int) -> tuple[Field, float]:
    """Return a distal phalanx that lost a share of its volume from the tip, ragged, and the share truly lost."""
    start, end = bone.axis
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length
    z, y, x = box_axes(field.box, grid)
    height = (x - start[0]) * along[0] + (y - start[1]) * along[1] + (z - start[2]) * along[2]
    height = height + 0.8 * np.log(texture(field.box, seed + 17, 1.5 / grid.spacing_mm[0], 1.0))
    inside = field.sdf_mm < 0
    cut = float(np.quantile(height[inside], 1 - fraction))
    sdf = np.maximum(field.sdf_mm, height - cut).astype(np.float32)
    return Field(field.box, sdf), 1 - float((sdf < 0).sum() / inside.sum())


def _sesamoids(hand: PosedHand, person: Person, grid: Grid) -> dict[str, Field]:
    """Return the sesamoids of a hand: two at the thumb's MCP joint, one at the others."""
    fields = {}
    for joint in person.sesamoids[hand.side]:
        ray = joint[-1]
        head = hand.bones[("proximal_phalanx_" if joint.startswith("ip") else "metacarpal_") + ray]
        along, palmar, across = ray_axes(hand, head)
        size = {"mcp_1": (2.5, 2.0, 1.6), "ip_1": (1.7, 1.5, 1.2)}.get(joint, (1.6, 1.4, 1.2))
        end = head.axis[1]
        condyle = head.vertices_mm[(head.vertices_mm - end) @ along > -7.0]
        centre = end - 2.0 * along + (float(((condyle - end) @ palmar).max()) + size[2] + 1.5) * palmar
        for name, shift in (("radial", 3.3), ("ulnar", -3.3)) if joint == "mcp_1" else (("", 0.0),):
            middle = centre + shift * across
            box = box_around(middle[None], grid, size[0] + BONE_MARGIN_MM)
            if box is not None:
                sdf = ellipsoid_sdf(box, grid, middle, np.stack([along, across]), size[:2], size[2])
                fields[f"sesamoid_{joint}{'_' + name if name else ''}"] = Field(box, sdf)
    return fields


def ray_axes(hand: PosedHand, bone: PosedBone) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return a long bone's unit vectors: along (distal), palmar and radial."""
    start, end = bone.axis
    along = (end - start) / np.linalg.norm(end - start)
    palmar = bone.palmar - (bone.palmar @ along) * along
    palmar = palmar / np.linalg.norm(palmar)
    radial = np.cross(along, palmar)  # of a right hand
    return along, palmar, radial if hand.side == "right" else -radial
