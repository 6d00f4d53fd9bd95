"""How far the scanner's HU per mg/cm3 are from the model's, how well that is known, and where it was measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from calcidect.errors import InputRefusedError
from calcidect.geometry import FloatArray

if TYPE_CHECKING:
    from calcidect.materials._types import Sensitivity

MODEL_SD_FRACTION = 0.023
"""Of each energy's sensitivity: the model's calcium ratios deviate from the five published ones by 3.3 %, root mean
square (docs/method/materials.md, section 1), shared by two energies: 3.3 % / sqrt 2."""

COMMON_SD_FRACTION = 0.02
"""Of both energies' sensitivity at once: the water path is known to 10-20 %, which moves HU per mg/cm3 by 1-2 %. A
phantom does not remove it: the path through the hand is another than that through the phantom."""

DRIFT_SD_FRACTION = 0.01
"""Of each energy, between the day a site calibrated and the day of the scan. Our choice, for lack of a figure for
calcium: daily quality assurance holds water, not calcium, and a tube's ageing hardens its beam slowly."""

_PLAUSIBLE_FACTOR = (0.75, 1.33)
"""Published calcium ratios deviate from the model by up to 5 %, simulated gains by 6 %; a wrong voltage, or a tin
filter more or less, by 30 % and more."""

_STRICT = {"extra": "forbid", "allow_inf_nan": False}
"""How pydantic reads these values from a file."""

Matrix = tuple[tuple[float, float], tuple[float, float]]


_COMMON = COMMON_SD_FRACTION**2
_OF_MODEL: Matrix = (
    (MODEL_SD_FRACTION**2 + _COMMON, _COMMON),
    (_COMMON, MODEL_SD_FRACTION**2 + _COMMON),
)


def is_plausible(factor: tuple[float, float]) -> bool:
    """Tell whether two factors on the model's sensitivity are what a scanner of these energies may have."""
    least, most = _PLAUSIBLE_FACTOR
    return all(least <= f <= most for f in factor)


@dataclass(frozen=True)
class MeasuredInsert:
    """One rod of a phantom as it was measured.

    Parameters
    ----------
    material : {"hydroxyapatite", "urate", "water"}
    mg_per_cm3 : float
        As the phantom's maker states it.
    mean_low_hu, mean_high_hu : float
        In the rod's core.
    sd_low_hu, sd_high_hu : float
        Of those means, from the noise.
    """

    material: Literal["hydroxyapatite", "urate", "water"]
    mg_per_cm3: float
    mean_low_hu: float
    mean_high_hu: float
    sd_low_hu: float
    sd_high_hu: float

    __pydantic_config__: ClassVar[Any] = _STRICT


