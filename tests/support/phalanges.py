"""Bones of the hand at rest as voxels with cortex and marrow, whole, without their tips, or eroded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import BoneLabel, HandAnatomy
from calcidect.geometry import FloatArray, Grid, Volume
from support.hands import resting_hand

SPACING_MM = (0.5, 0.5, 0.8)
MUSCLE_HU, CORTEX_HU, MARROW_HU, DEPOSIT_HU = 60.0, 1800.0, 150.0, 1000.0
CORTEX_MM = 1.0
BLUR_MM = 0.4

Bones = tuple[Volume, HandAnatomy]
Inside = Callable[[FloatArray], NDArray[np.bool_]]


def bones_at_rest(
    names: tuple[str, ...],
    lost: Mapping[str, float] = {},
    deposit: Inside | None = None,
    hollow: Inside | None = None,
) -> tuple[Volume, HandAnatomy, NDArray[np.uint16]]:
    """Return an image, its anatomy and its deposits: a left hand, of which these bones are labelled.

    Parameters
    ----------
    names : tuple of str
    lost : mapping
        Bone to the fraction that is gone from its distal end.
    deposit : callable, optional
        Tells of points (n, 3) which lie in a deposit, which takes the place of bone.
    hollow : callable, optional
        Tells of points which lie where there is neither bone nor deposit.
    """
    hand = resting_hand("left")
    surface = np.concatenate([hand.bones[name].surface_mm for name in names])
    low, high = surface.min(0) - 12, surface.max(0) + 12
    size = tuple(int(n) for n in np.ceil((high - low) / SPACING_MM))
    grid = Grid((size[0], size[1], size[2]), SPACING_MM, tuple(float(v) for v in low))
    image, labels = np.full(grid.shape, MUSCLE_HU, np.float32), np.zeros(grid.shape, np.uint8)
    points = grid.point_of(np.argwhere(np.ones(grid.shape, bool))[:, ::-1])
    for number, name in enumerate(names, start=1):
        depth = -hand.bones[name].expected.distance_mm(points).reshape(grid.shape)
        inside = depth > 0
        if name in lost:
            height = ((points - hand.bones[name].joint_mm) @ hand.bones[name].along).reshape(grid.shape)
            inside &= height < np.quantile(height[inside], 1 - lost[name])
        image[inside] = np.where(depth[inside] < CORTEX_MM, CORTEX_HU, MARROW_HU)
        labels[inside] = number
    deposits = np.zeros(grid.shape, np.uint16)
    if hollow is not None:
        gone = hollow(points).reshape(grid.shape)
        image[gone], labels[gone] = MUSCLE_HU, 0
    if deposit is not None:
        taken = deposit(points).reshape(grid.shape)
        image[taken] = DEPOSIT_HU
        deposits[taken] = 1
        labels[deposits > 0] = 0
    body = np.ones(grid.shape, bool)
    hand = replace(hand, start=(0, 0, 0), size=grid.size, body=body)
    meaning = {number: BoneLabel("left", name) for number, name in enumerate(names, start=1)}
    return (
        Volume(_blurred(image), grid),
        HandAnatomy((hand,), Volume(labels, grid), meaning, Volume(deposits > 0, grid)),
        deposits,
    )


def _blurred(image: NDArray[np.float32]) -> NDArray[np.float32]:
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(0).normal(0, 25, image.shape)
    return np.asarray(gaussian_filter(image, BLUR_MM / np.array(SPACING_MM[::-1])) + noise, np.float32)
