"""What hydroxyapatite lies in: the low energy with its part taken off, and how far that can be believed.

A deposit hides the tissue that it lies in, and its blur the tissue beside it; two energies tell both. In soft tissue
of any mixture of fat and muscle ``low = h + k_low c``, and c is known (`_mineral`), so that ``h = low - k_low c`` (a
virtual non-calcium image: Pache et al., Radiology 2010;256:617). Tendon and urate, off that line on the other side,
come out too bright.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._mineral import MineralImage
from calcidect.materials import SIGNAL_SD_FRACTION, Sensitivity

_FAT_FROM_MUSCLE_HU = 75.0
"""Half of the difference between fat and muscle: an error as large leaves it open which of them a place is."""


@dataclass(frozen=True, eq=False)
class HostOfDeposits:
    """The tissue without hydroxyapatite, of one hand.

    Parameters
    ----------
    ha_mg_per_cm3 : float32 array, shape (k, j, i)
        Smoothed as the image is.
    k_low : float
        HU at the low energy per mg/cm3.
    error_hu_per_mg : float
        By how much the host is wrong for each mg/cm3.
    """

    ha_mg_per_cm3: NDArray[np.float32]
    k_low: float
    error_hu_per_mg: float

    def under(
        self, low_hu: NDArray[np.float32], ha_mg_per_cm3: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the host's HU of some voxels, and what each tells beside one without hydroxyapatite, 0 to 1."""
        wrong = np.float32(self.error_hu_per_mg / _FAT_FROM_MUSCLE_HU) * ha_mg_per_cm3
        host_hu = low_hu - np.float32(self.k_low) * ha_mg_per_cm3
        return host_hu, np.asarray(1 / (1 + wrong**2), np.float32)


def host_of_deposits(image: MineralImage, sensitivity: Sensitivity) -> HostOfDeposits:
    """Return what tells the host of a hand's hydroxyapatite, of two energies.

    The signal at the high energy is known to 5 %, as everywhere, and ``c = (high - alpha - beta low) / (k_high - beta
    k_low)``, so that h errs by ``e = 0.05 k_low k_high c / (k_high - beta k_low)``. A voxel counts
    ``1 / (1 + (e / 75 HU)^2)``. Noise averages out over a deposit.

    Parameters
    ----------
    image : MineralImage
    sensitivity : Sensitivity
        Of the pair.
    """
    assert image.line is not None
    k_low, k_high = sensitivity.ha_low, sensitivity.ha_high
    error = SIGNAL_SD_FRACTION * k_low * k_high / (k_high - image.line.beta * k_low)
    return HostOfDeposits(image.ha_mg_per_cm3, k_low, error)
