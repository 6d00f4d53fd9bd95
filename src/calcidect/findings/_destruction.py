"""Bone destroyed beside a deposit: where, inside a bone's expected surface, the image is unlike that bone.

Bone and calcinosis are one mineral, and where a deposit fills an erosion no edge parts them. But bone has its layers:
at each depth below its surface a bone shows much the same all around, cortex and then marrow. Where a deposit has
broken in, cortex is missing, and mineral may fill the marrow behind. Where all is brighter than bone is there, cortex
lies deeper than it was expected, since a deposit on bone draws the fitted surface outward: that is no site.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import BoneFrame, Hand, HandAnatomy
from calcidect.findings._expected_surface import LEAST_POINTS, ExpectedSurface
from calcidect.findings._gather import distance_mm
from calcidect.findings._types import BoneDestruction
from calcidect.geometry import FloatArray, Grid, Volume, box_around, neighbouring
from calcidect.settings import FindingsSettings

Mask = NDArray[np.bool_]

_LEAST_FITTED = 0.6
"""Our choice, as for names: below it the place of the bone is not sure, nor its surface."""
_MARGIN_MM = 5.0
_ON_SURFACE_MM = 1.1
"""Voxels that near to the border of a bone's label, on either side, tell where its surface lies on the whole."""
_FAR_MM = (4.0, 2.5)
"""From any deposit: where a bone is as it always is; nearer to them if there is too little of it."""
_LEAST_REFERENCE, _ALIKE = 50, 40
_SAME_DEPTH_MM, _SAME_SHARE = 0.3, 0.15
"""Voxels of like depth and like place along the bone: these differences count as one."""
_UNLIKE_SD, _LEAST_SD_HU = 3.0, 120.0
"""Our choice: noise of a sharp scan and spongy bone's texture; the difference of cortex and marrow is 1,000 HU."""
_BELOW_MM = 0.4
"""What lies shallower is the surface itself, blurred and half a voxel off."""
_LEAST_MISSING_MM3 = 3.0
"""Our choice: of cortex, a disc 2 mm wide and 1 mm thick."""
_DEEPEST_SHARE = 0.98
_TIP_SHARE = 0.6
"""Of what remains of a distal phalanx, where its waist is: what is lost beyond is acro-osteolysis."""
_CONTACT_MM = 1.0
_FACES_TO_AREA = 2 / 3
"""Faces of voxels over the area of a surface, averaged over all directions, are 3/2."""


@dataclass(frozen=True, eq=False)
class _Near:
    """A bone in its box, with a deposit near: its voxels, deposits, and their distance; depth is nan off the bone."""

    name: str
    grid: Grid
    bone: Mask
    deposits: NDArray[np.integer]
    away_mm: NDArray[np.float32]
    depth_mm: FloatArray
    share: FloatArray
    hu: NDArray[np.float32]


def bone_destruction(
    low: Volume, anatomy: HandAnatomy, deposit_labels: NDArray[np.integer], settings: FindingsSettings
) -> tuple[BoneDestruction, ...]:
    """Return the sites where bone is destroyed beside a deposit, one for each bone and deposit.

    Parameters
    ----------
    low : Volume
        HU of the low energy.
    anatomy : HandAnatomy
    deposit_labels : int array, shape (k, j, i)
        Deposits of the scan by number.
    settings : FindingsSettings
        ``destruction_*`` are used.
    """
    deposits = anatomy.bones.like(deposit_labels)
    return tuple(site for hand in anatomy.hands for site in _of_hand(low, anatomy, hand, deposits, settings))


def _of_hand(
    low: Volume, anatomy: HandAnatomy, hand: Hand, deposit_labels: Volume, settings: FindingsSettings
) -> Iterator[BoneDestruction]:
    image, bones, deposits = (v.cropped(hand.start, hand.size) for v in (low, anatomy.bones, deposit_labels))
    own_deposits = deposits.array * hand.body
    labels = {meaning.bone: label for label, meaning in anatomy.bone_labels.items() if meaning.side == hand.side}
    for name, frame in hand.bones.items():
        if name in labels and frame.fitted >= _LEAST_FITTED and len(frame.surface_mm) >= LEAST_POINTS:
            near = _near(image, bones, own_deposits, labels[name], name, frame, settings)
            if near is not None:
                for number, site in _sites(near, settings):
                    yield BoneDestruction(hand.side, name, number, *_measured(near, site, number))


def _near(
    low: Volume, bones: Volume, deposit_labels: NDArray[np.integer], label: int, name: str, frame: BoneFrame,
    settings: FindingsSettings,
) -> _Near | None:  # fmt: skip
    """Return a bone and what is around it; None where no deposit lies near."""
    grid = bones.grid
    box = box_around(bones.array == label, _MARGIN_MM / np.array(grid.spacing_mm[::-1]))
    if box is None or not deposit_labels[box].any():
        return None
    deposits, own = deposit_labels[box], bones.array[box] == label
    away = distance_mm(deposits > 0, grid.spacing_mm)
    if away[own].min() > settings.destruction_beside_mm:
        return None
    part = grid.cropped(tuple(s.start for s in box[::-1]), own.shape[::-1])
    depth, share = _depth_and_share(part, own, own | (bones.array[box] == 0), frame)
    return _Near(name, part, own, deposits, away, depth, share, low.array[box].astype(np.float32))


