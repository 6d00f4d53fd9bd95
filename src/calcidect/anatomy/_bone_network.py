"""What a network, trained on drawn hands alone, says of every place in a hand: which bone, sesamoid, deposit, or none.

It sees only how bright the low energy is, on a grid of 0.8 mm in the hand's own space; what it was trained on, and how,
is in ``scripts/bone_network``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._trained import session_of
from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray

SESAMOID, DEPOSIT = len(BONES) + 1, len(BONES) + 2
CLASSES = len(BONES) + 3
"""0 is neither, then the bones in their order."""
SPACING_MM = 0.8
_DIMMEST_HU, _BRIGHTEST_HU = 150.0, 2500.0
_MULTIPLE = 16
"""Of the grid's size: the network halves it four times."""
_MARGIN_MM = 6.0
"""Of the grid around mineral: our choice, some voxels of nothing, as the network saw in training."""
_LONGEST_MM = 230.0
"""From the fingertips: what it was trained on. More forearm would cost memory and tell nothing."""


def is_bone(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Tell which classes are one of the 29 bones."""
    return np.asarray((labels > 0) & (labels < SESAMOID))


@dataclass(frozen=True, eq=False)
class Reading:
    """What the network says, on its own grid.

    Parameters
    ----------
    space : HandSpace
    first_mm : array, shape (3,)
        Of the first voxel: radial, distal, dorsal.
    labels : uint8 array, shape (dorsal, distal, radial)
        The most likely class.
    """

    space: HandSpace
    first_mm: FloatArray
    labels: NDArray[np.uint8]

    def at(self, points_mm: FloatArray) -> NDArray[np.uint8]:
        """Return the class at points (n, 3) along radial, distal, dorsal; 0 outside of the grid."""
        index = np.rint((points_mm - self.first_mm) / SPACING_MM).astype(int)[:, ::-1]
        inside = ((index >= 0) & (index < self.labels.shape)).all(1)
        found = np.zeros(len(index), np.uint8)
        found[inside] = self.labels[tuple(index[inside].T)]
        return found

    def at_lps(self, points_mm: FloatArray) -> NDArray[np.uint8]:
        """Return the class at points (n, 3) in LPS."""
        return self.at(points_mm @ self.space.axes.T)

    def on_box(self, shape: tuple[int, int, int]) -> ReadBox:
        """Return what is read at the voxels of the hand's box."""
        from scipy.ndimage import affine_transform, binary_dilation, binary_erosion

        steps, origin = _to_box(self.space, self.first_mm)
        back = np.linalg.inv(steps)

        def resampled(values: NDArray[Any]) -> NDArray[Any]:
            return np.asarray(affine_transform(values, back, -back @ origin, shape, order=0, cval=0))

        bone = is_bone(self.labels)
        return ReadBox(resampled(self.labels), resampled(binary_dilation(bone)), resampled(binary_erosion(bone)))


@dataclass(frozen=True, eq=False)
class ReadBox:
    """What the network says, at the voxels of the hand's box.

    Parameters
    ----------
    labels : uint8 array, shape (k, j, i)
        The most likely class.
    beside, inside : bool array
        Bone, grown and shrunk by a voxel of the network's.
    """

    labels: NDArray[np.uint8]
    beside: NDArray[np.bool_]
    inside: NDArray[np.bool_]

    @property
    def bone(self) -> NDArray[np.bool_]:
        """What is read as one of the 29 bones."""
        return is_bone(self.labels)


def brightness(hu: Any, module: Any) -> Any:
    """Return what the network sees of HU (an array of numpy or torch): 0 for soft tissue, 2.9 at most.

    Its logarithm makes a scanner's kV a shift, and keeps dense stones from outshining thin cortex.
    """
    return module.log1p(hu.clip(0.0, _BRIGHTEST_HU) / _DIMMEST_HU)


def read_bones(
    smooth_low_hu: NDArray[np.float32], body: NDArray[np.bool_], mineral: NDArray[np.bool_], space: HandSpace
) -> Reading:
    """Return the network's reading of a hand.

    Parameters
    ----------
    smooth_low_hu : float32 array, shape (k, j, i)
        As bright as at 80 kV, about.
    body : bool array
        Inside of the skin.
    mineral : bool array
        The reading covers it; without any, nothing is read.
    space : HandSpace
        Distal may be off by some 25 degrees; thumb and palm may be on either side.
    """
    if not mineral.any():
        return Reading(space, np.zeros(3), np.zeros((1, 1, 1), np.uint8))
    first_mm, shape = _grid(mineral, space)
    image = _resampled(np.where(body, smooth_low_hu, 0.0), space, first_mm, shape)
    (labels,) = session_of("bones.onnx").run(None, {"image": brightness(image, np)[None, None].astype(np.float32)})
    return Reading(space, first_mm, labels[0])


def _grid(mineral: NDArray[np.bool_], space: HandSpace) -> tuple[FloatArray, tuple[int, int, int]]:
    """Return first voxel and shape of a grid along dorsal, distal, radial that holds the hand's mineral."""
    points = space.point_of(np.stack(np.nonzero(mineral), -1)[::7])
    first = points.min(0) - _MARGIN_MM
    first[1] = max(first[1], points[:, 1].max() - _LONGEST_MM)
    size = np.ceil((points.max(0) + _MARGIN_MM - first) / SPACING_MM / _MULTIPLE).astype(int) * _MULTIPLE
    return first, (int(size[2]), int(size[1]), int(size[0]))


def _resampled(
    image: NDArray[np.float32], space: HandSpace, first_mm: FloatArray, shape: tuple[int, int, int]
) -> NDArray[np.float32]:
    """Return an image on the network's grid, linear between voxels; 0 outside."""
    from scipy.ndimage import affine_transform

    steps, origin = _to_box(space, first_mm)
    return np.asarray(affine_transform(image, steps, origin, shape, order=1, mode="constant", cval=0.0))


def _to_box(space: HandSpace, first_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return matrix and offset from voxels of the grid to voxels of the hand's box."""
    origin = space.index_of(first_mm[None])[0]
    steps = [space.index_of(first_mm[None] + SPACING_MM * axis)[0] - origin for axis in np.eye(3)[::-1]]
    return np.stack(steps, 1), np.asarray(origin)
