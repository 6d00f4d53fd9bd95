"""What a deposit lies in shows through it; where its surroundings are even, they have their say."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy._host_of_deposits import Around, HostOfDeposits, host_of_deposits
from calcidect.anatomy._mineral import mineral_image
from support.maps import FAT_HU, MUSCLE_HU, SENSITIVITY

SHAPE = (30, 60, 60)
SPACING_MM = (0.6, 0.6, 0.6)
K = (SENSITIVITY.ha_low, SENSITIVITY.ha_high)


def around(hu: float, uneven_hu: float) -> Around:
    return Around(*(np.full(1, each, np.float32) for each in (hu, uneven_hu, 0.0)))


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
    host = host_of_deposits(image, SENSITIVITY)
    for rows, true_hu in ((slice(27, 29), FAT_HU[0]), (slice(31, 33), MUSCLE_HU[0])):
        low, ha = (
            a[12:18, rows, 25:35].mean(keepdims=True).ravel() for a in (image.smooth_low_hu, image.ha_mg_per_cm3)
        )
        assert host.likely(low, ha, around(0.0, 1e4))[0] == pytest.approx(true_hu, abs=20)


def test_a_scan_that_errs_by_its_stated_error_turns_no_muscle_into_fat() -> None:
    host = HostOfDeposits(np.zeros((1, 1, 1), np.float32), 2.0, 0.15)
    c = np.full(1, 800.0)
    low = 50 + (2.0 - 0.15) * c
    assert host.likely(low, c, around(50.0, 15.0))[0] > 30
    assert host.likely(low, c, around(-30.0, 80.0))[0] < -30
