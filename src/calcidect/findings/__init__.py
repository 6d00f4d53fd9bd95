"""``HandAnatomy`` becomes ``Findings``."""

from calcidect.findings._measure import measure
from calcidect.findings._types import (
    AcroOsteolysis,
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
