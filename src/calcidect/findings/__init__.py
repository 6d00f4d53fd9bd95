"""``HandAnatomy`` becomes ``Findings``."""

from calcidect.findings._burden import burden_of
from calcidect.findings._given import Told, measure_given
from calcidect.findings._measure import measure
from calcidect.findings._pattern import Pattern
from calcidect.findings._types import (
    ARTEFACT_KINDS,
    AcroOsteolysis,
    Artefact,
    ArtefactKind,
    Bone,
    BoneDestruction,
    Burden,
    Deposit,
    Findings,
    Material,
    PaintedVolume,
    Quality,
    VendorRule,
)

__all__ = [
    "ARTEFACT_KINDS",
    "AcroOsteolysis",
    "Artefact",
    "ArtefactKind",
    "Bone",
    "BoneDestruction",
    "Burden",
    "Deposit",
    "Findings",
    "Material",
    "PaintedVolume",
    "Pattern",
    "Quality",
    "Told",
    "VendorRule",
    "burden_of",
    "measure",
    "measure_given",
]
