"""``MaterialMaps`` become ``HandAnatomy``."""

from calcidect.anatomy._find import find_hands
from calcidect.anatomy._types import (
    BONES,
    QUALITY_CODES,
    BoneFrame,
    BoneLabel,
    CutOff,
    FieldOfView,
    Hand,
    HandAnatomy,
    Side,
)

__all__ = [
    "BONES",
    "QUALITY_CODES",
    "BoneFrame",
    "BoneLabel",
    "CutOff",
    "FieldOfView",
    "Hand",
    "HandAnatomy",
    "Side",
    "find_hands",
]
