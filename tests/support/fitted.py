"""The model's hand at rest, as if it had been fitted, and bodies of mineral beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._fit_model import Fit
from calcidect.anatomy._hand_model import load_hand_model, number_of_parameters, pose, posed_points
from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._mineral import MineralImage
from calcidect.anatomy._parts import Part, parts_of
from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray, Grid

SPACING_MM = (0.6, 0.6, 0.6)


def rest_hand() -> FoundPose:
    """Return the model at rest on a box that holds all of it but the forearm."""
    model = load_hand_model()
    parameters = np.zeros(number_of_parameters(model))
    posed = pose(model, parameters)
    points, _ = posed_points(model, posed)
    low, high = points.min(0) - 15, points.max(0) + 15
    low[1] = surface("capitate")[:, 1].min() - 60
    size = np.ceil((high - low) / SPACING_MM).astype(int)
    space = HandSpace(Grid((int(size[0]), int(size[1]), int(size[2])), SPACING_MM, tuple(low)), np.eye(3))
    ones = np.ones(len(model.bones))
    return FoundPose(Fit(parameters, posed, 0.0, ones, ones, 1.0), space, (1.0, 1.0, 1.0), 1.0, 1.0, 0.0)


def surface(name: str) -> FloatArray:
    """Return a bone's surface at rest: mm along radial, distal, dorsal, shape (n, 3)."""
    model = load_hand_model()
    points, _ = posed_points(model, pose(model, np.zeros(number_of_parameters(model))))
    return points[model.bone_of_point == BONES.index(name)]


def blob(space: HandSpace, path_mm: FloatArray, radii_mm: tuple[float, float, float] | float) -> NDArray[np.bool_]:
    """Return the voxels within an ellipsoid of the points of a path, shape (n, 3)."""
    radii = np.broadcast_to(np.asarray(radii_mm, float), 3)
    mask = np.zeros(space.grid.shape, bool)
    reach = int(np.ceil(radii.max() / min(SPACING_MM))) + 1
    span = np.arange(-reach, reach + 1)
    ball = np.stack(np.meshgrid(span, span, span, indexing="ij"), -1).reshape(-1, 3)
    for point in np.atleast_2d(path_mm):
        index = np.round(space.index_of(point[None])[0]).astype(int) + ball
        inside = (((space.point_of(index) - point) / radii) ** 2).sum(1) <= 1
        mask[tuple(index[inside].T)] = True
    return mask


def mineral_of(mask: NDArray[np.bool_], mg_per_cm3: float = 600.0) -> MineralImage:
    """Return an image of mineral in muscle, everywhere deep."""
    density = np.where(mask, np.float32(mg_per_cm3), np.float32(0))
    low = (50 + 2.27 * density).astype(np.float32)
    return MineralImage(low, low, density, mask, np.full(mask.shape, 5.0, np.float32))


def parts(mask: NDArray[np.bool_], mg_per_cm3: float = 600.0) -> list[Part]:
    """Return the parts of a mask, each a body of its own."""
    from scipy.ndimage import find_objects, label

    (box,) = find_objects(mask.astype(np.uint8))
    first = np.array([part.start for part in box])
    pieces = np.asarray(label(mask[box], np.ones((3, 3, 3)))[0], np.int32)
    found = parts_of(mask[box], pieces, mineral_of(mask[box], mg_per_cm3), SPACING_MM)
    offset_mm = first * np.array(SPACING_MM[::-1])
    return [replace(one, index=one.index + first, points_mm=one.points_mm + offset_mm) for one in found]
