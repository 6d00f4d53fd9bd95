"""The pattern of a deposit: punctate, linear, sheet, reticular, amorphous, conglomerate or nodule.

The words are in use for calcinosis on radiographs and CT; no limits were found in print. The rules are ours
(docs/method/deposits.md), by measured traits, asked in this order.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Literal

import numpy as np

from calcidect.findings._bodies import lumps_of
from calcidect.findings._extents import local_extents_mm
from calcidect.findings._gather import distance_mm
from calcidect.findings._inside import Inside, inside_of
from calcidect.findings._surroundings import Surroundings
from calcidect.findings._types import Material
from calcidect.geometry import neighbouring
from calcidect.settings import FindingsSettings, PatternSettings

Pattern = Literal["punctate", "linear", "sheet", "reticular", "amorphous", "conglomerate", "nodule"]

BARTOLI = {
    "punctate": "stone", "nodule": "stone", "conglomerate": "stone", "sheet": "plate", "reticular": "net",
    "amorphous": "mousse",
}  # fmt: skip
"""Nearest class of Bartoli 2016, told there by eye, hand and radiograph. Not validated; linear has no counterpart."""
_LEAST_PART_MM3 = 1.0
"""Our choice: smaller parts are specks, as smaller deposits are (`findings.minimum_volume_mm3`)."""
_REACH = 4.0
"""Our choice, times the thickness: enough to tell a sheet from a ball, less than the bends of skin and tendons."""
_RADII = 10  # our choice: steps of a tenth of the greatest depth


@dataclass(frozen=True)
class Traits:
    """What a deposit's pattern is told by.

    Parameters
    ----------
    number_of_parts : int
        Of at least 1 mm3, with gaps between them.
    number_of_lobes : int
        Rounded bodies that it is grown together from, told by necks (`PatternSettings.lobe_share`).
    thickness_mm : float
        Mean local thickness.
    elongation, flatness : float
        Mean local length / width, and width / thickness (`local_extents_mm`): both 1 of a ball.
    number_of_holes : int
        Tunnels through it, wider than the blur.
    solidity : float
        Volume / volume of its convex hull.
    """

    number_of_parts: int
    number_of_lobes: int
    thickness_mm: float
    elongation: float
    flatness: float
    number_of_holes: int
    solidity: float


def described(
    around: Surroundings, material: Material, volume_mm3: float, max_diameter_mm: float,
    mean_ha_mg_per_cm3: float | None, settings: FindingsSettings,
) -> dict[str, Any]:  # fmt: skip
    """Return what a `Deposit` says of its pattern: the traits, the pattern, and Bartoli's class for it.

    Of urate the density as HA says nothing, and Bartoli's classes are of calcinosis.
    """
    free = around.mine & (around.depth_mm > 0)
    inside = inside_of(around.low, around.mask, free, around.spacing_mm)
    if not inside.mask.any():
        return {"pattern": None}
    traits = traits_of(inside, settings.pattern, around.blur.widest_mm)
    is_urate = material == "urate"
    density = None if is_urate else mean_ha_mg_per_cm3
    pattern = pattern_of(traits, volume_mm3, max_diameter_mm, density, settings.pattern)
    bartoli = None if is_urate else BARTOLI.get(pattern)
    return {**asdict(traits), "pattern": pattern, "bartoli_class_unvalidated": bartoli}


def traits_of(inside: Inside, settings: PatternSettings, blur_mm: float) -> Traits:
    """Return the traits of a deposit.

    Parameters
    ----------
    inside : Inside
        The deposit; it holds at least one cell.
    settings : PatternSettings
    blur_mm : float
        Full width at half maximum of the scan's blur.
    """
    from scipy.ndimage import label

    mask = inside.mask
    pieces = np.bincount(label(mask, np.ones((3, 3, 3)))[0][mask]) * inside.cell_mm3
    thickness_mm = _thickness_mm(inside)
    length, width, thickness = local_extents_mm(inside, _REACH * thickness_mm)
    lumps = np.bincount(lumps_of(inside, settings.lobe_share, blur_mm)[mask]) * inside.cell_mm3
    parts, lobes = (max(int((sizes >= _LEAST_PART_MM3).sum()), 1) for sizes in (pieces, lumps))
    return Traits(
        parts, lobes, thickness_mm, float(length / width),
        float(width / thickness), _holes(inside, blur_mm), _solidity(inside),
    )  # fmt: skip


def pattern_of(
    traits: Traits, volume_mm3: float, max_diameter_mm: float, mean_ha_mg_per_cm3: float | None,
    settings: PatternSettings,
) -> Pattern:  # fmt: skip
    """Return the first pattern whose rule holds; a nodule is what is left: solid, compact, one.

    Parameters
    ----------
    traits : Traits
    volume_mm3, max_diameter_mm : float
        Of the deposit.
    mean_ha_mg_per_cm3 : float or None
        None of a single-energy scan and of urate, which are never amorphous.
    settings : PatternSettings
    """
    ball_mm = (6 * volume_mm3 / np.pi) ** (1 / 3)
    if ball_mm < settings.punctate_mm and max_diameter_mm < 2 * settings.punctate_mm:
        return "punctate"
    if _is_net(traits, volume_mm3, settings):
        return "reticular"
    if max(traits.flatness, traits.elongation) >= settings.thin_ratio:
        return "sheet" if traits.flatness >= traits.elongation else "linear"
    if mean_ha_mg_per_cm3 is not None and mean_ha_mg_per_cm3 < settings.amorphous_mg_per_cm3:
        return "amorphous"
    is_many = max(traits.number_of_parts, traits.number_of_lobes) > 1
    return "conglomerate" if is_many or traits.solidity < settings.nodule_solidity else "nodule"


def _is_net(traits: Traits, volume_mm3: float, settings: PatternSettings) -> bool:
    """Return whether a body is thin strands round enough holes for its volume.

    Strands as thick as wide make a square mesh with sides of m thicknesses; each hole has two of its four sides, since
    each is shared, and so a volume of 2 m cubes of the thickness.
    """
    mesh_mm3 = 2 * settings.mesh_widths * traits.thickness_mm**3
    is_holed = traits.number_of_holes >= max(settings.reticular_holes, volume_mm3 / mesh_mm3)
    return is_holed and traits.thickness_mm < settings.strand_mm


def _thickness_mm(inside: Inside) -> float:
    """Return the mean local thickness: of the largest ball in the body through each point, its diameter.

    Hildebrand and Rueegsegger, J Microsc 1997;185:67. The share of the body that balls of radius r fill falls
    with r; the mean is twice its integral.
    """
    radii, step = np.linspace(0, float(inside.depth_mm.max()), _RADII, retstep=True)
    volume = inside.mask.sum()
    filled = [1.0]
    for radius in radii[1:]:
        balls = distance_mm(inside.depth_mm >= radius, inside.cell_mm) <= radius
        filled.append(float((balls & inside.mask).sum() / volume))
    mean = 2 * step * (sum(filled) - (filled[0] + filled[-1]) / 2)
    return float(mean + np.mean(inside.cell_mm) / 2)  # the deepest cell's centre is a quarter of a cell off the middle


def _solidity(inside: Inside) -> float:
    """Return volume / volume of the convex hull; 1 of a body too flat for a hull."""
    from scipy.spatial import ConvexHull, QhullError

    faces = np.concatenate([np.eye(3), -np.eye(3)]) / 2
    cells = np.argwhere(inside.mask & (inside.depth_mm < np.max(inside.cell_mm)))  # of the surface
    points = (cells[:, None] + faces).reshape(-1, 3)
    try:
        return min(1.0, float(inside.mask.sum() / ConvexHull(points).volume))
    except QhullError:
        return 1.0


def _holes(inside: Inside, blur_mm: float) -> int:
    """Return how many tunnels go through a body: pieces + cavities - Euler characteristic.

    The characteristic of cells that touch by faces, edges or corners is corners - edges + faces - cells. What is
    narrower than the blur is noise, not seen, and is closed first.
    """
    from scipy.ndimage import label

    margin = int(np.ceil(blur_mm / min(inside.cell_mm))) + 1
    mask = np.pad(inside.mask, margin)
    grown = distance_mm(mask, inside.cell_mm) <= blur_mm / 2
    body = mask | (distance_mm(~grown, inside.cell_mm) > blur_mm / 2)
    euler = 0
    for axes in product((False, True), repeat=3):
        cells = body
        for axis in (n for n, is_thin in enumerate(axes) if is_thin):  # faces, edges and corners: between two cells
            ahead, behind = neighbouring(axis)
            cells = cells[ahead] | cells[behind]
        euler += (-1) ** (3 - sum(axes)) * int(cells.sum())
    pieces = label(body, np.ones((3, 3, 3)))[1]
    cavities = label(~body)[1] - 1
    return int(pieces + cavities - euler)
