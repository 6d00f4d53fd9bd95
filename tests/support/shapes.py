"""Drawn bodies as signed distances (mm, negative inside) on one small grid."""

from __future__ import annotations

import numpy as np

SPACING_MM = (0.5, 0.5, 0.6)
BLUR_MM = 1.0
SHAPE = (40, 40, 60)
HOST_HU = 50.0


def points() -> np.ndarray:
    """Return mm along x, y, z from the middle, shape (k, j, i, 3)."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij"), -1)[..., ::-1]
    return (index - (np.array(SHAPE[::-1]) - 1) / 2) * SPACING_MM


def ball(x: float, diameter: float) -> np.ndarray:
    return np.linalg.norm(points() - [x, 0, 0], axis=-1) - diameter / 2
