"""What a scanner would make of a random hand: brightness, blur, noise, what the scan cuts off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from calcidect.anatomy import BONES
from calcidect.anatomy._bone_network import DEPOSIT, brightness
from calcidect.anatomy._hand_model import load_hand_model

from .bones import SHAPE, SPACING_MM, BoneShapes, Shapes, ellipsoid
from .deposits import Deposits, draw_deposits
from .fields import smooth_noise, step
from .poses import draw_hand

_TUBULAR = torch.tensor([0.0, *(float(name[-1].isdigit()) for name in BONES), 0.0])
_FOREARM = torch.tensor([0.0, *(float(name in ("radius", "ulna")) for name in BONES), 0.0])
_FOREARM_MM = 150.0


@lru_cache(maxsize=1)
def shapes_on(device: torch.device) -> Shapes:
    """Return the model's bones on a device."""
    return Shapes(load_hand_model(), device)


@dataclass(frozen=True)
class Drawn(Dataset[tuple[Tensor, Tensor]]):
    """Hands by number; each process that draws has its own shapes on the GPU."""

    numbers: range
    device: torch.device

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, n: int) -> tuple[Tensor, Tensor]:
        image, label = draw_case(shapes_on(self.device), self.numbers[n])
        return image[None].half().cpu(), label.cpu()


def draw_case(shapes: Shapes, seed: int) -> tuple[Tensor, Tensor]:
    """Return the image that the network sees, float32, and its labels, uint8, both of the grid's shape."""
    rng = np.random.default_rng(seed)
    generator = torch.Generator(shapes.device).manual_seed(seed)
    bones = shapes.draw(draw_hand(shapes.model, rng), rng, generator)
    deposits = draw_deposits(bones, rng, smooth_noise(SHAPE, 2.5 / SPACING_MM, generator)[0])
    hu, label = _composed(bones, deposits, rng, generator)
    hu = _scanned(hu, rng, generator)
    if rng.random() < 0.7:
        is_air = bones.distance_mm > float(rng.uniform(4, 8))
        hu, label = hu.masked_fill(is_air, -1000.0), label.masked_fill(is_air, 0)
    hu, label = _cut(hu, label, rng)
    image = brightness(hu, torch)
    flips = [axis for axis, often in ((0, 0.25), (2, 0.25)) if rng.random() < often]
    return (image.flip(flips), label.flip(flips)) if flips else (image, label)


def _composed(
    bones: BoneShapes, deposits: Deposits, rng: np.random.Generator, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return HU and labels: soft tissue, cortex and what it encloses, deposits; surfaces blurred as planes would be."""
    blur_mm = float(np.hypot(0.25, rng.uniform(0.2, 0.8)))
    soft = _with_nails(_soft_tissue(rng, generator), bones, rng)
    cortex_mm, cortex_hu, inner_hu = _bone_tissue(bones, rng, generator)
    inside, deep = step(bones.distance_mm, blur_mm), step(bones.distance_mm + cortex_mm, blur_mm)
    hu = soft + (cortex_hu - soft) * inside + (inner_hu - cortex_hu) * deep
    grain = 1 + float(rng.uniform(0, 0.3)) * smooth_noise(SHAPE, 1.5 / SPACING_MM, generator)[0]
    mineral = step(deposits.distance_mm, blur_mm)
    hu = hu + (deposits.hu * grain - hu) * torch.where(deposits.erodes, mineral, mineral * (1 - inside))
    is_deposit = (deposits.distance_mm < 0) & ((bones.distance_mm > 0) | deposits.erodes)
    label = torch.where(bones.distance_mm < 0, bones.label, torch.zeros_like(bones.label))
    return hu, torch.where(is_deposit, torch.full_like(label, DEPOSIT), label)


def _soft_tissue(rng: np.random.Generator, generator: torch.Generator) -> Tensor:
    """Return fat and muscle in random lumps."""
    lumps = torch.sigmoid(6 * smooth_noise(SHAPE, float(rng.uniform(4, 12)) / SPACING_MM, generator)[0])
    fat, muscle = float(rng.uniform(-130, -60)), float(rng.uniform(30, 120))
    return fat + (muscle - fat) * lumps


def _with_nails(soft: Tensor, bones: BoneShapes, rng: np.random.Generator) -> Tensor:
    """Return soft tissue with nails, dense and thin, on some fingers."""
    for centre, turn in bones.nails:
        drawn = ellipsoid(centre, np.array([rng.uniform(3, 6), rng.uniform(3, 7), 0.7]), turn, soft.device)
        if drawn is not None and rng.random() < 0.8:
            box, distance = drawn
            soft[box] += (float(rng.uniform(120, 300)) - soft[box]) * step(distance, 0.4)
    return soft


def _bone_tissue(
    bones: BoneShapes, rng: np.random.Generator, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the cortex's thickness and brightness, and the brightness of what it encloses."""
    label = bones.label.long()
    tubular, forearm = (table.to(label.device)[label] for table in (_TUBULAR, _FOREARM))
    middle = (2 * (1 - (2 * bones.share - 1).abs()).clamp(0, 0.5)) ** 2
    shaft = tubular * middle + forearm * ((1 - bones.share) * _FOREARM_MM / 40 - 0.25).clamp(0, 1)
    ends_mm, shaft_mm = float(rng.uniform(0.3, 1.0)), float(rng.uniform(0.6, 2.4))
    cortex_mm = (ends_mm + (shaft_mm - ends_mm) * shaft) * torch.exp(0.2 * smooth_noise(SHAPE, 10, generator)[0])
    bright = float(rng.uniform(900, 2400))
    cortex_hu = bright * (1 + 0.12 * smooth_noise(SHAPE, 3 / SPACING_MM, generator)[0])
    spongy, marrow = float(rng.uniform(0.04, 0.4)) * bright, float(rng.uniform(-120, 40))
    contrast, grain = float(rng.uniform(0.1, 0.6)), float(rng.uniform(0.8, 2.5)) / SPACING_MM
    texture = torch.exp(contrast * smooth_noise(SHAPE, grain, generator)[0])
    per_bone = torch.from_numpy(np.exp(rng.normal(0, 0.2, len(BONES) + 2)).astype(np.float32)).to(label.device)
    inner_hu = marrow + (spongy * per_bone[label] * texture - marrow) * (1 - float(rng.uniform(0.7, 1.0)) * shaft)
    return cortex_mm, cortex_hu, inner_hu


def _scanned(hu: Tensor, rng: np.random.Generator, generator: torch.Generator) -> Tensor:
    """Return the image with thick slices, in some, and noise."""
    if rng.random() < 0.3:
        kernel = torch.tensor([0.25, 0.5, 0.25], device=hu.device)
        shape = [1, 1, 1]
        shape[int(rng.integers(3))] = 3
        hu = functional.conv3d(hu[None, None], kernel.view(1, 1, *shape), padding=[n // 2 for n in shape])[0, 0]
    sd, grain = float(rng.uniform(0, 50)), float(rng.uniform(1.0, 2.0))
    return hu + sd * smooth_noise(SHAPE, grain, generator)[0]


def _cut(hu: Tensor, label: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return image and labels with air where the scan, or another hand's border, cuts the hand off."""
    for axis, often in ((1, 0.15), (1, 0.1), (2, 0.1), (0, 0.05)):
        if rng.random() < often:
            width = int(rng.uniform(0.05, 0.3) * SHAPE[axis])
            start = 0 if rng.random() < 0.5 else SHAPE[axis] - width
            hu.narrow(axis, start, width).fill_(-1000.0)
            label.narrow(axis, start, width).fill_(0)
    return hu, label
