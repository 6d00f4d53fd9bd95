"""One digital hand on its fine grid: tissue, mineral, bones, ready for deposits and the scanner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import Side
from calcidect.geometry import FloatArray, Grid
from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._bones import BONE_MARGIN_MM, bone_fields, bone_tissue
from calcidect.phantom._envelope import muscle_distance_mm, skin_distance_mm
from calcidect.phantom._person import Person
from calcidect.phantom._pose import PosedBone, PosedHand, pose_hand
from calcidect.phantom._skeleton import load_skeleton
from calcidect.phantom._soft_tissue import (
    SoftFields,
    held_tendons,
    paint_around_bones,
    paint_layers,
    paint_nails,
    paint_tube,
    tendon_paths,
)
from calcidect.phantom._voxelise import Field, mesh_field

FOREARM_IN_SCAN_MM = 62.0
_COARSE_MM = 1.25
_MARGIN_MM = 24.0
_SOFT = (Tissue.FAT, Tissue.MUSCLE, Tissue.CONNECTIVE)


@dataclass(frozen=True, eq=False)
class DigitalHand:
    """A hand made of voxels of about a quarter to half a millimetre.

    Parameters
    ----------
    posed : PosedHand
        Skeleton and axes.
    grid : Grid
        Fine, isotropic, axis-aligned in LPS.
    tissue : uint8 array
        Host tissue (``Tissue``), shape of the grid.
    ha_mg_per_cm3, msu_mg_per_cm3 : float32 arrays
        Crystal on top of the host, which it displaces.
    bones : uint8 array
        Index into ``bone_names`` + 1; the filled bone that remains.
    bone_names : tuple of str
    bone_fields : dict
        Name to signed distance.
    soft : SoftFields
        Skin and muscles.
    lost_fraction : dict
        Digit to the share of its distal phalanx lost from the tip.
    """

    posed: PosedHand
    grid: Grid
    tissue: NDArray[np.uint8]
    ha_mg_per_cm3: NDArray[np.float32]
    msu_mg_per_cm3: NDArray[np.float32]
    bones: NDArray[np.uint8]
    bone_names: tuple[str, ...]
    bone_fields: dict[str, Field]
    soft: SoftFields
    lost_fraction: dict[int, float]
    size: float

    @property
    def side(self) -> Side:
        """Left or right."""
        return self.posed.side


def build_hand(
    person: Person, side: Side, spacing_mm: float, centre_mm: FloatArray, fraction_lost: Mapping[int, float]
) -> DigitalHand:
    """Return a person's hand without deposits.

    Parameters
    ----------
    person : Person
    side : {"left", "right"}
    spacing_mm : float
        Edge of a voxel of the fine grid.
    centre_mm : array, shape (3,)
        Where the third MCP joint comes to lie, LPS.
    fraction_lost : mapping
        Digit to the share lost by acro-osteolysis.
    """
    posed = moved(pose_hand(load_skeleton(), person.hands[side], side), np.asarray(centre_mm, float))
    size = person.hands[side].size
    soft = _soft_fields(posed, person)
    posed = replace(posed, tendons_mm=held_tendons(posed, soft, size))
    grid = _fine_grid(soft, spacing_mm)
    fields, lost = bone_fields(posed, person, grid, fraction_lost)
    tissue = np.zeros(grid.shape, np.uint8)
    paint_layers(tissue, grid, soft, posed, person)
    for path, radius in tendon_paths(posed, size).values():
        paint_tube(tissue, Tissue.TENDON, path, radius, grid, _SOFT)
    paint_around_bones(tissue, fields)
    paint_nails(tissue, grid, soft, posed, size)
    ha, bones = np.zeros(grid.shape, np.float32), np.zeros(grid.shape, np.uint8)
    for index, (name, field) in enumerate(fields.items(), start=1):
        paint_bone(name, index, field, posed.bones.get(name), person, grid, tissue, ha, bones)
    return DigitalHand(
        posed,
        grid,
        tissue,
        ha,
        np.zeros(grid.shape, np.float32),
        bones,
        tuple(fields),
        fields,
        soft,
        lost,
        size,
    )


def paint_bone(
    name: str, index: int, field: Field, bone: PosedBone | None, person: Person, grid: Grid,
    tissue: NDArray[np.uint8], ha: NDArray[np.float32], bones: NDArray[np.uint8],
) -> None:  # fmt: skip
    """Set a bone's label, host and mineral in the fine arrays."""
    made = bone_tissue(name, field, bone, person, grid)
    inside = field.sdf_mm < 0
    bones[field.box][inside] = index
    ha[field.box] = np.maximum(ha[field.box], made.ha_mg_per_cm3)
    tissue[field.box][inside] = np.where(made.cortex[inside], Tissue.MATRIX, Tissue.MARROW)


def moved(hand: PosedHand, by_mm: FloatArray) -> PosedHand:
    """Return a posed hand shifted as a whole."""
    bones = {
        name: replace(bone, vertices_mm=bone.vertices_mm + by_mm, joint_mm=bone.joint_mm + by_mm)
        for name, bone in hand.bones.items()
    }
    tendons = {name: path + by_mm for name, path in hand.tendons_mm.items()}
    return replace(hand, bones=bones, tendons_mm=tendons, radiocarpal_mm=hand.radiocarpal_mm + by_mm)


def _soft_fields(hand: PosedHand, person: Person) -> SoftFields:
    """Return skin and muscles on a coarse grid from the forearm's cut to beyond the fingertips."""
    vertices = np.vstack([bone.vertices_mm for bone in hand.bones.values()])
    bottom = float(hand.radiocarpal_mm[2]) - FOREARM_IN_SCAN_MM
    vertices = vertices[vertices[:, 2] > bottom]
    low, high = vertices.min(0) - _MARGIN_MM, vertices.max(0) + _MARGIN_MM
    low[2] = bottom
    size = np.ceil((high - low) / _COARSE_MM).astype(int)
    grid = Grid((size[0], size[1], size[2]), (_COARSE_MM,) * 3, (low[0], low[1], low[2]))
    bones = np.full(grid.shape, BONE_MARGIN_MM, np.float32)
    for bone in hand.bones.values():
        field = mesh_field(bone.vertices_mm, bone.faces, grid, BONE_MARGIN_MM)
        if field is not None:
            bones[field.box] = np.minimum(bones[field.box], field.sdf_mm)
    skin = skin_distance_mm(hand, person, grid, bones)
    return SoftFields(grid, skin, muscle_distance_mm(hand, person, grid))


def _fine_grid(soft: SoftFields, spacing_mm: float) -> Grid:
    """Return the fine grid that holds the whole hand, two coarse voxels of air around it but for the forearm."""
    k, j, i = np.nonzero(soft.skin_mm < 0)
    low = soft.grid.point_of([i.min() - 2, j.min() - 2, 0])
    high = soft.grid.point_of([i.max() + 2, j.max() + 2, k.max() + 2])
    size = np.ceil((high - low) / spacing_mm).astype(int)
    return Grid((size[0], size[1], size[2]), (spacing_mm,) * 3, (low[0], low[1], low[2]))
