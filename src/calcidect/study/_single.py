"""Single-energy CT: which folder is one, and which of its series is read.

A folder from which one energy of a dual-energy scan was lost looks like a single-energy scan. Its headers nearly always
tell: then it is refused, unless the setting ``study.single_energy`` accepts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calcidect.errors import Notice
from calcidect.geometry import Grid
from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._energy import MIXTURE
from calcidect.study._places import show_one_place
from calcidect.study._series import Series, dual_energy_sign_of
from calcidect.study._stack import MINIMUM_SLICES, Stack
from calcidect.study._types import Energy

_AS_THIN = 1.5
"""Slices up to this many times as far apart as the thinnest count as thin: our choice, one step of the 0.5, 0.75 and
1 mm that scanners offer. Among thin series the kernel decides."""


def dual_energy_sign_in(series: Sequence[Series], raw_objects: Mapping[str, int]) -> str:
    """Return what in a folder says that its scan was dual-energy; empty if nothing does.

    Parameters
    ----------
    series : sequence of Series
        All of the folder.
    raw_objects : mapping of str to int
        Vendors' raw spectral objects.
    """
    if raw_objects:
        return "raw spectral data lie beside it"
    return next(filter(None, (_sign(one) for one in series)), "")


def _sign(one: Series) -> str:
    if one.found.why_not == MIXTURE:
        return "a mixture of several energies lies beside it"
    if one.found.why_not.startswith(("material map", "not in HU")) and not one.found.why_not.endswith(" US"):
        return "a material map lies beside it"  # US, 'unspecified', is the unit of dose pages and pictures
    place = dual_energy_sign_of(one)
    return f"{place} says so" if place else ""


@dataclass(frozen=True)
class SingleSeries:
    """The series of a single-energy scan, and what in its folder says that it was dual-energy, if anything does."""

    series: Series
    says_dual: str = ""

    @property
    def stacks(self) -> tuple[Stack]:
        """Its slices in order."""
        assert self.series.stack is not None
        return (self.series.stack,)

    @property
    def energy(self) -> Energy:
        """Its energy."""
        assert self.series.found.energy is not None
        return self.series.found.energy


def choose_single(
    series: Sequence[Series], raw_objects: Mapping[str, int], settings: StudySettings
) -> SingleSeries | None:  # fmt: skip
    """Return the series to read of a folder in which no pair was found; None if it is no single-energy scan.

    Of several reconstructions: originals before reformats, thin slices before thick ones, soft kernels before sharp
    ones (sharp kernels falsify HU at edges), then the thinnest slices and the finest pixels.

    Parameters
    ----------
    series : sequence of Series
        All of the folder.
    raw_objects : mapping of str to int
        Vendors' raw spectral objects.
    settings : StudySettings
        Whether single-energy scans are read.

    Raises
    ------
    StudyRefusedError
        ``several_series`` if nothing tells which of them is meant.
    """
    if settings.single_energy == "refuse":
        return None
    scans = [one for one in series if one.found.energy and (one.stack or len(one.images) >= MINIMUM_SLICES)]
    usable = [one for one in scans if one.stack]
    if not usable or len({one.found.energy for one in scans}) > 1 or _is_main_scan_broken(scans):
        return None
    says_dual = dual_energy_sign_in(series, raw_objects)
    if settings.single_energy == "auto" and says_dual:
        return None
    thin_mm = _AS_THIN * min(_grid(one).spacing_mm[2] for one in usable)
    ranked = sorted(usable, key=lambda one: _rank(one, thin_mm))
    best = ranked[0]
    if any(_rank(one, thin_mm) == _rank(best, thin_mm) or not show_one_place(one, best) for one in ranked[1:]):
        raise refusals.several_series(len(usable), str(best.found.energy))
    return SingleSeries(best, says_dual)


def _is_main_scan_broken(scans: Sequence[Series]) -> bool:
    """Tell whether an original, large series can't be read: no reformat may silently take its place."""
    largest = max(len(one.images) for one in scans)
    return any(one.problem and _is_original(one) and 2 * len(one.images) >= largest for one in scans)


def _is_original(one: Series) -> bool:
    return one.images[0].labels.image_type.startswith("ORIGINAL")


def _rank(one: Series, thin_mm: float) -> tuple[bool, bool, float, float, float]:
    spacing_mm = _grid(one).spacing_mm
    return (
        not _is_original(one), spacing_mm[2] > thin_mm, one.known_kernel.rank, round(spacing_mm[2], 2),
        round(spacing_mm[0], 3),
    )  # fmt: skip


def _grid(one: Series) -> Grid:
    assert one.stack is not None
    return one.stack.grid


def single_energy_notice(energy: Energy, says_dual: str) -> Notice:
    """Return what the reader of a single-energy result must know first."""
    half = f" Its headers say that it is part of a dual-energy scan ({says_dual})." if says_dual else ""
    return Notice(
        "single_energy",
        f"The scan holds one energy only ({energy}): what deposits consist of cannot be told.{half}",
        "No material, no mass, no material maps, no rule for 'bulky'. Hyperdense deposits may be hydroxyapatite, urate "
        "or anything else that dense; dilute ones near the skin are not found.",
    )
