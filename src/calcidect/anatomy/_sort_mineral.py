"""What mineral outside the named bones is: sesamoid, ossicle, artery, cartilage, on the skin, or a deposit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._courses import courses
from calcidect.anatomy._find_pose import FoundPose
from calcidect.anatomy._fitted_bones import fitted_bones
from calcidect.anatomy._joint_space import find_cartilage
from calcidect.anatomy._mineral import MineralImage
from calcidect.anatomy._on_skin import find_on_skin
from calcidect.anatomy._parts import Part, parts_of
from calcidect.anatomy._sesamoids import find_ossicles, find_sesamoids
from calcidect.anatomy._types import OtherKind
from calcidect.anatomy._vessels import find_arteries

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SortedMineral:
    """Masks on the hand's box.

    Parameters
    ----------
    small_bones : dict
        ``sesamoid_<joint>`` or ``ossicle`` to where they are.
    other : dict
        What is neither bone nor deposit, by kind.
    deposits : bool array, shape (k, j, i)
    """

    small_bones: dict[str, Mask]
    other: dict[OtherKind, Mask]
    deposits: Mask


def sort_mineral(
    apart: Mask, touching: Mask, pieces: NDArray[np.int32], image: MineralImage, bones: Mask, body: Mask,
    best: FoundPose | None, spacing_mm: tuple[float, float, float],
) -> SortedMineral:  # fmt: skip
    """Return what each part of mineral outside the bones is; without a fitted hand, place tells nothing.

    Parameters
    ----------
    apart : bool array, shape (k, j, i)
        Outside the bones.
    touching : bool array
        Deposits in contact with bone: what grew from a bone is no ossicle, which a joint parts from it.
    pieces : int32 array
        Labels of bodies that blur joins.
    image : MineralImage
    bones : bool array
    body : bool array
        Inside of the skin.
    best : FoundPose or None
        None where no fit is good enough to name bones.
    spacing_mm : tuple of float
        Along i, j, k.
    """
    small: dict[str, list[Part]] = {}
    other: dict[OtherKind, list[Part]] = {}
    parts = parts_of(apart | touching, pieces, image, spacing_mm)
    other["surface"] = find_on_skin(parts, body, spacing_mm)
    parts = _without(parts, other["surface"])
    if best is not None:
        fitted = fitted_bones(best)
        for joint, found in find_sesamoids(parts, fitted, best.space).items():
            small[f"sesamoid_{joint}"] = found
            parts = _without(parts, found)
        other["vascular"] = find_arteries(parts, courses(fitted), best.space)
        other["cartilage"] = find_cartilage(_without(parts, other["vascular"]), best)
        parts = _without(parts, other["vascular"] + other["cartilage"])
        free = [part for part in parts if not touching[part.at].any()]
        small["ossicle"] = find_ossicles(free, image, bones, fitted, best.space)
        parts = _without(parts, small["ossicle"])
    return SortedMineral(
        {name: _mask(found, apart.shape) for name, found in small.items() if found},
        {kind: _mask(found, apart.shape) for kind, found in other.items() if found},
        _mask(parts, apart.shape),
    )


def _without(parts: list[Part], taken: Iterable[Part]) -> list[Part]:
    gone = {id(part) for part in taken}
    return [part for part in parts if id(part) not in gone]


def _mask(parts: list[Part], shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, bool)
    for part in parts:
        mask[part.at] = True
    return mask
