"""A spur at a joint's margin is bone as far as it is as bright as bone's edge; what is dimmer is not lost."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy._contested import Evidence
from calcidect.anatomy._mineral import MineralImage
from calcidect.anatomy._prominence import prominences

SPACING_MM = (0.5, 0.5, 0.5)


@pytest.mark.parametrize("is_bright", [True, False])
def test_a_spur_is_bone_only_as_bright_as_bones_edge(is_bright: bool) -> None:
    z, y, x = (n * 0.5 for n in np.indices((32, 32, 32)))
    plate = z < 5.0
    height = z - 5.0
    spur = (height > 0) & (np.hypot(x - 8, y - 8) < 1.8 - 0.5 * height) & (height < 2.6)
    ha = np.where(plate, 1000.0, np.where(spur, 450.0, 0.0)).astype(np.float32)
    image = MineralImage(ha, ha, ha, ha > 60, np.full(ha.shape, 5.0, np.float32))
    evidence = Evidence(image, np.zeros(ha.shape, np.uint8), is_calcified=True)
    cores = spur & (height > 1.2)
    bones = plate | spur if is_bright else plate
    is_bone = prominences(cores, bones, height.astype(np.float32), np.ones(ha.shape, bool), evidence, SPACING_MM)
    assert is_bone[cores].all() == is_bright
    assert not is_bone[~cores].any()
