"""Which way the soft tissue around a deposit runs, plane by plane, as the scan itself shows it.

Tendons, muscles, fasciae and the fat between them run lengthwise, and bend with the finger. A fitted hand knows about
where to; the image knows better, since along the tissue it does not change. From one plane to the next the tissue is
found a little to the side, and by how much follows from the image's gradients, as in optical flow (Lucas and Kanade,
IJCAI 1981, p. 674), with planes in the place of pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._surroundings import Surroundings
from calcidect.geometry import FloatArray

_SMOOTH_MM = 0.4
"""Before gradients are taken: a soft kernel's blur (standard deviation), against noise."""
_NEAR_MM = 3.0
"""Our choice: what lies so far from the deposit counts exp(-1/2)."""
_ALONG_MM = 3.0
"""Our choice: over this length a tendon has one direction; it does not bend sharper than over a joint."""
_CLEAR_MM = 1.0
"""From bone, skin, neighbours and the deposit. Of the deposit's blurred edge a little counts: calcinosis fills tissue
lengthwise, and on simulated hands hosts were told worse without it."""
_SOFT_HU = 200.0
"""Fat to tendon is -110 to 145 HU; what is brighter or darker counts as this."""
_EXPECTED = 0.05
"""Our choice: how much the fitted hand's direction counts, as a share of the gradients' power: it rules where tissue is
even, and gives way where borders show."""
_STEEPEST = 1.5
"""Of millimetres across for one along: 56 degrees. What runs steeper has another axis of the box for its own."""


@dataclass(frozen=True, eq=False)
class Flow:
    """Soft tissue goes from plane to plane of a box, and a little to the side from each to the next.

    Parameters
    ----------
    axis : int
        Of the box, across the planes: 0, 1 or 2 for k, j, i.
    across_voxels : int array, shape (planes, 2)
        Where the tissue of the middle plane is found in each, along the other two axes.
    """

    axis: int
    across_voxels: NDArray[np.int64]

    @property
    def axes(self) -> tuple[int, int, int]:
        """That axis, and the other two."""
        others = [a for a in range(3) if a != self.axis]
        return self.axis, others[0], others[1]


def flow_of(around: Surroundings) -> Flow:
    """Return how soft tissue runs through a deposit's box.

    With g the gradients in the planes, e the direction that the fitted hand expects, and sums over the soft tissue of
    planes near by, the slope u across the planes solves ``(sum g g' + h) u = -sum g g_along + h e / e_along``, with h
    the share of the power that the expectation counts.
    """
    axis = int(np.abs(around.course).argmax())
    others = [a for a in range(3) if a != axis]
    spacing_mm = np.array(around.spacing_mm[::-1])
    products = _products(around, axis, _ALONG_MM / spacing_mm[axis])
    held = np.maximum(_EXPECTED * products[:, others, others].sum(1), 1.0)  # without any border, what is expected
    left = products[:, others][:, :, others] + held[:, None, None] * np.eye(2)
    right = held[:, None] * around.course[others] / around.course[axis] - products[:, others, axis]
    slope = np.clip(np.linalg.solve(left, right[..., None])[..., 0], -_STEEPEST, _STEEPEST)
    across_mm = np.cumsum(slope, 0) * spacing_mm[axis]
    across_mm -= across_mm[len(across_mm) // 2]
    return Flow(axis, np.rint(across_mm / spacing_mm[others]).astype(np.int64))


def straight(around: Surroundings) -> Flow:
    """Return the planes of a box as they are, along the expected course's axis."""
    axis = int(np.abs(around.course).argmax())
    return Flow(axis, np.zeros((around.mask.shape[axis], 2), np.int64))


def _products(around: Surroundings, axis: int, sigma_planes: float) -> FloatArray:
    """Return the sums over planes of the gradients' products, HU^2/mm^2, shape (planes, 3, 3)."""
    from scipy.ndimage import gaussian_filter, gaussian_filter1d

    spacing_mm = around.spacing_mm[::-1]
    soft = gaussian_filter(np.clip(around.low, -_SOFT_HU, _SOFT_HU), [_SMOOTH_MM / s for s in spacing_mm])
    gradient = [np.moveaxis(g, axis, 0) for g in np.gradient(soft, *spacing_mm)]
    nearest_mm = np.minimum.reduce([around.away_mm, around.bone_mm, around.depth_mm, around.others_mm])
    weight = np.where(nearest_mm > _CLEAR_MM, np.exp(-0.5 * (around.away_mm / _NEAR_MM) ** 2), 0.0)
    weight = np.moveaxis(weight, axis, 0)
    sums = [[(weight * a * b).sum((1, 2)) for a in gradient] for b in gradient]
    return np.asarray(gaussian_filter1d(np.moveaxis(np.array(sums), 2, 0), sigma_planes, axis=0))
