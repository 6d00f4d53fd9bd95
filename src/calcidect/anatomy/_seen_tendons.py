"""Tendons moved from where the fitted hand expects them to where the scan shows them.

The model knows one person's tendons. In a scan they show: denser than muscle (80 to 145 HU against 40 to 75), and by
200 HU than fat. Each point of a curve moves across it, within 4 mm, to the middle of what is tendon there, weighed by
how near it is; neighbours along the curve move together. What bone, deposits and skin hide stays where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._tendons import PATH_STEP_MM
from calcidect.anatomy._types import Tendon
from calcidect.geometry import FloatArray, Grid, Volume

SKIN_MM = 1.3
"""Thickness of skin, 1 to 1.5 mm: no tendon lies in it."""
TENDON_ABOVE_MUSCLE_HU = 60.0
"""At 70 to 140 kV tendon is 111, muscle 47 HU (docs/method/materials.md)."""
_HIDDEN_HU = 180.0
"""Brighter than any tendon (145 HU): bone, deposit or their blur."""
FAT_HU, _BLUR_MM = -110.0, 1.0
_REACH_MM, _STEP_MM = 4.0, 0.8
_EXPECTED_MM = 2.0
"""Our choice: standard deviation of the model's tendons; on simulated hands they are 1 mm off, other people's more."""
_EVIDENCE = 6.0
"""Our choice: a section full of tendon outweighs a place that is nearer by 2 mm than it by e^4."""
_HIDDEN_COUNTS = 0.02
"""Our choice: a place that shows no tendon counts so much against one that shows nothing else."""
_ALONG_MM = 5.0
"""Our choice: a tendon does not bend sharper than over a joint."""
_PASSES = 2
_STEPS_IN, _BODY_CELL_MM, _BODY_BLUR_MM = 12, 2.0, 4.0
"""Our choice: at most 12 mm, by steps of a millimetre."""


@dataclass(frozen=True, eq=False)
class SeenTissue:
    """What the scan shows of a hand, on its box.

    Parameters
    ----------
    grid : Grid
    low_hu : float32 array, shape (k, j, i)
        Smoothed.
    depth_mm : float32 array
        Below the skin.
    mineral : bool array
        Bone and deposits, which hide what they lie in.
    muscle_hu : float
        Of this scan, at the low energy.
    """

    grid: Grid
    low_hu: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    mineral: NDArray[np.bool_]
    muscle_hu: float

    def depth_at(self, points_mm: FloatArray) -> FloatArray:
        """Return the depth of LPS points, shape (..., 3), below the skin; 0 outside."""
        return sampled(self.depth_mm, self.grid, points_mm, 0.0)

    def tendon_at(self, points_mm: FloatArray) -> FloatArray:
        """Return, 0 to 1, how much like tendon LPS points, shape (..., 3), are; 0 where it can't be seen."""
        hu = sampled(self.low_hu, self.grid, points_mm, -1024.0)
        like = np.clip((hu - self.muscle_hu) / TENDON_ABOVE_MUSCLE_HU, 0.0, 1.0)
        return np.where((hu < _HIDDEN_HU) & (self.depth_at(points_mm) > SKIN_MM), like, 0.0)

    def without(self, deposits: NDArray[np.bool_]) -> SeenTissue:
        """Return the tissue with deposits and their blur as dark as fat, since a dilute deposit looks like tendon."""
        from scipy.ndimage import binary_dilation

        voxels = max(1, round(_BLUR_MM / min(self.grid.spacing_mm)))
        return replace(
            self, low_hu=np.where(binary_dilation(deposits, iterations=voxels), np.float32(FAT_HU), self.low_hu)
        )


def seen_tendons(tendons: Sequence[Tendon], tissue: SeenTissue) -> tuple[Tendon, ...]:
    """Return tendons inside the skin, and in the middle of what the scan shows of them."""
    if not tendons:
        return ()
    seen, body = [], _smooth_body(tissue)
    for tendon in tendons:
        path, across = _inside_skin(tendon.path_mm, tendon.radius_mm, tissue, body), _across(tendon.path_mm)
        for _ in range(_PASSES):
            path = path + _towards_tendon(path, across, tendon.radius_mm, tissue)
        seen.append(replace(tendon, path_mm=path))
    return tuple(seen)