@dataclass(frozen=True)
class Calibration:
    """Factors on the model's HU per mg/cm3 in water, low energy first.

    The default is the model itself. No name, id or day of a scan is kept.

    Parameters
    ----------
    kind : {"model", "in_scan", "site"}
        Not calibrated; by inserts in the scan itself; by a scan of a phantom on another day.
    pair : str
        Name of the pair that it holds for, ``80/Sn150``; empty of the model, which holds for all.
    ha_factor, msu_factor : tuple of float
        Of hydroxyapatite and urate; 1 is the model.
    ha_covariance_fraction2, msu_covariance_fraction2 : 2 x 2 tuple of float
        Covariance between the energies of the factors' relative errors.
    water_offset_hu : tuple of float or None
        HU of the water insert, if there is one. Told, not applied: a host is measured beside each deposit.
    water_path_cm : float or None
        Of the X-rays through the phantom.
    residual_rms_hu : tuple of float or None
        Of the inserts about the fitted lines.
    inserts : tuple of MeasuredInsert
        What was measured.
    measured_month : str
        YYYY-MM, or empty.
    manufacturer : str
        Of the scanner, or empty.

    Raises
    ------
    ValueError
        If a factor is implausible or a covariance is none.
    """

    kind: Literal["model", "in_scan", "site"] = "model"
    pair: str = ""
    ha_factor: tuple[float, float] = (1.0, 1.0)
    msu_factor: tuple[float, float] = (1.0, 1.0)
    ha_covariance_fraction2: Matrix = _OF_MODEL
    msu_covariance_fraction2: Matrix = _OF_MODEL
    water_offset_hu: tuple[float, float] | None = None
    water_path_cm: float | None = None
    residual_rms_hu: tuple[float, float] | None = None
    inserts: tuple[MeasuredInsert, ...] = ()
    measured_month: str = ""
    manufacturer: str = ""

    __pydantic_config__: ClassVar[Any] = _STRICT

    def __post_init__(self) -> None:
        if not (is_plausible(self.ha_factor) and is_plausible(self.msu_factor)):
            raise ValueError("A factor on the model's sensitivity must lie between 0.75 and 1.33.")
        for covariance in (self.ha_covariance_fraction2, self.msu_covariance_fraction2):
            matrix = np.array(covariance)
            # 1e-15: a covariance of two equal errors has an eigenvalue of 0, give or take rounding.
            if not (np.isfinite(matrix).all() and np.allclose(matrix, matrix.T, rtol=1e-6, atol=0)):
                raise ValueError("A covariance must be finite and symmetric.")
            if np.linalg.eigvalsh(matrix).min() < -1e-15:
                raise ValueError("A covariance must have no negative variance.")
        if (self.kind == "model") != (self.pair == ""):
            raise ValueError("A measured calibration holds for one pair of energies, the model for all.")

    def covariance_fraction2(self, material: str) -> FloatArray:
        """Return the covariance, shape (2, 2), of the relative errors of a crystal's two sensitivities."""
        return np.array(self.msu_covariance_fraction2 if material == "urate" else self.ha_covariance_fraction2)

    def applied(self, model: Sensitivity) -> Sensitivity:
        """Return the model's sensitivity, in water, as this scanner has it."""
        if self.kind == "model":
            return model
        return replace(
            model,
            ha_low=model.ha_low * self.ha_factor[0],
            ha_high=model.ha_high * self.ha_factor[1],
            msu_low=model.msu_low * self.msu_factor[0],
            msu_high=model.msu_high * self.msu_factor[1],
            source=f"{self.source}; {model.source}",
        )

    @property
    def source(self) -> str:
        """Return in words where it comes from, for the provenance."""
        if self.kind == "model":
            return "model"
        place = "inserts in the scan" if self.kind == "in_scan" else f"site calibration {self.measured_month}".rstrip()
        low, high = self.ha_factor
        sds = [100 * float(np.sqrt(v)) for v in np.diag(self.covariance_fraction2("hydroxyapatite"))]
        return (
            f"{place} ({len(self.inserts)} inserts): hydroxyapatite x {low:.3f}/{high:.3f}, "
            f"sd {sds[0]:.1f}/{sds[1]:.1f} %"
        )


MODEL = Calibration()


def for_site(measured: Calibration) -> Calibration:
    """Return a calibration for scans of other days: the scanner may drift in between."""

    def drifted(covariance: Matrix) -> Any:
        return tuple(map(tuple, (np.array(covariance) + DRIFT_SD_FRACTION**2 * np.eye(2)).tolist()))

    return replace(
        measured,
        kind="site",
        ha_covariance_fraction2=drifted(measured.ha_covariance_fraction2),
        msu_covariance_fraction2=drifted(measured.msu_covariance_fraction2),
    )


def confirm_pair(calibration: Calibration, pair: str) -> None:
    """Refuse a calibration of other energies than the scan's.

    Raises
    ------
    InputRefusedError
        ``calibration_of_another_pair``.
    """
    if calibration.kind != "model" and calibration.pair != pair:
        raise InputRefusedError(
            "calibration_of_another_pair",
            found=f"The calibration is for {calibration.pair}, the scan is {pair}.",
            expected="A calibration measured with the scan's own two energies.",
            remedy="Calibrate with a phantom scanned at these energies, or analyse without a calibration.",
        )
