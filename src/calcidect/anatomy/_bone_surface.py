"""Where bone ends: at a share of compact bone's mineral, lower where the cortex is thinner than the blur.

A plate of compact bone, as thick as w and blurred by a Gaussian of sigma s, shows at its edge
``0.5 erf(w / (s sqrt 2))`` of its mineral: half of it where it is thick, 0.47 at 0.8 mm and 0.33 at 0.4 mm (s 0.42 mm,
a soft kernel's), while its middle shows ``erf(w / (2 s sqrt 2))``: 1, 0.66 and 0.37. The least of 0.39 of compact bone
and 0.8 of the brightest around follows both to about 0.1 mm; half of the brightest would be too far out on thin cortex
(Treece G, Med Image Anal 2010;14:276: the cortex's density is known, its thickness is not).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._bone_network import ReadBox
from calcidect.anatomy._bones import fill_holes
from calcidect.geometry import FloatArray
from calcidect.study import depth_mm

_DENSE_HU = 650.0
"""Above any blur a voxel away from bone: our choice."""
_COMPACT_MG_PER_CM3 = 1080.0
"""ICRU Report 46, cortical bone."""
_SHARE = 0.39
_SHARE_OF_BRIGHTEST = 0.8
_AROUND_MM = 1.2
_DEEP_MM = 0.8
"""From the outermost voxels' centres. What lies deeper in bone found by the lower threshold is marrow or spongy bone,
and stays."""


def edge_hu(brightest_hu: NDArray[np.floating], ha_hu_per_mg_per_cm3: float) -> FloatArray:
    """Return the HU at bone's edge, given the brightest around it in the smoothed image."""
    edge: FloatArray = np.minimum(
        _SHARE * _COMPACT_MG_PER_CM3 * ha_hu_per_mg_per_cm3, _SHARE_OF_BRIGHTEST * brightest_hu
    )
    return edge


def trimmed(
    bones: NDArray[np.bool_], low_hu: NDArray[np.float32], edge: FloatArray, spacing_mm: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Return filled bones without the blur around them.

    Parameters
    ----------
    bones : bool array, shape (k, j, i)
        Filled, blur included.
    low_hu : float32 array
        As scanned.
    edge : float array
        HU at bone's edge, by ``edge_image``.
    spacing_mm : tuple of float
        Along i, j, k.
    """
    deep = depth_mm(bones, spacing_mm) > _DEEP_MM
    return fill_holes(bones & ((low_hu > edge) | deep))


def edge_image(
    smooth_low_hu: NDArray[np.float32], ha_hu_per_mg_per_cm3: float, spacing_mm: tuple[float, float, float]
) -> FloatArray:
    """Return the HU that bone's edge would have at every voxel, by the brightest within 1.2 mm.

    Parameters
    ----------
    smooth_low_hu : float32 array, shape (k, j, i)
    ha_hu_per_mg_per_cm3 : float
        Sensitivity of the low energy to hydroxyapatite.
    spacing_mm : tuple of float
        Along i, j, k.
    """
    from scipy.ndimage import maximum_filter

    brightest = maximum_filter(smooth_low_hu, [2 * round(_AROUND_MM / s) + 1 for s in spacing_mm[::-1]])
    return edge_hu(brightest, ha_hu_per_mg_per_cm3)


def filled_bones(
    attached: NDArray[np.bool_], apart: NDArray[np.bool_], low_hu: NDArray[np.float32], edge: FloatArray,
    read: ReadBox,
) -> NDArray[np.bool_]:  # fmt: skip
    """Return bones filled, blur included: behind a dense surface, and where the network reads bone.

    The cortex of an osteoporotic hand does not reach the dense threshold, and its shell has gaps; there the reading
    says what lies inside, and beside it a dim edge is an edge.

    Parameters
    ----------
    attached, apart : bool array, shape (k, j, i)
        Mineral connected to bone, and the rest.
    low_hu : float32 array
    edge : float array
        By ``edge_image``.
    read : ReadBox
    """
    from scipy.ndimage import binary_propagation

    surface = attached & ((low_hu > _DENSE_HU) | (read.beside & (low_hu > edge)))
    whole = binary_propagation(surface, mask=surface | (read.inside & ~apart))  # what is read without a surface is none
    return fill_holes(whole) & ~apart
