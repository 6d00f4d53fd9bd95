"""Which pictures a report holds, and what each shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import Side
from calcidect.findings import Deposit
from calcidect.geometry import Volume
from calcidect.report._axes import Box, box_of, in_patient_axes, voxels
from calcidect.report._colours import BONE_LABEL, colour_table
from calcidect.report._panel import AXIAL, CORONAL, SAGITTAL, Directions, Mark, finish, side_by_side
from calcidect.report._plane import draw_plane
from calcidect.report._surface import PIXEL_MM, View, first_surface, from_behind, sample, shade, smooth_solid
from calcidect.report._words import deposit_site
from calcidect.result import HandFacts, Result

if TYPE_CHECKING:
    from PIL import Image

PICTURED_DEPOSITS = 6  # the largest: a page of pictures
NUMBERED_DEPOSITS = 12  # the largest: more numbers on one hand could not be read
PROJECTION_PIXEL_MM = 0.25
OBLIQUE_DEGREES = 30.0
_SKIN_MARGIN_MM = 10.0  # the pulp of a finger is about this thick
_CLOSE_UP_MM = 50.0
_LARGEST_CLOSE_UP_MM = 110.0
_CLOSE_UP_PX = 320
_AIR_HU = -1000
_LEAST_MARKED_PIXELS = 6  # fewer can't be told from an edge of bone


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of the report; ``name`` is its file's name without the ending."""

    name: str
    kind: Literal["surface", "projection", "deposit"]
    caption: str
    image: Image.Image


@dataclass(frozen=True, eq=False)
class Scene:
    """What pictures are drawn from: three volumes in the patient's axes, and the colour of every code."""

    low: Volume
    bones: Volume
    deposits: Volume
    colours: NDArray[np.float32]

    @cached_property
    def everything(self) -> Box | None:
        """The box of all bones and deposits."""
        return box_of((self.bones.array > 0) | (self.deposits.array > 0))


def draw_pictures(result: Result, study_low: Volume) -> Iterator[Picture]:
    """Draw every picture of a report, one at a time.

    Parameters
    ----------
    result : Result
        What was found.
    study_low : Volume
        Hounsfield units of the low energy, on the result's grid.

    Raises
    ------
    ValueError
        If ``study_low`` does not lie on the result's grid.
    """
    if not study_low.grid.is_same_as(result.bone_map.grid):
        raise ValueError("The scan must lie on the grid of the result.")
    materials = {d.deposit_id: str(d.material) for d in result.findings.deposits}
    scene = Scene(
        low=in_patient_axes(study_low),
        bones=in_patient_axes(result.bone_map),
        deposits=in_patient_axes(result.deposit_map),
        colours=colour_table(materials),
    )
    for hand in result.hands:
        part = _hand_part(scene, result, hand.side)
        if part is not None:
            yield Picture(f"surface_{hand.side}", "surface", _surface_caption(hand), surface_picture(part, hand))
            caption = f"{hand.side.capitalize()} hand, coronal maximum intensity projection."
            yield Picture(f"coronal_{hand.side}", "projection", caption, projection_picture(part))
    for deposit in by_volume(result.findings.deposits)[:PICTURED_DEPOSITS]:
        caption = f"Deposit {deposit.deposit_id}: {deposit_site(deposit)}."
        yield Picture(f"deposit_{deposit.deposit_id}", "deposit", caption, deposit_picture(scene, deposit))


def by_volume(deposits: tuple[Deposit, ...]) -> list[Deposit]:
    """Return deposits, the largest first; equal ones by number."""
    return sorted(deposits, key=lambda d: (-d.volume_mm3, d.deposit_id))


@dataclass(frozen=True, eq=False)
class HandPart:
    """The part of a scene around one hand.

    ``codes`` is 0 nothing, 1 bone of this hand, deposit_id + 1; ``numbered`` are the ids to write.
    """

    low: Volume
    codes: Volume
    colours: NDArray[np.float32]
    numbered: tuple[int, ...]


