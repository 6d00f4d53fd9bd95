"""``MaterialMaps`` become ``HandAnatomy``."""

from calcidect.anatomy._compartments import COMPARTMENTS, LEVELS, HandRegions, Named, regions_of
from calcidect.anatomy._expected_surface import ExpectedSurface
from calcidect.anatomy._find import find_hands
from calcidect.anatomy._mineral import (
    BRIGHTER_THAN_NAIL_HU,
    MINIMUM_HA_MG_PER_CM3,
    NAIL_AND_SKIN_MM,
    SMOOTH_MM,
    URATE_HU,
)
from calcidect.anatomy._trained import network_sha256
from calcidect.anatomy._types import (
    BONES,
    OTHER_KINDS,
    QUALITY_CODES,
    BoneFrame,
    BoneLabel,
    CutOff,
    FieldOfView,
    Hand,
    HandAnatomy,
    OtherKind,
    Side,
    Tendon,
)

__all__ = [
    "BONES",
    "BRIGHTER_THAN_NAIL_HU",
    "COMPARTMENTS",
    "LEVELS",
    "MINIMUM_HA_MG_PER_CM3",
    "NAIL_AND_SKIN_MM",
    "OTHER_KINDS",
    "QUALITY_CODES",
    "SMOOTH_MM",
    "URATE_HU",
    "BoneFrame",
    "BoneLabel",
    "CutOff",
    "ExpectedSurface",
    "FieldOfView",
    "Hand",
    "HandAnatomy",
    "HandRegions",
    "Named",
    "OtherKind",
    "Side",
    "Tendon",
    "find_hands",
    "network_sha256",
    "regions_of",
]
