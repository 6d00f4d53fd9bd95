"""Clipped stones: where the low energy ends at the top of the stored range, the high energy says what it would be.

Hydroxyapatite of 1,500 mg/cm3 has 3,400 HU at 80 kV, the usual range ends at 3,071. Only calcium, or what is denser,
gets there: solid urate (1,720 mg/cm3) has about 620 HU at any energy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, sqrt

import numpy as np

from calcidect.errors import Notice
from calcidect.findings._region import Amounts
from calcidect.findings._surroundings import Surroundings
from calcidect.materials import MODEL_SD_FRACTION, Sensitivity, in_host

_SOFT_TISSUE_HU = (-200.0, 160.0)  # fat to tendon, with noise
_NEAR_MM = 3.5  # our choice: halo and ring; the blur of a stone is gone 1 mm from it
_CLEAR_MM = 1.0
_FEWEST_VOXELS = 12


@dataclass(frozen=True)
class Clipping:
    """What of a deposit is at the top of the stored range.

    Parameters
    ----------
    low_voxels, both_voxels : int
        Clipped at the low energy; at both.
    share : float
        Of the deposit's low-energy signal, what was filled in, 0 to 1.
    """

    low_voxels: int = 0
    both_voxels: int = 0
    share: float = 0.0

    @property
    def flags(self) -> tuple[str, ...]:
        """Return ``clipped``, and ``clipped_both`` where the mass is a lower bound."""
        return ("clipped",) * (self.low_voxels > 0) + ("clipped_both",) * (self.both_voxels > 0)


def fill_clipped(
    around: Surroundings, sensitivity: Sensitivity | None, maximum_hu: tuple[float, ...], host_hu: tuple[float, ...]
) -> tuple[Surroundings, Clipping]:
    """Return the deposit with its clipped low-energy voxels filled in, and what was clipped.

    ``HU_low = HU_host,low + (HU_high - HU_host,high) k_low / k_high``, k of hydroxyapatite in that host. Blur moves a
    crystal's signal along its own ray in the plane of the energies, so the formula holds for blurred edges, too. Where
    the high energy is clipped as well, the result is the least that the stone can have. The host's error of up to
    100 HU moves a filled voxel by 1 to 2 %.

    Parameters
    ----------
    around : Surroundings
    sensitivity : Sensitivity or None
        In water; None of a single-energy scan, where nothing can be filled in.
    maximum_hu : tuple of float
        Where the stored range of each image ends, low energy first.
    host_hu : tuple of float
        The scan's typical host, for a deposit without soft tissue around it.
    """
    clipped = around.mask & (around.low >= maximum_hu[0])
    if not clipped.any():
        return around, Clipping()
    count = int(clipped.sum())
    if around.high is None or sensitivity is None:
        return replace(around, clipped=clipped), Clipping(count)
    host_low, host_high = _host(around, host_hu)
    k = in_host(sensitivity, host_low, host_high)
    would_be = host_low + (around.high - host_high) * (k.ha_low / k.ha_high)
    low = np.where(clipped, np.maximum(would_be, around.low), around.low).astype(np.float32)
    both = int((clipped & (around.high >= maximum_hu[1])).sum())
    signal = np.maximum(low[around.mask] - host_low, 0.0)
    share = float((low[clipped] - host_low).sum() / signal.sum())
    return replace(around, low=low, clipped=clipped), Clipping(count, both, share)


def _host(around: Surroundings, typical_hu: tuple[float, ...]) -> tuple[float, float]:
    """Return the median HU of the soft tissue around."""
    assert around.high is not None
    near = (
        (around.away_mm > _CLEAR_MM) & (around.away_mm < _NEAR_MM) & (around.bone_mm > _CLEAR_MM)
        & (around.depth_mm > _CLEAR_MM) & (around.others_mm > _CLEAR_MM)
        & (around.low > _SOFT_TISSUE_HU[0]) & (around.low < _SOFT_TISSUE_HU[1])
    )  # fmt: skip
    if near.sum() < _FEWEST_VOXELS:
        return typical_hu[0], typical_hu[1]
    return float(np.median(around.low[near])), float(np.median(around.high[near]))


def with_clipping(found: Amounts, clipping: Clipping) -> Amounts:
    """Return amounts whose standard deviation holds what filling in may be wrong by.

    The ratio of the energies is known as well as two sensitivities (2.3 % each): 3.3 % of the share filled in, which a
    mass resting on the low energy alone would be off by.
    """
    if found.ha_mass_sd_mg is None or found.ha_mass_mg is None or not clipping.share:
        return found
    filled_sd_mg = sqrt(2) * MODEL_SD_FRACTION * clipping.share * found.ha_mass_mg
    return replace(found, ha_mass_sd_mg=hypot(found.ha_mass_sd_mg, filled_sd_mg))


def clipped_both_notices(flags: list[tuple[str, ...]]) -> tuple[Notice, ...]:
    """Return the notice that some masses are lower bounds."""
    count = sum("clipped_both" in of_deposit for of_deposit in flags)
    if not count:
        return ()
    which = "1 deposit reaches" if count == 1 else f"{count} deposits reach"
    return (
        Notice(
            "deposits_clipped",
            f"{which} the top of the stored range at both energies (flag clipped_both).",
            "Mass and concentration of those deposits: they are lower bounds. It may be metal. Export the scan with an "
            "extended range of Hounsfield units, if the scanner offers one.",
        ),
    )
