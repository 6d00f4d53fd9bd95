"""``MaterialMaps`` become ``HandAnatomy``."""

from calcidect.anatomy._find import find_hands
from calcidect.anatomy._types import BONES, BoneLabel, Hand, HandAnatomy, Side

__all__ = ["BONES", "BoneLabel", "Hand", "HandAnatomy", "Side", "find_hands"]
