"""Motion between the energies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray, Volume
from calcidect.study._bodies import CoarseHands, coarse_hands
from calcidect.study._rigid import Fit, Image, Rigid, Samples, fit_motion

_BODY_HU, _BONE_HU = -400.0, 300.0
_LATTICE_MM = 1.0
_EDGE_HU, _EDGE_HU_PER_MM = 150.0, 150.0
_SHAPE_HU_PER_MM = 60.0
_MOST_SAMPLES = 60_000


def shrunk(image: Image, step: tuple[int, int, int]) -> Image:
    """Return the means of blocks of voxels, ``step`` along i, j, k."""
    array = image.array
    for axis, n in zip((0, 1, 2), step[::-1], strict=True):
        whole = [slice(None)] * 3
        total: Any = 0
        for offset in range(n):
            whole[axis] = slice(offset, array.shape[axis] // n * n, n)
            total = np.add(array[tuple(whole)], total, dtype=np.float32)
        array = total / np.float32(n)
    size = np.array(step)
    return Image(array, image.spacing_mm * size, image.first_mm + (size - 1) / 2 * image.spacing_mm)


def shape_samples(low: Image, near: NDArray[np.bool_]) -> Samples:
    k, j, i = np.nonzero(near)
    samples = Samples.of(low, np.stack([i, j, k], 1) * low.spacing_mm + low.first_mm)
    return thinned(samples.where(np.linalg.norm(samples.gradient, axis=1) > _SHAPE_HU_PER_MM))


def thinned(samples: Samples) -> Samples:
    every = -(-len(samples.points_mm) // _MOST_SAMPLES)
    return samples.where(np.arange(len(samples.points_mm)) % max(every, 1) == 0)


def edge_samples(low: Image, hands: CoarseHands, label: int) -> Samples:
    """Bone edges."""
    k, j, i = np.nonzero(hands.labels == label)
    step = np.array(hands.step)
    first = np.maximum(np.array([i.min(), j.min(), k.min()]) * step - 2, 1)
    last = np.minimum((np.array([i.max(), j.max(), k.max()]) + 1) * step + 2, np.array(low.array.shape[::-1]) - 1)
    every = np.maximum(np.rint(_LATTICE_MM / low.spacing_mm).astype(int), 1)

    def seen(*offset: int) -> NDArray[np.float32]:
        part = tuple(slice(int(a + o), int(b + o), int(n))
                     for a, b, n, o in zip(first[::-1], last[::-1], every[::-1], offset[::-1], strict=True))
        return low.array[part].astype(np.float32)

    pairs = [(seen(*o), seen(*-o)) for o in np.eye(3, dtype=int)]
    mean = sum(a + b for a, b in pairs) / 6
    steep = sum(((a - b) / (2 * s)) ** 2 for (a, b), s in zip(pairs, low.spacing_mm, strict=True))
    k, j, i = np.nonzero((mean > _EDGE_HU) & (steep > _EDGE_HU_PER_MM**2))
    index = np.stack([i, j, k], 1) * every + first
    coarse = index // step
    mine = hands.labels[coarse[:, 2], coarse[:, 1], coarse[:, 0]] == label
    return Samples.of(low, index[mine] * low.spacing_mm + low.first_mm)


def estimate(low: Volume, high: Volume):
    from scipy.ndimage import binary_dilation
    spacing = np.array(low.grid.spacing_mm)
    hands = coarse_hands(low, _BODY_HU, _BONE_HU)
    images = [[Image(v.array, spacing, np.zeros(3)) for v in (low, high)]]
    images.append([shrunk(i, hands.step) for i in images[0]])
    images.append([shrunk(i, (2, 2, 2)) for i in images[1]])
    out = []
    for label in range(1, hands.number + 1):
        mine = hands.labels == label
        k, j, i = (float(n.mean()) for n in np.nonzero(mine))
        centre = (np.array([i, j, k]) + 0.5) * np.array(hands.step) * spacing
        motion = Rigid.still(centre)
        shape = images[1][0].array.shape
        fits = []
        near = binary_dilation(mine, iterations=2) & ((hands.labels == 0) | mine)
        near1 = near[: shape[0], : shape[1], : shape[2]]
        near2 = near1[::2, ::2, ::2][: shape[0] // 2, : shape[1] // 2, : shape[2] // 2]
        for (lo, hi), samples in ((images[2], None), (images[1], None), (images[0], None)):
            if lo is images[0][0]:
                samples = thinned(edge_samples(lo, hands, label))
            else:
                samples = shape_samples(lo, near2 if lo is images[2][0] else near1)
            fit = fit_motion(samples, hi, motion)
            fits.append(fit)
            motion = fit.motion
        out.append(fits)
    return out
