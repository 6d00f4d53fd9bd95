"""Images predicted from a pair: at any photon energy, and without calcium.

Two basis materials, water and hydroxyapatite, carry all that two energies tell (Alvarez and Macovski, Phys Med Biol
1976;21:733, doi 10.1088/0031-9155/21/5/002).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Volume
from calcidect.materials._sensitivity import hydroxyapatite_hu_per_mg, sensitivity
from calcidect.settings import MaterialsSettings
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
    return _with_sensitivity(low_hu, high_hu, pair, path_cm, hydroxyapatite_hu_per_mg(Energy("kev", kev)))


def virtual_non_calcium(low_hu: Any, high_hu: Any, pair: Pair, path_cm: float = 3.0) -> NDArray[Any]:
    """Return the HU at the high energy with water in place of all hydroxyapatite.

    Every voxel is taken as water and hydroxyapatite, ``c = (HU_low - HU_high) / (k_low - k_high)``, and what c adds is
    taken off: ``HU = HU_high - k_high c``. Exact for their mixtures (0 HU for crystals in water). Any other difference
    between the energies is taken for calcium, too: docs/method/materials.md, section 9, tells what becomes of tissues.

    Parameters
    ----------
    low_hu, high_hu : array
        HU at the low and the high energy, any shape.
    pair : Pair
        Two virtual monoenergetic images or two tube voltages.
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
    return _with_sensitivity(low_hu, high_hu, pair, path_cm, 0.0)


def _with_sensitivity(low_hu: Any, high_hu: Any, pair: Pair, path_cm: float, ha_hu_per_mg: float) -> NDArray[Any]:
    """Return the image in which hydroxyapatite in water has so many HU per mg/cm3, and water 0.

    ``high + (k - k_high) / (k_low - k_high) (low - high)``; displacement cancels: k and r differ by it alone.
    """
    k = sensitivity(pair, path_cm)
    weight = np.float32((ha_hu_per_mg - k.ha_high) / (k.ha_low - k.ha_high))
    low, high = _as_floats(low_hu), _as_floats(high_hu)
    return np.asarray(high + weight * (low - high))


def virtual_images(
    low: Volume, high: Volume, pair: Pair, slice_path_cm: Sequence[float], settings: MaterialsSettings
) -> dict[str, Iterator[NDArray[np.int16]]]:
    """Return the virtual images that the settings ask for: name to slices, made one at a time.

    Parameters
    ----------
    low, high : Volume
        HU.
    pair : Pair
        The energies.
    slice_path_cm : sequence of float
        Water-equivalent path in each slice.
    settings : MaterialsSettings
        Which images.

    Returns
    -------
    dict
        Name, such as ``monoenergetic_70_kev``, to an iterator of slices in whole HU.
    """

    def slices(of: Callable[..., NDArray[Any]], **how: float) -> Iterator[NDArray[np.int16]]:
        for one, other, path_cm in zip(low.array, high.array, slice_path_cm, strict=True):
            yield _whole(of(one, other, pair, path_cm=path_cm, **how))

    images = {
        f"monoenergetic_{kev:g}_kev": slices(virtual_monoenergetic, kev=kev) for kev in settings.monoenergetic_kev
    }
    if settings.virtual_non_calcium:
        images["virtual_non_calcium"] = slices(virtual_non_calcium)
    return images


def _whole(hu: NDArray[Any]) -> NDArray[np.int16]:
    """Return HU rounded, within what 16 bits hold."""
    limits = np.iinfo(np.int16)
    return np.asarray(np.clip(np.rint(hu), limits.min, limits.max), np.int16)


def _as_floats(hu: Any) -> NDArray[Any]:
    return np.asarray(hu, np.result_type(np.float32, np.asarray(hu).dtype))
