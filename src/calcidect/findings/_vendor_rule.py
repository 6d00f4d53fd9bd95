"""What the vendor-like rule paints in each hand, with its parameters: a comparison, not a finding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import Hand
from calcidect.findings._types import PaintedVolume, VendorRule
from calcidect.geometry import Grid
from calcidect.materials import CALCIUM, URATE
from calcidect.settings import VendorRuleSettings


def painted_volume(painted: NDArray[np.uint8], hand: Hand, grid: Grid) -> PaintedVolume:
    """Return what is painted inside a hand's skin, voxels of any size of cluster, bone included."""
    calcium, urate = (
        float(np.count_nonzero((painted == colour) & hand.body)) * grid.voxel_volume_mm3 for colour in (CALCIUM, URATE)
    )
    return PaintedVolume(calcium, urate)


def vendor_rule_of(hands: dict[str, PaintedVolume], rule: VendorRuleSettings) -> VendorRule:
    """Return the volumes of each hand and of all, with the rule's parameters in force."""
    both = PaintedVolume(
        sum((hand.calcium_mm3 for hand in hands.values()), 0.0), sum((hand.urate_mm3 for hand in hands.values()), 0.0)
    )
    return VendorRule(rule.model_dump(exclude={"write"}), {**hands, "all": both})
