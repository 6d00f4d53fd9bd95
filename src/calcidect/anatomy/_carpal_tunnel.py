"""The carpal tunnel: between the arch of the carpal bones and the flexor retinaculum.

The retinaculum is stretched from pisiform and hook of hamate to the tubercles of scaphoid and trapezium, the most
palmar points of the carpus. So it is a face of the convex hull of the carpal bones, and the tunnel is what this hull
holds besides bone, with bone on its dorsal side, from the proximal row's end to the distal row's.
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
_POINTS = 8
"""Our choice: seen from the palm, so many of the surface's points, which are 2 mm apart, hold both sides of a bone."""


@dataclass(frozen=True, eq=False)
class CarpalTunnel:
    """The carpus.

    Parameters
    ----------
    faces : array, shape (n, 4)
        Of the convex hull: outward normal and offset.
    axes : array, shape (3, 3)
        Rows: two directions across the hand's thickness, and dorsal.
    seen_from_palm : KD tree
        Of the carpal surface's points along the first two axes.
    height_mm : array
        Of the same points along dorsal.
    """

    faces: FloatArray
    axes: FloatArray
    seen_from_palm: cKDTree
    height_mm: FloatArray

    def holds(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Tell which LPS points, shape (n, 3), lie in the tunnel; those in bone are not told apart."""
        outside_mm = (points_mm @ self.faces[:, :3].T + self.faces[:, 3]).max(1)
        return np.asarray((outside_mm <= _RETINACULUM_MM) & self.is_palmar(points_mm))

    def is_palmar(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Tell which LPS points, shape (n, 3), have carpal bone on their dorsal side."""
        flat = points_mm @ self.axes.T
        _, nearest = self.seen_from_palm.query(flat[:, :2], k=_POINTS)
        return np.asarray(self.height_mm[nearest].max(1) > flat[:, 2])


def carpal_tunnel_of(hand: Hand) -> CarpalTunnel:
    """Return the tunnel of a fitted hand."""
    from scipy.spatial import ConvexHull, cKDTree

    surface = np.concatenate([hand.bones[name].surface_mm for name in CARPALS])
    axes = np.stack([np.cross(hand.distal, hand.dorsal), hand.distal, hand.dorsal])
    flat = surface @ axes.T
    return CarpalTunnel(ConvexHull(surface).equations, axes, cKDTree(flat[:, :2]), flat[:, 2])
