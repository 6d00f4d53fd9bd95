"""Simulated hands, walked up to where deposits against bone are told, with the truth at every place that is asked for.

Hands of both simulators, of their development seeds alone; what is held back in ``benchmarks`` is not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import nibabel as nib
import numpy as np
from benchmarks.deposits_and_damage import scenario_of
from benchmarks.other_hands.make import make_case
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from calcidect.anatomy import find_hands
from calcidect.anatomy._mineral_signs import Signs
from calcidect.materials import decompose
from calcidect.phantom import simulate
from calcidect.settings import Settings
from calcidect.study import read_study

OTHER, FINE = "other ", "fine "
"""Begin the kinds of the second set, ``benchmarks.other_hands``, and those sets of ``deposits_and_damage`` that are
finely sampled rather than quick."""
_BLUR_MM = 1.2
"""Around a deposit: what is neither deposit nor bone there has no name."""


def collected(kind: str, seed: int, cache: Path) -> Path:
    """Return the file with a hand's signs and truth, made unless it is there."""
    name = f"{kind}_{seed}".replace(" ", "_")
    case, kept = cache / "cases" / name, cache / "signs" / f"{name}.npz"
    if kept.exists():
        return kept
    if not (case / "truth/vessels.nii.gz").exists():  # the last file written
        if kind.startswith(OTHER):
            make_case(kind.removeprefix(OTHER), seed, case)
        else:
            simulate(scenario_of(kind.removeprefix(FINE), seed, quick=not kind.startswith(FINE)), case)
    signs, first = _signs(case)
    voxels = np.rint(signs.index * signs.step).astype(int) + first
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(".part.npz")
    np.savez(unfinished, values=signs.values, names=signs.names, is_deposit=_truth(case, voxels))
    unfinished.replace(kept)
    return kept


def _signs(case: Path) -> tuple[Signs, NDArray[np.intp]]:
    """Return the signs of a hand, and the first voxel (k, j, i) of its box."""
    settings = Settings()
    maps = decompose(read_study(case / "dicom", settings.study), settings)
    with _kept() as signs:
        anatomy = find_hands(maps, settings)
    (hand,) = anatomy.hands
    return signs[-1], np.array(hand.start[::-1])


@contextmanager
def _kept() -> Iterator[list[Signs]]:
    """Keep the signs that are weighed meanwhile; no deposit is told, since there may be no trees yet."""
    signs: list[Signs] = []

    def none(asked: Signs) -> NDArray[np.float32]:
        signs.append(asked)
        return np.zeros(len(asked.index), np.float32)

    with patch("calcidect.anatomy._deposit_places.deposit_likelihood", none):
        yield signs


def _truth(case: Path, voxels: NDArray[np.intp]) -> NDArray[np.int8]:
    """Return, of every voxel (k, j, i), 1 if it is deposit, 0 if it is not, -1 if it is the blur of one."""
    labels = {what: nib.load(case / f"truth/{what}.nii.gz") for what in ("deposits", "bones")}
    deposit, bone = (np.asanyarray(image.dataobj).T > 0 for image in labels.values())
    spacing = np.array(labels["bones"].header.get_zooms())[::-1]
    far = distance_transform_edt(~deposit, spacing) > _BLUR_MM if deposit.any() else ~deposit
    known = np.where(deposit, 1, np.where(bone | far, 0, -1))
    return known[tuple(voxels.T)].astype(np.int8)
