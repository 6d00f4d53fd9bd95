"""How well the model's HU per mg/cm3 are known of a pair: tube voltages, or virtual monoenergetic images (VMI).

Two VMI are two mixtures of the same two images, and share what those are off by: the higher the photon energy, the more
of a small difference of large numbers it is, and the less it says of the calcium.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from calcidect.geometry import FloatArray
from calcidect.materials._calibration import COMMON_SD_FRACTION, MODEL, Calibration, Matrix
from calcidect.materials._sensitivity import sensitivity
from calcidect.study import Energy, Pair

VIRTUAL_SD_FRACTION = 0.011
"""Of each of the two images that VMI are made of. Hydroxyapatite of 50 to 200 mg/cm3 told from the VMI of a dual-layer
scanner is off by 4.0 %, root mean square of -3.6 +- 3.2 and -0.8 +- 2.8 % (van Hamersvelt et al., Eur Radiol
2017;27:4351, doi 10.1007/s00330-017-4801-4). An amount told from 80/140 is off by 3.7 times what each image is."""

_MADE_OF = Pair(Energy("kv", 80.0), Energy("kv", 140.0))
"""Of rapid switching of the voltage, whose VMI are all that is kept; the two layers of a detector lie as near to each
other."""
_FINGER_CM = 3.0


def model_of(pair: Pair) -> Calibration:
    """Return the model with the errors that it has for a pair.

    VMI are linear in the two images, ``VMI(E) = H + w(E) (L - H)``, ``w = (k(E) - k_H) / (k_L - k_H)`` with k of
    hydroxyapatite (`virtual_monoenergetic`). Relative errors e of L and H move a crystal's VMI, relative to itself, by
    ``w k_L / k(E) e_L + (1 - w) k_H / k(E) e_H``, k of that crystal. The mass of least variance then is that of the
    two images themselves, whichever VMI stand for them.

    Parameters
    ----------
    pair : Pair
        Tube voltages have the model's own errors.
    """
    if pair.low.kind == "kv":
        return MODEL
    images, virtual = sensitivity(_MADE_OF, _FINGER_CM), sensitivity(pair, _FINGER_CM)
    share = (np.array([virtual.ha_low, virtual.ha_high]) - images.ha_high) / (images.ha_low - images.ha_high)
    mixture = np.stack([share, 1 - share], axis=-1)
    return replace(
        MODEL,
        ha_covariance_fraction2=_shared(mixture, (images.ha_low, images.ha_high), (virtual.ha_low, virtual.ha_high)),
        msu_covariance_fraction2=_shared(
            mixture, (images.msu_low, images.msu_high), (virtual.msu_low, virtual.msu_high)
        ),
    )


def _shared(mixture: FloatArray, of_images: tuple[float, float], of_virtual: tuple[float, float]) -> Matrix:
    """Return the covariance of two VMI's relative errors from those of the images, and what both share."""
    moved = mixture * np.array(of_images) / np.array(of_virtual)[:, None]
    covariance = VIRTUAL_SD_FRACTION**2 * moved @ moved.T + COMMON_SD_FRACTION**2
    return cast(Matrix, tuple(map(tuple, covariance.tolist())))
