"""Every number a person may change, with its unit and its source.

The user's TOML file overrides the defaults here. The settings in force are written into every result.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calcidect.errors import InputRefusedError


def _setting(default: float, unit: str, source: str, **bounds: float) -> Any:
    return Field(default, description=source, json_schema_extra={"unit": unit, "source": source}, **bounds)  # type: ignore[call-overload]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StudySettings(_Group):
    """Tolerances of reading and pairing."""

    position_tolerance_mm: float = _setting(
        0.1, "mm", "a tenth of a slice: a shift of that size moves no ratio by more than noise does", gt=0, le=1
    )
    spacing_tolerance_fraction: float = _setting(
        0.02,
        "of the slice spacing",
        "uneven spacing above 2 % moves a volume by more than noise does",
        gt=0,
        le=0.2,
    )
    motion_tolerance_mm: float = _setting(
        0.1,
        "mm",
        "a shift of 0.1 mm changes a voxel at a bone's edge (1000 HU, blurred by 1 mm) by up to 94 HU, three to five "
        "times its noise",
        gt=0,
        le=2,
    )
    minimum_bone_ratio: float = _setting(
        1.2,
        "HU low / HU high",
        "the weakest pair in use, TwinBeam, has 1.42; below 1.2 two series are no usable pair",
        gt=1,
        lt=2,
    )
    maximum_matrix: int = _setting(
        4096,
        "rows or columns",
        "twice the largest matrix of CT scanners, 2048; more is taken for damage",
        ge=512,
        le=65535,
    )
    maximum_expansion: float = _setting(
        100.0,
        "times",
        "CT shrinks 2 to 4 times without loss and some 20 times with; a whole scan that expands further is no scan, "
        "but may fill the memory",
        ge=10,
        le=2000,
    )
    maximum_archive_files: int = _setting(
        200_000, "files", "ten times the largest study exports, of about 20,000 images", ge=1000, le=10_000_000
    )


class MaterialsSettings(_Group):
    """The voxel maps."""

    mineral_threshold_hu: float = _setting(
        200.0,
        "HU low energy",
        "voxels below it are 0 in the maps: above tendon (about 130 HU) and nail by noise; 100 mg HA/cm3 is 230 HU",
        gt=100,
        lt=600,
    )


class AnatomySettings(_Group):
    """Where the hands are."""

    body_threshold_hu: float = _setting(-400.0, "HU", "half way between air and fat at the skin", gt=-900, lt=-150)


class FindingsSettings(_Group):
    """What counts as a deposit, and how it is measured."""

    join_gap_mm: float = _setting(
        2.0, "mm", "parts with gaps of at most 2 mm belong together (result contract)", ge=0, le=10
    )
    minimum_volume_mm3: float = _setting(
        1.0, "mm3", "no agreed size limit exists; 1 mm3 is 3 to 10 voxels of a hand scan", ge=0
    )
    halo_mm: float = _setting(
        1.0,
        "mm",
        "beyond half maximum: two standard deviations of a soft kernel's blur (FWHM 1.2 mm)",
        gt=0.5,
        le=5,
    )
    ring_mm: float = _setting(1.5, "mm", "shell around the halo that tells the host's HU", gt=0.3, le=5)
    bulky_deposit_mm3: float = _setting(
        250.0, "mm3", "our rule; the study did not define 'bulky' (result contract)", gt=0
    )
    bulky_hand_mm3: float = _setting(
        1000.0, "mm3", "our rule; the study did not define 'bulky' (result contract)", gt=0
    )
    forearm_extension_mm3: float = _setting(20.0, "mm3", "result contract", gt=0)
    forearm_extension_beyond_mm: float = _setting(
        10.0, "mm", "proximal to the radiocarpal joint line (result contract)", ge=0
    )


class Settings(_Group):
    """All settings in force for one analysis."""

    study: StudySettings = StudySettings()
    materials: MaterialsSettings = MaterialsSettings()
    anatomy: AnatomySettings = AnatomySettings()
    findings: FindingsSettings = FindingsSettings()

    def described(self) -> list[dict[str, Any]]:
        """Return one row per setting: name, value, unit, source, and whether it is the default."""
        rows = []
        for group_name, group in self:
            for name, field in type(group).model_fields.items():
                extra = field.json_schema_extra
                assert isinstance(extra, dict)
                value = getattr(group, name)
                rows.append(
                    {
                        "name": f"{group_name}.{name}",
                        "value": value,
                        "unit": extra["unit"],
                        "source": extra["source"],
                        "is_default": value == field.default,
                    }
                )
        return rows


def load_settings(path: Path | None = None) -> Settings:
    """Return the defaults, overlaid by a TOML file if one is given.

    Raises
    ------
    InputRefusedError
        If the file can't be read, is no TOML, or names a setting that does not exist or is out of range.
    """
    if path is None:
        return Settings()
    remedy = "Mend the file; `calcidect settings` lists every setting with its unit and range."
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)  # an OSError's text holds the path
        raise InputRefusedError(
            "settings_unreadable",
            found=f"The settings file can't be read: {reason}.",
            expected="A TOML file.",
            remedy=remedy,
        ) from error
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputRefusedError(
            "settings_invalid",
            found=f"Setting {name}: {first['msg']}.",
            expected="Known settings within their range.",
            remedy=remedy,
        ) from error
