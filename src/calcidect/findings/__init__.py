"""``HandAnatomy`` becomes ``Findings``."""

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
    "VendorRule",
    "measure",
]
