"""The carpal tunnel: between the arch of the carpal bones and the flexor retinaculum.

The retinaculum is stretched from pisiform and hook of hamate to the tubercles of scaphoid and trapezium, the most palmar
points of the carpus. So it is a face of the convex hull of the carpal bones, and the tunnel is what this hull holds
besides bone on the palmar side of the arch, from the proximal row's end to the distal row's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._types import Hand
from calcidect.geometry import FloatArray

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

CARPALS = ("scaphoid", "lunate", "triquetrum", "pisiform", "trapezium", "trapezoid", "capitate", "hamate")
_RETINACULUM_MM = 1.5
"""It is 0.8 to 2.5 mm thick and spans the bones' outer edges; the tendons of a full tunnel bulge into it."""


@dataclass(frozen=True, eq=False)
class CarpalTunnel:
    """The hull's faces, shape (n, 4) (outward normal, offset), the carpal surface, and where palmar is."""

    faces: FloatArray
    surface: cKDTree
    palmar: FloatArray

    def holds(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Tell which LPS points, shape (n, 3), lie in the tunnel; those in bone are not told apart."""
        outside_mm = (points_mm @ self.faces[:, :3].T + self.faces[:, 3]).max(1)
        return np.asarray((outside_mm <= _RETINACULUM_MM) & self.is_palmar(points_mm))

    def is_palmar(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Tell which LPS points, shape (n, 3), lie on the palmar side of the nearest carpal bone."""
        _, nearest = self.surface.query(points_mm)
        return np.asarray((points_mm - self.surface.data[nearest]) @ self.palmar > 0)


def carpal_tunnel_of(hand: Hand) -> CarpalTunnel:
    """Return the tunnel of a fitted hand."""
    from scipy.spatial import ConvexHull, cKDTree

    surface = np.concatenate([hand.bones[name].surface_mm for name in CARPALS])
    return CarpalTunnel(ConvexHull(surface).equations, cKDTree(surface), -hand.dorsal)
