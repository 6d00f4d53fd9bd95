"""What remains of a distal phalanx: its voxels, sections along its axis, and the lengths that readers take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import BoneFrame, Hand, HandAnatomy
from calcidect.findings._gather import distance_mm
from calcidect.findings._tip_loss import STEP_MM
from calcidect.geometry import FloatArray, Grid, Volume, box_around

Mask = NDArray[np.bool_]

_HEIGHTS_MM = np.arange(-10.0, 40.0, STEP_MM)
"""From the joint, where sections are taken: a distal phalanx ends within 30 mm of it."""
_LEAST_MM3 = 8.0
"""A ball of 2.5 mm: less is a speck."""
_UNNAMED_WITHIN_MM = 2.0
"""Our choice: so near to a fitted phalanx, and to no other bone, is half of what remains of one."""
_SCALLOP_MM, _BESIDE_MM = 4.0, 2.0
"""A ball of that radius does not enter a scallop that a deposit within 2 mm has made, and rolls through a waist."""
_THIN = 0.12
"""Of the thickest section: a third of what a tuft has. Up to the end, what is thinner is crumbs, and is not filled."""
_NECK = 0.08
"""Of the thickest section, where a deposit hangs on; waists have 0.11 and more (simulated hands). The label of porous
bone can have gaps, so that necks count only where the scan shows deposits."""
_SOLID, _THICK_MM, _CAP_MM, _LEAST_RUN_MM, _OUTER_SHARE = 0.75, 3.2, 1.5, 2.0, 0.4
"""Of a section thicker than 3.2 mm the darkest tenth is marrow: up to 0.73 of the mean, and 0.7 to 0.9 where a deposit
has taken the tuft's place (simulated hands). Sections of a millimetre; the last 1.5 mm are all cortex."""
_TUFT_WITHIN_MM, _FARTHEST_SKIN_MM = 4.0, 30.0
_PARTS = np.stack(np.meshgrid(*[(-1 / 3, 0.0, 1 / 3)] * 3, indexing="ij"), -1).reshape(-1, 3)
"""Middles of the 27 parts of a voxel, so that sections do not show its steps."""


@dataclass(frozen=True, eq=False)
class DistalPhalanx:
    """What remains of one.

    Parameters
    ----------
    heights_mm, areas_mm2 : array, shape (n,)
        Sections along the axis; erosions beside deposits are filled, mineral in a lost tuft's place is left out.
    length_mm, tuft_width_mm, soft_tissue_cap_mm : float, the last None where the hand goes on beyond the tip
        From end to end; the widest section, from side to side, within 4 mm of the tip; from the tip on to the skin.
    """

    heights_mm: FloatArray
    areas_mm2: FloatArray
    length_mm: float
    tuft_width_mm: float
    soft_tissue_cap_mm: float | None


def distal_phalanx(
    low: Volume, anatomy: HandAnatomy, hand: Hand, digit: int, deposit_labels: NDArray[np.integer], has_deposits: bool
) -> DistalPhalanx | None:
    """Return what remains of a digit's distal phalanx; None where no bone was found in its place.

    ``has_deposits``: the scan shows any, in whichever hand.
    """
    name = f"distal_phalanx_{digit}"
    bones = anatomy.bones.cropped(hand.start, hand.size)
    bone = _bone(anatomy, bones, hand, name)
    box = box_around(bone, _SCALLOP_MM / np.array(bones.grid.spacing_mm[::-1]) + 2)
    if box is None or bone.sum() * bones.grid.voxel_volume_mm3 < _LEAST_MM3:
        return None
    own = bone[box].copy()
    place = _Place.of(bones.grid.cropped(tuple(s.start for s in box[::-1]), own.shape[::-1]), hand.bones[name])
    own[own] = _is_bone(place.local(own), low.cropped(hand.start, hand.size).array[box][own])
    deposits = anatomy.bones.like(deposit_labels).cropped(hand.start, hand.size).array[box] > 0
    deposits &= hand.body[box]
    scallops = _scallops(own, bones.array[box] > 0, deposits, place.grid)
    sections = _repaired(place.sections(own), place.sections(scallops), has_deposits=has_deposits)
    return _measured(sections, place, own, hand, bones) if sections.any() else None


def _repaired(own_mm2: FloatArray, scallops_mm2: FloatArray, *, has_deposits: bool) -> FloatArray:
    """Return a bone's sections, filled up where deposits have taken of it, without what hangs on beyond a neck."""
    if not own_mm2.any():  # the fitted joint is elsewhere
        return own_mm2
    place = np.arange(len(own_mm2))
    last = place[own_mm2 > _THIN * own_mm2.max()][-1]
    sections = own_mm2 + np.where(place <= last, scallops_mm2, 0.0)
    is_neck = (place > int(sections.argmax())) & (sections < _NECK * sections.max())
    return np.where(place < place[is_neck][0], sections, 0.0) if has_deposits and is_neck.any() else sections