def _hand_part(scene: Scene, result: Result, side: Side) -> HandPart | None:
    """Cut one hand out of a scene, with room for its skin."""
    bones = np.zeros(256, bool)
    bones[[label for label, meaning in result.bone_labels.items() if meaning.side == side]] = True
    own = [d for d in result.findings.deposits if d.side == side]
    deposit_codes = np.zeros(np.iinfo(np.uint16).max + 1, np.int32)
    for deposit in own:
        deposit_codes[deposit.deposit_id] = deposit.deposit_id + 1
    everything = scene.everything
    if everything is None:
        return None
    bone_part, deposit_part = scene.bones.cropped(*everything), scene.deposits.cropped(*everything)
    drawn = bones[bone_part.array] | (deposit_codes[deposit_part.array] > 0)
    box = box_of(drawn)
    if box is None:
        return None
    start, size = _with_margin(scene.low, everything[0], box)
    codes = deposit_codes[scene.deposits.cropped(start, size).array]
    codes[(codes == 0) & bones[scene.bones.cropped(start, size).array]] = BONE_LABEL
    low = scene.low.cropped(start, size)
    numbered = tuple(d.deposit_id for d in by_volume(tuple(own))[:NUMBERED_DEPOSITS])
    return HandPart(low, low.like(codes), scene.colours, numbered)


def _with_margin(volume: Volume, origin: tuple[int, int, int], box: Box) -> Box:
    """Return a box of a part that begins at ``origin`` as one of the whole, with room for skin."""
    margin = np.array(voxels(volume.grid, _SKIN_MARGIN_MM))
    first = np.maximum(np.array(origin) + box[0] - margin, 0)
    last = np.minimum(np.array(origin) + box[0] + box[1] + margin, volume.grid.size)
    i, j, k = (int(n) for n in first)
    ni, nj, nk = (int(n) for n in last - first)
    return (i, j, k), (ni, nj, nk)


def projection_picture(part: HandPart) -> Image.Image:
    """Return the brightest voxel along anterior-posterior lines, deposits in colour and numbered."""
    spacing_x, _, spacing_z = part.low.grid.spacing_mm
    hu = part.low.array.max(axis=1)[::-1]
    codes = part.codes.array.max(axis=1)[::-1]
    codes = np.where(codes > BONE_LABEL, codes, 0)  # bone is bright enough by itself
    rgb = draw_plane(hu, codes, part.colours, (spacing_z, spacing_x), PROJECTION_PIXEL_MM)
    scale = (spacing_z / PROJECTION_PIXEL_MM, spacing_x / PROJECTION_PIXEL_MM)
    return finish(rgb, PROJECTION_PIXEL_MM, CORONAL, "Coronal MIP", _marks(codes, part.numbered, scale))


def surface_picture(part: HandPart, hand: HandFacts) -> Image.Image:
    """Return three shaded views of bones and deposits: palmar, palmar oblique, dorsal."""
    dorsal, distal = np.array(hand.dorsal), np.array(hand.distal)
    turn = OBLIQUE_DEGREES if hand.side == "right" else -OBLIQUE_DEGREES
    palmar, oblique = View.along(dorsal, distal), View.along(dorsal, distal, turn)
    solid = smooth_solid(part.codes)
    rays = sample(solid, palmar)
    views = (
        ("Palmar", rays, palmar),
        (f"Palmar, {OBLIQUE_DEGREES:g}° oblique", sample(solid, oblique), oblique),
        ("Dorsal", from_behind(rays), View.along(-dorsal, distal)),
    )
    return side_by_side([_surface_panel(part, rays, view, title, hand) for title, rays, view in views])


def _surface_panel(part: HandPart, rays: Volume, view: View, title: str, hand: HandFacts) -> Image.Image:
    from PIL import Image

    surface = first_surface(part.codes, rays)
    small = Image.fromarray(shade(surface, part.colours))
    image = small.resize((small.width * 2, small.height * 2), Image.Resampling.LANCZOS)
    radial_is_right = float(np.dot(view.right, hand.radial)) > 0
    left, right = ("ulnar", "radial") if radial_is_right else ("radial", "ulnar")
    marks = _marks(surface.code, part.numbered, (2.0, 2.0))
    return finish(np.asarray(image), PIXEL_MM / 2, Directions(left, right, "distal", "proximal"), title, marks)


def _surface_caption(hand: HandFacts) -> str:
    return f"{hand.side.capitalize()} hand: bones and deposits, shaded surface."


