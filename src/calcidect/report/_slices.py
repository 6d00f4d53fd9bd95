"""Slices through a deposit: three planes in a row for the largest, four small pictures for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from calcidect.findings import Deposit
from calcidect.geometry import Volume
from calcidect.report._axes import voxels
from calcidect.report._colours import NO_LABEL
from calcidect.report._panel import AXIAL, CORONAL, SAGITTAL, finish, side_by_side
from calcidect.report._plane import BONE_WINDOW_HU, draw_plane
from calcidect.report._scene import Scene, scene_of
from calcidect.report._wording import Wording
from calcidect.result import Result

if TYPE_CHECKING:
    from PIL import Image

Orientation = Literal["axial", "coronal", "sagittal"]

THUMBNAIL_PX = 120
THUMBNAIL_MM = 36.0  # two fingers
_CLOSE_UP_MM = 50.0
_CLOSE_UP_PX = 320
_LARGEST_FIELD_MM = 110.0
_FIELD_PER_DIAMETER = 1.4  # room on both sides of a deposit
_AIR_HU = -1000
_ORIENTATIONS: tuple[Orientation, ...] = ("axial", "coronal", "sagittal")  # across the axes of an array [k, j, i]
_DIRECTIONS = {"axial": AXIAL, "coronal": CORONAL, "sagittal": SAGITTAL}
_POSITIVE_NEGATIVE = {"axial": ("H", "F"), "coronal": ("P", "A"), "sagittal": ("L", "R")}


@dataclass(frozen=True, eq=False)
class Plane:
    """A cut through a scene: HU, codes (0 nothing, 1 bone, deposit_id + 1) and spacing between rows and columns."""

    hu: NDArray[Any]
    codes: NDArray[np.int32]
    spacing_mm: tuple[float, float]


def draw_thumbnail(
    result: Result,
    study_low: Volume,
    deposit_id: int,
    orientation: Orientation = "axial",
    *,
    overlay: bool = True,
    pixels: int = THUMBNAIL_PX,
) -> Image.Image:
    """Draw a small square slice through a deposit, as beside its row in the report.

    Parameters
    ----------
    result : Result
        What was found.
    study_low : Volume
        Hounsfield units of the low energy, on the result's grid.
    deposit_id : int
        Which deposit.
    orientation : {"axial", "coronal", "sagittal"}
        Of the slice.
    overlay : bool
        Whether deposits are coloured and bones outlined.
    pixels : int
        Edge of the picture.

    Raises
    ------
    KeyError
        If there is no such deposit.
    ValueError
        If ``study_low`` does not lie on the result's grid.
    """
    deposit = {d.deposit_id: d for d in result.findings.deposits}[deposit_id]
    scene = scene_of(result, study_low)
    centre = _middle_of(scene, deposit)
    return draw_slice(scene, centre, deposit.max_diameter_mm, orientation, overlay=overlay, pixels=pixels)


def thumbnails_picture(scene: Scene, deposit: Deposit) -> Image.Image:
    """Return four small pictures in a row: axial without and with overlay, coronal without and with it."""
    centre = _middle_of(scene, deposit)
    return side_by_side(
        [
            draw_slice(scene, centre, deposit.max_diameter_mm, orientation, overlay=overlay)
            for orientation in _ORIENTATIONS[:2]
            for overlay in (False, True)
        ]
    )


def deposit_picture(scene: Scene, deposit: Deposit, say: Wording) -> Image.Image:
    """Return axial, coronal and sagittal slices through a deposit."""
    field_mm = field_of(deposit.max_diameter_mm, _CLOSE_UP_MM)
    pixel_mm = field_mm / _CLOSE_UP_PX
    centre = _middle_of(scene, deposit)
    panels = []
    for orientation, at_mm in zip(_ORIENTATIONS, scene.low.grid.point_of(centre)[::-1], strict=True):
        plane = plane_through(scene, centre, field_mm, orientation)
        rgb = draw_plane(plane.hu, plane.codes, scene.colours, plane.spacing_mm, pixel_mm)
        positive, negative = _POSITIVE_NEGATIVE[orientation]
        place = say("pictures.at", letter=positive if at_mm >= 0 else negative, distance=say.number(abs(at_mm)))
        title = say(f"pictures.{orientation}", at=place)
        panels.append(finish(_trimmed(rgb, _CLOSE_UP_PX), pixel_mm, _DIRECTIONS[orientation], title, say))
    return side_by_side(panels)


def field_of(diameter_mm: float, least_mm: float = THUMBNAIL_MM) -> float:
    """Return how wide a square must be, in mm, to show a deposit and what is around it."""
    return float(np.clip(_FIELD_PER_DIAMETER * diameter_mm, least_mm, _LARGEST_FIELD_MM))


def draw_slice(
    scene: Scene, centre: tuple[int, int, int], diameter_mm: float, orientation: Orientation, *,
    overlay: bool, pixels: int = THUMBNAIL_PX, window: tuple[float, float] = BONE_WINDOW_HU,
) -> Image.Image:  # fmt: skip
    """Draw a square slice of a scene.

    Parameters
    ----------
    scene : Scene
        What is drawn.
    centre : tuple of int
        Voxel (i, j, k) of the scene in the middle of the picture.
    diameter_mm : float
        Of the deposit that is to be seen whole.
    orientation : {"axial", "coronal", "sagittal"}
        Of the slice.
    overlay : bool
        Whether deposits are coloured and bones outlined.
    pixels : int
        Edge of the picture.
    window : tuple of float
        Values shown black, and white: HU, or in the unit of what the scene shows in grey.
    """
    from PIL import Image

    field_mm = field_of(diameter_mm)
    plane = plane_through(scene, centre, field_mm, orientation)
    codes = plane.codes if overlay else np.full_like(plane.codes, NO_LABEL)
    rgb = draw_plane(plane.hu, codes, scene.colours, plane.spacing_mm, field_mm / pixels, window)
    return Image.fromarray(np.ascontiguousarray(_trimmed(rgb, pixels)))


def _trimmed(rgb: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """Return the middle square of a picture: whole voxels round it up to a little more than was asked for."""
    rows, columns = ((n - pixels) // 2 for n in rgb.shape[:2])
    return rgb[rows : rows + pixels, columns : columns + pixels]


def plane_through(scene: Scene, centre: tuple[int, int, int], field_mm: float, orientation: Orientation) -> Plane:
    """Return a plane through a voxel (i, j, k), at least ``field_mm`` wide and high, with head or anterior on top."""
    axis = _ORIENTATIONS.index(orientation)
    at, half = centre[2 - axis], voxels(scene.low.grid, field_mm / 2)
    others = [a for a in range(3) if a != axis]
    middle, reach = [centre[2 - a] for a in others], [half[2 - a] for a in others]
    hu, bones, ids = (
        _window(volume.array[(slice(None),) * axis + (at,)], middle, reach, outside)
        for volume, outside in ((scene.low, _AIR_HU), (scene.bones, 0), (scene.deposits, 0))
    )
    deposits = ids.astype(np.int32)
    codes = np.where(deposits > 0, deposits + 1, (bones > 0).astype(np.int32))
    if orientation != "axial":  # rows run to the head
        hu, codes = hu[::-1], codes[::-1]
    rows, columns = (scene.low.grid.spacing_mm[2 - a] for a in others)
    return Plane(hu, codes, (rows, columns))


def _window(array: NDArray[Any], middle: list[int], reach: list[int], outside: int) -> NDArray[Any]:
    """Return ``2 reach + 1`` rows and columns around a middle, filled where they leave the array."""
    parts, pads = [], []
    for c, h, n in zip(middle, reach, array.shape, strict=True):
        first, last = max(c - h, 0), min(c + h + 1, n)
        parts.append(slice(first, last))
        pads.append((first - (c - h), c + h + 1 - last))
    return np.pad(array[tuple(parts)], pads, constant_values=outside)


def _middle_of(scene: Scene, deposit: Deposit) -> tuple[int, int, int]:
    centroid_mm = (deposit.centroid_x_mm, deposit.centroid_y_mm, deposit.centroid_z_mm)
    return voxel_inside(scene.deposits, deposit.deposit_id, centroid_mm, deposit.max_diameter_mm)


def voxel_inside(
    deposits: Volume, deposit_id: int, centroid_mm: tuple[float, float, float], diameter_mm: float
) -> tuple[int, int, int]:
    """Return a deposit's voxel (i, j, k) nearest its centroid, which itself may lie outside a bent sheet."""
    centroid = deposits.grid.index_of(centroid_mm)
    reach = np.array(voxels(deposits.grid, diameter_mm + 2))
    first = np.clip(np.floor(centroid - reach), 0, np.array(deposits.grid.size) - 1).astype(int)
    last = np.clip(np.ceil(centroid + reach) + 1, first + 1, deposits.grid.size).astype(int)
    near = deposits.array[first[2] : last[2], first[1] : last[1], first[0] : last[0]] == deposit_id
    inside = np.argwhere(near)[:, ::-1] + first
    if not inside.size:  # a centroid far from its label: look everywhere
        inside = np.argwhere(deposits.array == deposit_id)[:, ::-1]
    away_mm = (inside - centroid) * np.array(deposits.grid.spacing_mm)
    i, j, k = (int(n) for n in inside[np.argmin((away_mm**2).sum(axis=1))])
    return i, j, k
