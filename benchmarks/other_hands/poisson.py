"""From surface to voxels: the indicator of a solid is the potential of its surface's normals.

Kazhdan, Symposium on Geometry Processing 2005: the gradient of a solid's indicator is its inward normal on the surface.
With the samples' normals laid on a grid, ``laplace(indicator) = -div(normals)`` is solved by FFT. An open mesh closes
by itself, smoothly.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .meshes import Surface


def indicator(
    surface: Surface, low: np.ndarray, size: tuple[int, ...], step: float, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Return the potential on the grid, and its value on the surface."""
    points, normals, areas = surface.sampled(2.5 / step**2, rng)
    index = (points - low) / step
    base = np.floor(index).astype(int)
    part = index - base
    field = np.zeros((3, int(np.prod(size))))
    corners = [np.array([i, j, k]) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    for corner in corners:
        weight = np.abs(1 - corner - part).prod(1) * areas
        flat = np.ravel_multi_index(tuple((base + corner).T), size)
        for axis in range(3):
            field[axis] += np.bincount(flat, weight * normals[:, axis], field.shape[1])
    waves = np.meshgrid(*(2 * np.pi * np.fft.fftfreq(n, step) for n in size[:2]),
                        2 * np.pi * np.fft.rfftfreq(size[2], step), indexing="ij")  # fmt: skip
    square = sum(w**2 for w in waves)
    square[0, 0, 0] = 1
    spectrum = sum(1j * w * np.fft.rfftn(f.reshape(size)) for w, f in zip(waves, field, strict=True))
    soft = np.exp(-square * (0.6 * step) ** 2 / 2)
    potential = np.fft.irfftn(spectrum / square * soft, s=size, axes=(0, 1, 2)) / step**3
    some = index[:: max(1, len(index) // 4000)]
    return potential, float(np.median(ndimage.map_coordinates(potential, some.T, order=1)))


def clean_samples(
    surface: Surface, low: np.ndarray, high: np.ndarray, step: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return points and outward normals of the solid's border between two corners, also where the mesh is open."""
    whole = surface.vertices.min(0) - 4 * step, surface.vertices.max(0) + 4 * step
    size = tuple(int(np.ceil(v)) for v in (whole[1] - whole[0]) / step)
    potential, level = indicator(surface, whole[0], size, step, rng)
    inside = potential > level
    border = np.argwhere(inside & ~ndimage.binary_erosion(inside))
    points = border * step + whole[0]
    wanted = ((points > low) & (points < high)).all(1)
    slope = -np.stack([g[tuple(border[wanted].T)] for g in np.gradient(potential)], axis=1)
    return points[wanted], slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-12)
