"""Parts of mineral, one by one."""

from __future__ import annotations

import numpy as np

from calcidect.anatomy._mineral import MineralImage
from calcidect.anatomy._parts import parts_of


def test_a_speck_that_is_darker_than_water_is_a_part_all_the_same() -> None:
    mask = np.zeros((5, 5, 5), bool)
    mask[2, 2, 1:4] = True
    dark = np.where(mask, np.float32(-40), np.float32(-100)).astype(np.float32)
    image = MineralImage(dark, dark, np.where(mask, 80, 0).astype(np.float32), mask, np.ones(mask.shape, np.float32))
    (part,) = parts_of(mask, mask.astype(np.int32), image, (0.5, 0.5, 0.5))
    assert part.dense.all()
    assert part.ha_mg_per_cm3 == 80
