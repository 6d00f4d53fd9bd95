"""Which pair is meant, of those that the headers allow; or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from calcidect.errors import StudyRefusedError
from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._candidates import WEIGHTS, SeriesPair, energy_of, lie_in_one_place, why_apart
from calcidect.study._energy import MIXTURE
from calcidect.study._series import Series, dual_energy_sign_of

_WHY_LOWER = {
    "kernel softness": "a softer kernel was preferred",
    "energy separation": "energies farther apart were preferred",
    "coverage": "a longer scan was preferred",
    "same acquisition": "two series of one acquisition were preferred",
    "thin slices": "thinner slices were preferred",
    "stated by attributes": "energies in attributes of their own were preferred to texts",
}


def choose_pair(series: Sequence[Series], candidates: Sequence[SeriesPair], settings: StudySettings) -> SeriesPair:
    """Return the pair that is meant: tube voltages before virtual images, then the highest score.

    Tube voltages are what was measured; virtual images of the same scan were computed from them.

    Raises
    ------
    StudyRefusedError
        If there is none, saying why, or no reason to prefer one: ``several_pairs``.
    """
    pairs = [pair for pair in candidates if not pair.obstacle]
    if not pairs:
        raise _why_none(series, settings)
    best = [pair for pair in pairs if _preference(pair) == max(map(_preference, pairs))]
    elsewhere = [pair for pair in pairs if not lie_in_one_place(best[0], pair)]
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
    if chosen.pair.low.kind != pair.pair.low.kind:
        return "tube voltages go before virtual images"
    return _WHY_LOWER[max(WEIGHTS, key=lambda name: WEIGHTS[name] * (chosen.parts[name] - pair.parts[name]))]


def _preference(pair: SeriesPair) -> tuple[bool, float]:
    return pair.pair.low.kind == "kv", pair.score


def _one_each(pairs: Sequence[SeriesPair]) -> list[SeriesPair]:
    """Return the best pair of each place, given pairs with the best first."""
    places: list[SeriesPair] = []
    for pair in pairs:
        if not any(lie_in_one_place(place, pair) for place in places):
            places.append(pair)
    return places


def _difference(pairs: Sequence[SeriesPair]) -> str:
    """Return in what pairs of one score differ, for people; nothing that identifies."""
    firsts = [(pair.low.images[0], pair.high.images[0]) for pair in pairs]
    aspects: dict[str, Sequence[object]] = {
        "energies": [pair.pair for pair in pairs],
        "kernel": [pair.low.kernel for pair in pairs],
        "slices": [pair.stacks[0].grid.size + pair.stacks[0].grid.spacing_mm for pair in pairs],
        "acquisition": [(low.acquisition, low.acquired_at, high.acquisition, high.acquired_at) for low, high in firsts],
        "description": [(low.labels.description, high.labels.description) for low, high in firsts],
    }
    differing = [name for name, values in aspects.items() if len(set(values)) > 1]
    return " and ".join(differing) or "nothing that their headers state"


def _why_none(series: Sequence[Series], settings: StudySettings) -> StudyRefusedError:
    """Return why there is no pair, the most telling reason first."""
    stated = [one for one in series if one.found.energy]
    if not stated:
        return refusals.no_energy(list(dict.fromkeys(one.found.why_not for one in series)))
    # A scout of three slices says nothing about the scan beside it.
    large = [one for one in stated if 2 * len(one.images) >= max(len(other.images) for other in stated)]
    broken = [one.problem for one in large if one.problem]
    if broken:
        return refusals.together(list({problem.found: problem for problem in broken}.values()))
    energies = sorted({str(energy_of(one)) for one in large})
    mixtures = sum(one.found.why_not == MIXTURE for one in series)
    if len(energies) > 1:
        return refusals.no_pair(_why_unlike(large, settings))
    if mixtures:
        return refusals.no_pair(f"one is of {energies[0]}, the other a mixture of several energies")
    if len(large) > 1:
        return refusals.no_pair(f"all {len(large)} series are of {energies[0]}")
    return refusals.one_energy(energies[0], dual_energy_sign_of(large[0]))


def _why_unlike(series: Sequence[Series], settings: StudySettings) -> str:
    """Return why no two series of different energy are a pair; what two of one kind lack tells more."""
    couples = [two for two in combinations(series, 2) if energy_of(two[0]) != energy_of(two[1])]
    couples.sort(key=lambda two: energy_of(two[0]).kind != energy_of(two[1]).kind)
    one, other = couples[0]
    return f"{energy_of(one)} and {energy_of(other)}: {why_apart(one, other, settings)}"
