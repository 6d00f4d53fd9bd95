"""``HandAnatomy`` becomes ``Findings``."""

from calcidect.findings._measure import measure
from calcidect.findings._types import (
    AcroOsteolysis,
    Artefact,
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
    "AcroOsteolysis",
    "Artefact",
    "Bone",
    "BoneDestruction",
    "Burden",
    "Deposit",
    "Findings",
    "Material",
    "PaintedVolume",
    "Quality",
    "VendorRule",
    "measure",
]
