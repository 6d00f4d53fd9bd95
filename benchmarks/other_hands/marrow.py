"""What bones hold: a cortex of uneven thickness, rods and plates at the ends, marrow of varying fat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .pose import Posed
from .solid import Frame, Solid
from .texture import smooth_noise


@dataclass(frozen=True)
class BoneQuality:
    """Cortex in mid-shaft (mm), its HA (mg/cm3), share of bone at the ends, HA of a rod, share of yellow marrow."""

    cortex_mm: float
    cortex_ha: float
    rods: float
    rod_ha: float
    yellow: float


def draw_quality(rng: np.random.Generator) -> BoneQuality:
    """Draw a person's bone.

    Three in ten are osteoporotic, with a cortex of 0.7 to 1 mm in mid-shaft, 0.3 to 0.4 mm at the ends, and little
    inside. Others have 1 to 1.8 mm in mid-shaft.
    """
    if rng.random() < 0.3:
        return BoneQuality(
            rng.uniform(0.7, 1.0), rng.uniform(950, 1050), rng.uniform(0.12, 0.2), 450.0, rng.uniform(0.8, 1)
        )
    return BoneQuality(
        rng.uniform(1.0, 1.8), rng.uniform(1020, 1150), rng.uniform(0.25, 0.42), 550.0, rng.uniform(0.5, 1)
    )


def mineral(
    name: str, solid: Solid, posed: Posed, frame: Frame, quality: BoneQuality, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return HA (mg/cm3) and the share of compact bone, both per voxel of the bone's box as if it were filled."""
    axis, origin = posed.axes[name][:, 1], posed.bones[name].vertices
    reach = origin @ axis
    along = (frame.points(solid.box) @ axis - reach.min()) / np.ptp(reach)
    long_bone = np.ptp(reach) > 2.2 * np.ptp(origin @ posed.axes[name][:, 0])
    shaft = np.clip(1.9 * np.minimum(along, 1 - along) / 0.5, 0, 1) if long_bone else np.zeros_like(along)
    if name in ("radius", "ulna"):
        shaft = np.clip((reach.max() - frame.points(solid.box) @ axis - 8) / 25, 0, 1)
    size = solid.distance.shape
    uneven = 1 + 0.18 * np.clip(smooth_noise(size, (9, 9, 14), rng), -2, 2)
    cortex = np.minimum(quality.cortex_mm * (0.38 + 0.62 * shaft) * uneven, _half_width(solid) * 0.4)
    compact = np.clip(0.5 + (cortex + solid.distance) / frame.step, 0, 1)
    # Rods run along the bone more than across it, plates curve through the ends: two level sets of one field.
    field = smooth_noise(size, (1.6, 1.6, 3.2), rng)
    share = quality.rods * (1 - 0.93 * shaft)
    rods = (field > np.quantile(field, 1 - 0.6 * quality.rods)) | (np.abs(field) < 0.5 * quality.rods)
    inside = np.where(rods & (rng.random(size, np.float32) < share / quality.rods), quality.rod_ha, 0.0)
    return (compact * quality.cortex_ha + (1 - compact) * inside).astype(np.float32), compact.astype(np.float32)


def _half_width(solid: Solid) -> float:
    return float(-solid.distance.min())
