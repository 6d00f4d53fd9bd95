"""The expected surface of a bone as a signed distance, in the fit's own coordinates and in the patient's."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy._expected_surface import FARTHEST_MM
from calcidect.anatomy._types import BONES
from support.hands import middle_of, resting_hand


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", ["metacarpal_2", "distal_phalanx_4", "lunate"])
def test_points_of_a_surface_lie_on_it(side, name) -> None:
    bone = resting_hand(side).bones[name]
    assert bone.expected.distance_mm(bone.surface_mm) == pytest.approx(0.0, abs=0.45)
    assert bone.expected.distance_mm(bone.surface_mm).std() < 0.15


@pytest.mark.parametrize("name", BONES)
def test_the_middle_of_a_bone_lies_inside_and_what_is_far_away_outside(name) -> None:
    bone = resting_hand("left").bones[name]
    inside, outside = bone.expected.distance_mm(np.stack([bone.surface_mm.mean(0), middle_of(bone) + 100.0]))
    assert inside < -0.4  # fingertips are thin
    assert outside == pytest.approx(FARTHEST_MM)
