"""How much the network's word counts for what sticks out of bone."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy import BONES
from calcidect.anatomy._bone_network import DEPOSIT, SESAMOID
from calcidect.anatomy._contested import Evidence, read_as_bone
from support.fitted import mineral_of

BONE = BONES.index("middle_phalanx_3") + 1
VOXEL_MM3 = 0.125
SHAPE = (30, 30, 30)
ONE, OTHER = np.s_[2:8, 2:8, 2:8], np.s_[20:26, 20:26, 20:26]


def kept(one: int, other: int = 0, *, is_calcified: bool = False) -> np.ndarray:
    """Return which of two parts is bone, when the network reads them so; the second is there if it reads anything."""
    parts, read = np.zeros(SHAPE, bool), np.zeros(SHAPE, np.uint8)
    for place, label in ((ONE, one), (OTHER, other)):
        parts[place], read[place] = label > 0, label
    found = read_as_bone(parts, parts, Evidence(mineral_of(parts), read, is_calcified), VOXEL_MM3)
    return np.array([found[ONE].all(), found[OTHER].all()])


@pytest.mark.parametrize(("read", "is_calcified", "is_bone"), [
    (BONE, False, True), (BONE, True, False), (DEPOSIT, False, False), (DEPOSIT, True, False),
    (SESAMOID, False, True), (SESAMOID, True, True),
])  # fmt: skip
def test_its_word_for_bone_counts_in_a_hand_without_deposits_for_a_sesamoid_always(
    read: int, is_calcified: bool, is_bone: bool
) -> None:
    assert kept(read, is_calcified=is_calcified)[0] == is_bone


def test_a_sure_deposit_against_bone_makes_others_likely() -> None:
    assert kept(BONE, DEPOSIT).tolist() == [False, False]


def test_blur_around_a_part_has_no_vote() -> None:
    parts, read = np.zeros(SHAPE, bool), np.full(SHAPE, DEPOSIT, np.uint8)
    parts[ONE] = True
    dense = np.zeros_like(parts)
    dense[4:6, 4:6, 4:6] = True
    read[dense] = BONE
    assert read_as_bone(parts, dense, Evidence(mineral_of(parts), read, False), VOXEL_MM3)[ONE].all()


def test_what_is_too_dilute_for_a_sesamoid_is_none() -> None:
    parts, read = np.zeros(SHAPE, bool), np.zeros(SHAPE, np.uint8)
    parts[ONE], read[ONE] = True, SESAMOID
    assert not read_as_bone(parts, parts, Evidence(mineral_of(parts, 250.0), read, True), VOXEL_MM3).any()
