"""Which way soft tissue runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.anatomy import regions_of
from calcidect.anatomy._types import Tendon
from calcidect.findings._course import course_at, is_pulp
from support.hands import middle_of, resting_hand


def test_it_runs_along_the_nearest_tendon() -> None:
    steps = np.arange(30.0)[:, None]
    straight = Tendon("FDP2", "flexor", steps * [0.0, 0.0, 1.0], 2.0)
    up, across = steps * [0.0, 0.0, 1.0], steps * [0.0, 1.0, 0.0] + [0.0, 0.0, 30.0]
    bent = Tendon("FDP3", "flexor", np.vstack([up, across]) + np.array([20.0, 0.0, 0.0]), 2.0)
    hand = replace(resting_hand(), tendons=(straight, bent))
    assert np.abs(course_at(hand, np.array([2.0, 1.0, 10.0]))) == pytest.approx([0, 0, 1])
    assert np.abs(course_at(hand, np.array([19.0, 20.0, 30.0]))) == pytest.approx([0, 1, 0])


def test_without_tendons_along_the_hand() -> None:
    hand = replace(resting_hand(), tendons=())
    assert course_at(hand, np.zeros(3)) == pytest.approx(hand.distal)


def test_the_pulp_of_a_fingertip_begins_where_tendons_end() -> None:
    hand = resting_hand()
    regions = regions_of(hand)
    tip, shaft = (hand.bones[f"{name}_phalanx_3"] for name in ("distal", "proximal"))
    assert is_pulp(regions, middle_of(tip) + 5 * tip.palmar)
    assert not is_pulp(regions, middle_of(shaft) + 5 * shaft.palmar)
    assert not is_pulp(None, middle_of(tip) + 5 * tip.palmar)
