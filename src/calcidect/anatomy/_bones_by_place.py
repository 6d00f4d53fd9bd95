"""Bones that their inside does not tell: pieces without marrow to see that lie where the fitted hand wants a bone.

The cortex of a fingertip in osteoporosis is thinner than the blur, and what acro-osteolysis leaves of a distal phalanx
is its solid base. Where no bone was found in a fitted bone's place, the piece that lies there is that bone; or, of a
piece that a nodule and a bone make together, what the network reads as bone.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._bones import Piece
from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._fit_model import MATCHED, SEEN
from calcidect.anatomy._hand_model import HandModel, share_along, volumes_mm3
from calcidect.anatomy._name_bones import distance_to
from calcidect.geometry import FloatArray

_SHARE_OF_VOLUME = (0.12, 2.5)
"""Of the fitted bone: our choice, from the base that is left of a resorbed fingertip to a bone with its blur."""
_WITHIN_MM, _WITHIN = 4.0, 0.8
"""A bone that was not seen is placed by its neighbour's joint alone, some millimetres off."""
_PROXIMAL_SHARE = 0.3
"""Of its length: a bone's base is there even where its tip is lost; calcinosis in the tip's place is no bone."""


def bones_by_place(
    labels: NDArray[np.int32], pieces: Iterable[Piece], read_as_bone: NDArray[np.bool_], best: FoundPose,
    model: HandModel,
) -> NDArray[np.bool_]:  # fmt: skip
    """Return the voxels of pieces, not taken for bone so far, that fill the place of a bone that was not found.

    Parameters
    ----------
    labels : int32 array, shape (k, j, i)
        Piece of every mineral voxel.
    pieces : iterable of Piece
    read_as_bone : bool array
        By the network.
    best : FoundPose
    model : HandModel
    """
    from scipy.ndimage import find_objects

    boxes = find_objects(labels)
    candidates = {
        piece.label: np.argwhere(labels[box] == piece.label) + [part.start for part in box]
        for piece in pieces
        if piece.kind != "bone" and (box := boxes[piece.label - 1]) is not None
    }
    read = {label: index[read_as_bone[tuple(index.T)]] for label, index in candidates.items()}
    points = {label: [best.space.point_of(own) for own in (candidates[label], read[label])] for label in candidates}
    taken = set()
    for bone in np.nonzero((best.found.matched < MATCHED) & (best.found.seen > SEEN))[0]:
        fitting = [
            label
            for label, ways in points.items()
            if label not in taken and any(len(own) and _fills(own, int(bone), best, model) for own in ways)
        ]
        taken |= set(sorted(fitting, key=lambda label: len(candidates[label]))[-1:])
    return np.isin(labels, list(taken))


def _fills(points_mm: FloatArray, bone: int, best: FoundPose, model: HandModel) -> bool:
    """Tell whether a piece, as points of its voxels, lies in a bone's place, base included, and has its volume."""
    posed = best.found.posed
    if (distance_to(model, best.found, bone, points_mm) < _WITHIN_MM).mean() < _WITHIN:
        return False
    filled = len(points_mm) * best.space.grid.voxel_volume_mm3 / volumes_mm3(model, posed)[bone]
    low, high = _SHARE_OF_VOLUME
    is_based = np.quantile(share_along(model, posed, bone, points_mm), 0.05) < _PROXIMAL_SHARE
    return bool(is_based and low <= filled <= high)
