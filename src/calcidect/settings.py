"""Every number a person may change, with its unit and its source.

The user's TOML file overrides the defaults here. The settings in force are written into every result.
"""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from calcidect.errors import InputRefusedError


def _setting(default: float | str | tuple[float, ...] | dict[str, Any], unit: str, source: str, **bounds: float) -> Any:
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
    maximum_tilt_degrees: float = _setting(
        30.0, "degrees", "gantries tilt by up to 30 degrees; a stack that leans further was not scanned so", ge=0, le=45
    )
    maximum_sampling_ratio: float = _setting(
        1.5,
        "times",
        "pixel size or slice distance of one energy over the other's. Our rule: up to it the coarser still samples the "
        "blur of a soft kernel (FWHM 1.2 mm) twice, so that interpolation loses next to nothing",
        ge=1,
        le=3,
    )
    maximum_thickness_ratio: float = _setting(
        1.25,
        "times",
        "slice thickness of one energy over the other's. Our rule: one step of what scanners offer (0.6, 0.75 mm); "
        "thickness is blur, and blur that differs moves the ratio of the energies at every edge",
        ge=1,
        le=3,
    )
    minimum_body_overlap_fraction: float = _setting(
        0.9,
        "of the body in each image",
        "our rule: a tenth may be cut off and told (the end of a forearm); more is not the scan that was meant",
        gt=0,
        le=1,
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
    bone_ratio_factor: float = _setting(
        1.25,
        "times, either way",
        "from what the pair gives hydroxyapatite in water: spectra differ by 5 %, water paths by 5 %, bone from "
        "hydroxyapatite in marrow by 10 %; a tin filter that is not there, by 45 % or more",
        gt=1.05,
        le=2,
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
    thick_slice_mm: float = _setting(
        1.0, "mm", "hand protocols use 0.3 to 1.0 mm (docs/method/quality.md); thicker slices are told", gt=0, le=5
    )
    large_pixel_mm: float = _setting(
        0.8, "mm", "our rule: both hands fit a field of 300 mm, 0.59 mm in a matrix of 512; larger is told", gt=0, le=5
    )
    edge_undershoot_fraction: float = _setting(
        0.015,
        "of the step from air to skin",
        "our rule: at a bone edge of 1,500 HU it is 22 HU, as much as a voxel's noise; more is told as edge-enhancing",
        gt=0.005,
        lt=0.2,
    )
    blur_difference_fraction: float = _setting(
        0.12,
        "of the mean blur",
        "our rule: over four times what equal kernels differ by on simulated hands (docs/method/quality.md)",
        gt=0.03,
        lt=1,
    )
    maximum_archive_files: int = _setting(
        200_000, "files", "ten times the largest study exports, of about 20,000 images", ge=1000, le=10_000_000
    )
    zeff_exponent: float = _setting(
        3.1,
        "of the effective atomic number",
        "gives water 7.45 and hydroxyapatite 16.0 (docs/method/materials.md, section 8); other definitions use 2.9 to "
        "3.6",
        ge=2.5,
        le=4.5,
    )
    single_energy: Literal["auto", "refuse", "accept"] = _setting(
        "auto",
        "auto, refuse or accept",
        "auto reads a scan of one energy unless its headers say that it is part of a dual-energy scan, so that a lost "
        "series does not pass unnoticed; accept reads it in any case (our rule)",
    )


_FILTER_MM: Any = Field(default=0.0, ge=0, le=20, allow_inf_nan=False)


class BeamSettings(_Group):
    """A tube of tungsten with its filters, 1.4 mm of Gd2O2S behind it (docs/method/materials.md, section 1).

    Parameters
    ----------
    tube_kv : float
        60 to 150 kV, in steps of 5.
    aluminium_mm, titanium_mm : float
        What every tube has. 3 mm and 0.9 mm unless given.
    copper_mm, silver_mm, tin_mm, gold_mm : float
        What is added to it.
    """

    tube_kv: float = Field(ge=60, le=150, multiple_of=5)
    aluminium_mm: float = Field(default=3.0, ge=0, le=20, allow_inf_nan=False)
    titanium_mm: float = Field(default=0.9, ge=0, le=20, allow_inf_nan=False)
    copper_mm: float = _FILTER_MM
    silver_mm: float = _FILTER_MM
    tin_mm: float = _FILTER_MM
    gold_mm: float = _FILTER_MM

    @property
    def filters_mm(self) -> dict[str, float]:
        """Thickness by metal."""
        return {name.removesuffix("_mm"): mm for name, mm in self if name.endswith("_mm")}


_VENDOR = "in common use in gout software, not confirmed by any source (docs/method/materials.md, section 9)"


class VendorRuleSettings(_Group):
    """A fixed ratio line, as gout software has it, for comparison."""

    ratio: float = _setting(
        1.36, "HU low / HU high, from the soft-tissue point", f"1.36 or 1.4: {_VENDOR}", gt=0.5, lt=5
    )
    minimum_hu: float = _setting(150.0, "HU, mean of both energies", f"150 or 130: {_VENDOR}", ge=0, le=1000)
    soft_tissue_low_hu: float = _setting(50.0, "HU low energy", _VENDOR, ge=-200, le=300)
    soft_tissue_high_hu: float = _setting(50.0, "HU high energy", _VENDOR, ge=-200, le=300)
    maximum_hu: float = _setting(500.0, "HU low energy; brighter is calcium", _VENDOR, ge=100, le=10000)
    smoothing_range_pixels: int = _setting(
        5, "pixels, edge of a square mean; 1 is none", f"4 or 5: {_VENDOR}", ge=1, le=15
    )
    write: bool = _setting(False, "true or false", "our choice: the map is for comparison only")


class MaterialsSettings(_Group):
    """The voxel maps."""

    high_noise_low_hu: float = _setting(
        40.0,
        "HU low energy",
        "our rule: at it, noise lifts 1 voxel of muscle (50 HU) in 11,000 over the mineral threshold of 200 HU",
        gt=0,
    )
    high_noise_high_hu: float = _setting(
        32.0,
        "HU high energy",
        "our rule: above it, a voxel of 100 mg HA/cm3 (96 HU at Sn150) is less than 3 standard deviations bright",
        gt=0,
    )

    mineral_threshold_hu: float = _setting(
        200.0,
        "HU low energy",
        "voxels below it are 0 in the maps: above tendon (about 130 HU) and nail by noise; 100 mg HA/cm3 is 230 HU",
        gt=100,
        lt=600,
    )
    mineral_path_factor: float = _setting(
        2.5,
        "times the water of its HU",
        "how much of the water path mineral counts for: hydroxyapatite hardens a beam like 4.6 (70 kV) to 5.6 times "
        "(100 kV) the water of its HU, of which its own signal carries half (docs/method/materials.md, section 3); "
        "0 for a scanner that corrects for bone",
        ge=0,
        le=6,
    )
    beams: dict[Annotated[str, StringConstraints(pattern=r"^(Au|Sn)?[1-9][0-9]{1,2}$")], BeamSettings] = _setting(
        {},
        "kV and mm of filter",
        "beams to add to the built-in ones, or to put in their place, such as Sn100 or 120 "
        "(docs/how-to.md, 'A beam that is not known')",
    )
    classification: Literal["region", "vendor_ratio"] = _setting(
        "region",
        "region or vendor_ratio",
        "what names a deposit's material: its host-subtracted integrals (region), or most of the voxels that the "
        "vendor rule paints, which can take dilute calcium in tendon for urate (docs/method/materials.md, section 9)",
    )
    monoenergetic_kev: tuple[Annotated[float, Field(ge=40, le=200)], ...] = _setting(
        (), "keV, each from 40 to 200", "our choice: none is written unless asked for; the range is that of the tables"
    )
    virtual_non_calcium: bool = _setting(False, "true or false", "our choice: the image is written only when asked for")
    vendor_rule: VendorRuleSettings = VendorRuleSettings()

    calibration_file: str = _setting(
        "",
        "file",
        "of `calcidect calibrate`, from the current folder; empty: the model's HU per mg/cm3 "
        "(docs/method/materials.md, section 10)",
    )
    inserts_file: str = _setting(
        "",
        "file",
        "TOML list of a phantom's inserts in this very scan, which is calibrated by them; empty: none (our rule: it "
        "takes the place of a site's calibration, being of the same scan)",
    )
    calibration_months: int = _setting(
        24, "months", "our choice: tubes and software change within a few years; an older calibration is told", gt=0
    )


class AnatomySettings(_Group):
    """Where the hands are."""

    body_threshold_hu: float = _setting(-400.0, "HU", "half way between air and fat at the skin", gt=-900, lt=-150)


_PATTERN = "our rule: no source gives limits (docs/method/deposits.md)"


class PatternSettings(_Group):
    """Where one pattern ends and the next begins (docs/method/deposits.md)."""

    punctate_mm: float = _setting(
        2.5, "mm, diameter of the ball of its volume", f"{_PATTERN}; dots of 2 mm, whose edge is half a mm unsure", gt=0
    )
    nodule_solidity: float = _setting(
        0.8,
        "volume / volume of the convex hull",
        f"{_PATTERN}; an ellipsoid has 0.9 to 1, two balls that touch 0.8",
        gt=0,
        lt=1,
    )
    thin_ratio: float = _setting(
        2.5,
        "length / width of a line, width / thickness of a sheet",
        f"{_PATTERN}; flattened nodules have up to 2, three lumps in a row 3",
        gt=1,
    )
    strand_mm: float = _setting(2.5, "mm", f"{_PATTERN}; holes in thicker bodies are pores, not a net's", gt=0)
    reticular_holes: int = _setting(3, "holes", f"{_PATTERN}; a torn sheet has one or two, a net many", ge=1)
    mesh_widths: float = _setting(
        8.0, "side of a mesh / width of its strands", f"{_PATTERN}; with fewer holes it is a sheet that has some", gt=1
    )
    amorphous_mg_per_cm3: float = _setting(
        300.0, "mg HA/cm3", f"{_PATTERN}; half way from paste (80 to 200) to what is plainly solid (400)", ge=0
    )
    lobe_share: float = _setting(
        0.8,
        "of the thickness of the smaller lobe",
        f"{_PATTERN}; a neck thinner than it is seen as a waist",
        gt=0,
        lt=1,
    )


class FindingsSettings(_Group):
    """What counts as a deposit, and how it is measured."""

    join_gap_mm: float = _setting(
        2.0, "mm", "parts with gaps of at most 2 mm belong together (result contract)", ge=0, le=10
    )
    neck_share: float = _setting(
        0.5,
        "of the thickness of the smaller body",
        "a thinner neck parts two bodies (result contract)",
        ge=0,
        lt=1,
    )
    minimum_volume_mm3: float = _setting(
        1.0,
        "mm3",
        "of the voxels found, blurred as they are: no agreed size limit exists; 1 mm3 is 3 to 10 voxels of a hand scan",
        ge=0,
    )
    minimum_signal_to_noise: float = _setting(
        5.0,
        "times the noise of the deposit's integral",
        "Rose, J Opt Soc Am 1948 (doi 10.1364/JOSA.38.000196): what stands out by 5 is seen with certainty",
        ge=0,
        le=50,
    )
    halo_mm: float = _setting(
        1.0,
        "mm",
        "beyond half maximum: two standard deviations of a soft kernel's blur (FWHM 1.2 mm)",
        gt=0.5,
        le=5,
    )
    ring_mm: float = _setting(
        2.5,
        "mm",
        "shell around the halo that tells the host's HU; of 1.5 mm, masses are noisier (docs/method/materials.md)",
        gt=0.3,
        le=5,
    )
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
    acro_osteolysis_present: float = _setting(
        0.10, "of the distal phalanx", "lost from the tip, from which on acro-osteolysis is present (result contract)",
        gt=0, lt=1,
    )  # fmt: skip
    acro_osteolysis_grades: tuple[float, float, float] = _setting(
        (0.25, 0.50, 0.75),
        "of the distal phalanx",
        "loss from which on the grade is 2, 3 and 4; it is 1 from where loss is present. Our proposal: no published "
        "scale of 0 to 4 has cuts by volume, and none has been held against readers",
    )

    destruction_beside_mm: float = _setting(
        2.0, "mm", "from a deposit: bone lost farther away is not destroyed by it (result contract)", gt=0, le=10
    )
    destruction_depth_mm: float = _setting(
        1.0,
        "mm",
        "the least depth of a site below the expected surface. Our rule: on simulated hands contact alone reaches "
        "0.8 mm at most (docs/method/findings.md)",
        gt=0.5,
        le=10,
    )
    destruction_volume_mm3: float = _setting(
        5.0, "mm3", "our rule: a ball of 2 mm, below which what a surface is off makes sites by chance", gt=0
    )
    pattern: PatternSettings = PatternSettings()

    @model_validator(mode="after")
    def _rising(self) -> Self:
        cuts = (self.acro_osteolysis_present, *self.acro_osteolysis_grades, 1.0)
        if not all(low < high for low, high in pairwise(cuts)):
            raise ValueError("acro_osteolysis_grades must rise, from more than acro_osteolysis_present to less than 1")
        return self


class ReportSettings(_Group):
    """How the report is set."""

    paper: Literal["a4", "letter"] = _setting(
        "a4", "a4 or letter", "of report.pdf and of the printed page: ISO 216, or ANSI/ASME Y14.1 A (our choice: ISO)"
    )


class Settings(_Group):
    """All settings in force for one analysis."""

    study: StudySettings = StudySettings()
    materials: MaterialsSettings = MaterialsSettings()
    anatomy: AnatomySettings = AnatomySettings()
    findings: FindingsSettings = FindingsSettings()
    report: ReportSettings = ReportSettings()

    def described(self) -> list[dict[str, Any]]:
        """Return one row per setting: name, value, unit, source, and whether it is the default."""
        return [row for name, group in self for row in _rows(name, group)]


def _rows(prefix: str, group: _Group) -> list[dict[str, Any]]:
    """Return the rows of a group: its own settings first, then those of the groups in it."""
    rows, nested = [], []
    plain = group.model_dump(mode="json")
    for name, field in type(group).model_fields.items():
        value = getattr(group, name)
        if isinstance(value, _Group):
            nested += _rows(f"{prefix}.{name}", value)
            continue
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        rows.append(
            {
                "name": f"{prefix}.{name}",
                "value": plain[name],
                "unit": extra["unit"],
                "source": extra["source"],
                "is_default": value == field.default,
            }
        )
    return rows + nested


def with_calibration_file(settings: Settings, path: str) -> Settings:
    """Return the settings with another calibration file."""
    materials = settings.materials.model_copy(update={"calibration_file": path})
    return settings.model_copy(update={"materials": materials})


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
