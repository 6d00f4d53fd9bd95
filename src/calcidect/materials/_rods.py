"""Looks for the rods of a phantom: straight, even discs that stay in place from slice to slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import InputRefusedError
from calcidect.geometry import FloatArray, Grid, Volume
from calcidect.materials._calibration_text import Insert
from calcidect.materials._inserts import Rod
from calcidect.materials._phantom_body import PhantomBodies, phantom_bodies
from calcidect.materials._sensitivity import sensitivity
from calcidect.settings import Settings
from calcidect.study import Study

_SLAB_MM = 10.0
"""Slices averaged at a time: noise falls by 3 to 5, and what is not parallel to the axis is smeared or moves."""
_FLAT_MM = 2.5
"""A disc is even over such a radius; it must be clear of a rod's blurred edge, so rods of 8 mm and more are found."""
_LEAST_FLAT_MM = 2.5
_LARGEST_MM, _ROUND_FRACTION = 45.0, 0.2
_LEAST_CONTRAST_HU = 15.0
"""Our choice: 7 mg HA/cm3 at 80 kV."""
_STAYS_MM = 1.0
_FEWEST_SLABS = 2
_TYPICAL_PATH_CM = 6.0
_ALIKE_HU, _ALIKE_FRACTION = 20.0, 0.1
"""Our choice: two inserts are told by their brightness if the model has them farther apart."""


@dataclass(frozen=True)
class _Disc:
    """A round, even place in one slab: centre (i, j), diameter, mean HU."""

    i: float
    j: float
    diameter_mm: float
    hu: float


def find_rods(
    study: Study, inserts: Sequence[Insert], settings: Settings
) -> tuple[tuple[Rod, ...], tuple[Insert, ...]]:
    """Return the rods of a phantom in a scan, and the insert that each of them is.

    Slabs of 10 mm are averaged along the slices. In each, a disc is a round place whose HU are even and stand out
    from what is around it; discs that stay in place over at least two slabs are a rod. Of the bodies in the scan, the
    one with most rods is the phantom. Rods and inserts are matched in the order of their brightness; an insert of
    0 mg/cm3 may be invisible in its base.

    Parameters
    ----------
    study : Study
        Of two energies; the low one is searched.
    inserts : sequence of Insert
        Without places.
    settings : Settings
        The body's threshold, and beams.

    Raises
    ------
    InputRefusedError
        ``inserts_not_found`` if their number does not fit, ``inserts_order_unclear`` if two inserts are alike.
    """
    threshold_hu = settings.anatomy.body_threshold_hu
    bodies = phantom_bodies(study.low, threshold_hu)
    found = _in_one_body(list(_rods(study.low, threshold_hu)), bodies)
    wanted = _by_brightness(study, inserts, settings)
    seen = [insert for insert in wanted if insert.mg_per_cm3 > 0]
    if len(found) not in (len(wanted), len(seen)):
        raise InputRefusedError(
            "inserts_not_found",
            found=f"{len(found)} even, straight rods of 8 to 45 mm stand out in one body of the scan.",
            expected=f"{len(wanted)} rods along the scan's axis, as the file lists"
            + (f", or {len(seen)} without those of 0 mg/cm3." if len(seen) < len(wanted) else "."),
            remedy="Give the place of every insert in the file (docs/how-to.md, 'Calibrate').",
        )
    ordered = sorted(found, key=lambda pair: pair[1])
    return tuple(rod for rod, _ in ordered), tuple(wanted if len(found) == len(wanted) else seen)


def _by_brightness(study: Study, inserts: Sequence[Insert], settings: Settings) -> list[Insert]:
    """Return the inserts, the one that the model has darkest at the low energy first."""
    assert study.pair is not None
    model = sensitivity(study.pair, _TYPICAL_PATH_CM, settings.materials.beams)
    hu_per_mg = {"hydroxyapatite": model.ha_low, "urate": model.msu_low, "water": 0.0}
    rows = sorted(((hu_per_mg[i.material] * i.mg_per_cm3, i) for i in inserts), key=lambda row: row[0])
    for (darker, one), (brighter, other) in pairwise(rows):
        if brighter - darker < max(_ALIKE_HU, _ALIKE_FRACTION * brighter):
            raise InputRefusedError(
                "inserts_order_unclear",
                found=f"Two inserts are about as bright: {one.material} {one.mg_per_cm3:g} and {other.material} "
                f"{other.mg_per_cm3:g} mg/cm3.",
                expected="Inserts that brightness tells apart, where their places are not given.",
                remedy="Give the place of every insert in the file (docs/how-to.md, 'Calibrate').",
            )
    return [insert for _, insert in rows]


def _in_one_body(rods: list[tuple[Rod, float]], bodies: PhantomBodies) -> list[tuple[Rod, float]]:
    """Return the rods of the body that holds most of them."""
    labels = [bodies.label_at(rod) for rod, _ in rods]
    inside = [label for label in labels if label > 0]
    if not inside:
        return []
    most = int(np.bincount(inside).argmax())
    return [pair for pair, label in zip(rods, labels, strict=True) if label == most]


