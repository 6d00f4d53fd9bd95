"""How much of a distal phalanx is gone from its tip, told from the sections of what remains.

A distal phalanx has a broad base, a waist and a tuft, in proportions that differ little between digits. Base and waist
of what remains tell how long it was and how thick; its end tells whether the tuft is there. The sections along its axis
are compared with those of every phalanx of a grid: its length, size of tuft and base, place, and where it ends. Each
gets a probability: how well it fits, times how usual it is. The median over all of them is the fraction lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcidect.geometry import FloatArray

STEP_MM = 0.5
"""Between sections; half of a hand scan's slice."""
_SHARES = np.concatenate([[0.0], np.arange(0.025, 1, 0.05), [1.0]])
_SECTIONS = {
    "finger": (0.0, 0.79, 1.68, 2.03, 1.96, 1.73, 1.45, 1.12, 0.98, 0.83, 0.80,
               0.66, 0.65, 0.62, 0.71, 0.77, 0.80, 0.82, 0.74, 0.57, 0.30, 0.0),
    "thumb": (0.0, 0.65, 1.70, 2.02, 1.99, 1.81, 1.50, 1.27, 1.11, 0.97, 0.89,
              0.81, 0.70, 0.68, 0.67, 0.67, 0.66, 0.61, 0.57, 0.47, 0.25, 0.0),
}  # fmt: skip
"""Sections along a distal phalanx, from base to tip, over their mean: of myo-sim's bones, fingers 2 to 5 averaged (they
differ by 0.1 on average)."""
_SLENDER = 2.65
"""Length over the cube root of the volume: 2.5 to 2.8 of the same five bones."""
_VOLUME_SD = 0.25
"""Log. Our choice: widths of a bone vary by a tenth at a given length, in both directions across."""
_LOG_LENGTHS = np.arange(-0.30, 0.301, 0.03)
_TUFTS, _TUFT_SD = np.exp(np.arange(-0.45, 0.46, 0.15)), 0.2
_TUFT_FROM, _TUFT_BLEND = 0.72, 0.05
_BASES, _BASE_SD = np.array([0.85, 1.0, 1.15]), 0.1
_BASE_TO = 0.22
"""Our choice: section of tuft and of base against the shaft's, log and plain; shares of the length where they are."""
_SHIFTS_MM = np.array([-0.6, 0.0, 0.6])
_RISES, _RISES_AT = 0.35, 0.02
"""Of the thickest section, which the base reaches at that share of the length."""
_ENDS = np.arange(0.15, 1.0, 0.025)
_EDGE_MM = 0.4
"""Of a logistic edge: ragged and blurred, it falls from nine to one tenth within 1.8 mm."""
_MISFIT = 0.07
"""Of the thickest section: how far sections of other people's bones are from the best of the grid."""
_CORRELATED_MM = 2.0
"""What misfits go together: a bump is as long."""
_INTACT = 0.5
"""Our choice of the share of digits without loss, before the scan is looked at; other losses are equally likely."""


@dataclass(frozen=True)
class TipLoss:
    """What sections tell of a distal phalanx.

    Parameters
    ----------
    fraction_lost, fraction_lost_sd : float
        Of the whole volume, from the tip; median and standard deviation.
    log_length, log_length_sd : float
        Of the whole bone against the length expected.
    """

    fraction_lost: float
    fraction_lost_sd: float
    log_length: float
    log_length_sd: float


def tip_loss(
    heights_mm: FloatArray, areas_mm2: FloatArray, length_mm: float, log_length_sd: float, *, is_thumb: bool
) -> TipLoss:
    """Return what is lost from the tip.

    Parameters
    ----------
    heights_mm, areas_mm2 : array, shape (n,)
        Sections along the axis, ``STEP_MM`` apart, from before the base to beyond a whole bone's tip.
    length_mm, log_length_sd : float
        Of the whole bone, expected from others, with the standard deviation of its logarithm.
    is_thumb : bool
    """
    shares, lengths = _shares_along(heights_mm, areas_mm2, length_mm)
    models = _whole(shares, is_thumb)[..., None, :] * _left(shares, lengths)
    volumes, misfit = _fitted(models, areas_mm2)
    lost = 1 - models.sum(-1) / models[..., :1, :].sum(-1)
    slender = np.log(np.maximum(volumes, 1e-9) / (lengths[..., None] / _SLENDER) ** 3)
    logs = _log_prior(lost, log_length_sd) - 0.5 * (misfit + (slender / _VOLUME_SD) ** 2)
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    length, length_sd = _moments(weight.sum((1, 2, 3, 4)), _LOG_LENGTHS)
    return TipLoss(_median(weight, lost), _moments(weight, lost)[1], length, length_sd)


