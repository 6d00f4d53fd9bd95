"""What hydroxyapatite lies in: the low energy with its part taken off, and how far that can be believed.

A deposit hides the tissue that it lies in, and its blur the tissue beside it; two energies tell both. In soft tissue
of any mixture of fat and muscle ``low = h + k_low c``, and c is known (`_mineral`), so that ``h = low - k_low c`` (a
virtual non-calcium image: Pache et al., Radiology 2010;256:617). Tendon and urate, off that line on the other side,
come out too bright.

A scanner that shows 2 % more at one energy than expected turns fat under 500 mg/cm3 into muscle. So what is around has
its say, where it is even.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._mineral import MineralImage
from calcidect.materials import SIGNAL_SD_FRACTION, Sensitivity

_EVEN_HU = 15.0
"""Our choice: by how much the host of a deposit in the midst of one tissue differs from what is around, and by how
much noise leaves a cell's mean unsure."""


@dataclass(frozen=True, eq=False)
class Around:
    """Soft tissue around some places, shape (n,): mean HU, its standard deviation, and mean mg/cm3."""

    hu: NDArray[np.float32]
    uneven_hu: NDArray[np.float32]
    ha_mg_per_cm3: NDArray[np.float32]


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
        Standard deviation of the host for each mg/cm3.
    """

    ha_mg_per_cm3: NDArray[np.float32]
    k_low: float
    error_hu_per_mg: float

    def likely(
        self, low_hu: NDArray[np.floating], ha_mg_per_cm3: NDArray[np.floating], around: Around
    ) -> NDArray[np.float32]:
        """Return the host of some places by what they show and by what is around.

        The mean of both, weighted by their variances: ``(e c)^2 + 15^2`` of the host, ``uneven^2 + 15^2`` around. c is
        what exceeds that of soft tissue around, which lies a little off the scan's line.
        """
        c = ha_mg_per_cm3 - around.ha_mg_per_cm3
        of_host = (self.error_hu_per_mg * c) ** 2 + _EVEN_HU**2
        of_around = around.uneven_hu**2 + _EVEN_HU**2
        host_hu = low_hu - self.k_low * c
        return np.asarray((of_around * host_hu + of_host * around.hu) / (of_around + of_host), np.float32)


def host_of_deposits(image: MineralImage, sensitivity: Sensitivity) -> HostOfDeposits:
    """Return what tells the host of a hand's hydroxyapatite, of two energies.

    The signal at the high energy is known to 5 %, as everywhere, and ``c = (high - alpha - beta low) / (k_high - beta
    k_low)``, so that h errs by ``0.05 k_low k_high c / (k_high - beta k_low)``. Noise averages out over a deposit.

    Parameters
    ----------
    image : MineralImage
    sensitivity : Sensitivity
        Of the pair.
    """
    assert image.line is not None
    k_low, k_high = sensitivity.ha_low, sensitivity.ha_high
    error = SIGNAL_SD_FRACTION * k_low * k_high / (k_high - image.line.beta * k_low)
    return HostOfDeposits(image.ha_mg_per_cm3, k_low, abs(error))
