"""Which result components belong to which true deposits (result contract, 'How results are scored')."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINIMUM_OVERLAP = 0.10
"""Fraction of the smaller of the two that a match must share (result contract)."""
TOLERANT_BELOW_MM3 = 15.0
"""True deposits smaller than this are matched with one voxel of tolerance (result contract)."""

Labels = NDArray[np.integer]
Mask = NDArray[np.bool_]
Box = tuple[slice, ...]


@dataclass(frozen=True)
class Contact:
    """How one result component meets one true deposit.

    Parameters
    ----------
    true_id, reported_id : int
        The two labels.
    shared : int
        Voxels in both.
    within_one : int
        Voxels of the true deposit at most one voxel (26 neighbours) away from the component.
    """

    true_id: int
    reported_id: int
    shared: int
    within_one: int


@dataclass(frozen=True)
class Match:
    """A contact large enough to count, with the fraction of the smaller of the two that is shared."""

    true_id: int
    reported_id: int
    fraction: float


@dataclass(frozen=True)
class Group:
    """True deposits and result components that hang together through matches."""

    true_ids: tuple[int, ...]
    reported_ids: tuple[int, ...]


def voxel_counts(labels: Labels) -> dict[int, int]:
    """Return voxels per label, background left out."""
    values, counts = np.unique(labels[labels > 0], return_counts=True)
    return {int(value): int(count) for value, count in zip(values, counts, strict=True)}


def contacts(truth: Labels, reported: Labels) -> list[Contact]:
    """Find every pair of a true deposit and a result component at most one voxel apart.

    Parameters
    ----------
    truth, reported : integer array, shape (slices, rows, columns)
        Labels on the same grid; 0 is background.
    """
    found = []
    for reported_id, body, grown, box in _components(reported):
        here = truth[box]
        near = voxel_counts(here[grown])
        shared = voxel_counts(here[body])
        found += [Contact(true, reported_id, shared.get(true, 0), count) for true, count in near.items()]
    return found


def touching(mask: Mask, reported: Labels) -> set[int]:
    """Return the result components at most one voxel away from a mask."""
    return {label for label, _, grown, box in _components(reported) if mask[box][grown].any()}


def matches(
    pairs: list[Contact],
    true_voxels: Mapping[int, int],
    reported_voxels: Mapping[int, int],
    true_volume_mm3: Mapping[int, float],
) -> list[Match]:
    """Keep the contacts that share at least a tenth of the smaller of the two.

    Below 15 mm3 of true volume a voxel counts as shared when it is at most one voxel away: at that size a
    half-voxel shift alone can undo the overlap.
    """
    kept = []
    for pair in pairs:
        tolerant = true_volume_mm3[pair.true_id] < TOLERANT_BELOW_MM3
        shared = pair.within_one if tolerant else pair.shared
        fraction = shared / min(true_voxels[pair.true_id], reported_voxels[pair.reported_id])
        if fraction >= MINIMUM_OVERLAP:
            kept.append(Match(pair.true_id, pair.reported_id, min(fraction, 1.0)))
    return kept


def groups(kept: list[Match]) -> list[Group]:
    """Gather matches into groups that share no deposit and no component, ordered by first true deposit."""
    gathered: list[tuple[set[int], set[int]]] = []
    for match in kept:
        linked = [g for g in gathered if match.true_id in g[0] or match.reported_id in g[1]]
        true_ids = {match.true_id}.union(*(g[0] for g in linked))
        reported_ids = {match.reported_id}.union(*(g[1] for g in linked))
        gathered = [g for g in gathered if g not in linked] + [(true_ids, reported_ids)]
    ordered = [Group(tuple(sorted(true)), tuple(sorted(reported))) for true, reported in gathered]
    return sorted(ordered, key=lambda group: group.true_ids)


def _components(labels: Labels) -> Iterator[tuple[int, Mask, Mask, Box]]:
    """Yield each component's label, body and body grown by one voxel, within its box grown by one voxel."""
    from scipy import ndimage

    neighbours = np.ones((3, 3, 3), bool)
    for label, tight in enumerate(ndimage.find_objects(labels), start=1):
        if tight is None:
            continue
        box = tuple(slice(max(part.start - 1, 0), part.stop + 1) for part in tight)
        body = labels[box] == label
        yield label, body, ndimage.binary_dilation(body, neighbours), box