def _depth_and_share(grid: Grid, own: Mask, asked: Mask, frame: BoneFrame) -> tuple[FloatArray, FloatArray]:
    """Return each voxel's depth below the expected surface, and its place along the bone; nan where not asked."""
    outside, inside = distance_mm(own, grid.spacing_mm), distance_mm(~own, grid.spacing_mm)
    index = np.argwhere(asked & (outside <= _MARGIN_MM))
    at = tuple(index.T)
    points = grid.point_of(index[:, ::-1])
    distance = ExpectedSurface.of(frame).distance_mm(points)
    on_surface = (outside[at] < _ON_SURFACE_MM) & (inside[at] < _ON_SURFACE_MM)
    height = (points - frame.joint_mm) @ frame.along
    first, last = height[own[at]].min(), height[own[at]].max()
    depth, share = np.full(own.shape, np.nan), np.full(own.shape, np.nan)
    depth[at] = np.median(distance[on_surface]) - distance
    share[at] = (height - first) / max(last - first, 1e-6)
    return depth, share


def _sites(near: _Near, settings: FindingsSettings) -> Iterator[tuple[int, Mask]]:
    """Return the sites of a bone, each with its deposit's number."""
    from scipy.ndimage import label

    below = near.depth_mm > _BELOW_MM
    difference = _difference_sd(near)
    missing = below & (difference < -_UNLIKE_SD)
    parts, count = label(missing | (below & (difference > _UNLIKE_SD)))
    voxel_mm3 = near.grid.voxel_volume_mm3
    by_deposit: dict[int, Mask] = {}
    for part in range(1, count + 1):
        site = parts == part
        if (
            site.sum() * voxel_mm3 >= settings.destruction_volume_mm3
            and (site & missing).sum() * voxel_mm3 >= _LEAST_MISSING_MM3
            and _deepest_mm(near, site) >= settings.destruction_depth_mm
            and near.away_mm[site].min() <= settings.destruction_beside_mm
        ):
            number = _nearest_deposit(near, site)
            by_deposit[number] = by_deposit.get(number, np.zeros_like(site)) | site
    yield from sorted(by_deposit.items(), key=lambda item: item[0])


def _difference_sd(near: _Near) -> FloatArray:
    """Return by how many standard deviations voxels near deposits are brighter than bone of like depth and place.

    0 outside of the expected surface, and where too little bone is left to compare with.
    """
    from scipy.spatial import cKDTree

    inside = (near.depth_mm > 0) & (near.share > 0) & (near.share < 1)
    if near.name.startswith("distal_phalanx"):
        inside &= near.share < _TIP_SHARE
    usual = next(
        (u for far in _FAR_MM if (u := inside & near.bone & (near.away_mm > far)).sum() >= _LEAST_REFERENCE), None
    )
    difference = np.zeros(inside.shape)
    if usual is None:
        return difference

    def place(where: Mask) -> FloatArray:
        return np.stack([near.depth_mm[where] / _SAME_DEPTH_MM, near.share[where] / _SAME_SHARE], -1)

    asked = inside & (near.away_mm <= _MARGIN_MM)
    _, alike = cKDTree(place(usual)).query(place(asked), k=_ALIKE)
    there = near.hu[usual][alike]
    middle = np.median(there, 1)
    sd = np.maximum(1.4826 * np.median(np.abs(there - middle[:, None]), 1), _LEAST_SD_HU)
    difference[asked] = (near.hu[asked] - middle) / sd
    return difference


def _deepest_mm(near: _Near, site: Mask) -> float:
    return float(np.quantile(near.depth_mm[site], _DEEPEST_SHARE))


def _nearest_deposit(near: _Near, site: Mask) -> int:
    """Return the number of the deposit that is nearest to most of a site."""
    from scipy.ndimage import distance_transform_edt

    index = distance_transform_edt(
        near.deposits == 0, near.grid.spacing_mm[::-1], return_distances=False, return_indices=True
    )
    return int(np.bincount(near.deposits[tuple(index)][site]).argmax())


def _measured(near: _Near, site: Mask, number: int) -> tuple[float, float, float]:
    """Return a site's volume (mm3), depth (mm), and the contact of its deposit with the bone that remains (mm2)."""
    volume = float(site.sum()) * near.grid.voxel_volume_mm3
    return volume, _deepest_mm(near, site), _contact_mm2(near, near.bone & ~site, near.deposits == number)


def _contact_mm2(near: _Near, bone: Mask, deposit: Mask) -> float:
    """Return the area of bone's surface that lies within a millimetre of a deposit."""
    beside = distance_mm(deposit, near.grid.spacing_mm) <= _CONTACT_MM
    spacing = np.array(near.grid.spacing_mm[::-1])
    area = 0.0
    for axis in range(3):
        ahead, behind = neighbouring(axis)
        faces = bone[ahead] != bone[behind]
        outer = np.where(bone[ahead], beside[behind], beside[ahead])
        area += float((faces & outer).sum() * np.prod(np.delete(spacing, axis)))
    return _FACES_TO_AREA * area
