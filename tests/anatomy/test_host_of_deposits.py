"""What a deposit lies in shows through it; a denser one is believed less."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy._host_of_deposits import host_of_deposits
from calcidect.anatomy._mineral import mineral_image
from support.maps import FAT_HU, MUSCLE_HU, SENSITIVITY

SHAPE = (30, 60, 60)
SPACING_MM = (0.6, 0.6, 0.6)
K = (SENSITIVITY.ha_low, SENSITIVITY.ha_high)


@pytest.mark.parametrize("mg_per_cm3", [150, 400])
def test_fat_and_muscle_under_hydroxyapatite_are_told(mg_per_cm3: float) -> None:
    rng = np.random.default_rng(3)
    slab = np.zeros(SHAPE)
    slab[8:22, 25:35, 15:45] = mg_per_cm3
    muscle = np.broadcast_to(np.arange(60)[None, :, None] >= 30, SHAPE)
    images = [np.where(muscle, MUSCLE_HU[n], FAT_HU[n]) + k * slab + rng.normal(0, 6, SHAPE) for n, k in enumerate(K)]
    body = np.ones(SHAPE, bool)
    body[:, [0, -1]] = False
    image = mineral_image(*images, body, SPACING_MM, SENSITIVITY)
    host_hu, weight = host_of_deposits(image, SENSITIVITY).under(image.smooth_low_hu, image.ha_mg_per_cm3)
    fat, belly = (host_hu[12:18, j, 25:35].mean() for j in (slice(27, 29), slice(31, 33)))
    assert fat == pytest.approx(FAT_HU[0], abs=20)
    assert belly == pytest.approx(MUSCLE_HU[0], abs=20)
    assert weight[12:18, 27:33, 25:35].mean() < weight[12:18, 40:50, 25:35].mean()
    assert weight[12:18, 40:50, 25:35].mean() > 0.95
