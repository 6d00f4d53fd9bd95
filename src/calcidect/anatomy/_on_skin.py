"""Objects on the skin: dense bodies that lie on it rather than in it.

Rings, dressings and pastes touch the skin, so that the outline of the hand holds them. Two things tell them from a
deposit. Air lies beside them; and without them the skin goes on underneath, where a deposit
that has broken through leaves a hole. The skin is therefore the outline without the body, closed by a ball
larger than the body.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._parts import Part

Mask = NDArray[np.bool_]

_BLUR_MM = 1.0
"""The outline and half of the brightest lie less than that apart (FWHM up to 1.2 mm)."""
_IN_AIR = 0.15
"""Our choice, of what is within a millimetre: beside a body on the skin half of it is air, less blur."""
_BALL_MM = (4.0, 10.0)
"""Our choice: twice the hole's radius, so that the ball sinks in by a quarter of that; no more than a finger's radius,
or it would close the space between fingers."""
_MARGIN_MM = 3.0
_SKIN_MM, _ANCHORED = 1.0, 0.1
"""Our choice: a deposit that has broken through still has a tenth in place, deeper than 1 mm, the thinnest skin of the
hand."""


def find_on_skin(parts: list[Part], body: Mask, spacing_mm: tuple[float, float, float]) -> list[Part]:
    """Return the parts that lie on the skin.

    Parameters
    ----------
    parts : list of Part
    body : bool array, shape (k, j, i)
        Inside of the outline, which holds the objects on the skin.
    spacing_mm : tuple of float
        Along i, j, k.
    """
    return [part for part in parts if _is_on_skin(part, body, np.array(spacing_mm[::-1]))]


def _is_on_skin(part: Part, body: Mask, spacing: NDArray[np.float64]) -> bool:
    from scipy.ndimage import distance_transform_edt

    # Voxels beyond the box's border count as those at it: a scan's end is no air.
    margin = np.ceil((2 * _BALL_MM[1] + _MARGIN_MM) / spacing).astype(int)
    first = np.maximum(part.index.min(0) - margin, 0)
    inside = body[tuple(slice(a, b) for a, b in zip(first, part.index.max(0) + margin + 1, strict=True))]
    own = np.zeros(inside.shape, bool)
    own[tuple((part.index[part.dense] - first).T)] = True
    away = distance_transform_edt(~own, sampling=spacing)
    beside = (away > 0) & (away <= _BLUR_MM)
    if not beside.any() or (~inside[beside]).mean() < _IN_AIR:
        return False
    half_mm = float(distance_transform_edt(own, sampling=spacing).max())
    around = inside & (away > _BLUR_MM)
    ball_mm = float(np.clip(2 * (half_mm + _BLUR_MM), *_BALL_MM))
    return bool((_depth_in_closed(around, ball_mm, spacing)[own] > _SKIN_MM).mean() < _ANCHORED)


def _depth_in_closed(mask: Mask, ball_mm: float, spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the depth of every voxel in a mask closed by a ball, negative outside."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        return np.full(mask.shape, -np.inf)
    grown = distance_transform_edt(~mask, sampling=spacing) <= ball_mm
    if grown.all():
        return np.full(mask.shape, np.inf)
    return np.asarray(distance_transform_edt(grown, sampling=spacing) - ball_mm)
