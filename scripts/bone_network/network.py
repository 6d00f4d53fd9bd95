"""The network: a U-net (Cicek et al., MICCAI 2016; arXiv 1606.06650), narrow where the grid is fine."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from calcidect.anatomy._bone_network import CLASSES

_FINE = 16
_WIDTHS = (32, 64, 96, 128)


class UNet(nn.Module):
    """Image (n, 1, k, j, i) to scores (n, classes, k, j, i); k, j, i are multiples of 16."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _layer(1, _FINE)
        widths = (_FINE, *_WIDTHS)
        self.down = nn.ModuleList(nn.Sequential(_layer(a, b, stride=2), _layer(b, b)) for a, b in pairwise(widths))
        self.up = nn.ModuleList(
            nn.Sequential(_layer(a + b, b), *([_layer(b, b)] if b != _FINE else []))
            for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.grow = nn.Upsample(scale_factor=2, mode="nearest")
        self.scores = nn.Conv3d(_FINE, CLASSES, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Return scores of every class."""
        scores: Tensor = self.scores(self.features(image))
        return scores

    def features(self, image: Tensor) -> Tensor:
        """Return what the scores are weighed sums of."""
        skipped = [self.stem(image)]
        for down in self.down:
            skipped.append(down(skipped[-1]))
        features: Tensor = skipped.pop()
        for up in self.up:
            features = up(torch.cat([self.grow(features), skipped.pop()], 1))
        return features


def _layer(before: int, after: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv3d(before, after, 3, stride, padding=1, bias=False), nn.BatchNorm3d(after), nn.ReLU(inplace=True)
    )
