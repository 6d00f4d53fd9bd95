"""Which parts of the hands the scan cuts off: fingers at an end, a hand at a side or at the round field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from calcidect.anatomy._types import CutOff, FieldOfView, Hand
from calcidect.errors import Notice
from calcidect.geometry import FloatArray, Grid, Volume

_LEAST_AREA_MM2 = 20.0  # our rule: half of the section of a fingertip 7 mm wide
_END_ON = 0.7  # cosine of 45 degrees: a face is an end of the hand, or its side
_LONGEST_HAND_MM = 210.0  # fingertip to wrist of a large man; where the wrist's line is not known
_DISC_SLICES, _DISC_FILLED = 24, 0.98  # our rule: air of one value by chance in 2 % of the disc
_PADDING_HU = -1000.0
_DIRECTIONS = (("right", "left"), ("front", "back"), ("feet", "head"))  # along x, y, z of the patient: minus, plus


def find_field_of_view(hands: Sequence[Hand], low: Volume) -> FieldOfView:
    """Return where the scan cuts the hands off.

    A hand is cut off where at least 20 mm2 of its body lie in the outermost voxels of the grid, or of the disc that was
    reconstructed. The forearm, proximal to the radiocarpal line, is always cut somewhere.

    Parameters
    ----------
    hands : sequence of Hand
    low : Volume
        HU of the whole scan.
    """
    disc = find_disc(low)
    cuts = [cut for hand in hands for cut in _cuts(hand, low.grid, disc)]
    return FieldOfView(len(hands), tuple(cuts))


@dataclass(frozen=True)
class Disc:
    """The round field that was reconstructed, around the middle of the slices."""

    radius_mm: float


def find_disc(volume: Volume) -> Disc | None:
    """Return the round field; None where the whole square was reconstructed, or air can't be told from padding.

    Padding is the same in every slice; air has noise. The disc must hold all that is not padding, and nearly nothing
    but that.
    """
    sampled = np.unique(np.linspace(0, len(volume.array) - 1, _DISC_SLICES).astype(int))
    images = volume.array[sampled]
    padding = (images.max(0) == images.min(0)) & (images[0] <= _PADDING_HU)
    if not padding[[0, 0, -1, -1], [0, -1, 0, -1]].all() or padding.all():
        return None
    from_middle = _from_middle_mm(volume.grid)
    radius = float(from_middle[~padding].max())
    inside = from_middle < radius - 2 * max(volume.grid.spacing_mm[:2])
    return Disc(radius) if inside.any() and (~padding)[inside].mean() > _DISC_FILLED else None


def _from_middle_mm(grid: Grid) -> FloatArray:
    """Return the distance of each pixel from the middle of its slice, shape (rows, columns)."""
    x, y = ((np.arange(grid.size[a]) - 0.5 * (grid.size[a] - 1)) * grid.spacing_mm[a] for a in (0, 1))
    return np.asarray(np.hypot(x[None, :], y[:, None]))


def _cuts(hand: Hand, grid: Grid, disc: Disc | None) -> Iterator[CutOff]:
    for axis in range(3):
        for is_last in (False, True):
            outwards = grid.direction[:, axis] * (1 if is_last else -1)
            index, area = _on_face(hand, grid, axis, is_last)
            facing = float(outwards @ hand.distal)
            part: Literal["fingers", "side", "forearm"] = (
                "fingers" if facing > _END_ON else "forearm" if facing < -_END_ON else "side"
            )
            yield from _cut(hand, grid, index, area, part, _name_of(outwards))
    if disc is not None:
        yield from _cut(hand, grid, *_on_disc(hand, grid, disc), "side", "round field")


def _cut(
    hand: Hand, grid: Grid, index: FloatArray, area_mm2: float, part: Literal["fingers", "side", "forearm"], at: str
) -> Iterator[CutOff]:
    """Return the cut through voxels (i, j, k), shape (n, 3), that have an area each, if it is large enough.

    A side that cuts the forearm alone is no cut through the hand.
    """
    if part == "side" and len(index):
        beyond = grid.point_of(index) @ hand.distal > _wrist_mm(hand, grid)
        index, part = (index[beyond], "side") if beyond.sum() * area_mm2 >= _LEAST_AREA_MM2 else (index, "forearm")
    if len(index) * area_mm2 >= _LEAST_AREA_MM2:
        yield CutOff(hand.side, part, at, float(len(index) * area_mm2))


def _wrist_mm(hand: Hand, grid: Grid) -> float:
    """Return where the hand begins, along ``distal``."""
    if hand.radiocarpal_mm is not None:
        return hand.radiocarpal_mm
    corners = np.stack(np.meshgrid(*[(s, s + n - 1) for s, n in zip(hand.start, hand.size, strict=True)]), -1)
    return float((grid.point_of(corners.reshape(-1, 3)) @ hand.distal).max() - _LONGEST_HAND_MM)


def _on_face(hand: Hand, grid: Grid, axis: int, is_last: bool) -> tuple[FloatArray, float]:
    """Return the body's voxels (i, j, k) in the grid's first or last layer along an axis, and the area of each."""
    area_mm2 = grid.voxel_volume_mm3 / grid.spacing_mm[axis]
    end = hand.start[axis] + hand.size[axis]
    if (end < grid.size[axis]) if is_last else (hand.start[axis] > 0):
        return np.zeros((0, 3)), area_mm2
    layer = np.zeros(hand.body.shape, bool)
    place = [slice(None)] * 3
    place[2 - axis] = slice(-1, None) if is_last else slice(0, 1)
    layer[tuple(place)] = hand.body[tuple(place)]
    return np.stack(np.nonzero(layer), -1)[:, ::-1] + np.array(hand.start, float), area_mm2


def _on_disc(hand: Hand, grid: Grid, disc: Disc) -> tuple[FloatArray, float]:
    """Return the body's voxels (i, j, k) in the outermost two pixels of the disc, and the area of each."""
    (i, j, _), (columns, rows, _) = hand.start, hand.size
    two_pixels = 2 * max(grid.spacing_mm[:2])
    rim = _from_middle_mm(grid)[j : j + rows, i : i + columns] > disc.radius_mm - two_pixels
    index = np.stack(np.nonzero(hand.body & rim), -1)[:, ::-1] + np.array(hand.start, float)
    return index, grid.voxel_volume_mm3 / two_pixels