def _rods(low: Volume, threshold_hu: float) -> Iterator[tuple[Rod, float]]:
    """Give every rod with its mean HU."""
    slices = max(4, round(_SLAB_MM / low.grid.spacing_mm[2]))
    starts = range(0, low.grid.size[2] - slices + 1, slices)
    open_chains: list[list[_Disc]] = []
    for n, start in enumerate([*starts, None]):
        discs = [] if start is None else _discs(low.array[start : start + slices], low.grid, threshold_hu)
        longer, taken = [], set()
        for chain in open_chains:
            next_disc = next((d for d in discs if d not in taken and _continues(chain[-1], d, low.grid)), None)
            if next_disc is not None:
                taken.add(next_disc)
                longer.append([*chain, next_disc])
            elif len(chain) >= _FEWEST_SLABS:
                yield _rod(chain, low.grid, (n - len(chain)) * slices, n * slices - 1)
        open_chains = longer + [[d] for d in discs if d not in taken]


def _continues(one: _Disc, other: _Disc, grid: Grid) -> bool:
    away = np.hypot((one.i - other.i) * grid.spacing_mm[0], (one.j - other.j) * grid.spacing_mm[1])
    return bool(away <= _STAYS_MM and abs(one.hu - other.hu) <= max(_LEAST_CONTRAST_HU, 0.05 * abs(one.hu)))


def _rod(chain: list[_Disc], grid: Grid, first: int, last: int) -> tuple[Rod, float]:
    i, j, diameter, hu = (float(np.mean([getattr(d, name) for d in chain])) for name in ("i", "j", "diameter_mm", "hu"))
    start, end = (grid.point_of((i, j, k)) for k in (first, last))
    a, b = ((float(p[0]), float(p[1]), float(p[2])) for p in (start, end))
    return Rod(a, b, diameter), hu


def _discs(slab: NDArray[np.generic], grid: Grid, threshold_hu: float) -> list[_Disc]:
    """Return the round, even places of one slab."""
    from scipy.ndimage import find_objects, label, uniform_filter

    half = len(slab) // 2
    first, second = slab[:half].mean(0, dtype=float), slab[half : 2 * half].mean(0, dtype=float)
    mean, moved = 0.5 * (first + second), np.abs(first - second)
    body = mean > threshold_hu
    if not body.any():
        return []
    noise = float(np.median(moved[body])) / 0.6745 / 2  # of the mean of the two halves
    size = [2 * int(_FLAT_MM / s) + 1 for s in grid.spacing_mm[1::-1]]
    spread = np.sqrt(np.maximum(uniform_filter(mean**2, size) - uniform_filter(mean, size) ** 2, 0))
    even = body & (spread <= 2 * noise + np.maximum(8.0, 0.03 * np.abs(mean)))
    even &= uniform_filter(moved, size) <= 4 * noise + np.maximum(8.0, 0.03 * np.abs(mean))
    labels, _ = label(even)
    found = [_disc(mean, labels[box] == n + 1, box, grid, noise) for n, box in enumerate(find_objects(labels))]
    return [disc for disc in found if disc is not None]


def _disc(
    mean: FloatArray, even: NDArray[np.bool_], box: tuple[slice, slice], grid: Grid, noise_hu: float
) -> _Disc | None:
    """Return the disc around an even place if it is round and stands out, with its edge at half of its contrast."""
    i_mm, j_mm = grid.spacing_mm[:2]
    height, width = even.shape[0] * j_mm, even.shape[1] * i_mm
    if not _LEAST_FLAT_MM <= min(height, width) <= max(height, width) <= _LARGEST_MM:
        return None
    j, i = (axis.mean() + part.start for axis, part in zip(np.nonzero(even), box, strict=True))
    rows, columns = np.ogrid[: mean.shape[0], : mean.shape[1]]
    away = np.hypot((columns - i) * i_mm, (rows - j) * j_mm)
    reach = 0.5 * max(height, width) + _FLAT_MM
    level = float(mean[box][even].mean())
    around = float(np.median(mean[(away > reach + 1.5) & (away <= reach + 3.5)]))
    if abs(level - around) < max(_LEAST_CONTRAST_HU, 5 * noise_hu):
        return None
    mine = (mean - 0.5 * (level + around)) * np.sign(level - around) > 0
    return _round(mine & (away <= reach + 3.5), away > reach + 2.5, (i_mm, j_mm), level, (i, j))


def _round(
    mine: NDArray[np.bool_], beyond: NDArray[np.bool_], spacing_mm: tuple[float, float], level_hu: float,
    near: tuple[float, float],
) -> _Disc | None:  # fmt: skip
    """Return the disc that a mask's part at a point is, if it is round and does not go on beyond."""
    from scipy.ndimage import label

    labels, _ = label(mine)
    here = labels[round(near[1]), round(near[0])]
    if here == 0 or (beyond & (labels == here)).any():
        return None
    j, i = np.nonzero(labels == here)
    diameter = float(2 * np.sqrt(len(i) * spacing_mm[0] * spacing_mm[1] / np.pi))
    extents = np.ptp(i) * spacing_mm[0] + spacing_mm[0], np.ptp(j) * spacing_mm[1] + spacing_mm[1]
    if any(abs(e - diameter) > _ROUND_FRACTION * diameter for e in extents):
        return None
    return _Disc(float(i.mean()), float(j.mean()), diameter, level_hu)
