"""What looks like mineral and is not, or may not be: flags on deposits, and a list of what was never one.

Nail (267/260 HU at 80/140) and urate have the same ratio of the energies at every pair; they differ by place alone.
Nothing is deleted without a trace: what the anatomy room leaves out near the skin, or takes for an artery, cartilage or
an object on the skin, is listed with its class and reason.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import BRIGHTER_THAN_NAIL_HU, NAIL_AND_SKIN_MM, OTHER_KINDS, SMOOTH_MM, URATE_HU, Hand
from calcidect.findings._gather import distance_mm, gather
from calcidect.findings._region import Amounts
from calcidect.findings._surroundings import Surroundings
from calcidect.findings._types import Artefact, ArtefactKind
from calcidect.geometry import FloatArray, Grid
from calcidect.materials import LEAST_METAL_VOXELS, Sensitivity, denser_than_apatite_hu

_BLUR_MM = 1.0  # nearer to bone or a deposit, a dense voxel is their blur
_SHALLOW_MM = 2.5  # our rule: a nail plate is 0.5 mm thick and its bed 1 to 2 mm; a deposit lies deeper
_TENDON_HU = 200.0  # our rule: tendon has 99 to 128 HU at every energy; 70 more for noise and an angle to the beam
_DORSAL = 0.5  # cosine: within 60 degrees of the back of the hand

_REACHES_AIR_MM = (0.4, 1.5)
"""Under the blur of the skin's edge, and no deeper than the anatomy room cuts."""
_REACHES_AIR_SHARE = 0.5  # our rule: over half of its outer face

_REASONS: dict[ArtefactKind, str] = {
    "nail": "As dense as urate, within 1.5 mm of the skin on the back of a finger: nail has that density and ratio.",
    "skin": "As dense as urate, within 1.5 mm of the skin, where its edge and thick skin look like that.",
    "vascular": "A thin tube on the course of an artery, nearer to it than to any tendon: a calcified artery's wall.",
    "cartilage": "Thin, and between two bones of a joint: calcified cartilage.",
    "surface": "On the skin, and not in it: air beside it, and skin below it goes on.",
}

_THICK_NAIL = (
    "As dense as urate, on the back of a finger, and without skin over it: nail has that density and ratio, and may be "
    "thicker than 1.5 mm."
)


def artefact_flags(around: Surroundings, found: Amounts, in_water: Sensitivity | None, dorsal: bool) -> tuple[str, ...]:
    """Return what a deposit may be instead.

    ``metal``: voxels denser than solid hydroxyapatite at the high energy. Of what is like urate: ``nail`` or ``skin``
    if half of it lies within 2.5 mm of the skin, dorsal or not; ``tendon_like`` if it is hardly denser than tendon.

    Parameters
    ----------
    around : Surroundings
    found : Amounts
    in_water : Sensitivity or None
        None of a single-energy scan, of which nothing is told.
    dorsal : bool
        Whether it lies on the back of the nearest bone.
    """
    if around.high is None or in_water is None or found.classification is None:
        return ()
    urate_like = found.classification.posterior < 0.5
    shallow = float(np.median(around.depth_mm[around.mask])) < _SHALLOW_MM
    flags = {
        "metal": int((around.high[around.mask] >= denser_than_apatite_hu(in_water)).sum()) >= LEAST_METAL_VOXELS,
        "nail": urate_like and shallow and dorsal,
        "skin": urate_like and shallow and not dorsal,
        "tendon_like": urate_like and not shallow and _plateau_hu(around) < _TENDON_HU,
    }
    return tuple(flag for flag, is_so in flags.items() if is_so)


def is_nail(around: Surroundings, found: Amounts, dorsal: bool) -> bool:
    """Tell whether what was found is the deep part of a thick nail: like urate in ratio and density, but not in place.

    It is like urate, no denser than nail, lies within 2.5 mm of the back of a finger, and nothing lies between it and
    the air: over half of it, what is nearer to the skin is as dense. A deposit has skin over it (70 HU, 1 mm or more).

    Parameters
    ----------
    around : Surroundings
    found : Amounts
    dorsal : bool
        Whether it lies on the back of the nearest bone.
    """
    if not dorsal or found.classification is None or found.classification.posterior >= 0.5:
        return False
    if float(np.median(around.depth_mm[around.mask])) >= _SHALLOW_MM or _plateau_hu(around) >= BRIGHTER_THAN_NAIL_HU:
        return False
    nearest, deepest = _REACHES_AIR_MM
    over = (around.depth_mm > nearest) & (around.depth_mm <= deepest) & (around.away_mm <= NAIL_AND_SKIN_MM)
    over &= ~around.mask & (around.bone_mm > _BLUR_MM)
    return bool(over.any() and (around.smooth_low[over] > URATE_HU).mean() >= _REACHES_AIR_SHARE)


