"""Calcified walls of palmar digital arteries: mineral that is neither bone nor deposit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.phantom._bones import ray_axes
from calcidect.phantom._hand import DigitalHand
from calcidect.phantom._person import Person
from calcidect.phantom._soft_tissue import paint_tube, smooth_path

_ARTERY_RADIUS_MM = 0.8
_PLAQUE_MG_PER_CM3 = (250.0, 600.0)


def put_arteries(
    hand: DigitalHand, person: Person, taken: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Put the person's calcified arteries into a hand (its mineral changes) and return where they are.

    Monckeberg's media sclerosis calcifies the wall in rings and stretches; at CT resolution it is a thin bright line
    of 5-15 mm beside the flexor tendons. Nothing is put within 3 mm of a deposit.
    """
    from scipy.ndimage import binary_dilation

    where = np.zeros(hand.grid.shape, np.uint8)
    for ray in range(1, 6):
        if f"{hand.side}_{ray}" not in person.calcified_arteries:
            continue
        bone = hand.posed.bones[f"proximal_phalanx_{ray}"]
        _, palmar, radial = ray_axes(hand.posed, bone)
        size = hand.size
        side = (6.0 if rng.random() < 0.5 else -6.0) * size * radial + 4.5 * size * palmar
        start, end = bone.axis
        first = float(rng.uniform(0.1, 0.4))
        path = smooth_path(np.stack([start + side + t * (end - start) for t in (first, first + 0.45)]), 0.3)
        paint_tube(where, 1, path, _ARTERY_RADIUS_MM, hand.grid, (0,))
    found = where.astype(bool)
    if found.any():
        reach = int(np.ceil(3.0 / hand.grid.spacing_mm[0]))
        found &= ~binary_dilation(taken, iterations=reach) & (hand.bones == 0) & (hand.tissue > 0)
        hand.ha_mg_per_cm3[found] = np.maximum(hand.ha_mg_per_cm3[found], rng.uniform(*_PLAQUE_MG_PER_CM3))
    return found