def _name_of(direction: FloatArray) -> str:
    """Return the side of the patient that a direction points to most."""
    axis = int(np.abs(direction).argmax())
    return _DIRECTIONS[axis][int(direction[axis] > 0)]


def field_of_view_notices(field: FieldOfView) -> list[Notice]:
    """Return what cut-off hands do to which number."""
    notices = []
    fingers = [cut for cut in field.cut_at if cut.part == "fingers"]
    sides = [cut for cut in field.cut_at if cut.part == "side"]
    if fingers:
        places = ", ".join(f"{cut.side} hand, {cut.area_mm2:.0f} mm² at the {cut.at} end" for cut in fingers)
        notices.append(Notice("fingers_cut_off", f"The scan ends within the fingers: {places}.", _FINGERS))
    if sides:
        places = ", ".join(f"{cut.side} hand, {cut.area_mm2:.0f} mm² at the {_edge_name(cut.at)}" for cut in sides)
        notices.append(Notice("hand_cut_off", f"A hand lies partly outside the field of view: {places}.", _SIDES))
    return notices


def _edge_name(at: str) -> str:
    return "edge of the round field" if at == "round field" else f"{at} edge"


_FINGERS = (
    "Number, volume and mass of deposits, and the burden of that hand, are too small: fingertips are the commonest "
    "place. Acro-osteolysis can't be assessed there. Scan from 1 cm beyond the longest finger."
)
_SIDES = (
    "Number, volume and mass of deposits, and the burden of that hand, are too small; HU along the cut are wrong. "
    "Reconstruct a larger field of view."
)
