"""What sticks out of bone: bone or deposit, by what the network says and what else the hand shows."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy import BONES
from calcidect.anatomy._bone_network import DEPOSIT, SESAMOID
from calcidect.anatomy._contested import Evidence, read_as_bone, shows_deposits
from support.fitted import mineral_of

BONE = BONES.index("middle_phalanx_3") + 1
VOXEL_MM3 = 0.125
LARGE_MM3 = 0.3
RADIUS = BONES.index("radius") + 1
SHAPE = (30, 30, 30)
ONE, OTHER = np.s_[2:8, 2:8, 2:8], np.s_[20:26, 20:26, 20:26]


def bone_of(one: int, other: int = 0, *, is_calcified: bool = False) -> np.ndarray:
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
def test_in_a_hand_without_deposits_only_a_sure_one_counts_and_a_sesamoid_is_one_anywhere(
    read: int, is_calcified: bool, is_bone: bool
) -> None:
    assert bone_of(read, is_calcified=is_calcified)[0] == is_bone


@pytest.mark.parametrize(("size_mm3", "label", "is_sign"), [(20.0, 0, False), (30.0, 0, True), (30.0, SESAMOID, False)])
def test_deposits_apart_are_a_sign_if_they_are_enough_and_no_sesamoid(
    size_mm3: float, label: int, is_sign: bool
) -> None:
    apart, read = np.zeros(SHAPE, bool), np.zeros(SHAPE, np.uint8)
    apart.ravel()[: round(size_mm3 / VOXEL_MM3)] = True
    read[apart] = label
    assert shows_deposits(apart, read, VOXEL_MM3) == is_sign


def test_a_sure_deposit_against_bone_makes_others_likely() -> None:
    assert bone_of(BONE, DEPOSIT).tolist() == [False, False]


@pytest.mark.parametrize(
    ("size_mm3", "bone", "of_sesamoid", "is_bone"),
    [(60.0, 1, False, True), (100.0, 1, False, False), (100.0, 1, True, True), (100.0, RADIUS, False, True)],
)
def test_a_part_larger_than_any_osteophyte_makes_a_hand_one_with_deposits(
    size_mm3: float, bone: int, of_sesamoid: bool, is_bone: bool
) -> None:
    parts, read = np.zeros(SHAPE, bool), np.zeros(SHAPE, np.uint8)
    parts.ravel()[: round(size_mm3 / VOXEL_MM3)] = True
    read[parts] = bone
    if of_sesamoid:
        read.ravel()[: round(0.2 * size_mm3 / VOXEL_MM3)] = SESAMOID
    assert read_as_bone(parts, parts, Evidence(mineral_of(parts), read, False), VOXEL_MM3)[parts].all() == is_bone


@pytest.mark.parametrize(("read_mm3", "shows_deposits"), [(20.0, False), (30.0, True)])
def test_what_is_read_as_deposits_counts_together_but_for_the_blur_around_it(
    read_mm3: float, shows_deposits: bool
) -> None:
    parts, dense = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    read = np.full(SHAPE, DEPOSIT, np.uint8)
    for place in (ONE, OTHER):
        parts[place] = True
        dense[tuple(slice(s.start + 1, s.stop - 1) for s in place)] = True
    read[dense] = BONE
    read.flat[np.flatnonzero(dense)[: round(read_mm3 / LARGE_MM3)]] = DEPOSIT
    found = read_as_bone(parts, dense, Evidence(mineral_of(parts), read, False), LARGE_MM3)
    assert found[parts].any() == found[parts].all() == (not shows_deposits)


def test_what_is_too_dilute_for_a_sesamoid_is_none() -> None:
    parts, read = np.zeros(SHAPE, bool), np.zeros(SHAPE, np.uint8)
    parts[ONE], read[ONE] = True, SESAMOID
    assert not read_as_bone(parts, parts, Evidence(mineral_of(parts, 250.0), read, True), VOXEL_MM3).any()
