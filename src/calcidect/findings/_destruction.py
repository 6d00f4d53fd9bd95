"""Bone destroyed beside a deposit: where, inside of the surface that a bone would have without loss, there is none.

That surface is the fitted hand's, moved to the edges that the scan shows with what lies out of line as outliers
(``anatomy``), so that a deposit on bone hardly draws it outward, nor an erosion inward. What is not labelled bone below
it, mineral of the deposit or soft tissue, is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import BoneFrame, Hand, HandAnatomy
from calcidect.findings._gather import distance_mm
from calcidect.findings._types import BoneDestruction
from calcidect.geometry import FloatArray, Grid, Volume, box_around, neighbouring
from calcidect.settings import FindingsSettings

Mask = NDArray[np.bool_]

_LEAST_FITTED = 0.6
"""Our choice, as for names: below it the place of the bone is not sure, nor its surface."""
_SHORT = 0.77
"""Inside of a bone the stored distance is short, by as much in every bone: it was made of voxels of 0.5 mm. 0.36, 0.75,
1.16 and 1.56 of 0.5, 1, 1.5 and 2 mm along the normal of metacarpal 3."""
_BELOW_MM = 0.5
"""What lies shallower is the surface itself, half a voxel and what it is wrong by."""
_LEAST_FILLED = 0.25
"""Our choice: of a site, that deposits fill; where only the fit is off, near a joint, they fill none."""
_DEEPEST_SHARE = 0.98
"""Our choice: of a site, so that no single voxel makes its depth."""
_TIP_SHARE = 0.6
"""Of what remains of a distal phalanx, where its waist is: what is lost beyond is acro-osteolysis."""
_CONTACT_MM = 1.0
"""Our choice: two voxels; blur parts a deposit from the bone that it touches."""
_FACES_TO_AREA = 2 / 3
"""Faces of voxels over the area of a surface, averaged over all directions, are 3/2."""


@dataclass(frozen=True, eq=False)
class _Near:
    """A bone in its box, with a deposit near: its voxels, deposits, their distance, and depth where bone is lost."""

    grid: Grid
    bone: Mask
    deposits: NDArray[np.integer]
    away_mm: NDArray[np.float32]
    lost_mm: FloatArray


def bone_destruction(
    anatomy: HandAnatomy, deposit_labels: NDArray[np.integer], settings: FindingsSettings
) -> tuple[BoneDestruction, ...]:
    """Return the sites where bone is destroyed beside a deposit, one for each bone and deposit.

    Parameters
    ----------
    anatomy : HandAnatomy
    deposit_labels : int array, shape (k, j, i)
        Deposits of the scan by number.
    settings : FindingsSettings
        ``destruction_*`` are used.
    """
    deposits = anatomy.bones.like(deposit_labels)
    return tuple(site for hand in anatomy.hands for site in _of_hand(anatomy, hand, deposits, settings))


def _of_hand(
    anatomy: HandAnatomy, hand: Hand, deposit_labels: Volume, settings: FindingsSettings
) -> Iterator[BoneDestruction]:
    bones, deposits = (v.cropped(hand.start, hand.size) for v in (anatomy.bones, deposit_labels))
    own_deposits = deposits.array * hand.body
    labels = {meaning.bone: label for label, meaning in anatomy.bone_labels.items() if meaning.side == hand.side}
    for name, frame in hand.bones.items():
        if name in labels and frame.fitted >= _LEAST_FITTED:
            near = _near(bones, own_deposits, labels[name], name, frame, settings)
            if near is not None:
                for number, site in _sites(near, settings):
                    yield BoneDestruction(hand.side, name, number, *_measured(near, site, number))


def _near(
    bones: Volume, deposit_labels: NDArray[np.integer], label: int, name: str, frame: BoneFrame,
    settings: FindingsSettings,
) -> _Near | None:  # fmt: skip
    """Return a bone and what is around it; None where no deposit lies near."""
    grid = bones.grid
    box = _box(bones, label, frame, settings.destruction_beside_mm)
    if box is None or not deposit_labels[box].any():
        return None
    deposits, own = deposit_labels[box], bones.array[box] == label
    away = distance_mm(deposits > 0, grid.spacing_mm)
    if away[own].min() > settings.destruction_beside_mm:
        return None
    part = grid.cropped(tuple(s.start for s in box[::-1]), own.shape[::-1])
    no_bone = (bones.array[box] == 0) & (away <= settings.destruction_beside_mm)
    return _Near(part, own, deposits, away, _lost_mm(part, own, no_bone, name, frame))


def _box(bones: Volume, label: int, frame: BoneFrame, margin_mm: float) -> tuple[slice, slice, slice] | None:
    """Return the part that holds what remains of a bone, what it would be, and a margin; None if nothing remains."""
    remains = box_around(bones.array == label, (0, 0, 0))
    if remains is None:
        return None
    surface = bones.grid.index_of(frame.surface_mm)[:, ::-1]
    margin = 1 + margin_mm / np.array(bones.grid.spacing_mm[::-1])
    first = np.minimum(surface.min(0), [part.start for part in remains]) - margin
    last = np.maximum(surface.max(0), [part.stop for part in remains]) + margin
    k, j, i = (slice(max(int(a), 0), int(np.ceil(b))) for a, b in zip(first, last, strict=True))
    return k, j, i


def _lost_mm(grid: Grid, own: Mask, no_bone: Mask, name: str, frame: BoneFrame) -> FloatArray:
    """Return the depth of voxels below the surface that a bone would have, 0 but where bone is lost."""
    index = np.argwhere(no_bone)
    points = grid.point_of(index[:, ::-1])
    depth = -frame.expected.distance_mm(points).astype(float) / _SHORT
    lost = depth > _BELOW_MM
    if name.startswith("distal_phalanx"):
        remains = grid.point_of(np.argwhere(own)[:, ::-1]) @ frame.along
        lost &= points @ frame.along < remains.min() + _TIP_SHARE * np.ptp(remains)
    lost_mm = np.zeros(own.shape)
    lost_mm[tuple(index[lost].T)] = depth[lost]
    return lost_mm


def _sites(near: _Near, settings: FindingsSettings) -> Iterator[tuple[int, Mask]]:
    """Return the sites of a bone, each with its deposit's number."""
    from scipy.ndimage import label

    parts, count = label(near.lost_mm > 0)
    by_deposit: dict[int, Mask] = {}
    for part in range(1, count + 1):
        site = parts == part
        if (
            site.sum() * near.grid.voxel_volume_mm3 >= settings.destruction_volume_mm3
            and _deepest_mm(near, site) >= settings.destruction_depth_mm
            and (near.deposits[site] > 0).mean() >= _LEAST_FILLED
        ):
            number = _nearest_deposit(near, site)
            by_deposit[number] = by_deposit.get(number, np.zeros_like(site)) | site
    yield from sorted(by_deposit.items(), key=lambda item: item[0])


def _deepest_mm(near: _Near, site: Mask) -> float:
    return float(np.quantile(near.lost_mm[site], _DEEPEST_SHARE))


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
    return volume, _deepest_mm(near, site), _contact_mm2(near, near.deposits == number)


def _contact_mm2(near: _Near, deposit: Mask) -> float:
    """Return the area of bone's surface that lies within a millimetre of a deposit."""
    beside = distance_mm(deposit, near.grid.spacing_mm) <= _CONTACT_MM
    spacing = np.array(near.grid.spacing_mm[::-1])
    area = 0.0
    for axis in range(3):
        ahead, behind = neighbouring(axis)
        faces = near.bone[ahead] != near.bone[behind]
        outer = np.where(near.bone[ahead], beside[behind], beside[ahead])
        area += float((faces & outer).sum() * np.prod(np.delete(spacing, axis)))
    return _FACES_TO_AREA * area
