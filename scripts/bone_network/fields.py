"""Random fields and soft steps on a grid, on the processor that trains."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def smooth_noise(
    shape: tuple[int, int, int], scale_voxels: float, generator: torch.Generator, channels: int = 1
) -> Tensor:
    """Return a normal field, shape (channels, k, j, i), of mean 0 and deviation about 1, smooth over so many voxels."""
    coarse = [max(int(n / scale_voxels) + 3, 3) for n in shape]
    drawn = torch.randn((1, channels, *coarse), generator=generator, device=generator.device)
    spread = functional.interpolate(drawn, size=shape, mode="trilinear", align_corners=True)[0]
    return spread / 0.65  # trilinear interpolation averages


def step(distance_mm: Tensor, blur_mm: float) -> Tensor:
    """Return 1 inside, 0 outside of a blurred plane; distances are negative inside."""
    return torch.special.ndtr(-distance_mm / blur_mm)
