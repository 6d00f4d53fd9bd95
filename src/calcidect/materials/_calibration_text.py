"""A site's calibration and a list of inserts as text: read whole or refused, written so that it reads back equal."""

from __future__ import annotations

import json
import tomllib
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from calcidect.errors import InputRefusedError
from calcidect.materials._calibration import Calibration

FILE_VERSION = 1

SMALLEST_DIAMETER_MM = 5.0
"""A core 1.5 mm away from the edge, clear of a soft kernel's blur (FWHM 1.2 mm), is then 2 mm wide."""
SHORTEST_MM = 12.0
"""The same along the axis, with three pieces of 3 mm left, over which noise is independent."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Insert(_Strict):
    """One rod of a phantom: what it holds and, if given, where it lies (LPS mm, axis along z)."""

    material: Literal["hydroxyapatite", "urate", "water"]
    mg_per_cm3: Annotated[float, Field(ge=0, le=3160)] = 0.0
    x_mm: float | None = None
    y_mm: float | None = None
    z_from_mm: float | None = None
    z_to_mm: float | None = None
    diameter_mm: Annotated[float | None, Field(ge=SMALLEST_DIAMETER_MM, le=100)] = None

    @model_validator(mode="after")
    def _whole(self) -> Insert:
        place = (self.x_mm, self.y_mm, self.z_from_mm, self.z_to_mm, self.diameter_mm)
        if any(p is None for p in place) and any(p is not None for p in place):
            raise ValueError("a place needs x_mm, y_mm, z_from_mm, z_to_mm and diameter_mm, all or none")
        if self.z_from_mm is not None and self.z_to_mm is not None and self.z_to_mm - self.z_from_mm < SHORTEST_MM:
            raise ValueError(f"z_to_mm must be at least {SHORTEST_MM:g} mm above z_from_mm")
        if self.material == "water" and self.mg_per_cm3:
            raise ValueError("water holds 0 mg_per_cm3")
        return self

    @property
    def is_placed(self) -> bool:
        """Tell whether its place is given."""
        return self.x_mm is not None


class Inserts(_Strict):
    """The rods of a phantom, and how well their contents are known."""

    tolerance_fraction: Annotated[float, Field(ge=0, le=0.1)] = 0.01
    """Of the concentrations, of all alike, as the maker states it; 1 % is our choice."""
    inserts: Annotated[tuple[Insert, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _alike(self) -> Inserts:
        if len({insert.is_placed for insert in self.inserts}) > 1:
            raise ValueError("give the places of all inserts, or of none")
        return self

    @property
    def are_placed(self) -> bool:
        """Tell whether the places are given."""
        return self.inserts[0].is_placed


def inserts_of(text: str) -> Inserts:
    """Return the inserts that a TOML text lists.

    Raises
    ------
    InputRefusedError
        ``inserts_invalid`` if it is no TOML, or a key is missing, unknown or out of range.
    """
    try:
        return Inserts.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise InputRefusedError(
            "inserts_invalid",
            found=f"The file of inserts can't be used: {_reason(error)}.",
            expected="A TOML file with a table [[inserts]] for each rod: material, mg_per_cm3 and, for all or none, "
            "x_mm, y_mm, z_from_mm, z_to_mm and diameter_mm.",
            remedy="Mend the file after the example in docs/how-to.md, 'Calibrate'.",
        ) from error


def calibration_of(text: str) -> Calibration:
    """Return the calibration of a site's JSON text.

    Raises
    ------
    InputRefusedError
        ``calibration_invalid`` if it is no JSON, of another version, or a value is missing, unknown or implausible.
    """
    try:
        document = json.loads(text)
        if not isinstance(document, dict) or document.pop("calcidect_calibration", None) != FILE_VERSION:
            raise ValueError(f"it is not marked as calcidect_calibration {FILE_VERSION}")
        found = _adapter().validate_python(document)
        if found.kind != "site":
            raise ValueError("its kind is not site")
    except ValueError as error:  # JSON's and pydantic's errors are ValueErrors
        raise InputRefusedError(
            "calibration_invalid",
            found=f"The calibration file can't be used: {_reason(error)}.",
            expected="A file that `calcidect calibrate` wrote, unchanged.",
            remedy="Calibrate again, or analyse without a calibration.",
        ) from error
    return found


def calibration_text(calibration: Calibration) -> str:
    """Return the JSON text of a site's calibration."""
    document: dict[str, Any] = {"calcidect_calibration": FILE_VERSION}
    document.update(_adapter().dump_python(calibration, mode="json"))
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _adapter() -> TypeAdapter[Calibration]:
    return TypeAdapter(Calibration)


def _reason(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    return f"{name}: {first['msg']}" if name else str(first["msg"])