def _inside_skin(path_mm: FloatArray, radius_mm: float, tissue: SeenTissue, body: Volume) -> FloatArray:
    """Return a path without points in the skin or out of it: moved in across the skin, as far as needed."""
    for _ in range(_STEPS_IN):
        short_mm = np.clip(radius_mm + SKIN_MM - tissue.depth_at(path_mm), 0.0, 1.0)
        fuller = [sampled(body.array, body.grid, path_mm + s * e, 0.0) for e in np.eye(3) for s in (1.0, -1.0)]
        inward = np.stack(fuller[::2], -1) - np.stack(fuller[1::2], -1)
        length = np.linalg.norm(inward, axis=1, keepdims=True)
        path_mm = path_mm + short_mm[:, None] * inward / np.maximum(length, 1e-9)
    return path_mm


def _smooth_body(tissue: SeenTissue) -> Volume:
    """Return the inside of the skin, blurred over a finger's radius, so that it tells from outside where inside is."""
    from scipy.ndimage import gaussian_filter

    i, j, k = (max(1, int(_BODY_CELL_MM / s)) for s in tissue.grid.spacing_mm)
    inside = (tissue.depth_mm[::k, ::j, ::i] > 0).astype(np.float32)
    spacing = tuple(n * s for n, s in zip((i, j, k), tissue.grid.spacing_mm, strict=True))
    grid = Grid(inside.shape[::-1], spacing, tissue.grid.origin_mm, tissue.grid.direction)  # type: ignore[arg-type]
    return Volume(gaussian_filter(inside, [_BODY_BLUR_MM / s for s in spacing[::-1]]), grid)


def _towards_tendon(path_mm: FloatArray, across: FloatArray, radius_mm: float, tissue: SeenTissue) -> FloatArray:
    """Return how far, shape (n, 3), each point of a path should move in the plane of two directions across it."""
    from scipy.ndimage import gaussian_filter1d

    flat = _disc(_REACH_MM)
    offsets = np.einsum("od,ndx->nox", flat, across)
    like = tissue.tendon_at(path_mm[:, None] + offsets)
    section = (np.linalg.norm(flat[:, None] - flat[None], axis=-1) <= radius_mm).astype(float)
    filled = gaussian_filter1d(like, 0.5 * _ALONG_MM / PATH_STEP_MM, axis=0) @ (section / section.sum(0))
    weight = np.exp(_EVIDENCE * filled - 0.5 * (np.linalg.norm(flat, axis=1) / _EXPECTED_MM) ** 2)
    weight /= weight.sum(1, keepdims=True)
    moves = np.einsum("no,nox->nx", weight, offsets)
    shows = filled.max(1, keepdims=True) + _HIDDEN_COUNTS  # what hides a tendon there leaves the say to its neighbours
    sigma = _ALONG_MM / PATH_STEP_MM
    sums = (gaussian_filter1d(a, sigma, axis=0, mode="nearest") for a in (shows * moves, shows))
    return np.asarray(np.divide(*sums))


def _disc(radius_mm: float) -> FloatArray:
    """Return places, shape (n, 2), on a lattice inside a disc."""
    line = np.arange(-radius_mm, radius_mm + _STEP_MM / 2, _STEP_MM)
    lattice = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    return np.asarray(lattice[np.linalg.norm(lattice, axis=1) <= radius_mm])


def _across(path_mm: FloatArray) -> FloatArray:
    """Return two unit vectors across a path at each of its points, shape (n, 2, 3)."""
    along = np.gradient(path_mm, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    helper = np.eye(3)[np.abs(along).argmin(1)]
    first = np.cross(along, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return np.stack([first, np.cross(along, first)], 1)


def sampled(
    volume: NDArray[np.float32], grid: Grid, points_mm: FloatArray, outside: float | None = None
) -> FloatArray:  # fmt: skip
    """Return a volume at LPS points, shape (..., 3), linearly; outside, a value or that of the nearest voxel."""
    from scipy.ndimage import map_coordinates

    index = np.moveaxis(grid.index_of(points_mm)[..., ::-1], -1, 0)
    mode, value = ("nearest", 0.0) if outside is None else ("constant", outside)
    return np.asarray(map_coordinates(volume, index, order=1, mode=mode, cval=value, output=float))