def _measured(sections_mm2: FloatArray, place: _Place, own: Mask, hand: Hand, bones: Volume) -> DistalPhalanx:
    first, last = _HEIGHTS_MM[sections_mm2 > _THIN * sections_mm2.max()][[0, -1]]
    points = place.local(own)
    near_tip = (points[:, 1] > last - _TUFT_WITHIN_MM) & (points[:, 1] <= last)
    tuft = points[near_tip] if near_tip.any() else points
    tip = place.lps(np.array([tuft[:, 0].mean(), last, tuft[:, 2].mean()]))
    return DistalPhalanx(
        _HEIGHTS_MM, sections_mm2, float(last - first) + STEP_MM,
        _widest(tuft) + float(np.mean(bones.grid.spacing_mm)), _to_skin(hand, bones, tip, place.axes[1]),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Place:
    """Voxels of a box along a bone's axes (rows: radial or ulnar, distal, palmar), from its joint."""

    grid: Grid
    joint_mm: FloatArray
    axes: FloatArray

    @classmethod
    def of(cls, grid: Grid, bone: BoneFrame) -> _Place:
        return cls(grid, bone.joint_mm, np.stack([np.cross(bone.along, bone.palmar), bone.along, bone.palmar]))

    def local(self, mask: Mask) -> FloatArray:
        """Return the middles of voxels, shape (n, 3)."""
        return np.asarray((self.grid.point_of(np.argwhere(mask)[:, ::-1]) - self.joint_mm) @ self.axes.T)

    def lps(self, local_mm: FloatArray) -> FloatArray:
        return np.asarray(local_mm @ self.axes + self.joint_mm)

    def sections(self, mask: Mask) -> FloatArray:
        """Return the area of each section, mm2."""
        parts = (_PARTS * self.grid.spacing_mm) @ self.grid.direction.T @ self.axes[1]
        height = (self.local(mask)[:, 1][:, None] + parts).ravel()
        edges = np.append(_HEIGHTS_MM - STEP_MM / 2, _HEIGHTS_MM[-1] + STEP_MM / 2)
        return np.asarray(np.histogram(height, edges)[0] * self.grid.voxel_volume_mm3 / len(_PARTS) / STEP_MM)


def _bone(anatomy: HandAnatomy, bones: Volume, hand: Hand, name: str) -> Mask:
    """Return the voxels of a bone by its name, or else the nameless bone that lies in its fitted place.

    A fitted phalanx slides on a stump, so that the stump is too unsure of its name to bear it.
    """
    from scipy.ndimage import label
    from scipy.spatial import cKDTree

    labels = {meaning.bone: n for n, meaning in anatomy.bone_labels.items() if meaning.side == hand.side}
    grid, voxel_mm3 = bones.grid, bones.grid.voxel_volume_mm3
    named = np.asarray(bones.array == labels.get(name, -1))
    if named.sum() * voxel_mm3 >= _LEAST_MM3 or "unnamed" not in labels:
        return named
    trees = {other: cKDTree(bone.surface_mm) for other, bone in hand.bones.items()}
    parts, count = label(bones.array == labels["unnamed"])
    for part in range(1, count + 1):
        voxels = np.argwhere(parts == part)
        if len(voxels) * voxel_mm3 >= _LEAST_MM3:
            points = grid.point_of(voxels[:, ::-1])
            away = {other: float(np.median(tree.query(points)[0])) for other, tree in trees.items()}
            if away[name] == min(away.values()) and away[name] <= _UNNAMED_WITHIN_MM:
                named |= parts == part
    return named


def _is_bone(local_mm: FloatArray, hu: NDArray[np.number]) -> Mask:
    """Tell which voxels, along radial, distal and palmar, are not part of a solid body in the tuft's place.

    Bone has marrow inside, calcinosis has not.
    """
    height = local_mm[:, 1]
    section = np.floor(height).astype(int)
    first, last = height.min(), height.max()
    cut = np.inf
    for n in range(int(np.floor(last - _CAP_MM)) - 1, int(first + _OUTER_SHARE * (last - first)), -1):
        at = section == n
        if at.sum() < 4 or _widths(local_mm[at]).min() < _THICK_MM:
            break
        if np.quantile(hu[at], 0.1) < _SOLID * hu[at].mean():
            break
        cut = float(n)
    return height < cut if last - _CAP_MM - cut >= _LEAST_RUN_MM else np.ones(len(height), bool)


def _widths(local_mm: FloatArray) -> FloatArray:
    return np.asarray(np.ptp(local_mm[:, [0, 2]], axis=0))


def _scallops(bone: Mask, bones: Mask, deposits: Mask, grid: Grid) -> Mask:
    """Return what a deposit has taken out of a bone's side: destruction is no loss from the tip."""
    if not deposits.any():
        return np.zeros_like(bone)
    grown = distance_mm(bone, grid.spacing_mm) <= _SCALLOP_MM
    closed = distance_mm(~grown, grid.spacing_mm) > _SCALLOP_MM
    return np.asarray(closed & ~bones & (distance_mm(deposits, grid.spacing_mm) <= _BESIDE_MM))


def _widest(tuft_mm: FloatArray) -> float:
    """Return the largest width from side to side among sections of a millimetre."""
    section = np.floor(tuft_mm[:, 1]).astype(int)
    return max(float(np.ptp(tuft_mm[section == n, 0])) for n in np.unique(section))


def _to_skin(hand: Hand, bones: Volume, tip_mm: FloatArray, along: FloatArray) -> float | None:
    """Return how far the hand goes on from a point along an axis, mm.

    None where it goes on, as in a fist, or where the scan ends before the hand does.
    """
    steps = np.arange(0.0, _FARTHEST_SKIN_MM, 0.1)
    index = np.rint(bones.grid.index_of(tip_mm + steps[:, None] * along)).astype(int)
    within = ((index >= 0) & (index < hand.size)).all(1)
    in_scan = steps[: int(np.argmin(within)) if not within.all() else None]
    inside = hand.body[tuple(index[: len(in_scan), ::-1].T)]
    return None if inside.all() else float(steps[int(np.argmin(inside))])
