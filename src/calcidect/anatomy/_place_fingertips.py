"""The fitted distal phalanges, each placed again by its own edge: what touches one can turn or stretch its fit.

A nodule on a fingertip is as bright as the bone and half as large, so that a fit to the surface of both goes astray.
Here a phalanx is moved, turned and stretched as a whole, as far as bones of that kind may be, to where most of its
surface is an edge of bone, whatever lies beside it: with e the distance along the normal to the nearest edge (1 where
there is none), ``mean e^2 / (s^2 + e^2) + sum (p / sd)^2 / n`` is least (Geman and McClure's robust error; p the nine
numbers that move it). Lengths and widths are expected as this hand's other distal phalanges have them. The
search (Powell, Comput J 1964;7:155) begins at the fit and to either side along the bone. A bone half of whose surface
does not come near an edge even so, such as one whose tip is lost, stays as it was fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._fit_model import SEEN, Fit
from calcidect.anatomy._hand_model import HandModel, ModelBone, Posed
from calcidect.anatomy._hand_space import HandSpace
from calcidect.anatomy._refine_surface import nearest_edge, profiles
from calcidect.anatomy._types import BONES
from calcidect.geometry import FloatArray

_DISTAL = tuple(n for n, name in enumerate(BONES) if name.startswith("distal"))
_EDGE_MM = -0.25
"""Where refined surfaces have the edge of bone, on average."""
_SCALE_MM = 0.6
"""About a voxel: our choice."""
_SD = np.array([0.1, 0.1, 0.1, 1.0, 1.0, 1.0, 0.06, 0.06, 0.06])
"""Turns (radians), shifts (mm) and logarithms of stretches, about the bone's own axes: our choice, of how far fits go
astray, and of how the digits of a hand differ in their proportions (5 to 8 %, Greiner 1991)."""
_MEASUREMENTS = 30.0
"""Neighbouring points tell the same: a bone's edges count as so many."""
_ALONG, _STARTS_MM = 5, (0.0, -1.5, 1.5)
"""Where the search begins, along the bone, which fits miss most."""
_EVALUATIONS = 400
_WELL_PLACED_MM = 0.35
"""Our choice: half of its surface lies so near to an edge. Where other proportions or a lost tip leave more, the search
can settle on what is no edge of that bone: on simulated hands the one phalanx that it led astray had 0.42."""


def placed_fingertips(
    model: HandModel, found: Fit, space: HandSpace, low_hu: NDArray[np.float32], smooth_low_hu: NDArray[np.float32],
    ha_hu_per_mg_per_cm3: float,
) -> Posed:  # fmt: skip
    """Return the bones with every distal phalanx that shows its edge where it lies by itself.

    Parameters
    ----------
    model : HandModel
    found : Fit
    space : HandSpace
    low_hu, smooth_low_hu : float32 array, shape (k, j, i)
        As scanned, and smoothed.
    ha_hu_per_mg_per_cm3 : float
        Sensitivity of the low energy to hydroxyapatite.
    """
    stretches = {n: _stretches(model.bones[n], found.posed, n) for n in _DISTAL}
    rotations, matrices, origins = (
        part.copy() for part in (found.posed.rotations, found.posed.matrices, found.posed.origins_mm)
    )
    for n in _DISTAL:
        if found.seen[n] < SEEN:
            continue
        expected = np.median([stretches[other] for other in _DISTAL if other != n], axis=0)
        tip = _Fingertip(model.bones[n], found.posed, n, expected)

        def from_edge_mm(moved: FloatArray, tip: _Fingertip = tip) -> FloatArray:
            points, normals = tip.surface(moved)
            sharp, smooth = (profiles(image, space, points, normals) for image in (low_hu, smooth_low_hu))
            edge = nearest_edge(sharp, smooth, np.full(len(points), _EDGE_MM), ha_hu_per_mg_per_cm3)
            return np.where(np.isnan(edge), np.inf, np.abs(edge - _EDGE_MM))

        moved = _least(from_edge_mm)
        if np.median(from_edge_mm(moved)) < _WELL_PLACED_MM:
            rotations[n], matrices[n], origins[n] = tip.at(moved)
    return Posed(rotations, matrices, origins)


@dataclass(frozen=True, eq=False)
class _Fingertip:
    """A distal phalanx, where the fit has it, and the logarithms of its expected stretches along its three axes."""

    bone: ModelBone
    posed: Posed
    n: int
    expected: FloatArray

    def at(self, moved: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return rotation, matrix and origin after nine numbers: turns, shifts, stretches beyond the expected ones."""
        from scipy.spatial.transform import Rotation

        axes, fitted = self.bone.axes, self.posed.rotations[self.n]
        rotation = fitted @ Rotation.from_rotvec(moved[:3] @ axes).as_matrix()
        stretch = axes.T @ np.diag(np.exp(self.expected + moved[6:])) @ axes
        return rotation, rotation @ stretch, self.posed.origins_mm[self.n] + fitted @ (moved[3:6] @ axes)

    def surface(self, moved: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return its surface points and their unit normals, each shape (n, 3)."""
        _, matrix, origin = self.at(moved)
        normals = self.bone.normals @ np.linalg.inv(matrix)
        points = (self.bone.points_mm - self.bone.joint_mm) @ matrix.T + origin
        return points, normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _stretches(bone: ModelBone, posed: Posed, n: int) -> FloatArray:
    """Return the logarithms of how far the fit has stretched a bone along its axes."""
    stretch = posed.rotations[n].T @ posed.matrices[n]
    return np.asarray(np.log(np.einsum("ax,xy,ay->a", bone.axes, stretch, bone.axes)))


def _least(from_edge_mm: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Return the nine numbers of least error, those of a bone that hardly moves preferred."""
    from scipy.optimize import minimize

    def error(moved: FloatArray) -> float:
        near = 1 / (1 + (from_edge_mm(moved) / _SCALE_MM) ** 2)
        return 1 - float(near.mean()) + float(((moved / _SD) ** 2).sum()) / _MEASUREMENTS

    starts = np.zeros((len(_STARTS_MM), len(_SD)))
    starts[:, _ALONG] = _STARTS_MM
    options = {"maxfev": _EVALUATIONS, "xtol": 1e-2, "ftol": 1e-3}
    found = [minimize(error, start, method="Powell", options=options) for start in starts]
    return np.asarray(min(found, key=lambda one: float(one.fun)).x)
