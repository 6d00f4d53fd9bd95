"""One hand as the findings room sees it: its arrays on its box, with its deposits gathered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import SMOOTH_MM, Hand, HandAnatomy, HandRegions, regions_of
from calcidect.findings._attached import with_attached
from calcidect.findings._bodies import part_bodies
from calcidect.findings._course import course_at, is_pulp
from calcidect.findings._gather import distance_mm, gather
from calcidect.findings._nearby import hand_misfit_mm
from calcidect.findings._surroundings import Blur, Surroundings, blur_of
from calcidect.geometry import FloatArray, Grid, box_around
from calcidect.materials import HostLine, MaterialMaps, fit_host_line, vendor_painted_in
from calcidect.settings import Settings

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

_INNER_MM = 2.0


@dataclass(frozen=True, eq=False)
class HandView:
    """One hand's arrays on its box; of a single-energy scan without a second image, host line and vendor rule."""

    hand: Hand
    grid: Grid
    low: NDArray[np.float32]
    high: NDArray[np.float32] | None
    labels: NDArray[np.int32]
    count: int
    other: NDArray[np.uint8]
    bone_mm: NDArray[np.float32]
    bone_points: FloatArray
    bone_tree: cKDTree
    bone_names: tuple[str, ...]
    depth_mm: NDArray[np.float32]
    line: HostLine | None
    blur: Blur
    painted: NDArray[np.uint8] | None
    misfit_mm: float
    regions: HandRegions | None


def view_of(maps: MaterialMaps, anatomy: HandAnatomy, hand: Hand, settings: Settings) -> HandView:
    """Return one hand's arrays: its deposits gathered, distances to bone and skin."""
    from scipy.ndimage import gaussian_filter
    from scipy.spatial import cKDTree

    grid = maps.low.grid.cropped(hand.start, hand.size)
    low, mineral, bones = (
        v.cropped(hand.start, hand.size).array for v in (maps.low, anatomy.deposit_mineral, anatomy.bones)
    )
    low = low.astype(np.float32)
    high = None if maps.high is None else maps.high.cropped(hand.start, hand.size).array.astype(np.float32)
    mineral = mineral & hand.body
    bone = (bones > 0) & hand.body
    limits = settings.findings
    other = np.zeros(grid.shape, np.uint8)
    if anatomy.other_mineral is not None:
        other = np.where(hand.body, anatomy.other_mineral.cropped(hand.start, hand.size).array, other)
    depth, bone_mm = distance_mm(~hand.body, grid.spacing_mm), distance_mm(bone, grid.spacing_mm)
    line = None
    if high is not None and maps.sensitivity is not None:
        sigma = [SMOOTH_MM / s for s in grid.spacing_mm[::-1]]
        smooth = gaussian_filter(low, sigma), gaussian_filter(high, sigma)
        line = fit_host_line(*smooth, depth > _INNER_MM)
        mineral = with_attached(mineral, smooth, line, maps.sensitivity, hand.body & (other == 0), bone_mm)
    labels, count = gather(mineral, grid.spacing_mm, limits.join_gap_mm, limits.minimum_volume_mm3)
    free = hand.body & ~bone & (other == 0)
    blur = blur_of(maps.quality, grid.spacing_mm[2])
    labels, count = part_bodies(labels, count, low, free, grid.spacing_mm, blur.widest_mm, limits)
    painted = None if maps.high is None else vendor_painted_in(
        maps.low, maps.high, hand.start, hand.size, settings.materials.vendor_rule
    )  # fmt: skip
    surface = np.stack(np.nonzero(bone), -1)[::7]
    points = grid.point_of(surface[:, ::-1])
    names = tuple(anatomy.bone_labels[label].bone for label in bones[tuple(surface.T)].tolist())
    middle = grid.point_of((np.array(grid.size) - 1) / 2)
    misfit_mm = hand_misfit_mm(maps.motion, middle, settings.study.motion_tolerance_mm)
    return HandView(hand, grid, low, high, labels, count, other, bone_mm,
                     points, cKDTree(points), names, depth, line, blur,
                     painted, misfit_mm, regions_of(hand))  # fmt: skip


def surroundings_of(view: HandView, number: int, margin_mm: float) -> tuple[Surroundings, tuple[slice, ...]]:
    """Return a deposit in a box that leaves a margin around it, and the box."""
    box = box_around(view.labels == number, margin_mm / np.array(view.grid.spacing_mm[::-1]))
    assert box is not None  # a deposit has voxels
    labels = view.labels[box]
    spacing = view.grid.spacing_mm
    middle = np.argwhere(labels == number).mean(0) + [part.start for part in box]
    middle_mm = view.grid.point_of(middle[::-1])
    course = course_at(view.hand, middle_mm) @ view.grid.direction
    return Surroundings(
        view.low[box], None if view.high is None else view.high[box], labels == number,
        distance_mm(labels == number, spacing), view.bone_mm[box], view.depth_mm[box],
        distance_mm(((labels > 0) & (labels != number)) | (view.other[box] > 0), spacing), spacing, view.blur,
        course=course[::-1], lengthwise=not is_pulp(view.regions, middle_mm),
    ), box  # fmt: skip