def _shares_along(heights_mm: FloatArray, areas_mm2: FloatArray, length_mm: float) -> tuple[FloatArray, FloatArray]:
    """Return where sections lie along the bones of the grid, and their lengths, over (length, shift, 1, 1[, n])."""
    base = heights_mm[int(np.argmax(areas_mm2 > _RISES * areas_mm2.max()))]
    lengths = (length_mm * np.exp(_LOG_LENGTHS))[:, None, None, None]
    starts = base - _RISES_AT * lengths + _SHIFTS_MM[None, :, None, None]
    return (heights_mm - starts[..., None]) / lengths[..., None], lengths


def _whole(shares: FloatArray, is_thumb: bool) -> FloatArray:
    """Return sections of whole bones over (length, shift, tuft, base, n)."""
    plain = np.interp(shares, _SHARES, _SECTIONS["thumb" if is_thumb else "finger"])
    tuft = 1 + (_TUFTS[:, None, None] - 1) / (1 + np.exp(-(shares - _TUFT_FROM) / _TUFT_BLEND))
    base = 1 + (_BASES[:, None] - 1) * np.exp(-((shares / _BASE_TO) ** 2))
    return np.asarray(plain * tuft * base)


def _left(shares: FloatArray, lengths: FloatArray) -> FloatArray:
    """Return what remains of each section, over (length, shift, 1, 1, end, n): of no loss first, then of each end."""
    beyond = (shares[..., None, :] - _ENDS[:, None]) * lengths[..., None, None] / _EDGE_MM
    remains = 1 / (1 + np.exp(np.clip(beyond, -50, 50)))
    return np.concatenate([np.ones_like(remains[..., :1, :]), remains], axis=-2)


def _fitted(models: FloatArray, areas_mm2: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the volume (mm3) of the whole bone at which each model fits best, and its squared misfit."""
    weight = STEP_MM / _CORRELATED_MM / (_MISFIT * areas_mm2.max()) ** 2
    both, own = weight * models @ areas_mm2, weight * (models**2).sum(-1)
    factor = both / np.maximum(own, 1e-9)
    whole_mm3 = factor * models[..., :1, :].sum(-1) * STEP_MM
    return whole_mm3, weight * (areas_mm2**2).sum() - both * factor


def _log_prior(lost: FloatArray, log_length_sd: float) -> FloatArray:
    """Return the logarithm of how usual each bone of the grid is."""
    of_length = (_LOG_LENGTHS / log_length_sd)[:, None, None, None, None] ** 2
    of_tuft = (np.log(_TUFTS) / _TUFT_SD)[:, None, None] ** 2
    of_base = ((_BASES - 1) / _BASE_SD)[:, None] ** 2
    of_end = np.concatenate(
        [np.full_like(lost[..., :1], _INTACT), (1 - _INTACT) * np.abs(np.gradient(lost[..., 1:], axis=-1))], axis=-1
    )
    return np.asarray(np.log(np.maximum(of_end, 1e-12)) - 0.5 * (of_length + of_tuft + of_base))


def _median(weight: FloatArray, values: FloatArray) -> float:
    order = np.argsort(values, axis=None)
    at = int(np.searchsorted(np.cumsum(weight.ravel()[order]), 0.5))
    return float(values.ravel()[order][min(at, order.size - 1)])


def _moments(weight: FloatArray, values: FloatArray) -> tuple[float, float]:
    mean = float((weight * values).sum())
    return mean, float(np.sqrt((weight * (values - mean) ** 2).sum()))
