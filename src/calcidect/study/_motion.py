"""Motion between the energies: tested in every scan, moved back where it matters, before any ratio is taken.

Each hand is a body of its own (docs/method/study.md). Where none moved, the high-energy image is the one that was
read, to the bit.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from calcidect.errors import Notice
from calcidect.geometry import FloatArray, Volume
from calcidect.progress import Progress, silent
from calcidect.settings import StudySettings
from calcidect.study._bodies import coarse_hands
from calcidect.study._motion_notices import hand_name, motion_notices
from calcidect.study._motion_samples import Levels
from calcidect.study._moved_back import Patch, moved_back
from calcidect.study._rigid import Fit, Image, Rigid, Samples, fit_motion
from calcidect.study._sample import BODY_HU, DENSE_HU
from calcidect.study._types import Motion
from calcidect.study._within_hand import largest_shift_mm

_MINIMUM_SAMPLES = 1000
"""Our rule: the bones of two fingers; a hand gives 30,000 and more."""
_STANDARD_ERRORS = 5.0
"""Our rule: six parameters are beyond it by chance once in a million scans."""
_LARGEST_MM = 20.0
"""Fits were right from starts up to 29 mm away (docs/method/study.md), but a hand that moved so far did not lie still
during one energy either."""
_MISFIT_MM = 0.3
"""Our rule: median of residuals over slopes. 0.06 for hands that fit, at 15-35 HU of noise."""
_FLATTEST_HU_PER_MM = 20.0
"""Edges of bone rise by 150 HU/mm in the low image, so by more than 55 in the high one of every pair in use."""
_WORTH_WHILE = 0.5
"""A correction that leaves more than this share of the motion is none."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """The high-energy image after alignment, and what was found.

    Parameters
    ----------
    high : Volume
        The one that was given where nothing was corrected.
    motion : tuple of Motion
        One a hand, from the patient's right to left.
    notices : tuple of Notice
    """

    high: Volume
    motion: tuple[Motion, ...]
    notices: tuple[Notice, ...]


def align(
    low: Volume, high: Volume, maximum_hu: float, settings: StudySettings, progress: Progress = silent
) -> Alignment:
    """Test each hand for motion between the energies, and move the high-energy image of those that did back.

    Parameters
    ----------
    low, high : Volume
        HU on one grid.
    maximum_hu : float
        Highest value that the high series can store.
    settings : StudySettings
        ``motion_tolerance_mm`` is used.
    progress : callable
    """
    progress("aligning", 0.0)
    levels = Levels(low, high, coarse_hands(low, BODY_HU, DENSE_HU))
    found = sorted(_all_hands(levels, maximum_hu, settings), key=lambda hand: hand.motion.centroid_mm[0])
    patches = [hand.patch for hand in found if hand.patch is not None]
    if patches:
        array = high.array.copy()
        for patch in patches:
            patch.put_into(array)
        high = high.like(array)
    progress("aligning", 1.0)
    notices = [
        notice
        for n, hand in enumerate(found)
        for notice in motion_notices(hand.motion, hand.problem, hand_name(n, len(found)), settings.motion_tolerance_mm)
    ]
    return Alignment(high, tuple(hand.motion for hand in found), tuple(notices))


@dataclass(frozen=True, eq=False)
class _Hand:
    """What was found of one hand, and its new voxels if it is moved back.

    ``fit`` is None where motion is not known; ``problem`` tells why, or why the hand was not moved back.
    """

    motion: Motion
    samples: Samples
    fit: Fit | None = None
    problem: str = ""
    patch: Patch | None = None


def _all_hands(levels: Levels, maximum_hu: float, settings: StudySettings) -> list[_Hand]:
    """Measure each hand and move it back, several at a time; what is done to one does not depend on the others."""
    number = levels.hands.number
    if number == 0:
        return []
    _ = levels.images  # made once, before they share it

    def one_hand(label: int) -> _Hand:
        hand = _measured(levels, label)
        if hand.fit is None or not _matters(hand.motion, settings):
            return hand
        return _corrected(levels, label, hand, hand.fit, maximum_hu)

    with ThreadPoolExecutor(min(number, os.cpu_count() or 1)) as workers:
        return list(workers.map(one_hand, range(1, number + 1)))


def _measured(levels: Levels, label: int) -> _Hand:
    """Fit the motion of one hand, coarse to fine."""
    grid = levels.low.grid
    centre = levels.centre_mm(label)
    x, y, z = grid.point_of(centre / np.array(grid.spacing_mm)).tolist()
    unknown = Motion((x, y, z))
    samples = levels.bone_edges(label)
    if len(samples.points_mm) < _MINIMUM_SAMPLES:
        return _Hand(unknown, samples, problem="too little bone is in the image")
    motion = Rigid.still(centre)
    for level in (2, 1):
        motion = fit_motion(levels.shape(level, label), levels.images[level][1], motion).motion
    fit = fit_motion(samples, levels.images[0][1], motion)
    if problem := _problem(fit):
        return _Hand(unknown, samples, problem=problem)
    return _Hand(_described(fit, unknown, levels), samples, fit)


def _problem(fit: Fit) -> str:
    """Tell why a fit is not to be believed; empty if it is."""
    if len(fit.samples.points_mm) < _MINIMUM_SAMPLES:
        return "too little of it is in both images"
    if float(_displacements(fit.motion, fit.samples).max()) > _LARGEST_MM:
        return f"it would have moved by more than {_LARGEST_MM:g} mm"
    slope = np.linalg.norm(fit.expected, axis=1)
    misfit_mm = float(np.median(np.abs(fit.residual_hu) / np.maximum(slope, 1.0)))
    if misfit_mm > _MISFIT_MM or float(np.median(slope)) < _FLATTEST_HU_PER_MM:
        return "bone in the two images does not have the same shape"
    return ""


def _displacements(motion: Rigid, samples: Samples) -> FloatArray:
    return np.asarray(np.linalg.norm(motion.of(samples.points_mm) - samples.points_mm, axis=1))


def _described(fit: Fit, unknown: Motion, levels: Levels) -> Motion:
    from scipy.spatial.transform import Rotation

    direction = levels.low.grid.direction
    moved = _displacements(fit.motion, fit.samples)
    rotation = direction @ fit.motion.rotation @ direction.T
    return replace(
        unknown,
        shift_mm=tuple((direction @ fit.motion.shift_mm).tolist()),
        rotation_degrees=tuple(Rotation.from_matrix(rotation).as_rotvec(degrees=True).tolist()),
        largest_displacement_mm=float(moved.max()),
        standard_error_mm=_standard_error_mm(fit, fit.samples.points_mm[moved.argmax()]),
        residual_mm=float(moved.max()),
        remainder_mm=largest_shift_mm(fit.samples, levels.images[0][1], fit.motion),
    )


def _standard_error_mm(fit: Fit, point_mm: FloatArray) -> float:
    """Return the standard error of where a point comes to lie, all directions together."""
    x, y, z = fit.motion.of(point_mm) - fit.motion.of(fit.motion.centre_mm)
    jacobian = np.hstack([np.eye(3), [[0, z, -y], [-z, 0, x], [y, -x, 0]]])
    return float(np.sqrt(np.trace(jacobian @ fit.covariance @ jacobian.T)))


def _matters(motion: Motion, settings: StudySettings) -> bool:
    moved, error = motion.largest_displacement_mm or 0.0, motion.standard_error_mm or 0.0
    return moved > max(settings.motion_tolerance_mm, _STANDARD_ERRORS * error)


def _corrected(levels: Levels, label: int, hand: _Hand, fit: Fit, maximum_hu: float) -> _Hand:
    """Move a hand back and measure anew; where that doesn't help, say so."""
    high, spacing = levels.high.array, np.array(levels.low.grid.spacing_mm)
    reach = hand.motion.largest_displacement_mm or 0.0
    patch = moved_back(high, spacing, levels.hands, label, fit.motion, reach, maximum_hu)
    array = high.copy()
    patch.put_into(array)
    again = fit_motion(hand.samples, Image(array, spacing, np.zeros(3)), Rigid.still(fit.motion.centre_mm))
    residual = float(_displacements(again.motion, again.samples).max())
    if _problem(again) or residual > _WORTH_WHILE * reach:
        return replace(hand, problem="moving it back did not make the images fit")
    return replace(hand, motion=replace(hand.motion, corrected=True, residual_mm=residual), patch=patch)
