"""Which two series could be a pair, by their headers, and how well each would serve.

What makes two series no pair at all (another kind of energy, another place, unlike kernels) is an obstacle, and the
score is 0. The score of the others orders pairs that would all be right; it is made of the parts in `WEIGHTS`, each 0
to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from calcidect.settings import StudySettings
from calcidect.study._grids import GridRelation, how_grids_relate
from calcidect.study._ratio import hydroxyapatite_ratio
from calcidect.study._series import Series
from calcidect.study._stack import Stack
from calcidect.study._types import Energy, Pair

LOWEST_KEV = 40.0
"""Below 40 keV vendors give no images of hands; the lowest usual step of every vendor is 40 keV (docs/dicom.md)."""

WEIGHTS: Mapping[str, float] = {
    "kernel softness": 0.30,
    "energy separation": 0.25,
    "coverage": 0.20,
    "same acquisition": 0.10,
    "thin slices": 0.10,
    "stated by attributes": 0.05,
}
"""Our choice: sharp kernels fake ratios at every edge, noise grows as the energies close up; the rest costs less."""

_MOST_SERIES = 200  # bounds the number of pairs looked at; a study holds 2 to 60 series
_QUANTITATIVE_BONUS = 0.1  # our choice: a kernel made for measuring HU counts as if it were a tenth softer
_UNKNOWN_RATIO = 1.5  # of hydroxyapatite, for beams that are not in the table: that of the weakest pairs in use
_THIN_MM = 0.75  # the usual slice of hand protocols
_FILTER_ORDER = {"": 0, "Au": 1, "Sn": 2}  # each hardens a beam of one voltage more than the one before


@dataclass(frozen=True)
class SeriesPair:
    """Two series, lower energy first.

    Parameters
    ----------
    low, high : Series
        Both with an energy.
    parts : mapping of str to float
        What the score is made of, 0 to 1 each; empty where there is an obstacle.
    obstacle : str
        Why the two can't be a pair; empty if they can.
    is_exact : bool
        Whether they lie voxel on voxel, in one frame of reference: then nothing is cropped or interpolated.
    """

    low: Series
    high: Series
    parts: Mapping[str, float] = field(default_factory=dict)
    obstacle: str = ""
    is_exact: bool = False

    @property
    def frames_differ(self) -> bool:
        """Whether they state different frames of reference: then the pixels must show that they are of one scan."""
        return not _share_frame(self.low, self.high)

    @property
    def pair(self) -> Pair:
        """Their energies."""
        return Pair(energy_of(self.low), energy_of(self.high))

    @property
    def stacks(self) -> tuple[Stack, Stack]:
        """Their slices in order."""
        assert self.low.stack is not None
        assert self.high.stack is not None
        return self.low.stack, self.high.stack

    @property
    def score(self) -> float:
        """How well it would serve, 0 to 1; in thousandths, so that rounding of headers makes no difference."""
        return round(sum(WEIGHTS[name] * part for name, part in self.parts.items()), 3)


def energy_of(series: Series) -> Energy:
    """Return the energy of a series that has one."""
    assert series.found.energy is not None
    return series.found.energy


def rank(series: Series) -> tuple[float, int]:
    """Return what orders series of one kind by energy: of equal voltages, the filtered beam is the higher."""
    energy = energy_of(series)
    return energy.value, _FILTER_ORDER[energy.filter]


def find_candidates(series: Sequence[Series], settings: StudySettings) -> tuple[SeriesPair, ...]:
    """Return every two series of one study that could be meant, best first.

    Two tube voltages or two virtual images of different energy; a tube voltage and a virtual image are never meant, and
    a stack of too few slices is a scout.
    """
    usable = [one for one in series if one.found.energy is not None and not _is_scout(one)]
    usable = sorted(usable, key=lambda one: -len(one.images))[:_MOST_SERIES]
    pairs = [
        (one, other) if rank(one) < rank(other) else (other, one)
        for one, other in combinations(usable, 2)
        if energy_of(one).kind == energy_of(other).kind and rank(one) != rank(other)
    ]
    longest_mm = max((_length_mm(one) for one in usable if one.stack), default=0.0)
    judged = [_judged(low, high, longest_mm, settings) for low, high in pairs]
    return tuple(sorted(judged, key=lambda pair: (-pair.score, pair.low.name, pair.high.name)))


def relation_of(one: Series, other: Series, settings: StudySettings) -> GridRelation | None:
    """Return how the slices of two series lie to each other; None where those of one make no stack."""
    return how_grids_relate(one.stack, other.stack, settings) if one.stack and other.stack else None


def why_apart(one: Series, other: Series, relation: GridRelation | None) -> str:
    """Tell why two series, whose slices lie so to each other, can't be a pair; empty if they can."""
    if energy_of(one).kind != energy_of(other).kind:
        return "one is a tube voltage and the other a virtual monoenergetic image"
    if one.images[0].study_uid != other.images[0].study_uid:
        return "they are of different studies"
    if energy_of(one).kind == "kv" and _is_derived(one) != _is_derived(other):
        return "one is as scanned, the other was computed (Image Type ORIGINAL and DERIVED), maybe from both energies"
    for series in (one, other):
        if series.problem:
            return f"of the {energy_of(series)} series: {series.problem.found}"
    assert relation is not None
    if relation.kind != "same" and not _share_frame(one, other):
        return "they lie in different frames of reference, so they were not scanned together"
    if relation.why_apart:
        return relation.why_apart
    if one.known_kernel.name != other.known_kernel.name:
        return f"they were reconstructed with different kernels ({_named(one)} and {_named(other)})"
    if min(energy_of(one).value, energy_of(other).value) < LOWEST_KEV:
        return f"both must be at least {LOWEST_KEV:g} keV"
    return ""


