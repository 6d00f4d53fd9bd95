"""From the rods of a phantom to factors on the model's HU per mg/cm3, with their covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calcidect.errors import InputRefusedError
from calcidect.geometry import FloatArray
from calcidect.materials._beams import HA_G_PER_CM3, MSU_G_PER_CM3
from calcidect.materials._calibration import (
    COMMON_SD_FRACTION,
    Calibration,
    Matrix,
    MeasuredInsert,
    is_plausible,
)
from calcidect.materials._calibration_text import Inserts
from calcidect.materials._inserts import Rod, measure_insert, rod_of
from calcidect.materials._path import path_at_cm, water_path
from calcidect.materials._rods import find_rods
from calcidect.materials._sensitivity import sensitivity
from calcidect.materials._types import Sensitivity
from calcidect.settings import Settings
from calcidect.study import Study

_FEWEST_CONCENTRATIONS = 3
"""Two make a line, a third tells whether it is one."""
_PLACES_ALONG = 20
_LEAST_SPAN_MG_PER_CM3 = 100.0
"""Our rule: 230 HU at 80 kV, against which an unevenness of 5 HU is 2 %."""
_UNEVENNESS_MG_PER_CM3 = 3.0
"""Our choice, for weights alone: 7 HU at 80 kV of cupping and shading in a phantom, beside the inserts' tolerance."""
_MOST_NONLINEAR_FRACTION = 0.05
"""Of an insert's own signal, or of a fifth of the brightest one's. HU are linear in concentration (docs/method/
materials.md, section 1); wrong contents or a wrong order are not."""


@dataclass(frozen=True)
class _Line:
    """HU per mg/cm3 in water, shape (2,), their covariance, shape (2, 2), and the residuals, shape (2, inserts)."""

    hu_per_mg: FloatArray
    covariance: FloatArray
    residuals_hu: FloatArray


@dataclass(frozen=True)
class PhantomMeasured:
    """A calibration by the inserts of one scan, and where they lie."""

    calibration: Calibration
    rods: tuple[Rod, ...]


def calibrate(study: Study, inserts: Inserts, settings: Settings = Settings()) -> PhantomMeasured:  # noqa: B008
    """Return what the inserts of a phantom in the scan say of its HU per mg/cm3.

    Through the mean HU of the cores goes a weighted straight line in the concentration, at each energy, with its
    slope ``s`` and its HU ``b`` without crystals; ``k_water = s + b / (1000 rho)`` (`in_host` turned round). The
    factor is ``k_water`` over the model's behind the water path of the phantom's slices. Its covariance holds the
    scatter of the inserts about both lines, noise, the tolerance of their contents, and the water path.

    Parameters
    ----------
    study : Study
        Of two energies.
    inserts : Inserts
        What the rods hold and, if known, where they are; else they are looked for.
    settings : Settings
        The body's threshold.

    Raises
    ------
    InputRefusedError
        If the scan has one energy, rods are not found or not even, or they do not lie on a plausible line.
    """
    if study.pair is None:
        raise InputRefusedError(
            "calibration_needs_two_energies",
            found="The scan has one energy.",
            expected="A phantom scanned with the two energies that are to be calibrated.",
            remedy="Export both energies.",
        )
    wanted = inserts.inserts
    rods = tuple(map(rod_of, wanted)) if inserts.are_placed else None
    if rods is None:
        rods, wanted = find_rods(study, wanted, settings)
    measured = tuple(measure_insert(study, rod, insert) for rod, insert in zip(rods, wanted, strict=True))
    model = sensitivity(study.pair, path_cm := _path_cm(study, rods, settings), settings.materials.beams)
    return PhantomMeasured(_calibration(study, measured, model, path_cm, inserts.tolerance_fraction), rods)


def _calibration(
    study: Study, measured: tuple[MeasuredInsert, ...], model: Sensitivity, path_cm: float, tolerance_fraction: float
) -> Calibration:
    assert study.pair is not None
    line = _line([m for m in measured if m.material == "hydroxyapatite"], HA_G_PER_CM3, tolerance_fraction)
    factor, covariance = _factor(line, (model.ha_low, model.ha_high), tolerance_fraction)
    if urate := [m for m in measured if m.material == "urate"]:
        msu_line = _line(urate, MSU_G_PER_CM3, tolerance_fraction)
        msu = _factor(msu_line, (model.msu_low, model.msu_high), tolerance_fraction)
    else:
        # A gain moves both crystals alike, another spectrum moves hydroxyapatite alone: which, is not known.
        msu = factor, covariance + np.diag((factor - 1) ** 2)
    water = [m for m in measured if m.material == "water"]
    rms = np.sqrt((line.residuals_hu**2).mean(1))
    return Calibration(
        kind="in_scan",
        pair=study.pair.name,
        ha_factor=_pair(factor),
        msu_factor=_pair(msu[0]),
        ha_covariance_fraction2=_matrix(covariance),
        msu_covariance_fraction2=_matrix(msu[1]),
        water_offset_hu=(water[0].mean_low_hu, water[0].mean_high_hu) if water else None,
        water_path_cm=path_cm,
        residual_rms_hu=_pair(rms),
        inserts=measured,
        measured_month=(study.study_date or "")[:7],
        manufacturer=study.manufacturer,
    )


