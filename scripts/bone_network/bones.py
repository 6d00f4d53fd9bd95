"""The signed distance of a random hand's bones on a grid, which bone is nearest, and how far along it a voxel lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from calcidect.anatomy import BONES
from calcidect.anatomy._bone_network import SESAMOID, SPACING_MM
from calcidect.anatomy._expected_surface import DISTANCE_STEP_MM
from calcidect.anatomy._hand_model import HandModel, directions

from .fields import smooth_noise
from .poses import DrawnHand

SHAPE = (96, 288, 144)
"""Along dorsal, distal, radial: a hand with bent fingers and some forearm."""
FAR_MM = 9.0
_MARGIN_MM = 6.0
_SESAMOIDS = {"proximal_phalanx_1": 1.0, "distal_phalanx_1": 0.5, "proximal_phalanx_2": 0.4, "proximal_phalanx_5": 0.6}
"""The bone distal of the joint, and how often there is one."""


@dataclass(frozen=True, eq=False)
class BoneShapes:
    """Bones on the grid; every tensor has its shape.

    Parameters
    ----------
    distance_mm
        Negative inside.
    label
        The nearest: 1 to 29, 30 a sesamoid.
    share
        0 at the proximal end of that bone, 1 at the distal one.
    beside_joint_mm
        Distance to the second nearest bone less that to the nearest.
    tips : dict
        Digit to the middle of its lost tip, voxels (k, j, i).
    nails : tuple
        Middle, voxels (k, j, i), and turn of every nail; the turn's columns are its axes, the thin one last.
    """

    distance_mm: Tensor
    label: Tensor
    share: Tensor
    beside_joint_mm: Tensor
    tips: dict[int, np.ndarray]
    nails: tuple[tuple[np.ndarray, np.ndarray], ...]


class Shapes:
    """The model's bones on the processor that trains."""

    def __init__(self, model: HandModel, device: torch.device) -> None:
        self.model, self.device = model, device
        self.distances = [
            torch.from_numpy(bone.distance.astype(np.float32) * DISTANCE_STEP_MM)[None, None].to(device)
            for bone in model.bones
        ]
        self.ranges = [
            np.quantile((bone.points_mm - bone.joint_mm) @ bone.axes[2], (0.01, 0.99)) for bone in model.bones
        ]

    def draw(self, hand: DrawnHand, rng: np.random.Generator, generator: torch.Generator) -> BoneShapes:
        """Return the bones of a hand, each bent and dented beyond what stretching does."""
        first_mm = self._first_mm(hand, rng)
        warp = _warp(rng, generator)
        first = torch.full(SHAPE, FAR_MM, device=self.device)
        second, share = first.clone(), torch.zeros(SHAPE, device=self.device)
        label = torch.zeros(SHAPE, dtype=torch.uint8, device=self.device)
        tips, nails = {}, []
        for n, bone in enumerate(self.model.bones):
            if n in hand.missing:
                continue
            corners = self._box(hand, n, first_mm)
            if corners is None:
                continue
            distance, along = self._distance(hand, n, first_mm, corners, warp)
            ray = int(bone.name[-1]) if bone.name[-1].isdigit() else 0
            if bone.name.startswith("distal") and ray in hand.lost:
                length = float(np.ptp(self.ranges[n]))
                distance = torch.maximum(distance, (along - (1 - hand.lost[ray])) * length)
                tips[ray] = self._tip(hand, n, first_mm, hand.lost[ray])
            if bone.name.startswith("distal"):
                nails.append(self._nail(hand, n, first_mm, rng))
            _put(first, second, label, share, corners, distance, along, n + 1)
        self._sesamoids(hand, rng, first_mm, first, second, label, share)
        gap = float(rng.uniform(0.2, 2.0)) * torch.exp(0.4 * smooth_noise(SHAPE, 15 / SPACING_MM, generator)[0])
        distance = torch.maximum(first, (first - second + gap) / 2)
        beside = second - first
        return BoneShapes(_dented(distance, beside, rng, generator), label, share, beside, tips, tuple(nails))

    def _first_mm(self, hand: DrawnHand, rng: np.random.Generator) -> np.ndarray:
        """Return where the grid's first voxel lies, radial, distal, dorsal: the hand in it, or cut off a little."""
        ends = np.concatenate([
            (hand.posed.matrices[n] @ (bone.points_mm - bone.joint_mm)[::7].T).T + hand.posed.origins_mm[n]
            for n, bone in enumerate(self.model.bones)
            if bone.name not in ("radius", "ulna")
        ])  # fmt: skip
        size_mm = np.array(SHAPE[::-1]) * SPACING_MM
        middle = 0.5 * (ends.min(0) + ends.max(0)) + rng.normal(0, 4, 3)
        first = middle - size_mm / 2
        first[1] = ends[:, 1].min() - rng.uniform(5, 75)
        return first

    def _box(self, hand: DrawnHand, n: int, first_mm: np.ndarray) -> tuple[slice, slice, slice] | None:
        bone = self.model.bones[n]
        points = (hand.posed.matrices[n] @ (bone.points_mm - bone.joint_mm).T).T + hand.posed.origins_mm[n]
        low = np.floor((points.min(0) - _MARGIN_MM - first_mm) / SPACING_MM)[::-1]
        high = np.ceil((points.max(0) + _MARGIN_MM - first_mm) / SPACING_MM)[::-1]
        low, high = np.clip(low, 0, SHAPE).astype(int), np.clip(high, 0, SHAPE).astype(int)
        if (high - low < 2).any():
            return None
        k, j, i = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        return k, j, i

    def _distance(
        self, hand: DrawnHand, n: int, first_mm: np.ndarray, box: tuple[slice, slice, slice], warp: Tensor
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """Return a bone's signed distance in a box, and how far along it each voxel lies."""
        bone, matrix = self.model.bones[n], hand.posed.matrices[n]
        axes = [torch.arange(part.start, part.stop, device=self.device) * SPACING_MM for part in box]
        z, y, x = torch.meshgrid(*axes, indexing="ij")
        points = torch.stack([x, y, z]) + warp[(slice(None), *box)]
        points += torch.tensor(first_mm - hand.posed.origins_mm[n], device=self.device).float()[:, None, None, None]
        inverse = torch.tensor(np.linalg.inv(matrix), device=self.device).float()
        rest = torch.einsum("ab,bkji->akji", inverse, points)
        start, end = self.ranges[n]
        axis = torch.tensor(bone.axes[2], device=self.device).float()
        along = (torch.einsum("a,akji->kji", axis, rest) - float(start)) / float(end - start)
        index = rest + torch.tensor(bone.joint_mm - bone.first_mm, device=self.device).float()[:, None, None, None]
        index = index / bone.grid_mm
        size = torch.tensor(bone.distance.shape[::-1], device=self.device).float() - 1
        unit = 2 * index / size[:, None, None, None] - 1
        sampled = functional.grid_sample(
            self.distances[n], unit.permute(1, 2, 3, 0)[None], padding_mode="border", align_corners=True
        )[0, 0]
        beyond = (unit.abs() - 1).clamp(min=0) * size[:, None, None, None] / 2 * bone.grid_mm
        return (sampled + beyond.norm(dim=0)) * float(np.linalg.det(matrix) ** (1 / 3)), along

    def _nail(
        self, hand: DrawnHand, n: int, first_mm: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        bone, length = self.model.bones[n], float(np.ptp(self.ranges[n]))
        radial, distal, palmar = directions(bone)
        middle = distal * (self.ranges[n][0] + rng.uniform(0.6, 1.0) * length) - palmar * rng.uniform(4.0, 7.0)
        centre = hand.posed.matrices[n] @ middle + hand.posed.origins_mm[n] - first_mm
        turn = (hand.posed.rotations[n] @ np.stack([radial, distal, palmar], 1))[::-1]
        return np.asarray(centre / SPACING_MM)[::-1], turn

    def _tip(self, hand: DrawnHand, n: int, first_mm: np.ndarray, lost: float) -> np.ndarray:
        bone = self.model.bones[n]
        start, end = self.ranges[n]
        middle = bone.axes[2] * (start + (1 - lost / 2) * (end - start))
        return np.asarray((hand.posed.matrices[n] @ middle + hand.posed.origins_mm[n] - first_mm) / SPACING_MM)[::-1]

    def _sesamoids(
        self, hand: DrawnHand, rng: np.random.Generator, first_mm: np.ndarray, first: Tensor, second: Tensor,
        label: Tensor, share: Tensor,
    ) -> None:  # fmt: skip
        for name, often in _SESAMOIDS.items():
            n = BONES.index(name)
            for side in (-1, 1) if name == "proximal_phalanx_1" else (0,):
                if rng.random() > often or n in hand.missing:
                    continue
                across, _, palmar = directions(self.model.bones[n])
                offset = palmar * rng.uniform(6, 10) + across * (side * 4.5 + rng.normal(0, 1.0))
                offset = offset + self.model.bones[n].axes[2] * rng.normal(-1, 2)
                centre = hand.posed.matrices[n] @ offset + hand.posed.origins_mm[n] - first_mm
                semi_axes = rng.uniform(1.0, 2.8) * rng.uniform(0.8, 1.3, 3)
                drawn = ellipsoid(centre[::-1] / SPACING_MM, semi_axes, np.eye(3), self.device)
                if drawn is not None:
                    box, distance = drawn
                    _put(first, second, label, share, box, distance, torch.zeros_like(distance), SESAMOID)


def ellipsoid(
    centre: np.ndarray, semi_axes_mm: np.ndarray, turn: np.ndarray, device: torch.device
) -> tuple[tuple[slice, slice, slice], Tensor] | None:
    """Return a box of the grid and, in it, about the signed distance of an ellipsoid in mm; None outside of the grid.

    Parameters
    ----------
    centre : array, shape (3,)
        Voxels (k, j, i).
    semi_axes_mm : array, shape (3,)
    turn : array, shape (3, 3)
        Its columns are the ellipsoid's axes.
    device : torch.device
    """
    reach = (float(semi_axes_mm.max()) + 4.0) / SPACING_MM
    low = np.clip(np.floor(centre - reach), 0, SHAPE).astype(int)
    high = np.clip(np.ceil(centre + reach), 0, SHAPE).astype(int)
    if (high - low < 2).any():
        return None
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    axes = [
        (torch.arange(p.start, p.stop, device=device) - float(c)) * SPACING_MM for p, c in zip(box, centre, strict=True)
    ]
    points = torch.stack(torch.meshgrid(*axes, indexing="ij"))
    points = torch.einsum("ab,akji->bkji", torch.tensor(turn.copy(), device=device).float(), points)
    semi = torch.tensor(semi_axes_mm, device=device).float()[:, None, None, None]
    length, slope = (points / semi).norm(dim=0), (points / semi**2).norm(dim=0)
    return (box[0], box[1], box[2]), length * (length - 1) / slope.clamp(min=1e-3)


def _put(
    first: Tensor, second: Tensor, label: Tensor, share: Tensor, box: tuple[slice, slice, slice], distance: Tensor,
    along: Tensor, number: int,
) -> None:  # fmt: skip
    """Write one more bone into the nearest and second nearest."""
    nearer = distance < first[box]
    second[box] = torch.where(nearer, first[box], torch.minimum(second[box], distance))
    first[box] = torch.where(nearer, distance, first[box])
    label[box] = torch.where(nearer, torch.full_like(label[box], number), label[box])
    share[box] = torch.where(nearer, along, share[box])


def _warp(rng: np.random.Generator, generator: torch.Generator) -> Tensor:
    """Return a random displacement, mm, shape (3, k, j, i): no two people's bones are stretched copies of another."""
    wide = float(rng.uniform(0.3, 1.6)) * smooth_noise(SHAPE, 22 / SPACING_MM, generator, 3)
    return wide + float(rng.uniform(0.1, 0.7)) * smooth_noise(SHAPE, 9 / SPACING_MM, generator, 3)


def _dented(distance: Tensor, beside: Tensor, rng: np.random.Generator, generator: torch.Generator) -> Tensor:
    """Return the distance with rough surfaces and, in some, osteophytes beside the joints."""
    rough = float(rng.uniform(0, 0.4)) * smooth_noise(SHAPE, 4 / SPACING_MM, generator)[0]
    if rng.random() < 0.4:
        wide, tall = float(rng.uniform(3, 6)) / SPACING_MM, float(rng.uniform(0.5, 4.0))
        peaks = (smooth_noise(SHAPE, wide, generator)[0] - 1).clamp(min=0) * tall
        rough = rough - peaks * (beside < 6).float()
    return distance + rough
