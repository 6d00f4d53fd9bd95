"""Which pair is meant, of those that the headers allow; or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from calcidect.errors import StudyRefusedError
from calcidect.settings import StudySettings
from calcidect.study import _joined_refusals as joined
from calcidect.study import _refusals as refusals
from calcidect.study._candidates import WEIGHTS, SeriesPair, energy_of, rank, relation_of, why_apart
from calcidect.study._energy import MIXTURE
from calcidect.study._header import ImageHeader
from calcidect.study._places import show_one_place
from calcidect.study._series import Series

_WHY_LOWER = {
    "kernel softness": "a softer kernel was preferred",
    "energy separation": "energies farther apart were preferred",
    "coverage": "a longer scan was preferred",
    "same acquisition": "two series of one acquisition were preferred",
    "thin slices": "thinner slices were preferred",
    "stated by attributes": "energies in attributes of their own were preferred to texts",
}


def choose_pair(series: Sequence[Series], candidates: Sequence[SeriesPair], settings: StudySettings) -> SeriesPair:
    """Return the pair that is meant: voxel on voxel first, then tube voltages, then the highest score.

    Where series lie voxel on voxel, they belong together; only where none do may one be cropped or interpolated. Tube
    voltages are what was measured; virtual images of the same scan were computed from them.

    Raises
    ------
    StudyRefusedError
        If there is none, saying why, or no reason to prefer one: ``several_pairs``.
    """
    possible = [pair for pair in candidates if not pair.obstacle]
    if not possible:
        raise _why_none(series, settings)
    pairs = [pair for pair in possible if pair.is_exact] or possible
    highest = max(map(_preference, pairs))
    best = [pair for pair in pairs if _preference(pair) == highest]
    elsewhere = [pair for pair in possible if _shows_another_place(pair, best[0])]
    if elsewhere:
        raise refusals.several_pairs([pair.pair.name for pair in _one_each([best[0], *elsewhere])], "the place scanned")
    if len(best) > 1:
        raise refusals.several_pairs([pair.pair.name for pair in best], _difference(best))
    return best[0]


def why_not_chosen(pair: SeriesPair, chosen: SeriesPair | None) -> str:
    """Tell why a pair was not taken; empty if it was."""
    if pair is chosen:
        return ""
    if pair.obstacle:
        return pair.obstacle
    if chosen is None:
        return "no pair was chosen"
    if chosen.is_exact and not pair.is_exact:
        return "two series that lie voxel on voxel were preferred"
    if chosen.pair.low.kind != pair.pair.low.kind:
        return "tube voltages go before virtual images"
    return _WHY_LOWER[max(WEIGHTS, key=lambda name: WEIGHTS[name] * (chosen.parts[name] - pair.parts[name]))]


def _shows_another_place(pair: SeriesPair, best: SeriesPair) -> bool:
    """Tell whether a pair would be left out unseen: the other hand, scanned alone, may need cropping where this not."""
    is_apart = pair.is_exact or not best.is_exact or not {id(pair.low), id(pair.high)} & {id(best.low), id(best.high)}
    return is_apart and not show_one_place(best.low, pair.low)


def _preference(pair: SeriesPair) -> tuple[bool, float]:
    return pair.pair.low.kind == "kv", pair.score


def _one_each(pairs: Sequence[SeriesPair]) -> list[SeriesPair]:
    """Return the best pair of each place, given pairs with the best first."""
    places: list[SeriesPair] = []
    for pair in pairs:
        if not any(show_one_place(place.low, pair.low) for place in places):
            places.append(pair)
    return places


def _difference(pairs: Sequence[SeriesPair]) -> str:
    """Return in what pairs of one score differ, for people; nothing that identifies."""
    firsts = [(pair.low.images[0], pair.high.images[0]) for pair in pairs]
    aspects: dict[str, Sequence[object]] = {
        "energies": [pair.pair for pair in pairs],
        "kernel": [pair.low.kernel for pair in pairs],
        "slices": [pair.stacks[0].grid.size + pair.stacks[0].grid.spacing_mm for pair in pairs],
        "acquisition": [_acquired(low) + _acquired(high) for low, high in firsts],
        "description": [(low.labels.description, high.labels.description) for low, high in firsts],
    }
    differing = [name for name, values in aspects.items() if len(set(values)) > 1]
    return " and ".join(differing) or "nothing that their headers state"


def _acquired(image: ImageHeader) -> tuple[str, str]:
    return image.acquisition.number, image.acquisition.started_at


def _why_none(series: Sequence[Series], settings: StudySettings) -> StudyRefusedError:
    """Return why there is no pair, the most telling reason first."""
    stated = [one for one in series if one.found.energy]
    if not stated:
        return refusals.no_energy(list(dict.fromkeys(one.found.why_not for one in series)))
    # A scout of three slices says nothing about the scan beside it.
    large = [one for one in stated if 2 * len(one.images) >= max(len(other.images) for other in stated)]
    broken = [one.problem for one in large if one.problem]
    if broken:
        return joined.together(_of_series(large))
    energies = sorted({str(energy_of(one)) for one in large})
    mixtures = sum(one.found.why_not == MIXTURE for one in series)
    if len(energies) > 1:
        return _why_unlike(large, settings)
    if mixtures:
        return refusals.no_pair(f"one is of {energies[0]}, the other a mixture of several energies")
    if len(large) > 1:
        return refusals.no_pair(f"all {len(large)} series are of {energies[0]}")
    return refusals.one_energy(energies[0])


def _of_series(series: Sequence[Series]) -> list[StudyRefusedError]:
    """Return the problems of some series, each with the energies that have it and those that are whole."""
    problems = {one.problem.found: one.problem for one in series if one.problem}
    ordered = sorted(series, key=rank)
    whole = list(dict.fromkeys(str(energy_of(one)) for one in ordered if not one.problem))
    told = []
    for found, problem in problems.items():
        having = [str(energy_of(one)) for one in ordered if one.problem and one.problem.found == found]
        told.append(joined.in_series(problem, list(dict.fromkeys(having)), whole))
    return told


def _why_unlike(series: Sequence[Series], settings: StudySettings) -> StudyRefusedError:
    """Return why no two series of different energy are a pair; what two of one kind lack tells more."""
    couples = [two for two in combinations(series, 2) if energy_of(two[0]) != energy_of(two[1])]
    couples.sort(key=lambda two: energy_of(two[0]).kind != energy_of(two[1]).kind)
    one, other = sorted(couples[0], key=rank)
    relation = relation_of(one, other, settings)
    reason = why_apart(one, other, relation)
    is_of_grids = relation is not None and reason == relation.why_apart
    return (refusals.grids_differ if is_of_grids else refusals.no_pair)(
        f"{energy_of(one)} and {energy_of(other)}: {reason}"
    )
