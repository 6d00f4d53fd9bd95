"""HU above the host become hydroxyapatite (HA) and urate (MSU) in mg/cm3, each with its standard deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from calcidect.geometry import FloatArray
from calcidect.materials._beams import HA_G_PER_CM3, MSU_G_PER_CM3
from calcidect.materials._ray import SIGNAL_SD_FRACTION, distance_sd

SOLID_HA, SOLID_MSU = 1000.0 * HA_G_PER_CM3, 1000.0 * MSU_G_PER_CM3
"""mg/cm3 of a voxel that holds nothing else."""

ONE_CRYSTAL_SD = 3.0
"""Our choice: of voxels of one crystal 0.3 % lie farther from its ray by chance."""


@dataclass(frozen=True, eq=False)
class Excess:
    """HU above the host of n voxels, and the variance of its error.

    Parameters
    ----------
    low, high : array, shape (n,)
        HU.
    low_hu2, high_hu2, both_hu2 : array, shape (n,)
        Variances at either energy, and their covariance: noise and host.
    """

    low: Any
    high: Any
    low_hu2: Any
    high_hu2: Any
    both_hu2: Any


@dataclass(frozen=True, eq=False)
class Rays:
    """HU per mg/cm3 of both crystals, in each voxel's own host; arrays of shape (n,)."""

    ha_low: Any
    ha_high: Any
    msu_low: Any
    msu_high: Any

    @classmethod
    def in_hosts(cls, in_water: Rays, low_hu: Any, high_hu: Any) -> Rays:
        """Return ``k_water - HU_host / (1000 rho)``: the crystal displaces its host (`in_host`), voxel by voxel."""
        return cls(
            in_water.ha_low - low_hu / SOLID_HA,
            in_water.ha_high - high_hu / SOLID_HA,
            in_water.msu_low - low_hu / SOLID_MSU,
            in_water.msu_high - high_hu / SOLID_MSU,
        )

    def mixed(self, ha_share: Any) -> tuple[Any, Any]:
        """Return HU at both energies per mg/cm3 of a mixture, of which so much by mass is hydroxyapatite."""
        return (
            ha_share * self.ha_low + (1 - ha_share) * self.msu_low,
            ha_share * self.ha_high + (1 - ha_share) * self.msu_high,
        )


def one_ray(excess: Excess, ray: tuple[Any, Any]) -> tuple[FloatArray, FloatArray]:
    """Return mg/cm3 along one ray, signed, and its standard deviation.

    Generalised least squares ``c = k' C^-1 e / (k' C^-1 k)``, with C of noise, host and 5 % of each signal for the
    model. The standard deviation is what noise and host make of these weights; the model's error is common to a scan
    and is not in it.
    """
    k_low, k_high = ray
    low_hu2 = excess.low_hu2 + (SIGNAL_SD_FRACTION * excess.low) ** 2
    high_hu2 = excess.high_hu2 + (SIGNAL_SD_FRACTION * excess.high) ** 2
    weight_low = high_hu2 * k_low - excess.both_hu2 * k_high  # C^-1 k, but for the determinant, which cancels
    weight_high = low_hu2 * k_high - excess.both_hu2 * k_low
    power = weight_low * k_low + weight_high * k_high
    amount = (weight_low * excess.low + weight_high * excess.high) / power
    return np.asarray(amount), _sd(weight_low / power, weight_high / power, excess)


def both_crystals(excess: Excess, k: Rays) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return HA, its standard deviation, MSU and its own, by solving both equations; signed."""
    determinant = k.ha_low * k.msu_high - k.ha_high * k.msu_low
    for_ha = k.msu_high / determinant, -k.msu_low / determinant
    for_msu = -k.ha_high / determinant, k.ha_low / determinant
    ha, msu = (low * excess.low + high * excess.high for low, high in (for_ha, for_msu))
    return np.asarray(ha), _sd(*for_ha, excess), np.asarray(msu), _sd(*for_msu, excess)


def solve_mineral(
    excess: Excess, around: Excess, k: Rays
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:  # fmt: skip
    """Return HA, its standard deviation, MSU and its own, mg/cm3, of mineral voxels: one crystal where one is enough.

    Which crystal is told by the local mean (`around`): blur spreads a crystal's signal along its own ray, so that the
    mean of a neighbourhood lies on it, too, with less noise. If that mean lies within 3 standard deviations of
    the nearer ray, that crystal alone is fitted to the voxel. Else both equations are solved; should one crystal come
    out negative, the nearer alone stands. One before two, for the second would otherwise absorb noise, the model's
    error and collagen: cortical bone would be full of urate.

    Parameters
    ----------
    excess, around : Excess
        Of each voxel, and of the mean around it.
    k : Rays
        Of each voxel.
    """
    ha_ray, msu_ray = (k.ha_low, k.ha_high), (k.msu_low, k.msu_high)
    variances = around.low_hu2, around.high_hu2, around.both_hu2
    ha_off, msu_off = (distance_sd(around.low, around.high, ray, variances) for ray in (ha_ray, msu_ray))
    ha, ha_sd, msu, msu_sd = both_crystals(excess, k)
    both = (np.minimum(ha_off, msu_off) > ONE_CRYSTAL_SD) & (ha > 0) & (msu > 0)
    ha_only, msu_only = ~both & (ha_off <= msu_off), ~both & (ha_off > msu_off)
    for only, ray, mine, others in (
        (ha_only, ha_ray, (ha, ha_sd), (msu, msu_sd)),
        (msu_only, msu_ray, (msu, msu_sd), (ha, ha_sd)),
    ):
        for value, alone in zip(mine, one_ray(excess, ray), strict=True):
            value[only] = alone[only]
        for value in others:
            value[only] = 0.0
    return ha, ha_sd, msu, msu_sd


def bounded(ha: FloatArray, msu: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return concentrations that can be: none negative, and both crystals together no larger than the voxel."""
    ha, msu = np.maximum(ha, 0.0), np.maximum(msu, 0.0)
    share = np.maximum(ha / SOLID_HA + msu / SOLID_MSU, 1.0)
    return ha / share, msu / share


def _sd(weight_low: Any, weight_high: Any, excess: Excess) -> FloatArray:
    """Return the standard deviation of a weighted sum of both energies."""
    variance = (
        weight_low**2 * excess.low_hu2 + weight_high**2 * excess.high_hu2
        + 2 * weight_low * weight_high * excess.both_hu2
    )  # fmt: skip
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))
