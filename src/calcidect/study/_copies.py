"""Images that a series holds twice: sent again under another name, with the same pixels at the same place."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from calcidect.settings import StudySettings
from calcidect.study._header import ImageHeader
from calcidect.study._pixels import images_agree

_PLACE_DIGITS = 3  # positions are written to a thousandth of a millimetre or so


def without_copies(images: Sequence[ImageHeader], settings: StudySettings) -> tuple[ImageHeader, ...]:
    """Return the images of a series without those that repeat an earlier one.

    Only where several images state one place are pixels read and compared, up to the first that differ. Where any do,
    all images are kept: they make the stack refuse the series.

    Raises
    ------
    StudyRefusedError
        If pixels that must be compared can't be read.
    """
    places: dict[Hashable, list[ImageHeader]] = {}
    for image in images:
        places.setdefault(_place(image), []).append(image)
    crowded = [here for here in places.values() if len(here) > 1]
    if not crowded or not all(map(_are_comparable, crowded)) or not images_agree(crowded, settings):
        return tuple(images)
    return tuple(here[0] for here in places.values())


def _place(image: ImageHeader) -> Hashable:
    if image.position_mm is None:
        return image.instance_uid, image.path
    return tuple(round(value, _PLACE_DIGITS) for value in image.position_mm)


def _are_comparable(images: Sequence[ImageHeader]) -> bool:
    kinds = {(i.rows, i.columns, i.orientation, i.spacing_mm, i.pixels is None) for i in images}
    return len(kinds) == 1 and images[0].pixels is not None
