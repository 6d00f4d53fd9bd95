"""Images become series, each with its energy, its geometry, and why it can't be used if it can't."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from calcidect.errors import StudyRefusedError
from calcidect.settings import StudySettings
from calcidect.study._copies import without_copies
from calcidect.study._energy import EnergyFound, find_energy
from calcidect.study._header import ImageHeader
from calcidect.study._stack import Stack, stack_slices


@dataclass(frozen=True)
class Series:
    """CT images that belong together.

    Parameters
    ----------
    images : tuple of ImageHeader
        As found.
    found : EnergyFound
        Their X-rays.
    stack : Stack or None
        Their order and grid; None if there is a problem.
    problem : StudyRefusedError or None
        What is wrong with their geometry.
    copies : int
        Images that were left out of the stack, because they repeat another pixel for pixel.
    """

    images: tuple[ImageHeader, ...]
    found: EnergyFound
    stack: Stack | None = None
    problem: StudyRefusedError | None = None
    copies: int = 0

    @property
    def kernel(self) -> str:
        """Convolution Kernel."""
        return self.images[0].labels.kernel

    @property
    def name(self) -> str:
        """Short hash that stands for the series, without its UID; with the energy where a series holds two."""
        first = self.images[0]
        key = f"{first.series_uid} {first.labels.kvp} {first.labels.kev}"
        return short_hash(key)


def short_hash(text: str) -> str:
    """Return 8 hexadecimal digits that stand for an identifier."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def group_series(images: Sequence[ImageHeader], settings: StudySettings) -> tuple[Series, ...]:
    """Sort images into series, in order of first appearance.

    A series is split by KVP, VMI energy, image type and size: Canon stores both tube voltages in one series, and a
    localiser may share the series of the scan.
    """
    groups: dict[tuple[object, ...], list[ImageHeader]] = {}
    for image in images:
        labels = image.labels
        is_frame = image.pixels is not None and image.pixels.frames > 1  # one file may hold images of several kinds
        kind = labels.image_type if is_frame else "LOCALIZER" in labels.image_type
        key = (image.series_uid, labels.kvp, labels.kev, kind, image.rows, image.columns)
        groups.setdefault(key, []).append(image)
    return tuple(_series(tuple(group), settings) for group in groups.values())


def _series(images: tuple[ImageHeader, ...], settings: StudySettings) -> Series:
    found = find_energy(images[0])
    try:
        single = without_copies(images, settings)
        return Series(images, found, stack=stack_slices(single, settings), copies=len(images) - len(single))
    except StudyRefusedError as problem:
        return Series(images, found, problem=problem)
