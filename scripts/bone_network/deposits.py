"""Random deposits: grains, nodules, clumps, sheets and lines, apart from bone, against it and in erosions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from calcidect.anatomy import BONES

from .bones import FAR_MM, SHAPE, BoneShapes, ellipsoid

_CANDIDATES = 4000
_DISTAL = tuple(n for n, name in enumerate(BONES, start=1) if name.startswith("distal"))


@dataclass(frozen=True, eq=False)
class Deposits:
    """All deposits of a hand on the grid.

    Parameters
    ----------
    distance_mm
        Negative inside of a deposit.
    hu
        How bright the nearest is.
    erodes
        Whether the nearest has taken bone's place.
    """

    distance_mm: Tensor
    hu: Tensor
    erodes: Tensor


def draw_deposits(bones: BoneShapes, rng: np.random.Generator, lumps: Tensor) -> Deposits:
    """Return random deposits; three hands in ten have none.

    Parameters
    ----------
    bones : BoneShapes
    rng : numpy Generator
    lumps : Tensor
        A normal field that roughens their surfaces.
    """
    device = bones.distance_mm.device
    all_ = Deposits(
        torch.full(SHAPE, FAR_MM, device=device), torch.zeros(SHAPE, device=device),
        torch.zeros(SHAPE, dtype=torch.bool, device=device),
    )  # fmt: skip
    if rng.random() < 0.3:
        return all_
    for place in _places(bones, rng, int(rng.integers(1, 26))):
        _put_one(all_, place, rng, lumps, erodes=rng.random() < 0.25)
    for place in _at_fingertips(bones, rng):
        _put_one(all_, place, rng, lumps, erodes=rng.random() < 0.25)
    for tip in bones.tips.values():
        if rng.random() < 0.5:
            _put_one(all_, tip + rng.normal(0, 1.5, 3), rng, lumps, erodes=False)
    return all_


def _places(bones: BoneShapes, rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Return voxels (k, j, i): some at the surface of bone, some at or in a joint, the rest within a centimetre."""
    candidates = rng.integers(0, SHAPE, (_CANDIDATES, 3))
    index = tuple(torch.from_numpy(candidates.T).to(bones.distance_mm.device))
    distance, beside = (values[index].cpu().numpy() for values in (bones.distance_mm, bones.beside_joint_mm))
    pools = [
        candidates[np.abs(distance - 1.0) < 1.8],
        candidates[(np.abs(distance - 1.0) < 2.5) & (beside < 3.0)],
        candidates[(distance > 0) & (distance < FAR_MM - 0.5)],
    ]
    chosen = [pools[kind] for kind in rng.choice(3, count, p=(0.45, 0.3, 0.25))]
    return [pool[rng.integers(len(pool))].astype(float) for pool in chosen if len(pool)]


def _at_fingertips(bones: BoneShapes, rng: np.random.Generator) -> list[np.ndarray]:
    """Return voxels at the surface of distal phalanges, beyond their base, a third of them: the commonest place."""
    places = []
    for label in _DISTAL:
        shell = (bones.label == label) & ((bones.distance_mm - 1.0).abs() < 1.5) & (bones.share > 0.3)
        voxels = torch.nonzero(shell)
        if rng.random() < 0.35 and len(voxels):
            places.append(voxels[int(rng.integers(len(voxels)))].cpu().numpy().astype(float))
    return places


def _put_one(all_: Deposits, place: np.ndarray, rng: np.random.Generator, lumps: Tensor, erodes: bool) -> None:
    hu = float(rng.uniform(400, 2500) if rng.random() < 0.5 else np.exp(rng.uniform(np.log(150), np.log(2500))))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    roughness = float(rng.uniform(0.0, 0.4))
    kind = rng.choice(["nodule", "clump", "sheet", "line"], p=[0.5, 0.25, 0.12, 0.13])
    size = float(np.exp(rng.uniform(np.log(0.8), np.log(7.0))))
    if kind == "nodule":
        parts = [(place, size * rng.uniform(0.6, 1.4, 3))]
    elif kind == "clump":
        parts = [
            (place + rng.normal(0, 1.3 * size, 3), size * rng.uniform(0.4, 1.0, 3)) for _ in range(rng.integers(3, 9))
        ]
    elif kind == "sheet":
        parts = [(place, np.array([rng.uniform(4, 16), rng.uniform(4, 16), rng.uniform(0.5, 1.3)]))]
    else:
        parts = [(place, np.array([rng.uniform(5, 20), *rng.uniform(0.5, 1.4, 2)]))]
    for centre, semi_axes in parts:
        drawn = ellipsoid(centre, np.asarray(semi_axes), turn, lumps.device)
        if drawn is None:
            continue
        box, distance = drawn
        distance = distance + roughness * min(float(np.min(semi_axes)), 3.0) * lumps[box]
        nearer = distance < all_.distance_mm[box]
        all_.distance_mm[box] = torch.where(nearer, distance, all_.distance_mm[box])
        all_.hu[box] = torch.where(nearer, torch.full_like(distance, hu), all_.hu[box])
        all_.erodes[box] = torch.where(nearer, torch.full_like(nearer, erodes), all_.erodes[box])
