"""A hand's axes and side, told from its shape: no table and no scanner is believed.

- **distal**: the long axis of the body, away from the forearm, which is cut by the scan or, failing that, thicker.
- **dorsal**: bones lie nearer to the back of the hand than to the palm, in palm and fingers alike.
- **radial**: on the thumb's side the hand's outline ends lower, since the thumb is shorter than the little finger's
  reach, and the thumb's bones lie in front of the others.
- **side**: radial x distal points out of the palm of a right hand and out of the back of a left one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._body import Body
from calcidect.anatomy._types import Side
from calcidect.geometry import FloatArray, Grid

_MAXIMUM_POINTS = 60_000
_OUTER_MM = 14.0


@dataclass(frozen=True, eq=False)
class Frame:
    """A hand's unit vectors in LPS, its side, and how sure that is (0.5 to 1)."""

    distal: FloatArray
    dorsal: FloatArray
    radial: FloatArray
    side: Side
    confidence: float


def find_frame(body: Body, mineral: NDArray[np.bool_], grid: Grid) -> Frame:
    """Return the axes and side of a hand.

    Parameters
    ----------
    body : Body
        Inside of the skin.
    mineral : bool array, shape of the body's box
        Dense voxels: bone and deposits.
    grid : Grid
        The scan's grid.
    """
    points = _points(body.mask, body, grid)
    dense = _points(mineral & body.mask, body, grid)
    centre = points.mean(0)
    axes = np.linalg.eigh(np.cov((points - centre).T))[1]
    distal = _distal(body, grid, points, axes[:, 2])
    # Width and thickness are told from the hand proper: the distal 60 %, where the forearm does not weigh.
    along = points @ distal
    hand = points[along > np.quantile(along, 0.35)]
    across = hand - np.outer(hand @ distal, distal)
    wide = np.linalg.eigh(np.cov(across.T))[1][:, 2]
    thin = np.cross(distal, wide)
    dorsal, dorsal_score = _dorsal(points, dense, distal, wide, thin)
    radial, thumb_score = _radial(points, dense, distal, wide, dorsal)
    side: Side = "right" if np.cross(radial, distal) @ -dorsal > 0 else "left"
    return Frame(distal, dorsal, radial, side, float(0.5 + 0.5 * np.tanh(min(dorsal_score, thumb_score))))


def _points(mask: NDArray[np.bool_], body: Body, grid: Grid) -> FloatArray:
    """Return LPS positions, shape (n, 3), of a regular sample of the mask's voxels."""
    index = np.stack(np.nonzero(mask), -1)
    index = index[:: max(len(index) // _MAXIMUM_POINTS, 1)]
    return grid.point_of(index[:, ::-1] + np.array(body.start))


def _distal(body: Body, grid: Grid, points: FloatArray, axis: FloatArray) -> FloatArray:
    """Return the long axis, pointing away from the forearm."""
    ends = []
    for sign in (1.0, -1.0):
        along = sign * (points @ axis)
        ends.append(int((along > along.max() - 12.0).sum()))
    # A cut forearm makes a broad end; fingertips make a small one.
    return np.asarray(-axis if ends[0] > ends[1] else axis)


def _dorsal(
    points: FloatArray, dense: FloatArray, distal: FloatArray, wide: FloatArray, thin: FloatArray
) -> tuple[FloatArray, float]:
    """Return the direction from soft tissue to bone across the hand, and its strength.

    The offset of bone from body is averaged over tiles of 10 x 10 mm seen from the back, so that no bone outweighs
    another.
    """
    length = np.ptp(points @ distal)
    top = (points @ distal).max()
    tiles: dict[tuple[int, int], list[list[float]]] = {}
    for n, cloud in enumerate((points, dense)):
        cells = np.floor(np.stack([cloud @ distal, cloud @ wide], 1) / 10).astype(int)
        for cell, height in zip(map(tuple, cells.tolist()), (cloud @ thin).tolist(), strict=True):
            tiles.setdefault(cell, [[], []])[n].append(height)
    offsets = [
        np.mean(bone) - 0.5 * (np.quantile(soft, 0.02) + np.quantile(soft, 0.98))
        for (row, _), (soft, bone) in tiles.items()
        if len(soft) > 30 and len(bone) > 8 and row * 10 > top - 0.75 * length
    ]
    mean = float(np.mean(offsets)) if offsets else 0.0
    spread = float(np.std(offsets) / np.sqrt(max(len(offsets), 1))) if offsets else 1.0
    return np.asarray(thin if mean > 0 else -thin), abs(mean) / max(spread, 1e-3) / 2


def _radial(
    points: FloatArray, dense: FloatArray, distal: FloatArray, wide: FloatArray, dorsal: FloatArray
) -> tuple[FloatArray, float]:
    """Return the direction of the thumb and the strength of the evidence."""
    top, length = (points @ distal).max(), min(float(np.ptp(points @ distal)), 210.0)
    hand = points[points @ distal > top - 0.62 * length]
    bones = dense[dense @ distal > top - 0.62 * length]
    scores = []
    for sign in (1.0, -1.0):
        lateral = sign * (hand @ wide)
        edge = lateral.max()
        outer = hand[lateral > edge - _OUTER_MM]
        reach = (top - (outer @ distal).max()) / length
        outer_bone = bones[sign * (bones @ wide) > (sign * (bones @ wide)).max() - _OUTER_MM]
        depth = -(outer_bone.mean(0) - bones.mean(0)) @ dorsal if len(outer_bone) else 0.0
        scores.append(6.0 * reach + depth / 12.0)
    return np.asarray(wide if scores[0] > scores[1] else -wide), abs(scores[0] - scores[1])