def _share_frame(one: Series, other: Series) -> bool:
    return one.images[0].frame_uid == other.images[0].frame_uid


def _is_derived(series: Series) -> bool:
    return series.images[0].labels.image_type.startswith("DERIVED")


def _named(series: Series) -> str:
    return series.kernel.split("\\")[0] or "none stated"


def _is_scout(series: Series) -> bool:
    return series.problem is not None and series.problem.code == "too_small"


def _length_mm(series: Series) -> float:
    assert series.stack is not None
    grid = series.stack.grid
    return grid.size[2] * grid.spacing_mm[2]


def _judged(low: Series, high: Series, longest_mm: float, settings: StudySettings) -> SeriesPair:
    relation = relation_of(low, high, settings)
    obstacle = why_apart(low, high, relation)
    if obstacle:
        return SeriesPair(low, high, obstacle=obstacle)
    assert relation is not None
    is_exact = _share_frame(low, high) and relation.kind == "same"
    return SeriesPair(low, high, _parts(low, high, longest_mm), is_exact=is_exact)


def _parts(low: Series, high: Series, longest_mm: float) -> dict[str, float]:
    ratio = hydroxyapatite_ratio(Pair(energy_of(low), energy_of(high))) or _UNKNOWN_RATIO
    return {
        "kernel softness": _softness(low),
        "energy separation": max(0.0, 1 - 1 / ratio),
        "coverage": _length_mm(low) / longest_mm,
        "same acquisition": 1.0 if _is_one_acquisition(low, high) else 0.5,
        "thin slices": _thinness(low, high),
        "stated by attributes": (low.found.is_from_attributes + high.found.is_from_attributes) / 2,
    }


def _softness(series: Series) -> float:
    kernel = series.known_kernel
    return min(1.0, 1 - kernel.rank + _QUANTITATIVE_BONUS * kernel.is_quantitative)


def _is_one_acquisition(one: Series, other: Series) -> bool:
    acquisitions = {
        (series.images[0].acquisition.number, series.images[0].acquisition.started_at) for series in (one, other)
    }
    return len(acquisitions) == 1 and all(acquisitions.pop())


def _thinness(one: Series, other: Series) -> float:
    """Return how thin the slices are; 0 where they differ, for then the two energies average different things."""
    assert one.stack is not None
    thickness_mm = [series.images[0].acquisition.thickness_mm or 0.0 for series in (one, other)]
    if abs(thickness_mm[0] - thickness_mm[1]) > 0.1 * max(thickness_mm):
        return 0.0
    return min(1.0, _THIN_MM / max(*thickness_mm, one.stack.grid.spacing_mm[2]))
