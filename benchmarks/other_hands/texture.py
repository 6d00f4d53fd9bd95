"""Smooth random fields: white noise on a coarse lattice, looked up between its nodes."""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def smooth_noise(size: tuple[int, ...], nodes: tuple[float, ...], rng: np.random.Generator) -> np.ndarray:
    """Return a field of mean 0 and standard deviation 1 with one node of noise every ``nodes`` voxels of each axis."""
    coarse = rng.normal(size=[int(np.ceil(n / s)) + 2 for n, s in zip(size, nodes, strict=True)])
    start = rng.uniform(0, 1, len(size))
    field = ndimage.affine_transform(
        coarse.astype(np.float32), [1 / s for s in nodes], start, tuple(size), order=1, mode="nearest"
    )
    return (field - field.mean()) / max(float(field.std()), 1e-6)
