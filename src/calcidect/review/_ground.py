"""What the algorithm found, as far as edits are checked against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import BoneLabel
from calcidect.geometry import Grid
from calcidect.result import HandFacts
from calcidect.review._state import State
from calcidect.review._voxels import Voxels


@dataclass(frozen=True, eq=False)
class Ground:
    """What the algorithm found, as far as edits are checked against it.

    Parameters
    ----------
    grid : Grid
    hands : tuple of HandFacts
    bones : callable
        Gives their labels, uint8, shape (k, j, i).
    bone_labels : dict
    rows : dict
        Of ``deposits.csv``, by number.
    """

    grid: Grid
    hands: tuple[HandFacts, ...]
    bones: Callable[[], NDArray[np.uint8]]
    bone_labels: dict[int, BoneLabel]
    rows: dict[int, dict[str, Any]]

    def bone_at(self, state: State, voxels: Voxels) -> NDArray[np.uint16]:
        """Return the label of the bone at each voxel, as readers left it."""
        changed = np.isin(voxels, state.bones.voxels)
        found = self.bones().reshape(-1)[voxels].astype(np.uint16)
        found[changed] = state.bones.at(voxels[changed])
        return found

    def label_of(self, state: State, number: int, name: str) -> Any:
        """Return a label of a deposit as readers left it; None if it was never given one."""
        one = state.deposits[number]
        given = dict(one.labels)
        return given[name] if name in given else self.rows.get(one.origin or 0, {}).get(name)

    def side_at(self, voxels: Voxels) -> str | None:
        """Return the hand in whose box most of the voxels lie; None outside of all."""
        k, j, i = np.unravel_index(voxels, self.grid.shape)
        index = np.stack([i, j, k], -1)
        inside = {
            hand.side: int(((index >= hand.start) & (index < np.add(hand.start, hand.size))).all(1).sum())
            for hand in self.hands
        }
        best = max(inside, key=lambda side: inside[side], default=None)
        return best if best is not None and inside[best] > 0 else None