def nail(hand: Hand, around: Surroundings, centre_mm: FloatArray) -> Artefact:
    """Return the deep part of a thick nail as what it is."""
    low, high = around.low[around.mask], None if around.high is None else around.high[around.mask]
    return _artefact(hand, "nail", _THICK_NAIL, float(around.mask.sum()) * around.voxel_mm3, centre_mm, low, high)


def _artefact(
    hand: Hand, kind: ArtefactKind, reason: str, volume_mm3: float, centre_mm: FloatArray,
    low_hu: NDArray[np.float32], high_hu: NDArray[np.float32] | None,
) -> Artefact:  # fmt: skip
    """Return an artefact of these voxels' HU."""
    x_mm, y_mm, z_mm = (float(mm) for mm in centre_mm)
    mean_high = None if high_hu is None else float(high_hu.mean())
    return Artefact(hand.side, kind, reason, volume_mm3, x_mm, y_mm, z_mm, float(low_hu.mean()), mean_high)


def _plateau_hu(around: Surroundings) -> float:
    return float(np.percentile(around.smooth_low[around.mask], 90))


def surface_artefacts(
    hand: Hand, grid: Grid, low: NDArray[np.float32], high: NDArray[np.float32] | None, depth_mm: NDArray[np.float32],
    bone_mm: NDArray[np.float32], bone_points_mm: FloatArray, deposits: NDArray[np.bool_], minimum_mm3: float,
) -> tuple[Artefact, ...]:  # fmt: skip
    """Return the dense bodies near the skin that the anatomy room left out, each as nail or skin.

    Parameters
    ----------
    hand : Hand
    grid : Grid
        Of the hand's box.
    low, high : float32 array, shape (k, j, i)
    depth_mm, bone_mm : float32 array
        Below the skin; from bone.
    bone_points_mm : array, shape (n, 3)
        Points of bone, LPS.
    deposits : bool array
        Mineral outside bone.
    minimum_mm3 : float
        Smaller bodies are noise.
    """
    from scipy.ndimage import gaussian_filter, label

    smooth = gaussian_filter(low, [SMOOTH_MM / s for s in grid.spacing_mm[::-1]])
    left_out = hand.body & (smooth > URATE_HU) & (depth_mm <= NAIL_AND_SKIN_MM) & (bone_mm > _BLUR_MM)
    left_out &= distance_mm(deposits, grid.spacing_mm) > _BLUR_MM
    labels, count = label(left_out, np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * grid.voxel_volume_mm3
    found = []
    for number in range(1, count + 1):
        if sizes[number] < minimum_mm3:
            continue
        at = labels == number
        centre = grid.point_of(np.stack(np.nonzero(at), -1)[:, ::-1]).mean(0)
        kind: ArtefactKind = "nail" if is_dorsal(hand, centre, bone_points_mm) else "skin"
        of_high = None if high is None else high[at]
        found.append(_artefact(hand, kind, _REASONS[kind], float(sizes[number]), centre, low[at], of_high))
    return tuple(sorted(found, key=lambda artefact: -artefact.volume_mm3))


def other_artefacts(
    hand: Hand, grid: Grid, low: NDArray[np.float32], high: NDArray[np.float32] | None, other: NDArray[np.uint8],
    join_gap_mm: float, minimum_mm3: float,
) -> tuple[Artefact, ...]:  # fmt: skip
    """Return the mineral that the anatomy room took neither for bone nor for deposit, each body by its kind.

    Parameters
    ----------
    hand : Hand
    grid : Grid
        Of the hand's box.
    low, high : float32 array, shape (k, j, i)
    other : uint8 array
        Place in ``OTHER_KINDS``, from 1.
    join_gap_mm, minimum_mm3 : float
        As of deposits.
    """
    found = []
    for code, kind in enumerate(OTHER_KINDS, start=1):
        labels, count = gather(other == code, grid.spacing_mm, join_gap_mm, minimum_mm3)
        for number in range(1, count + 1):
            at = labels == number
            centre = grid.point_of(np.argwhere(at)[:, ::-1]).mean(0)
            volume_mm3 = float(at.sum()) * grid.voxel_volume_mm3
            of_high = None if high is None else high[at]
            found.append(_artefact(hand, kind, _REASONS[kind], volume_mm3, centre, low[at], of_high))
    return tuple(found)


def is_dorsal(hand: Hand, point_mm: FloatArray, bone_points_mm: FloatArray) -> bool:
    """Tell whether a point lies on the back of the nearest bone, within 60 degrees; without bone it does not."""
    if len(bone_points_mm) == 0:
        return False
    offset = point_mm - bone_points_mm[np.linalg.norm(bone_points_mm - point_mm, axis=1).argmin()]
    return bool(offset @ hand.dorsal > _DORSAL * np.linalg.norm(offset))
