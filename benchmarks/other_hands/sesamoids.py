"""Sesamoids: flattened ellipsoids behind the heads of some bones, where flexor tendons run over them."""

from __future__ import annotations

import numpy as np

from .flesh import axis_points
from .pose import Posed
from .solid import Frame, Solid, keep_away

_PLACES = {
    "mcp_1": ("metacarpal_1", 1.0, (-3.5, 3.5)),
    "ip_1": ("proximal_phalanx_1", 0.53, (0.0,)),
    "mcp_2": ("metacarpal_2", 0.43, (2.5,)),
    "mcp_5": ("metacarpal_5", 0.68, (-2.5,)),
}
"""Joint to bone, how often (Yammine, Clin Anat 2014;27:1291), and radial places in mm."""
SESAMOID_HA = 600.0  # mg/cm3, all through: our choice, between spongy bone and cortex, for they are small and dense
_SMALLEST_MM3 = 4.0


def sesamoids(posed: Posed, bones: dict[str, Solid], frame: Frame, rng: np.random.Generator) -> dict[str, Solid]:
    """Return the sesamoids of a hand by name, 0.8 mm and more from bone."""
    found = {}
    for joint, (bone, chance, places) in _PLACES.items():
        if rng.random() >= chance:
            continue
        half_axes = posed.axes[bone] * np.array([2.0, 2.5, 1.5]) * rng.uniform(0.7, 1.15)
        behind = axis_points(posed, bone, np.array([0.97]), 2.2)[0]
        for place, end in zip(places, ("", "_b"), strict=False):
            centre = behind + place * posed.axes[bone][:, 0]
            box = frame.box(centre - 4, centre + 4)
            scaled = np.linalg.norm((frame.points(box) - centre) @ np.linalg.inv(half_axes).T, axis=-1)
            distance = keep_away(box, ((scaled - 1) * 2.0).astype(np.float32), bones.values(), 0.8)
            if (distance < 0).sum() * frame.step**3 > _SMALLEST_MM3:
                found[f"sesamoid_{joint}{end}"] = Solid(box, distance)
    return found
