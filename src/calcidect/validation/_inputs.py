"""Read a case's truth and a result's claims, as far as scoring needs them.

A result is read from the files that the result contract fixes, not through our own objects: any program that
writes those files can be scored.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calcidect.errors import InputRefusedError
from calcidect.geometry import Volume, damaged_nifti_errors

Side = Literal["left", "right"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class BoneName(_Record):
    """What one label of a bone volume means."""

    side: Side
    bone: str


class DepositClaim(_Record):
    """A deposit, as truth or a result states it. None: not stated."""

    deposit_id: int
    side: Side
    material: str
    volume_mm3: float
    ha_mass_mg: float | None = None
    digit: int | None = None
    level: str | None = None
    compartment: str | None = None
    pattern: str | None = None
    touches_bone: bool | None = None


class TipLoss(_Record):
    """Acro-osteolysis of one digit. None: not assessed."""

    side: Side
    digit: int
    present: bool | None = None
    fraction_lost: float | None = None


class DestructionSite(_Record):
    """Bone destroyed beside one deposit."""

    side: Side
    bone: str
    deposit_id: int
    volume_mm3: float | None = None
    depth_mm: float | None = None


class HandAxes(_Record):
    """Where a hand points, and a point of its radiocarpal joint line (LPS, mm)."""

    side: Side
    distal: tuple[float, float, float]
    radiocarpal_mm: tuple[float, float, float]


class TruthFile(_Record):
    """``truth.json``, schema ``calcidect-truth/1``."""

    schema_name: Literal["calcidect-truth/1"] = Field(alias="schema")
    scenario: str = ""
    seed: int | None = None
    pair: str = ""
    hands: tuple[Side, ...]
    bones: dict[int, BoneName]
    deposits: tuple[DepositClaim, ...]
    acro_osteolysis: tuple[TipLoss, ...] = ()
    bone_destruction: tuple[DestructionSite, ...] = ()
    axes: tuple[HandAxes, ...] = ()


class NotAssessed(_Record):
    """Something that a result says it does not answer."""

    name: str


class FindingsFile(_Record):
    """The part of ``findings.json`` that is scored."""

    deposits: tuple[DepositClaim, ...]
    acro_osteolysis: tuple[TipLoss, ...] = ()
    bone_destruction: tuple[DestructionSite, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()

    def assesses(self, name: str) -> bool:
        """Tell whether the result answers this at all: an empty list alone may mean 'none found'."""
        return all(item.name != name for item in self.not_assessed)


class LabelsFile(_Record):
    """``labels.json``."""

    bones: dict[int, BoneName]


@dataclass(frozen=True, eq=False)
class Truth:
    """What is really in a simulated case: the table, and label volumes on the scanner's grid."""

    table: TruthFile
    bones: Volume
    deposits: Volume
    vessels: Volume


@dataclass(frozen=True, eq=False)
class Reported:
    """What a result says, with its label volumes."""

    findings: FindingsFile
    bone_names: dict[int, BoneName]
    bones: Volume
    deposits: Volume


def read_truth(case: Path) -> Truth:
    """Read ``CASE/truth``.

    Raises
    ------
    InputRefusedError
        If a file is missing, unreadable or of another schema.
    """
    folder, kind = case / "truth", "truth"
    table = _parse(TruthFile, _read(folder / "truth.json", kind), "truth.json", kind)
    bones, deposits, vessels = (_labels(folder / f"{n}.nii.gz", kind) for n in ("bones", "deposits", "vessels"))
    return Truth(table, bones, deposits, vessels)


def read_reported(result: Path) -> Reported:
    """Read the scored files of a result folder.

    Raises
    ------
    InputRefusedError
        If a file is missing or does not hold what the result contract says.
    """
    kind = "result"
    findings = _parse(FindingsFile, _read(result / "findings.json", kind), "findings.json", kind)
    names = _parse(LabelsFile, _read(result / "labels.json", kind), "labels.json", kind).bones
    bones, deposits = (_labels(result / f"{n}.nii.gz", kind) for n in ("bones", "deposits"))
    return Reported(findings, names, bones, deposits)


Model = TypeVar("Model", bound=BaseModel)


def _parse(model: type[Model], text: str, name: str, kind: str) -> Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise _refusal(kind, f"{name}, at {where}: {first['msg']}", f"{name} of a {kind} folder") from error


def _read(path: Path, kind: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _refusal(kind, f"{path.name} is missing or can't be read", f"{path.name} in the folder") from error


def _labels(path: Path, kind: str) -> Volume:
    """Read a label volume as integers."""
    import nibabel

    try:
        volume = Volume.from_nifti(nibabel.load(path))  # type: ignore[arg-type]  # the extension decides the class
    except damaged_nifti_errors() as error:
        raise _refusal(kind, f"{path.name} is missing or can't be read", "a NIfTI label volume") from error
    array: Any = volume.array
    return volume if array.dtype.kind in "ui" else volume.like(np.rint(array).astype(np.int32))


def _refusal(kind: str, found: str, expected: str) -> InputRefusedError:
    remedies = {
        "truth": "Give a case folder as `calcidect simulate` writes it, holding dicom/ and truth/.",
        "result": "Give a result folder as `calcidect analyze` writes it.",
    }
    return InputRefusedError(f"{kind}_unreadable", found=f"{found}.", expected=f"{expected}.", remedy=remedies[kind])
