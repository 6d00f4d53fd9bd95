"""Whether slices lie at one distance from each other, and if not, in which way."""

from __future__ import annotations

import numpy as np

from calcidect.errors import StudyRefusedError
from calcidect.geometry import FloatArray
from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals

_PART_GAPS = 3  # our rule: a distance kept three times is meant; fewer gaps of another size are holes


def spacing_problem(depth_mm: FloatArray, settings: StudySettings) -> StudyRefusedError | None:
    """Return what is wrong with the distances between slices, or None.

    Parameters
    ----------
    depth_mm : array, shape (slices,)
        Positions along the normal, rising.
    settings : StudySettings
        Tolerances.

    Returns
    -------
    StudyRefusedError or None
        ``spacing_changes`` where the stack consists of two even parts, ``missing_slice`` where slices of an even stack
        are absent, else ``uneven_spacing``.
    """
    depth_mm = depth_mm - depth_mm[0]
    gaps = np.diff(depth_mm)
    tolerance = settings.spacing_tolerance_fraction
    even = np.linspace(0, depth_mm[-1], len(depth_mm))
    if _is_even(gaps, tolerance) and np.abs(depth_mm - even).max() <= settings.position_tolerance_mm:
        return None
    if _is_even(gaps, tolerance):  # a drift, too slow to show in any one gap
        return refusals.uneven_spacing(gaps.min(), gaps.max())
    change = _change(gaps, tolerance)
    if change is not None:
        first, second = float(np.median(gaps[:change])), float(np.median(gaps[change + 1 :]))
        return refusals.spacing_changes((first, second), float(depth_mm[change]), (gaps.min(), gaps.max()))
    # The commonest of the small gaps: the median of all would be a hole's where there are more holes than not.
    typical = float(np.median(gaps[gaps < 1.5 * gaps.min()]))
    steps = gaps / typical
    whole = np.rint(steps)
    if whole.max() > 1 and np.abs(steps - whole).max() <= tolerance:
        holes = [(float(depth_mm[n]), float(depth_mm[n + 1])) for n in np.flatnonzero(whole > 1)]
        return refusals.missing_slices(int((whole - 1).sum()), typical, holes)
    return refusals.uneven_spacing(gaps.min(), gaps.max())


def _is_even(gaps: FloatArray, tolerance: float) -> bool:
    typical = np.median(gaps)
    return bool(np.abs(gaps - typical).max() <= tolerance * typical)


def _change(gaps: FloatArray, tolerance: float) -> int | None:
    """Return the gap at which one distance turns into another for good, if there is such a one."""
    first = gaps[:_PART_GAPS]
    if len(gaps) < 2 * _PART_GAPS or not _is_even(first, tolerance):
        return None
    change = int(np.argmax(np.abs(gaps - np.median(first)) > tolerance * np.median(first)))
    rest = gaps[change + 1 :]  # the gap at the seam may be of any size
    if change < _PART_GAPS or len(rest) < _PART_GAPS - 1 or not _is_even(rest, tolerance):
        return None
    is_other = abs(np.median(rest) - np.median(first)) > tolerance * np.median(first)
    return change if is_other else None
