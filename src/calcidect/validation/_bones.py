"""Score bones: all bone of a side together, and each named bone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import BONES
from calcidect.validation._inputs import BoneName, Reported, Truth
from calcidect.validation._statistics import dice
from calcidect.validation._types import BoneScore, BoneUnion

UNNAMED = "unnamed"


@dataclass(frozen=True, eq=False)
class Overlap:
    """Voxels shared by every pair of labels.

    Parameters
    ----------
    shared : int array, shape (true labels, reported labels)
        Row and column 0 are background.
    true, reported : dict
        What each label means.
    """

    shared: NDArray[np.intp]
    true: dict[int, BoneName]
    reported: dict[int, BoneName]

    def dice(self, true: list[int], reported: list[int]) -> float | None:
        """Return the Dice coefficient of two sets of labels taken as wholes."""
        both = int(self.shared[np.ix_(true, reported)].sum())
        return dice(both, int(self.shared[true].sum()), int(self.shared[:, reported].sum()))


def overlap_bones(truth: Truth, reported: Reported) -> Overlap:
    """Count the voxels that every true and every reported bone share."""
    first, second = truth.bones.array, reported.bones.array
    somewhere = (first > 0) | (second > 0)
    first, second = first[somewhere].astype(np.intp), second[somewhere].astype(np.intp)
    rows, columns = (
        1 + max([0, int(labels.max(initial=0)), *names])
        for labels, names in ((first, truth.table.bones), (second, reported.bone_names))
    )
    counts = np.bincount(first * columns + second, minlength=rows * columns)
    return Overlap(counts.reshape(rows, columns), truth.table.bones, reported.bone_names)


def score_unions(overlap: Overlap, hands: tuple[str, ...]) -> tuple[BoneUnion, ...]:
    """Return Dice of all bone per side; bones without a name count too."""
    sides = []
    for side in hands:
        true, reported = (
            [label for label, name in names.items() if name.side == side] for names in (overlap.true, overlap.reported)
        )
        sides.append(BoneUnion(side, overlap.dice(true, reported) or 0.0))
    return tuple(sides)


def score_bones(overlap: Overlap) -> tuple[BoneScore, ...]:
    """Return a row per true bone of the 29 a side; sesamoids have no name to get right."""
    named = [(label, name) for label, name in sorted(overlap.true.items()) if name.bone in BONES]
    return tuple(_bone_score(label, name, overlap) for label, name in named)


def _bone_score(label: int, name: BoneName, overlap: Overlap) -> BoneScore:
    over = overlap.shared[label].copy()
    over[0] = 0
    covering = overlap.reported.get(int(over.argmax())) if over.any() else None
    if covering is None or covering.bone == UNNAMED:
        return BoneScore(name.side, name.bone, None, None)
    same = [i for i, reported in overlap.reported.items() if reported == name]
    return BoneScore(name.side, name.bone, covering == name, overlap.dice([label], same))