def _path_cm(study: Study, rods: Sequence[Rod], settings: Settings) -> float:
    """Return the mean water path along the rods' axes."""
    path = water_path(study.low, settings.anatomy.body_threshold_hu, settings.materials.mineral_path_factor)
    along = np.linspace(0, 1, _PLACES_ALONG)[:, None]
    points = [np.array(rod.start_mm) + along * np.subtract(rod.end_mm, rod.start_mm) for rod in rods]
    return float(path_at_cm(path, np.concatenate(points)).mean())


def _line(measured: Sequence[MeasuredInsert], g_per_cm3: float, tolerance_fraction: float) -> _Line:
    """Return the weighted straight line through the inserts of one crystal.

    Raises
    ------
    InputRefusedError
        ``inserts_too_few``, ``inserts_not_on_a_line``.
    """
    c = np.array([m.mg_per_cm3 for m in measured])
    if len(set(c)) < _FEWEST_CONCENTRATIONS or np.ptp(c) < _LEAST_SPAN_MG_PER_CM3:
        raise _too_few(measured)
    hu = np.array([(m.mean_low_hu, m.mean_high_hu) for m in measured]).T
    noise = np.array([(m.sd_low_hu, m.sd_high_hu) for m in measured]).T
    weight = 1 / (_UNEVENNESS_MG_PER_CM3**2 + (tolerance_fraction * c) ** 2)
    centred = c - np.average(c, weights=weight)
    share = weight * centred / (weight * centred**2).sum()
    slope = hu @ share
    base = np.average(hu, axis=1, weights=weight) - slope * np.average(c, weights=weight)
    residuals = hu - base[:, None] - slope[:, None] * c
    signal = np.abs(slope[:, None]) * np.maximum(c, 0.2 * c.max())
    if slope.min() <= 0 or (np.abs(residuals) > _MOST_NONLINEAR_FRACTION * signal + 3 * noise).any():
        raise _not_on_a_line(measured, residuals, signal)
    scatter = (residuals * weight) @ residuals.T / (len(c) - 2) / (weight * centred**2).sum()
    covariance = scatter + np.diag((noise**2) @ share**2)
    return _Line(slope + base / (1000 * g_per_cm3), covariance, residuals)


def _factor(line: _Line, model: tuple[float, float], tolerance_fraction: float) -> tuple[FloatArray, FloatArray]:
    """Return the factors on the model, shape (2,), and the covariance of their relative errors, shape (2, 2)."""
    factor = line.hu_per_mg / np.array(model)
    if not is_plausible(_pair(factor)):
        raise InputRefusedError(
            "calibration_implausible",
            found=f"The inserts are {factor[0]:.2f} and {factor[1]:.2f} times as bright as in the model.",
            expected="Factors from 0.75 to 1.33, as scanners of the same voltage and filter have.",
            remedy="Check the energies of the series, the contents of the inserts, and their places or order.",
        )
    relative = line.covariance / np.outer(line.hu_per_mg, line.hu_per_mg)
    return factor, relative + (tolerance_fraction**2 + COMMON_SD_FRACTION**2)


def _too_few(measured: Sequence[MeasuredInsert]) -> InputRefusedError:
    name = measured[0].material if measured else "hydroxyapatite"
    given = ", ".join(f"{m.mg_per_cm3:g}" for m in measured) or "none"
    return InputRefusedError(
        "inserts_too_few",
        found=f"Inserts of {name} that were measured, mg/cm3: {given}.",
        expected=f"At least {_FEWEST_CONCENTRATIONS} concentrations, {_LEAST_SPAN_MG_PER_CM3:g} mg/cm3 or more apart "
        "from least to most; the phantom's base without crystals counts as 0.",
        remedy="Add inserts to the file, or leave this material out of it.",
    )


def _not_on_a_line(
    measured: Sequence[MeasuredInsert], residuals: FloatArray, signal: FloatArray
) -> InputRefusedError:  # fmt: skip
    off = (np.abs(residuals) / signal).max(0)
    worst = measured[int(off.argmax())]
    return InputRefusedError(
        "inserts_not_on_a_line",
        found=f"HU do not rise with the concentration in a straight line: {worst.material} {worst.mg_per_cm3:g} mg/cm3 "
        f"is off by {100 * off.max():.0f} %.",
        expected=f"Inserts within {100 * _MOST_NONLINEAR_FRACTION:g} % of a straight line.",
        remedy="Check the contents in the file, the places or the order of the rods, and that no metal lies near.",
    )


def _pair(values: FloatArray) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _matrix(values: FloatArray) -> Matrix:
    return _pair(values[0]), _pair(values[1])