def _marks(codes: NDArray[np.int32], numbered: tuple[int, ...], scale: tuple[float, float]) -> tuple[Mark, ...]:
    """Return a number to the right of each deposit that can be seen."""
    marks = []
    for deposit_id in sorted(numbered):
        rows, columns = np.nonzero(codes == deposit_id + 1)
        if rows.size >= _LEAST_MARKED_PIXELS:
            x, y = (float(columns.max()) + 1) * scale[1] + 9, (float(rows.mean()) + 0.5) * scale[0]
            marks.append(Mark(str(deposit_id), x, y))
    return tuple(marks)


def deposit_picture(scene: Scene, deposit: Deposit) -> Image.Image:
    """Return axial, coronal and sagittal slices through a deposit."""
    grid = scene.low.grid
    field_mm = float(np.clip(1.4 * deposit.max_diameter_mm, _CLOSE_UP_MM, _LARGEST_CLOSE_UP_MM))
    centre = _voxel_inside(scene.deposits, deposit)
    half = voxels(grid, field_mm / 2)
    hu = cube(scene.low.array, centre, half, _AIR_HU)
    bones = cube(scene.bones.array, centre, half, 0)
    ids = cube(scene.deposits.array, centre, half, 0).astype(np.int32)
    codes = np.where(ids > 0, ids + 1, (bones > 0).astype(np.int32))
    i, j, k = half
    x, y, z = grid.spacing_mm
    at_x, at_y, at_z = grid.point_of(centre)
    planes = (
        (hu[k], codes[k], (y, x), AXIAL, f"Axial {_place(at_z, 'H', 'F')}"),
        (hu[::-1, j], codes[::-1, j], (z, x), CORONAL, f"Coronal {_place(at_y, 'P', 'A')}"),
        (hu[::-1, :, i], codes[::-1, :, i], (z, y), SAGITTAL, f"Sagittal {_place(at_x, 'L', 'R')}"),
    )
    pixel_mm = field_mm / _CLOSE_UP_PX
    return side_by_side(
        [
            finish(draw_plane(plane, code, scene.colours, spacing, pixel_mm), pixel_mm, directions, title)
            for plane, code, spacing, directions, title in planes
        ]
    )


def _place(position_mm: float, positive: str, negative: str) -> str:
    """Return a patient coordinate as workstations write it: ``H 12.3 mm``."""
    return f"{positive if position_mm >= 0 else negative} {abs(position_mm):.1f} mm"


def _voxel_inside(deposits: Volume, deposit: Deposit) -> tuple[int, int, int]:
    """Return the deposit's voxel (i, j, k) nearest its centroid, which itself may lie outside a bent sheet."""
    centroid = deposits.grid.index_of((deposit.centroid_x_mm, deposit.centroid_y_mm, deposit.centroid_z_mm))
    reach = np.array(voxels(deposits.grid, deposit.max_diameter_mm + 2))
    first = np.clip(np.floor(centroid - reach), 0, np.array(deposits.grid.size) - 1).astype(int)
    last = np.clip(np.ceil(centroid + reach) + 1, first + 1, deposits.grid.size).astype(int)
    near = deposits.array[first[2] : last[2], first[1] : last[1], first[0] : last[0]] == deposit.deposit_id
    inside = np.argwhere(near)[:, ::-1] + first
    if not inside.size:  # a centroid far from its label: look everywhere
        inside = np.argwhere(deposits.array == deposit.deposit_id)[:, ::-1]
    away_mm = (inside - centroid) * np.array(deposits.grid.spacing_mm)
    i, j, k = (int(n) for n in inside[np.argmin((away_mm**2).sum(axis=1))])
    return i, j, k


def cube(array: NDArray[Any], centre: tuple[int, int, int], half: tuple[int, int, int], outside: int) -> NDArray[Any]:
    """Return ``2 half + 1`` voxels (i, j, k) around a centre, filled where they leave the array."""
    parts, pads = [], []
    for c, h, n in zip(reversed(centre), reversed(half), array.shape, strict=True):
        first, last = max(c - h, 0), min(c + h + 1, n)
        parts.append(slice(first, last))
        pads.append((first - (c - h), c + h + 1 - last))
    return np.pad(array[tuple(parts)], pads, constant_values=outside)
