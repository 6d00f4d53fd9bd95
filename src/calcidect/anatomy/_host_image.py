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
class HostImage:
    """The tissue without hydroxyapatite, float32 arrays of shape (k, j, i).

    Parameters
    ----------
    hu : array
        At the low energy, smoothed as the image is.
    weight : array
        0 to 1: what a voxel tells beside one without hydroxyapatite.
    """

    hu: NDArray[np.float32]
    weight: NDArray[np.float32]


def host_image(image: MineralImage, sensitivity: Sensitivity) -> HostImage:
    """Return the host of a hand's hydroxyapatite, of two energies.

    The signal at the high energy is known to 5 %, as everywhere, and ``c = (high - alpha - beta low) / (k_high - beta
    k_low)``, so that h errs by ``e = 0.05 k_low k_high c / (k_high - beta k_low)``. The weight is
    ``1 / (1 + (e / 75 HU)^2)``. Noise averages out over a deposit.

    Parameters
    ----------
    image : MineralImage
    sensitivity : Sensitivity
        Of the pair.
    """
    assert image.line is not None
    k_low, k_high = np.float32(sensitivity.ha_low), np.float32(sensitivity.ha_high)
    host = image.smooth_low_hu - k_low * image.ha_mg_per_cm3
    per_mg = SIGNAL_SD_FRACTION * k_low * k_high / (k_high - image.line.beta * k_low)
    error_hu = np.float32(per_mg) * image.ha_mg_per_cm3
    return HostImage(host, np.asarray(1 / (1 + (error_hu / np.float32(_FAT_FROM_MUSCLE_HU)) ** 2), np.float32))
