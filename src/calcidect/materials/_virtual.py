"""The image at any photon energy, predicted from a pair: two basis materials carry all that two energies tell."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.materials._sensitivity import hydroxyapatite_hu_per_mg, sensitivity
from calcidect.study import Energy, Pair


def virtual_monoenergetic(low_hu: Any, high_hu: Any, pair: Pair, kev: float, path_cm: float = 3.0) -> NDArray[Any]:
    """Return the HU that an ideal monoenergetic beam would show.

    Every voxel is written as water and hydroxyapatite, ``HU = c_w - 1000 + r c_HA`` with r the mass attenuation of
    hydroxyapatite relative to water's, at both energies of the pair and at the one asked for. What is left is

    ``HU(kev) = HU_high + w (HU_low - HU_high)``, ``w = (r(kev) - r_high) / (r_low - r_high)``.

    Exact for every mixture of the two; docs/method/materials.md, section 7, tells how far tissues and plastics are off.
    Of a tube voltage r is the mean over the beam left behind ``path_cm`` of water, so that a prediction from kV images
    is as good as the model of the beam is.

    Parameters
    ----------
    low_hu, high_hu : array
        HU at the low and the high energy, any shape.
    pair : Pair
        Two virtual monoenergetic images or two tube voltages.
    kev : float
        Photon energy to predict, 40 to 200 keV.
    path_cm : float
        Water-equivalent path, for tube voltages.

    Returns
    -------
    array
        HU, float32 or wider.

    Raises
    ------
    InputRefusedError
        If an energy is not tabulated, or the pair is none.
    """
    k = sensitivity(pair, path_cm)
    asked = hydroxyapatite_hu_per_mg(Energy("kev", kev))
    weight = np.float32(
        (asked - k.ha_high) / (k.ha_low - k.ha_high)
    )  # displacement cancels: k and r differ by it alone
    low, high = (np.asarray(hu, np.result_type(np.float32, np.asarray(hu).dtype)) for hu in (low_hu, high_hu))
    return np.asarray(high + weight * (low - high))
