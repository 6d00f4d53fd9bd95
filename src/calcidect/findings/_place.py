"""Where a deposit lies in a fitted hand: nearest bone, compartment, level along its ray, digit, and on which side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcidect.anatomy import BONES, COMPARTMENTS, LEVELS, Hand, HandRegions
from calcidect.geometry import FloatArray


@dataclass(frozen=True)
class Place:
    """What the result contract calls by these names, and the mass's share in each compartment. None is not known."""

    nearest_bone: str | None = None
    compartment: str | None = None
    level: str | None = None
    digit: int | None = None
    aspect: str | None = None
    compartment_shares: dict[str, float] | None = None


def place_of(
    hand: Hand, regions: HandRegions | None, nearest_bone: str | None, points_mm: FloatArray, mass: FloatArray,
    bone_mm: FloatArray, centroid_mm: FloatArray,
) -> Place:  # fmt: skip
    """Return where a deposit lies.

    The compartment is the one that holds most of the mass, ties in the contract's order; level and digit are those of
    the centroid. Where no hand was fitted, only a deposit of the forearm has a place.

    Parameters
    ----------
    hand : Hand
    regions : HandRegions or None
        Of the same hand.
    nearest_bone : str or None
        Name of the label nearest to the deposit.
    points_mm : array, shape (n, 3)
        LPS, of its voxels.
    mass : array, shape (n,)
        Of each voxel, in any unit.
    bone_mm : array, shape (n,)
        Distance of each voxel to bone.
    centroid_mm : array, shape (3,)
        LPS.
    """
    if regions is None:
        wrist = hand.radiocarpal_mm
        is_forearm = wrist is not None and float(centroid_mm @ hand.distal) < wrist
        return Place(level="forearm" if is_forearm else None)
    named = regions.name(points_mm, bone_mm, centroid_mm)
    shares = np.bincount(named.compartment, mass, len(COMPARTMENTS)) / mass.sum()
    first = int(shares.argmax())
    level, digit = regions.level_and_digit(centroid_mm, first)
    return Place(
        nearest_bone if nearest_bone in BONES else None,
        COMPARTMENTS[first],
        LEVELS[level],
        digit or None,
        regions.aspect(centroid_mm),
        {name: round(float(share), 3) for name, share in zip(COMPARTMENTS, shares, strict=True) if share > 0},
    )
