"""Images become series, each with its energy, its geometry, and why it can't be used if it can't."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from calcidect.errors import StudyRefusedError
from calcidect.settings import StudySettings
from calcidect.study._copies import without_copies
from calcidect.study._energy import EnergyFound, dual_energy_sign, find_energy
from calcidect.study._header import ImageHeader
from calcidect.study._kernels import Kernel, kernel_of
from calcidect.study._stack import MINIMUM_SLICES, Stack, stack_slices

_SAME_PLACE_MM = 0.05  # our choice: half the finest slice distance in use, 0.1 mm

_DIFFERENCES: dict[str, Callable[[ImageHeader], object]] = {
    "acquisition": lambda image: image.acquisition.number,
    "time": lambda image: image.acquisition.started_at,
    "filter": lambda image: image.labels.filter_text,
    "image type": lambda image: image.labels.image_type,
    "description": lambda image: (image.labels.description, image.labels.private_label),
    "kernel": lambda image: image.labels.kernel,
    "thickness": lambda image: image.acquisition.thickness_mm,
}
"""What may tell two acquisitions or reconstructions in one series apart, in the order in which it is tried."""


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
    part : str
        What told them from other images of one series at the same positions; empty where there were none.
    """

    images: tuple[ImageHeader, ...]
    found: EnergyFound
    stack: Stack | None = None
    problem: StudyRefusedError | None = None
    copies: int = 0
    part: str = ""

    @property
    def kernel(self) -> str:
        """Convolution Kernel."""
        return self.images[0].labels.kernel

    @property
    def known_kernel(self) -> Kernel:
        """What is known of the kernel by its name."""
        return kernel_of(self.kernel, self.images[0].labels.manufacturer)

    @property
    def name(self) -> str:
        """Short hash that stands for the series, without its UID; with what tells it where a series is split."""
        first = self.images[0]
        labels = first.labels
        return short_hash(f"{first.series_uid} {labels.kvp} {labels.kev} {labels.image_type} {self.part}")


def short_hash(text: str) -> str:
    """Return 8 hexadecimal digits that stand for an identifier."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def dual_energy_sign_of(series: Series) -> str:
    """Return what says that a series is one energy of a dual-energy scan, whatever lies beside it; empty if nothing."""
    signs = map(dual_energy_sign, dict.fromkeys(image.labels for image in series.images))
    return next(filter(None, signs), "")


def group_series(images: Sequence[ImageHeader], settings: StudySettings) -> tuple[Series, ...]:
    """Sort images into series, in order of first appearance.

    A series is split by KVP, VMI energy, image type and size: Canon stores both tube voltages in one series, and a
    localiser may share the series of the scan. What then lies twice at one position is split by what differs.
    """
    groups: dict[tuple[object, ...], list[ImageHeader]] = {}
    for image in images:
        labels = image.labels
        is_frame = image.pixels is not None and image.pixels.frames > 1  # one file may hold images of several kinds
        kind = labels.image_type if is_frame else "LOCALIZER" in labels.image_type
        key = (image.series_uid, labels.kvp, labels.kev, kind, image.rows, image.columns)
        groups.setdefault(key, []).append(image)
    parts = [part for group in groups.values() for part in _parts(group)]
    return tuple(_series(images, part, settings) for part, images in parts)


def _parts(images: list[ImageHeader]) -> list[tuple[str, tuple[ImageHeader, ...]]]:
    """Split images that collide by the first attribute that parts them into stacks without a collision."""
    if _collide(images):
        for name, value_of in _DIFFERENCES.items():
            parts: dict[object, list[ImageHeader]] = {}
            for image in images:
                parts.setdefault(value_of(image), []).append(image)
            # Times may differ from slice to slice: a part must be a stack.
            is_split = len(parts) > 1 and min(map(len, parts.values())) >= MINIMUM_SLICES
            if is_split and not any(_collide(part) for part in parts.values()):
                # Numbered, for the values themselves may identify a person.
                return [(f"{name} {n} of {len(parts)}", tuple(part)) for n, part in enumerate(parts.values(), 1)]
    return [("", tuple(images))]


def _collide(images: Sequence[ImageHeader]) -> bool:
    """Tell whether two images lie at one position."""
    positions = np.array([image.position_mm for image in images if image.position_mm], float)
    if len(positions) < 2:
        return False
    # Along the longest way through them, images of one stack are apart.
    axis = int(np.argmax(np.ptp(positions, axis=0)))
    return bool(np.diff(np.sort(positions[:, axis])).min() < _SAME_PLACE_MM)


def _series(images: tuple[ImageHeader, ...], part: str, settings: StudySettings) -> Series:
    found = find_energy(images[0])
    try:
        single = without_copies(images, settings)
        stack = stack_slices(single, settings)
        return Series(images, found, stack=stack, copies=len(images) - len(single), part=part)
    except StudyRefusedError as problem:
        return Series(images, found, problem=problem, part=part)
