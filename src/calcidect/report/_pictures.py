"""Which pictures a report holds, and what each shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import Volume
from calcidect.report._colours import BONE_LABEL
from calcidect.report._panel import CORONAL, Directions, Mark, finish, side_by_side
from calcidect.report._plane import draw_plane
from calcidect.report._scene import HandPart, Scene, by_volume, hand_part, scene_of
from calcidect.report._slices import deposit_picture, thumbnails_picture
from calcidect.report._surface import PIXEL_MM, View, first_surface, from_behind, sample, shade, smooth_solid
from calcidect.report._wording import Wording, load_wording
from calcidect.result import HandFacts, Result

if TYPE_CHECKING:
    from PIL import Image

PICTURED_DEPOSITS = 6  # the largest: a page of pictures
PROJECTION_PIXEL_MM = 0.25
_LEAST_MARKED_PIXELS = 6  # fewer can't be told from an edge of bone


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of the report; ``name`` is its file's name without the ending, ``alt`` says what is to be seen."""

    name: str
    kind: Literal["surface", "projection", "deposit", "thumbnail"]
    caption: str
    image: Image.Image
    alt: str = ""


def draw_pictures(result: Result, study_low: Volume, say: Wording | None = None) -> Iterator[Picture]:
    """Draw every picture of a report, one at a time.

    Parameters
    ----------
    result : Result
        What was found.
    study_low : Volume
        Hounsfield units of the low energy, on the result's grid.
    say : Wording, optional
        The language of titles and captions; English if not given.

    Raises
    ------
    ValueError
        If ``study_low`` does not lie on the result's grid.
    """
    say = say or load_wording()
    scene = scene_of(result, study_low)
    for hand in result.hands:
        part = hand_part(scene, result, hand.side)
        if part is not None:
            yield from _hand_pictures(part, hand, say)
    yield from _deposit_pictures(scene, result, say)


def _hand_pictures(part: HandPart, hand: HandFacts, say: Wording) -> Iterator[Picture]:
    name = say.hand(hand.side)
    shown = say.listed(str(number) for number in part.numbered)
    caption = say("pictures.surface", hand=name)
    alt = say("pictures.surface_alt" if shown else "pictures.surface_alt_bare", hand=name, list=shown)
    yield Picture(f"surface_{hand.side}", "surface", caption, surface_picture(part, hand, say), alt)
    caption, alt = say("pictures.projection", hand=name), say("pictures.projection_alt", hand=name)
    yield Picture(f"coronal_{hand.side}", "projection", caption, projection_picture(part, say), alt)


def _deposit_pictures(scene: Scene, result: Result, say: Wording) -> Iterator[Picture]:
    for n, deposit in enumerate(by_volume(result.findings.deposits)):
        what = {"id": deposit.deposit_id, "site": say.site(deposit), "material": say.term(deposit.material)}
        caption = say("pictures.deposit", **what)
        if n < PICTURED_DEPOSITS:
            image, alt = deposit_picture(scene, deposit, say), say("pictures.deposit_alt", **what)
            yield Picture(f"deposit_{deposit.deposit_id}", "deposit", caption, image, alt)
        image, alt = thumbnails_picture(scene, deposit), say("pictures.thumbnail_alt", **what)
        yield Picture(f"thumbnail_{deposit.deposit_id}", "thumbnail", caption, image, alt)


def projection_picture(part: HandPart, say: Wording) -> Image.Image:
    """Return the brightest voxel along anterior-posterior lines, deposits in colour and numbered."""
    spacing_x, _, spacing_z = part.low.grid.spacing_mm
    hu = part.low.array.max(axis=1)[::-1]
    codes = part.codes.array.max(axis=1)[::-1]
    codes = np.where(codes > BONE_LABEL, codes, 0)  # bone is bright enough by itself
    rgb = draw_plane(hu, codes, part.colours, (spacing_z, spacing_x), PROJECTION_PIXEL_MM)
    scale = (spacing_z / PROJECTION_PIXEL_MM, spacing_x / PROJECTION_PIXEL_MM)
    marks = _marks(codes, part.numbered, scale)
    return finish(rgb, PROJECTION_PIXEL_MM, CORONAL, say("pictures.projection_title"), say, marks)


def surface_picture(part: HandPart, hand: HandFacts, say: Wording) -> Image.Image:
    """Return shaded views of bones and deposits from three sides: palmar, radial, dorsal."""
    dorsal, distal, radial = (np.array(axis) for axis in (hand.dorsal, hand.distal, hand.radial))
    palmar = View.along(dorsal, distal)
    from_thumb = View.along(-radial, distal)
    solid = smooth_solid(part.codes)
    rays = sample(solid, palmar)
    views = (
        ("palmar", rays, palmar),
        ("radial_view", sample(solid, from_thumb), from_thumb),
        ("dorsal", from_behind(rays), View.along(-dorsal, distal)),
    )
    return side_by_side([_surface_panel(part, rays, view, name, hand, say) for name, rays, view in views])


def _surface_panel(
    part: HandPart, rays: Volume, view: View, name: str, hand: HandFacts, say: Wording
) -> Image.Image:  # fmt: skip
    from PIL import Image

    surface = first_surface(part.codes, rays)
    small = Image.fromarray(shade(surface, part.colours))
    image = small.resize((small.width * 2, small.height * 2), Image.Resampling.LANCZOS)
    marks = _marks(surface.code, part.numbered, (2.0, 2.0))
    title = say(f"pictures.{name}")
    return finish(np.asarray(image), PIXEL_MM / 2, _edges(view, hand, say), title, say, marks)


def _edges(view: View, hand: HandFacts, say: Wording) -> Directions:
    """Return what lies at the edges of a view in which the fingertips are on top."""
    to_thumb, to_back = float(np.dot(view.right, hand.radial)), float(np.dot(view.right, hand.dorsal))
    ends, along = (("to_radial", "to_ulnar"), to_thumb)
    if abs(to_back) > abs(to_thumb):
        ends, along = (("to_dorsal", "to_palmar"), to_back)
    right, left = ends if along > 0 else ends[::-1]
    return Directions(*(say(f"pictures.{end}") for end in (left, right, "to_distal", "to_proximal")))


def _marks(codes: NDArray[np.int32], numbered: tuple[int, ...], scale: tuple[float, float]) -> tuple[Mark, ...]:
    """Return a number to the right of each deposit that can be seen."""
    marks = []
    for deposit_id in sorted(numbered):
        rows, columns = np.nonzero(codes == deposit_id + 1)
        if rows.size >= _LEAST_MARKED_PIXELS:
            x, y = (float(columns.max()) + 1) * scale[1] + 9, (float(rows.mean()) + 0.5) * scale[0]
            marks.append(Mark(str(deposit_id), x, y))
    return tuple(marks)
