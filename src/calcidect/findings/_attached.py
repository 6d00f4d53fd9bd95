"""What hangs together with a deposit's mineral and is mineral, too, though by itself it would not pass for it.

The anatomy room takes a voxel for calcium if the energies' ratio says so beyond five times the noise, since it looks
at millions. At 80/140 that is 150 mg/cm3, and near the skin, where nails are as bright, a dilute deposit loses half of
itself. Beside mineral less proof is enough (hysteresis: Canny, IEEE PAMI 1986;8:679).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import MINIMUM_HA_MG_PER_CM3
from calcidect.materials import HostLine, Sensitivity

_BRIGHTEST_TISSUE_HU = 130.0
"""Tendon (99 to 128 HU) and cartilage (94 to 130) at every energy (docs/method/materials.md, section 2)."""
_CLEAR_OF_BONE_MM = 1.0
"""The blur of bone (FWHM up to 1.2 mm) is down to a fortieth there."""


def with_attached(
    mineral: NDArray[np.bool_], smooth: tuple[NDArray[np.float32], NDArray[np.float32]], line: HostLine,
    sensitivity: Sensitivity, free: NDArray[np.bool_], bone_mm: NDArray[np.float32],
) -> NDArray[np.bool_]:  # fmt: skip
    """Return mineral with what hangs together with it, brighter than any soft tissue and like calcium.

    Parameters
    ----------
    mineral : bool array, shape (k, j, i)
        Mineral outside bone.
    smooth : two float32 arrays
        HU of both energies, smoothed as where mineral is looked for.
    line : HostLine
        Of soft tissue without crystals.
    sensitivity : Sensitivity
    free : bool array
        Where a deposit may be: inside the hand, and not taken for something else.
    bone_mm : float32 array
        Distance from bone.
    """
    from scipy.ndimage import binary_propagation

    # As in the anatomy room, without its noise: tendon, skin and nail lie 70 to 130 mg/cm3 on the line's other side.
    like_calcium = line.hydroxyapatite(*smooth, sensitivity) > MINIMUM_HA_MG_PER_CM3
    may_be = free & (smooth[0] > _BRIGHTEST_TISSUE_HU) & (bone_mm > _CLEAR_OF_BONE_MM) & like_calcium
    return np.asarray(binary_propagation(mineral, np.ones((3, 3, 3)), mineral | may_be))
