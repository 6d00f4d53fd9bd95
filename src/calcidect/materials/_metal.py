"""Metal: what is too dense for calcium, such as rings, wires and clips.

Solid apatite holds 3,160 mg of hydroxyapatite in a cm3: no calcification, however dense, can be brighter than that.
At the high energy it has 3,000 HU with tin (Sn150), where the usual range of 3,071 HU ends, and 4,900 HU without (140
kV). Where the range ends before solid apatite does, a very dense stone may be cut off, too: there, metal is told by its
dark streaks, which no calcium of that size makes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import Notice
from calcidect.geometry import FloatArray, Volume, connected_voxels
from calcidect.materials._beams import HA_G_PER_CM3
from calcidect.materials._types import Metal, Sensitivity

_SURE = 1.05  # HU of solid apatite are known to 2.3 % at each energy (docs/method/materials.md): two of these
LEAST_METAL_VOXELS, _LEAST_MM3 = 4, 1.0  # our rule: a clip is 3 mm long, a wire 1 mm wide
_DARKER_THAN_FAT_HU = -250.0  # fat is -112 HU (80 kV); seven standard deviations of noise (20 HU) below
_AIR_HU = -850.0  # a streak through tissue seldom reaches air; half-filled voxels of skin lie beside it
_STREAK_REACH_MM, _FROM_AIR_MM = 12.0, 1.5  # our choice: across a finger; beyond the blur of skin
_STREAK_SHARE, _STREAK_SLICES = 0.02, 8  # our rule: noise puts none there; eight slices tell
_POINTS_MM = 1.0
_THIRDS = ("first", "middle", "last")


def denser_than_apatite_hu(sensitivity: Sensitivity) -> float:
    """Return the HU at the high energy from which on a voxel is surely denser than solid apatite.

    Parameters
    ----------
    sensitivity : Sensitivity
        In water.
    """
    return _SURE * 1000.0 * HA_G_PER_CM3 * sensitivity.ha_high


def metal_bodies(
    low: Volume, high: Volume | None, maximum_hu: tuple[float, ...], sensitivity: Sensitivity
) -> list[NDArray[np.int64]]:  # fmt: skip
    """Return the voxels of each body that is too dense for calcium, flat indices.

    Parameters
    ----------
    low, high : Volume
        HU. With one energy nothing is told: 80 kV images end far below solid apatite.
    maximum_hu : tuple of float
        Where the ranges of low and high end.
    sensitivity : Sensitivity
        In water.
    """
    if high is None:
        return []
    solid_hu = denser_than_apatite_hu(sensitivity)
    limit_hu = min(solid_hu, maximum_hu[1])
    voxels = np.concatenate([np.flatnonzero(image >= limit_hu) + k * image.size for k, image in enumerate(high.array)])
    may_be_stone = limit_hu < solid_hu / _SURE  # the range ends before solid apatite does
    if may_be_stone:  # a stone that is cut off at the high energy is so at the low one, too; noise is not
        voxels = voxels[low.array.reshape(-1)[voxels] >= maximum_hu[0]]
    least = max(LEAST_METAL_VOXELS, _LEAST_MM3 / high.grid.voxel_volume_mm3)
    if len(voxels) < least:
        return []
    labels = connected_voxels(voxels, high.array.shape)
    bodies = [voxels[labels == label] for label in np.flatnonzero(np.bincount(labels) >= least)]
    return [body for body in bodies if not may_be_stone or has_streaks(body, high)]


def has_streaks(voxels: NDArray[np.int64], high: Volume) -> bool:
    """Tell whether tissue around a body is darker than fat can be: in more than 2 % of what lies within 12 mm.

    Looked at are up to eight slices through the body, without air and what is nearer than 1.5 mm to it.
    """
    from scipy.ndimage import distance_transform_edt

    k, j, i = np.unravel_index(voxels, high.array.shape)
    dx, dy, _ = high.grid.spacing_mm
    margin = _STREAK_REACH_MM + 2 * _FROM_AIR_MM
    rows, columns = (
        slice(max(int(at.min() - margin / s), 0), int(at.max() + margin / s) + 2) for at, s in ((j, dy), (i, dx))
    )
    through = np.unique(k)
    dark = tissue = 0
    for number in through[:: max(1, len(through) // _STREAK_SLICES)]:
        image = high.array[number, rows, columns]
        body = np.zeros(image.shape, bool)
        body[j[k == number] - rows.start, i[k == number] - columns.start] = True
        from_air = distance_transform_edt(image > _AIR_HU, sampling=(dy, dx))
        from_body = distance_transform_edt(~body, sampling=(dy, dx))
        around = (from_air > _FROM_AIR_MM) & (from_body < _STREAK_REACH_MM) & ~body
        tissue += int(around.sum())
        dark += int((around & (image < _DARKER_THAN_FAT_HU)).sum())
    return dark > _STREAK_SHARE * max(tissue, 1)


def metal_of(bodies: Sequence[NDArray[np.int64]], high: Volume) -> Metal:
    """Return the volume, number and place of bodies of metal."""
    if not bodies:
        return Metal()
    slices = len(high.array)
    in_slice = np.concatenate(bodies) // high.array[0].size
    thirds = sorted({int(third) for third in in_slice * 3 // slices})
    volume_mm3 = len(in_slice) * high.grid.voxel_volume_mm3
    return Metal(volume_mm3, len(bodies), tuple(_THIRDS[third] for third in thirds))


def metal_points_mm(bodies: Sequence[NDArray[np.int64]], high: Volume) -> FloatArray:
    """Return where bodies of metal are, LPS, shape (n, 3): one point for each cell of 1 mm that holds some."""
    if not bodies:
        return np.zeros((0, 3))
    index = np.stack(np.unravel_index(np.concatenate(bodies), high.array.shape), -1)[:, ::-1]
    cells = np.floor(index * np.array(high.grid.spacing_mm) / _POINTS_MM).astype(int)
    return high.grid.point_of(index[np.unique(cells, axis=0, return_index=True)[1]])


def metal_notices(metal: Metal) -> tuple[Notice, ...]:
    """Return what metal does to which number."""
    if not metal.bodies:
        return ()
    place = " and ".join(metal.thirds)
    pieces = "1 body" if metal.bodies == 1 else f"{metal.bodies} bodies"
    return (
        Notice(
            "metal",
            f"Metal (ring, wire, clip): {pieces}, {metal.volume_mm3:.0f} mm³, in the {place} third of the slices.",
            "Number, volume, mass and material of deposits in those slices: metal itself may count as bone or deposit, "
            "and its streaks hide deposits or look like them. Take rings off; do not use numbers of a wired finger.",
        ),
    )
